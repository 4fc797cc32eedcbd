"""Forced resets of many accounts: who is affected, lock, notify, reset, report."""
