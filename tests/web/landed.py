"""The demo town in the database, landed once for a module of tests and taken back after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from django.db import transaction
from pytest_django import DjangoDbBlocker

import beffroi
from beffroi.authorise.services import import_town
from beffroi.territory.factfile import FactFile
from beffroi.territory.services import import_facts

DEMO_TOWN = Path(beffroi.__file__).parent / "demo_town"
START = date(2026, 11, 23)


@contextmanager
def landed_demo(blocker: DjangoDbBlocker, *, with_facts: bool = True) -> Iterator[None]:
    """For a fixture of a module: the town, its facts too unless told."""
    with blocker.unblock(), transaction.atomic():
        import_town(DEMO_TOWN, start_on=START)
        if with_facts:
            text = (DEMO_TOWN / "facts.csv").read_text(encoding="utf-8")
            import_facts(FactFile(name="facts.csv", text=text, source="jeu fictif"), by="system")
        yield
        transaction.set_rollback(True)
