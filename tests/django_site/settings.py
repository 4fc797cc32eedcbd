"""The project's settings: what the how-to tells to write, and a database of its own."""

import json
import os
from pathlib import Path

import pymysql

from credguard import Keyring, PasswordHasher, PasswordPolicy
from credguard.guard import ProofPolicy
from credguard.passwords.legacy import PHPBB
from credguard.sessions import JournalPolicy
from credguard.testing import CHEAPEST
from forums import Unlisting

_GIVEN = os.environ.get("CREDGUARD_SITE_DATABASE")
if _GIVEN and "mysql" in _GIVEN:
    pymysql.install_as_MySQLdb()

SECRET_KEY = "for tests alone"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "django_site.urls"
STATIC_URL = "/static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_REDIRECT_URL = "/"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DATABASES = {
    "default": json.loads(_GIVEN)
    if _GIVEN
    else {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": "chosen by each test",
        "OPTIONS": {"timeout": 20},
    }
}
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "credguard.integrations.django",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "credguard.integrations.django.middleware.CredGuardMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
PASSWORD_HASHERS = [
    "credguard.integrations.django.hashers.CredGuardHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.MD5PasswordHasher",
]
AUTHENTICATION_BACKENDS = ["credguard.integrations.django.backends.CredGuardBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "credguard.integrations.django.validators.CredGuardValidator"}
]
CREDGUARD = {
    "KEYRING": Keyring.generate(),
    "OPTIONS": {
        "passwords": PasswordHasher(
            work_factor=CHEAPEST, accept=(*PasswordHasher().accept, *PHPBB)
        ),
        "policy": PasswordPolicy(blocklist=Unlisting(), fewest_guesses=0),
        "journal": JournalPolicy(),
        "proofs": ProofPolicy(),
    },
    "NOTICES": {
        "site": "Machina",
        "sender_address": "help@machina.example",
        "link": "https://machina.example/credentials/reset/#{token}",
    },
}
