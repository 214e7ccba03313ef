"""What agents learnt, and until when it is enough. Source: CSI R. 511-35."""
