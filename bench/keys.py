"""`beffroi bench keys`: what encryption at rest and fragment hashes cost, per camera-second.

One camera of 4 Mbit/s and 25 frames a second, a fragment a second, in memory: joined, hashed, encrypted, as
`Track.write` does it. Beside it, in the same rounds, bare SHA-256 and AES-128-CTR of the same bytes in one call each:
no program can do less.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from beffroi.engine.fmp4.cenc import FragmentCipher
from beffroi.engine.fmp4.fragment import FragmentBuilder
from beffroi.engine.stream import AccessUnit
from bench.report import Figure, Measured, Target, table

LIMIT_MS = 0.6
_FPS, _BYTES = 25, 500_000


def run(arguments: argparse.Namespace) -> Measured:
    """Rounds of both, alternating, on this thread's own time."""
    rounds = arguments.rounds or (3 if arguments.quick else 15)
    seconds = 50 if arguments.quick else 400
    units = _second()
    measures: dict[str, Callable[[int], None]] = {"ours": _ours(units), "bare": _bare()}
    found: dict[str, list[float]] = {name: [] for name in measures}
    for number in range(rounds):
        for name in list(measures)[:: 1 if number % 2 else -1]:
            started = time.thread_time()
            measures[name](seconds)
            found[name].append((time.thread_time() - started) * 1e3 / seconds)
    figures = {name: Figure.of(values) for name, values in found.items()}
    ratios = Figure.of([ours / bare for ours, bare in zip(found["ours"], found["bare"], strict=True)])
    rows = [["", "ms per camera-second"], *([name, figure.text(3)] for name, figure in figures.items())]
    targets = [
        Target(name="encryption + SHA-256, ms per camera-second", limit=LIMIT_MS, reached=figures["ours"].median)
    ]
    document = {name: figure.median for name, figure in figures.items()} | {
        "ours_to_bare": ratios.median,
        "targets": [target.document() for target in targets],
    }
    text = f"{table(rows)}\nours / bare, same round: {ratios.text()}"
    return Measured(document, text, targets)


def _second() -> list[AccessUnit]:
    """A second of pictures: a key frame of a quarter of the bytes, the others alike; one slice each."""
    sizes = [_BYTES // 4, *[(_BYTES - _BYTES // 4) // (_FPS - 1)] * (_FPS - 1)]
    units = []
    for number, size in enumerate(sizes):
        parts = [(size - 4).to_bytes(4, "big"), b"\x65" + os.urandom(size // 15), os.urandom(size - 5 - size // 15)]
        units.append(AccessUnit(parts, size, number * 3600, at_us=number * 40_000, is_key=number == 0))
    return units


def _ours(units: list[AccessUnit]) -> Callable[[int], None]:
    cipher = FragmentCipher(os.urandom(16), "h264")
    header = FragmentBuilder(0).header(units, 90_000)

    def work(seconds: int) -> None:
        for _ in range(seconds):
            payload = bytearray().join([part for unit in units for part in unit.parts])
            hashlib.sha256(payload).digest()
            cipher.encrypt(header, [unit.size_bytes for unit in units], payload)

    return work


def _bare() -> Callable[[int], None]:
    payload = bytearray(os.urandom(_BYTES))
    cipher = Cipher(algorithms.AES128(os.urandom(16)), modes.CTR(bytes(16))).encryptor()

    def work(seconds: int) -> None:
        for _ in range(seconds):
            hashlib.sha256(payload).digest()
            cipher.update_into(payload, payload)

    return work
