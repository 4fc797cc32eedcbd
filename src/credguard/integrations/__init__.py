"""Hosts and what they run: one folder for each, each with an extra of its own."""
