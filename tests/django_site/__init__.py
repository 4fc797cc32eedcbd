"""A Django project as people have it, with credguard's app in it."""
