"""One file for each revision; revisions are never edited after a release."""
