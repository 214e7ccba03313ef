"""The monthly review of the journal."""
