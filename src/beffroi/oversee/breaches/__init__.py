"""Breaches of personal data: GDPR 33 and 34, LIL 102."""
