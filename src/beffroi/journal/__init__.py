"""The journal: who did what, when, why, to whom; append-only, every change found. Design: design/journal.md."""
