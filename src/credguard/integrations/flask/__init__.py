"""
credguard inside a Flask application, with Flask-Login and Flask-SQLAlchemy or without.

Where Flask-Login keeps a member's id, in the session and in the cookie that remembers
people, credguard's stamp goes with it: both are checked, and end, alike.
"""

from credguard.integrations.flask.extension import FlaskGuard

__all__ = ["FlaskGuard"]
