"""Who came into the control room, and why."""
