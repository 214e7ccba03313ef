"""The papers of a dossier: what they say is in `words/`, what fills them comes from the town's data."""
