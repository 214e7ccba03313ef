"""The room's logbook (main courante): what was seen, what was done, and which OPJ was told when. CPP 21-2."""
