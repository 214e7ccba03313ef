"""Figures for the local council of security (CLSPD): aggregates, no image, no name. Source: CSI L. 132-4."""
