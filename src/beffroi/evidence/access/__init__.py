"""Requests of filmed people: register, time limits, refusals, viewing, covered copies. Source: CSI R. 253-6."""
