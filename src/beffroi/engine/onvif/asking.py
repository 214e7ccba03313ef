"""Asks a child to set a camera's masks. No SOAP here: the recording process stays light."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from pydantic import ConfigDict

from beffroi.engine.contract import CameraMasks, encode
from beffroi.engine.lanes import WantedStream
from beffroi.engine.masks.looking import answer_of

PUSH_S = 60.0
"""A dozen questions of 5 s at most, and what a child takes to load SOAP on a small machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the child reads: a line of JSON on its input, never on a command line."""

    __pydantic_config__ = ConfigDict(extra="forbid")
    masks: CameraMasks
    stream_url: str
    username: str = ""
    password: str = field(default="", repr=False)


async def push(masks: CameraMasks, wanted: WantedStream) -> str:
    """Sets these masks in the camera; returns a code of `setting.Refusal` when it could not, or nothing."""
    source = wanted.source
    asked = Asked(masks=masks, stream_url=source.url, username=source.username, password=source.password)
    try:
        answer = json.loads(await answer_of("beffroi.engine.onvif.setting", encode(asked) + b"\n", deadline_s=PUSH_S))
        return str(answer["refused"])[:40]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "unreachable"
