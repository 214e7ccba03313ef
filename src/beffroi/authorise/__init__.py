"""Stage: authorise."""
