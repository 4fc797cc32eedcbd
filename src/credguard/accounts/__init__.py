"""The forum's user table, which we do not own."""

from credguard.accounts.columns import Columns
from credguard.accounts.sql import SqlAccounts

__all__ = ["Columns", "SqlAccounts"]
