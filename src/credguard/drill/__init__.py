"""A rehearsal of the day of a breach, on a forum made up for it."""

from credguard.drill.play import Play, Setting

__all__ = ["Play", "Setting"]
