"""A phase as works: lots, tasks, money, acceptance."""
