"""Who listens to which event of a lower stage."""


def connect() -> None:
    """Called once, when Django is ready."""
