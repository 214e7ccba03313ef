"""Pure geometry of the town's ground: no Django, no I/O."""
