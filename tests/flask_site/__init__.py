"""A Flask application as people have it, with credguard in it."""
