"""The campaigns that the admin names; they have no table of Django's."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Make the model and its permission, and no table."""

    initial = True
    dependencies = ()
    operations = (
        migrations.CreateModel(
            name="Campaign",
            fields=[
                (
                    "id",
                    models.CharField(max_length=16, primary_key=True, serialize=False),
                ),
            ],
            options={
                "verbose_name": "forced reset",
                "verbose_name_plural": "forced resets",
                "managed": False,
                "default_permissions": ("view",),
            },
        ),
    )
