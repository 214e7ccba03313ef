"""Pictures of proofs: kept as thumbnails are, beside them, under their hour's key, and gone with it.

Hash, date and verdict are facts, and stay.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from pathlib import Path

from beffroi.core.clock import Clock
from beffroi.engine.decode import thumbs
from beffroi.engine.vault.ring import KeyRing
from beffroi.engine.vault.wrapping import FootageSealed

log = logging.getLogger(__name__)

FOLDER = "proofs"
WAITING_MAX = 64
WAITING_S = 120.0
"""The hour's key is made with its first footage; a picture that waits longer is dropped, its hash stays."""


class ProofPictures:
    """Takes pictures at once, writes them when their key is there."""

    def __init__(self, footage: Path, keys: KeyRing | None, *, clock: Clock) -> None:
        self.folder = footage / FOLDER
        self._keys = keys
        self._clock = clock
        self._waiting: deque[tuple[float, str, thumbs.Thumbnail]] = deque(maxlen=WAITING_MAX)
        self.dropped = 0

    def keep(self, camera: str, at_us: int, jpeg: bytes) -> None:
        """A picture of an instant."""
        self.dropped += len(self._waiting) == WAITING_MAX
        self._waiting.append((self._clock.monotonic_s() + WAITING_S, camera, thumbs.Thumbnail(at_us=at_us, jpeg=jpeg)))

    async def write(self) -> None:
        """Whatever can be written now."""
        for _ in range(len(self._waiting)):
            until_s, camera, picture = self._waiting.popleft()
            try:
                await asyncio.to_thread(self._write, camera, picture)
            except (FootageSealed, OSError) as error:
                if self._clock.monotonic_s() < until_s:
                    self._waiting.append((until_s, camera, picture))
                else:
                    self.dropped += 1
                    log.warning("proof.picture_dropped camera=%s error=%s", camera, error)

    def _write(self, camera: str, picture: thumbs.Thumbnail) -> None:
        thumbs.append(self.folder, camera, picture, key=thumbs.key_of(self._keys, camera, picture.at_us))
