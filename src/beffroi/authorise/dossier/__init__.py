"""The dossier that asks the prefect: its pieces, what is missing, the documents drawn from the town's data."""
