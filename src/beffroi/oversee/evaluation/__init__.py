"""What a phase is meant to change, written down and sealed before it starts; what it changed, once it is time."""
