"""Recorders written for the comparison only, each a program of its own."""
