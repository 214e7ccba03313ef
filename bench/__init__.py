"""Reproducible measurements, ours beside the peers in the same run. Started by `beffroi bench`."""
