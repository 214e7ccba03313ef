"""The one receive buffer of the process: a read ends before the next begins, so all cameras share it."""

from __future__ import annotations

from typing import Final

BUFFER_BYTES: Final = 1 << 20
BUFFER: Final = bytearray(BUFFER_BYTES)
VIEW: Final = memoryview(BUFFER)
