"""Tells nodes that something changed, in the background, with short deadlines; polling is the backstop.

A nudge carries nothing and needs no authentication, so a certificate that cannot be checked costs nothing.
"""

from __future__ import annotations

import http.client
import logging
import ssl
import threading
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.db import transaction

from beffroi.operate.models import Node

log = logging.getLogger(__name__)

DEADLINE_S = 2.0
_waiting: set[str] = set()
"""Addresses with a nudge under way: at most one thread a node."""
_lock = threading.Lock()


def after_commit(nodes: Iterable[Node]) -> None:
    """Nudges `nodes` once the current transaction is committed."""
    urls = {node.url for node in nodes if node.url}
    transaction.on_commit(lambda: send(urls))


def send(urls: Iterable[str]) -> None:
    """Nudges these addresses now; returns at once."""
    for url in urls:
        with _lock:
            if url in _waiting:
                continue
            _waiting.add(url)
        threading.Thread(target=_nudge, args=(url,), name="nudge", daemon=True).start()


def _nudge(url: str) -> None:
    parts = urlsplit(url)
    link: http.client.HTTPConnection
    if parts.scheme == "https":
        link = http.client.HTTPSConnection(parts.netloc, timeout=DEADLINE_S, context=_unchecked())
    else:
        link = http.client.HTTPConnection(parts.netloc, timeout=DEADLINE_S)
    try:
        link.request("POST", "/control/nudge", b"")
        link.getresponse()  # whatever it says: a redirect is followed nowhere
    except (OSError, http.client.HTTPException) as error:
        log.debug("nudge.failed url=%s cause=%s", url, error)
    finally:
        link.close()
        with _lock:
            _waiting.discard(url)


def _unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
