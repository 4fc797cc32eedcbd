"""How the documentation is built: make docs."""

from importlib.metadata import version as installed_version

import django
from django.conf import settings

# Django's modules are only read in a project.
settings.configure(
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "credguard.integrations.django",
    ]
)
django.setup()

project = "credguard"
author = "The credguard developers"
copyright = author
release = installed_version("credguard")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "proved.md"]  # the latter is part of a page
html_theme = "furo"
html_title = f"credguard {release}"

# A name in single backticks is code, in docstrings as in Markdown.
default_role = "code"

autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_custom_sections = ["Source"]

myst_heading_anchors = 3

nitpicky = True
nitpick_ignore_regex = [
    # The documentation builds without the network, so only our own names can be
    # looked up; each of those must lead somewhere.
    (r"py:.*", r"(?!credguard).*"),
    # Private names, and what the rooms hand to each other, are read in the source.
    (r"py:.*", r"credguard(\.\w+)*\._\w+(\.\w+)*"),
    (r"py:.*", r"credguard\.(storage|sessions|sweeps)\..*"),
    (r"py:.*", r"credguard\.passwords\.(column|stored_hash)\..*"),
    (r"py:.*", r"credguard\.screening\.corpus\.reading\.CorpusFile"),
    (r"py:.*", r"credguard\.second_factor\.kit\..*"),
    (r"py:.*", r"credguard\.campaigns\.(gate|means|members|outbox)\..*"),
    (r"py:.*", r"credguard\.campaigns\.(records|redeeming)\..*"),
]
