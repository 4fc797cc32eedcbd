"""
The credguard_* tables, and the one engine that reaches them.

This is the only place that knows dialects. It decides nothing: what may be
written is settled by the rooms, and by the compare-and-set that they ask for.
"""

from credguard.storage.database import Database

__all__ = ["Database"]
