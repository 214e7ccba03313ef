"""One stream's life: connect, record runs, back off; and the one-time probe of an address."""

from beffroi.engine.rtsp.address import stream_source
from beffroi.engine.rtsp.refusals import Refusal, Unreachable, UnsupportedCodec
from beffroi.engine.source.limits import Limits
from beffroi.engine.source.probe import ProbeReport, probe
from beffroi.engine.source.source import Source

__all__ = ["Limits", "ProbeReport", "Refusal", "Source", "Unreachable", "UnsupportedCodec", "probe", "stream_source"]
