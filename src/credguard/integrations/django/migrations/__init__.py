"""Django's part: after any `migrate`, the credguard_* tables are of this release."""
