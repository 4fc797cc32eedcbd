"""
Chunks of a campaign's sweep, done by a forum's Celery workers.

A message names a campaign and a chunk and nothing else. The database alone knows
what is done, so that a broker that delivers a message twice, or again because a
chunk took longer than its patience, changes nothing.
"""

from credguard.integrations.celery.tasks import ChunkTask, register

__all__ = ["ChunkTask", "register"]
