"""
credguard inside a Django project: one app, ``credguard.integrations.django``.

It reads the setting ``CREDGUARD``. Where a page asks for a password, nothing of the
project changes but its settings: Django's own forms, views and admin stay.
"""
