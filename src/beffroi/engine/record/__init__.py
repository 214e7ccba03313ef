"""Writes footage to one disk folder and keeps it true. Invariants and procedures: `design/footage.md`."""
