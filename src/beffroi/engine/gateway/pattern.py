"""The test pattern: what maintainers and installers see instead of pictures. Source: ref/wire.md §5; CSI R. 253-3.

Drawn here from what the recorder tells of the stream; no byte of the camera is in it.
"""

from __future__ import annotations

from starlette.responses import Response

from beffroi.core.instants import to_rfc3339
from beffroi.engine.contract import StreamName
from beffroi.engine.gateway.door import Visit
from beffroi.engine.gateway.gate import Gate

_BARS = ("#c0c0c0", "#c0c000", "#00c0c0", "#00c000", "#c000c0", "#c00000", "#0000c0")
_WIDTH_PX, _HEIGHT_PX, _BARS_PX = 640, 360, 240


async def pattern(gate: Gate, visit: Visit) -> Response:
    """`GET /pattern/{camera}`: coloured bars, the camera's id, the node's clock, the state of each stream."""
    at_us = gate.clock.now_us()
    states = [gate.uplink.states.get((visit.camera, stream)) for stream in StreamName]
    told = [f"{state.stream}: {state.state}" for state in states if state is not None]
    lines = (visit.camera, to_rfc3339(at_us)[:19].replace("T", " ") + " UTC", " · ".join(told) or "–")
    drawn = _drawing(lines)
    visit.view.served(0, frames=1)
    return Response(drawn.encode(), media_type="image/svg+xml", headers={"X-Beffroi-At-Us": str(at_us)})


def _drawing(lines: tuple[str, ...]) -> str:
    """`lines` hold slugs, digits and words of ours: nothing to escape."""
    wide = _WIDTH_PX / len(_BARS)
    bars = "".join(
        f'<rect x="{number * wide:.2f}" width="{wide + 0.5:.2f}" height="{_BARS_PX}" fill="{colour}"/>'
        for number, colour in enumerate(_BARS)
    )
    texts = "".join(f'<text x="16" y="{_BARS_PX + 34 + 30 * row}">{line}</text>' for row, line in enumerate(lines))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH_PX} {_HEIGHT_PX}">'
        f'<rect width="{_WIDTH_PX}" height="{_HEIGHT_PX}" fill="#101010"/>{bars}'
        f'<g fill="#fff" font-family="monospace" font-size="22">{texts}'
        f'<text x="{_WIDTH_PX - 16}" y="{_BARS_PX + 34}" text-anchor="end">MIRE</text></g></svg>'
    )
