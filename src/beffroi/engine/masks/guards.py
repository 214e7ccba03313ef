"""Every masked camera of a node, each with its guard; the others are opened as they are."""

from __future__ import annotations

from beffroi.core.clock import Clock
from beffroi.core.redact import redact
from beffroi.engine.contract import MaskState, encode
from beffroi.engine.decode.fallback import ChildSource, Program, Trouble
from beffroi.engine.lanes import LaneKey, StreamInput, WantedStream
from beffroi.engine.masks.guard import MaskGuard, MaskSeat, OpenBurner
from beffroi.engine.masks.lane import MaskedLane
from beffroi.engine.stream import FrameSink


class MaskGuards:
    """Opens streams, masked ones through their camera's guard."""

    def __init__(self, seat: MaskSeat) -> None:
        self.seat = seat
        self._guards: dict[str, MaskGuard] = {}

    def open_input(self, key: LaneKey, wanted: WantedStream, sink: FrameSink) -> StreamInput:
        """An `OpenInput`."""
        if wanted.masks is None:
            return self.seat.open_input(key, wanted, sink)
        guard = self._guards.get(key[0])
        if guard is None or guard.masks != wanted.masks or not guard.is_alive:
            guard = self._guards[key[0]] = MaskGuard(key[0], wanted.masks, self.seat)
        return MaskedLane(key, wanted, sink, guard=guard, clock=self.seat.clock)

    def state(self, camera: str) -> MaskState | None:
        """What is done about a camera's masks now; None when it has none, or is not wanted."""
        guard = self._guards.get(camera)
        return guard.state if guard is not None and guard.is_alive else None


def burner(clock: Clock) -> OpenBurner:
    """Burns in a child process."""

    def make(wanted: WantedStream, sink: FrameSink) -> StreamInput:
        assert wanted.masks is not None
        url = redact(wanted.source.url)
        program = Program(
            module="beffroi.engine.decode.burn",
            request=encode(wanted.source) + b"\n" + encode(wanted.masks) + b"\n",
            silence=Trouble(
                message=f"No pictures from {url} to burn masks into.",
                message_fr=f"Aucune image de {url} où incruster les masques.",
            ),
        )
        return ChildSource(wanted.source, sink, clock=clock, program=program)

    return make
