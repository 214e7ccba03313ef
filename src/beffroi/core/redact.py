"""No password in a log, a message or a report."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

HIDDEN = "***"
_IN_PATH = re.compile(r"((?:pass|pswd|pwd|word)=)[^&_/]*", re.IGNORECASE)


def redact(url: str) -> str:
    """`url` with its password, and any query value, hidden; `***` when it cannot be parsed.

    Some cameras take the password in the path. And a `/` in a password, not written as %2F, makes a path of its rest.

    >>> redact("rtsp://admin:secret@10.0.0.4/stream?token=abc")
    'rtsp://admin:***@10.0.0.4/stream?token=***'
    """
    try:
        parts = urlsplit(url)
        if "@" not in parts.netloc and "@" in url:
            parts = urlsplit(f"{parts.scheme}://{HIDDEN}@{url.rpartition('@')[2]}")
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return HIDDEN
    if ":" in host:
        host = f"[{host}]"
    user = parts.username or ""
    if parts.password is not None:
        user += f":{HIDDEN}"
    netloc = f"{user}@{host}{port}" if user else f"{host}{port}"
    pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
    query = "&".join(f"{name}={HIDDEN}" if sep else name for name, sep, _ in pairs)
    path = _IN_PATH.sub(rf"\1{HIDDEN}", parts.path)
    return urlunsplit((parts.scheme, netloc, path, query, ""))
