"""How far the making of a dossier's papers is: a small file that the worker writes and the page reads."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language

from beffroi.authorise.models import Dossier
from beffroi.core.errors import BeffroiError, Internal

STILL = timedelta(minutes=10)
"""Without a paper more for so long, nobody makes them any longer; the longest paper takes seconds."""
STOPPED = Internal(
    "The making stopped in the middle; start it again.",
    message_fr="L'établissement s'est arrêté en chemin ; relancez-le.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """Papers made and papers in all (0 until they are counted), or why it failed."""

    at: str
    made: int = 0
    in_all: int = 0
    refused: str = ""
    refused_fr: str = ""

    @property
    def refusal(self) -> str:
        """In the reader's language; empty while it goes on."""
        return self.refused_fr if (get_language() or "fr").startswith("fr") else self.refused


def tell(dossier: Dossier, made: int, in_all: int) -> None:
    """Asked for (0 of 0), then each paper that is made."""
    _write(dossier, Making(at=timezone.now().isoformat(), made=made, in_all=in_all))


def fail(dossier: Dossier, error: BeffroiError) -> None:
    """It stays told until the next making."""
    _write(dossier, _failed(error, timezone.now().isoformat()))


def end(dossier: Dossier) -> None:
    """All are made: their index says the rest."""
    _path(dossier).unlink(missing_ok=True)


def making_of(dossier: Dossier, now: datetime) -> Making | None:
    """None when nothing is being made and the last making went well."""
    try:
        found = Making(**json.loads(_path(dossier).read_text("utf-8")))
        is_still = now - datetime.fromisoformat(found.at) > STILL
    except (OSError, ValueError, TypeError):
        return None
    return _failed(STOPPED, found.at) if is_still and not found.refused else found


def _failed(error: BeffroiError, at: str) -> Making:
    return Making(at=at, refused=error.message, refused_fr=error.message_fr)


def _path(dossier: Dossier) -> Path:
    """Beside the folder of its papers; an id is a slug, without a dot."""
    path: Path = settings.BEFFROI.data / "dossiers" / f"{dossier.pk}.json"
    return path


def _write(dossier: Dossier, state: Making) -> None:
    path = _path(dossier)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(state)), "utf-8")
    part.replace(path)
