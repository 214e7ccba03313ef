"""Session descriptions of the simulated streams. Source: RFC 4566; RFC 6184 §8.2; RFC 7798 §7."""

from __future__ import annotations

from base64 import b64encode

from beffroi.simulator import rtp
from beffroi.simulator.reel import Reel


def describe(reel: Reel, name: str, *, audio: bool, mjpeg: bool) -> str:
    """The SDP of a stream: one video track, and an audio track when `audio`."""
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", f"s={name}", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*"]
    if mjpeg:
        lines.append(f"m=video 0 RTP/AVP {rtp.JPEG_TYPE}")
    else:
        codec, parameters = _h264(reel) if reel.codec == "h264" else _h265(reel)
        lines += [
            f"m=video 0 RTP/AVP {rtp.VIDEO_TYPE}",
            f"a=rtpmap:{rtp.VIDEO_TYPE} {codec}/90000",
            f"a=fmtp:{rtp.VIDEO_TYPE} {parameters}",
        ]
    lines += [f"a=framerate:{reel.fps}", "a=control:video"]
    if audio:
        lines += [f"m=audio 0 RTP/AVP {rtp.AUDIO_TYPE}", "a=rtpmap:0 PCMU/8000", "a=control:audio"]
    return "\r\n".join(lines) + "\r\n"


def _h264(reel: Reel) -> tuple[str, str]:
    sets = ",".join(b64encode(nal).decode() for nal in reel.parameter_sets)
    level = reel.parameter_sets[0][1:4].hex().upper()
    return "H264", f"packetization-mode=1;profile-level-id={level};sprop-parameter-sets={sets}"


def _h265(reel: Reel) -> tuple[str, str]:
    named = zip(("vps", "sps", "pps"), reel.parameter_sets, strict=True)
    return "H265", ";".join(f"sprop-{kind}={b64encode(nal).decode()}" for kind, nal in named)
