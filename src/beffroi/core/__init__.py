"""What every part may use: errors, instants, clocks, ids, redaction, configuration, lifecycle. No Django, no av."""
