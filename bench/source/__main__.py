"""Run the load generator: one JSON line with the port, then one with the counts for each line read on stdin.

It ends with its standard input, so it never outlives the benchmark that started it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
import time
from typing import Any, get_args

import uvloop

from bench.clip import ClipFormat, load
from bench.source.packets import Sequence
from bench.source.session import Mode, Session

_NAP_S = 0.001
"""uvloop counts in milliseconds and takes less for none: it would turn without a rest."""


class LoadGenerator:
    """N cameras in staggered phases: camera i's frames fall i/N of a frame after camera 0's, its key frames
    i/N of a group of pictures after."""

    def __init__(self, sequence: Sequence, cameras: int, mode: Mode) -> None:
        self.sequence, self.cameras, self.mode = sequence, cameras, mode
        self._watched: list[list[Session]] = [[] for _ in range(cameras)]
        self._sessions: list[Session] = []
        self._latest_ms = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, port: int) -> int:
        """Accept connections on loopback; returns the port."""
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", port))
        door.listen(1024)
        door.setblocking(False)
        for work in (self._accept(door), self._play()):
            self._keep(asyncio.ensure_future(work))
        return int(door.getsockname()[1])

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, door: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            wire, _ = await loop.sock_accept(door)
            wire.setblocking(False)
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._keep(asyncio.ensure_future(self._serve(Session(wire, self.sequence, self.mode))))

    async def _serve(self, session: Session) -> None:
        try:
            await session.serve(self._attach)
        except ConnectionError:  # a recorder that was killed resets its connections
            pass
        finally:
            session.playing = False
            if session.camera >= 0 and session in self._watched[session.camera]:
                self._watched[session.camera].remove(session)
            session.close()

    def _attach(self, session: Session) -> None:
        session.camera %= self.cameras
        self._sessions.append(session)
        self._watched[session.camera].append(session)

    async def _play(self) -> None:
        """One slot a camera and frame, in the order of their instants."""
        fps, gop, cameras = self.sequence.clip.format.fps, self.sequence.gop, self.cameras
        slot_s = 1 / fps / cameras
        started_s, slot = time.monotonic(), 0
        while True:
            now_s = time.monotonic()
            while (due_s := started_s + slot * slot_s) <= now_s:
                frame, camera = divmod(slot, cameras)
                for session in self._watched[camera]:
                    if session.playing:
                        session.play(frame + camera * gop // cameras)
                slot += 1
            self._latest_ms = max(self._latest_ms, (time.monotonic() - due_s) * 1e3)
            await asyncio.sleep(max(_NAP_S, due_s - time.monotonic()))

    def report(self) -> dict[str, Any]:
        """Counts since the last report of lateness, and of every session since the start."""
        latest_ms, self._latest_ms = self._latest_ms, 0.0
        sessions = [session.report() for session in self._sessions]
        sending = sum(1 for session in self._sessions if session.playing and session.sent)
        return {"sending": sending, "late_ms": round(latest_ms, 1), "sessions": sessions}


async def _run(arguments: argparse.Namespace) -> None:
    clip = load(ClipFormat(**json.loads(arguments.format)))
    generator = LoadGenerator(Sequence(clip), arguments.cameras, arguments.mode)
    _say({"port": await generator.listen(arguments.port), "bit_s": round(clip.bit_s)})
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        _say(generator.report())


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=10)
    parser.add_argument("--mode", choices=get_args(Mode), default="frame")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--format", default="{}", help="fields of ClipFormat, as JSON")
    uvloop.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
