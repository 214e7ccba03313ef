"""Exchanges of the CLSPD's working groups: their members' alone."""
