"""Whether the time of a refusal tells anything, by sampling with a null control."""
