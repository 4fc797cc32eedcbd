"""A rehearsal of the day of a breach, on a forum made up for it."""
