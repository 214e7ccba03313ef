"""Beffroi: the vidéoprotection programme of a French town, from the diagnosis to the public account."""

__version__ = "0.1.0"
