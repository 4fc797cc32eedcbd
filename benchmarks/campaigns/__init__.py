"""Trials of campaigns."""
