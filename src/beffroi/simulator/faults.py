"""What can be wrong with a camera, on demand.

A fault file is JSON, read again each second when it changed: `{"c03": {"frozen": true}, "c22": {"drift": 40}}`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from beffroi.core.errors import InvalidInput

ELSEWHERE = "rtsp://192.0.2.1:554/elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Everything false or zero: a sound camera.

    Attributes:
        dead: the connection is closed without an answer; given at start, its URL has a port nobody listens on.
        mute: requests are never answered.
        silent: sessions play, nothing is sent.
        frozen: the picture and its clock stand still, packets flow.
        reboot: sessions are cut, and connections refused for that many seconds.
        loss: fraction of packets not sent.
        garbage: fraction of frames that carry a NAL unit of random bytes.
        drift: seconds by which the camera's clock is ahead, in the picture and in sender reports.
        small: the main stream goes on in the size of the sub-stream.
        redirect: where DESCRIBE sends the client; true for somewhere unreachable.
        drip: bytes per second that the camera manages to send.
        mjpeg: the stream is Motion JPEG.
        bare: masks are accepted and not drawn.
    """

    dead: bool = False
    mute: bool = False
    silent: bool = False
    frozen: bool = False
    reboot: float = 0.0
    loss: float = 0.0
    garbage: float = 0.0
    drift: float = 0.0
    small: bool = False
    redirect: str = ""
    drip: int = 0
    mjpeg: bool = False
    bare: bool = False


SOUND = Faults()
_NAMES = {field.name for field in fields(Faults)}
OF_TOWN = {
    "dead": {"dead": True},
    "frozen": {"frozen": True},
    "adrift_40s": {"drift": 40},
    "bare": {"bare": True},
    "": {},
}
"""The words of the demo town's `town_fault` column."""


def parse(document: object) -> dict[str, Faults]:
    """Faults by camera id.

    Errors: InvalidInput naming the camera and the fault that cannot be understood.
    """
    if not isinstance(document, dict):
        raise InvalidInput(
            "The fault file must be an object: camera id to faults.",
            message_fr="Le fichier des pannes est un objet : caméra, puis ses pannes.",
            field="faults",
        )
    return {camera: _faults(camera, wanted) for camera, wanted in document.items()}


def _faults(camera: str, wanted: Any) -> Faults:
    if not isinstance(wanted, dict) or not wanted.keys() <= _NAMES:
        raise InvalidInput(
            f"Faults of {camera}: use an object with keys among {sorted(_NAMES)}.",
            message_fr=f"Pannes de {camera} : donnez un objet aux clés parmi {sorted(_NAMES)}.",
            field="faults",
        )
    if wanted.get("redirect") is True:
        wanted = {**wanted, "redirect": ELSEWHERE}
    kinds = {name: type(getattr(SOUND, name)) for name in wanted}
    for name, value in wanted.items():
        if not isinstance(value, (kinds[name], int)):
            raise InvalidInput(
                f"Faults of {camera}: {name} wants {kinds[name].__name__}.",
                message_fr=f"Pannes de {camera} : {name} veut {kinds[name].__name__}.",
                field="faults",
            )
    return replace(SOUND, **{name: kinds[name](value) for name, value in wanted.items()})


class FaultFile:
    """The faults of a file, read again when it changes; a file that cannot be read leaves things as they are."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] = (0, 0)

    def changed(self) -> dict[str, Faults] | None:
        """New faults, or None when nothing changed.

        Errors: InvalidInput when the file changed and cannot be understood.
        """
        try:
            status = self._path.stat()
            seen = (status.st_mtime_ns, status.st_size)
            if seen == self._seen:
                return None
            self._seen = seen
            return parse(json.loads(self._path.read_text()))
        except FileNotFoundError:
            return None
        except ValueError:
            raise InvalidInput(
                f"The fault file {self._path.name} is not JSON.",
                message_fr=f"Le fichier des pannes {self._path.name} n'est pas du JSON.",
                field="faults",
            ) from None
