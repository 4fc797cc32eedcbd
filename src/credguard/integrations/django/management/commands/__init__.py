"""The command `manage.py credguard`."""
