"""Pure geometry of the town’s ground and statistics of its facts: no Django, no I/O."""
