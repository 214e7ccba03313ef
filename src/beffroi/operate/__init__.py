"""Cameras' devices, recording nodes, what they report, viewing grants."""
