"""Stage: territory."""
