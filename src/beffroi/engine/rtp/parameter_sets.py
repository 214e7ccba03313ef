"""The parameter sets of one stream, from SDP and in band, and the codec configuration they make."""

from __future__ import annotations

from beffroi.engine.rtp import h264, h265
from beffroi.engine.rtp.bits import Malformed
from beffroi.engine.stream import Codec, CodecConfig

MAX_SETS = 32
"""More than this is not a camera; real ones have 2 or 3."""
MAX_SET_BYTES = 4096
_KINDS: dict[Codec, frozenset[int]] = {
    "h264": frozenset((h264.SPS, h264.PPS)),
    "h265": frozenset((h265.VPS, h265.SPS, h265.PPS)),
}


class ParameterSets:
    """Sets in force, newest per id.

    Attributes:
        known: the sets in force as bytes, for a cheap test of repeated ones.
        changed: a set came that differs since the last `config()`.
    """

    def __init__(self, codec: Codec, first: tuple[bytes, ...] = ()) -> None:
        self.codec: Codec = codec
        self.known: frozenset[bytes] = frozenset()
        self.changed = False
        self._by_key: dict[tuple[int, int], bytes] = {}
        for nal in first:
            try:
                self.offer(nal)
            except Malformed:
                continue  # a camera's SDP may carry nonsense and the right sets come in band

    def offer(self, nal: bytes) -> None:
        """Take one set. Errors: Malformed; the sets in force stay."""
        if nal in self.known:
            return
        if not 3 < len(nal) <= MAX_SET_BYTES:
            raise Malformed("parameter set of an impossible length")
        key = (h264 if self.codec == "h264" else h265).set_key(nal)
        if key[0] not in _KINDS[self.codec]:
            raise Malformed("not a parameter set")
        if key not in self._by_key and len(self._by_key) >= MAX_SETS:
            raise Malformed("too many parameter sets")
        self._by_key[key] = nal
        self.known = frozenset(self._by_key.values())
        self.changed = True

    def config(self) -> CodecConfig | None:
        """The configuration in force; None while a set is missing. Errors: Malformed."""
        self.changed = False
        by_type: dict[int, list[bytes]] = {}
        for (kind, _), nal in sorted(self._by_key.items()):
            by_type.setdefault(kind, []).append(nal)
        if _KINDS[self.codec] - by_type.keys():
            return None
        return _h264(by_type) if self.codec == "h264" else _h265(by_type)


def _flat(by_type: dict[int, list[bytes]]) -> tuple[bytes, ...]:
    return tuple(nal for nals in by_type.values() for nal in nals)


def _h264(by_type: dict[int, list[bytes]]) -> CodecConfig:
    sps = by_type[h264.SPS]
    width, height = h264.size_px(sps[0])
    return CodecConfig(
        codec="h264",
        width_px=width,
        height_px=height,
        parameter_sets=_flat(by_type),
        decoder_record=h264.decoder_record(sps, by_type[h264.PPS]),
        mime_codec=h264.mime_codec(sps[0]),
    )


def _h265(by_type: dict[int, list[bytes]]) -> CodecConfig:
    fields = h265.parse_sps(by_type[h265.SPS][0])
    return CodecConfig(
        codec="h265",
        width_px=fields.width_px,
        height_px=fields.height_px,
        parameter_sets=_flat(by_type),
        decoder_record=h265.decoder_record(fields, by_type),
        mime_codec=h265.mime_codec(fields),
    )
