"""The footage index: one SQLite file a disk, beside its footage. Invariants: `design/footage.md`."""
