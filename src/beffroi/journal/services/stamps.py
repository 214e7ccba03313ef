"""Third-party time: an RFC 3161 token on a head, once a day, when an authority is set."""

from __future__ import annotations

import hashlib
import http.client
import urllib.request

from django.conf import settings
from django.db import transaction
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

from beffroi.core.errors import Unavailable
from beffroi.core.instants import US_PER_S
from beffroi.journal.models import Head
from beffroi.journal.queries import statement_of
from beffroi.journal.rules import Entry, Register
from beffroi.journal.services.entries import append

STAMP_EVERY_US = 24 * 3600 * US_PER_S
_ANSWER_MAX_BYTES = 64 * 1024
_DEADLINE_S = 15.0


def stamp_head(now_us: int) -> Head | None:
    """Has the newest head dated by the authority of `journal.timestamp_url`, if none was for a day.

    Errors: Unavailable when the authority does not answer, or answers something else.
    """
    url = settings.BEFFROI.journal.timestamp_url
    head = Head.objects.order_by("number").last()
    stamped = Head.objects.exclude(token=b"").order_by("number").last()
    if not url or head is None or (stamped is not None and now_us - stamped.at_us < STAMP_EVERY_US):
        return None
    token = timestamped(url, statement_of(head).text)
    told = {"sha256": hashlib.sha256(token).hexdigest()}
    with transaction.atomic():
        if not Head.objects.filter(pk=head.pk, token=b"").update(token=token):
            return None
        append(
            Entry(
                register=Register.JOURNAL, action="head.stamp", author="system", subject=str(head.number), detail=told
            )
        )
    head.token = token
    return head


def timestamped(url: str, text: bytes) -> bytes:
    """An authority's answer for `text`, checked: granted, this imprint, this nonce.

    Errors: Unavailable when the authority does not answer, or answers something else.
    """
    asked = TimestampRequestBuilder().data(text).hash_algorithm(HashAlgorithm.SHA256).build()
    answer = _posted(url, asked.as_bytes())
    try:
        told = decode_timestamp_response(answer)
        is_ours = told.status == 0 and (
            told.tst_info.message_imprint.message == hashlib.sha256(text).digest()
            and told.tst_info.nonce == asked.nonce
        )
    except ValueError as error:
        raise _unusable(str(error)) from None
    if not is_ours:
        raise _unusable("status, imprint or nonce")
    return answer


def _posted(url: str, query: bytes) -> bytes:
    headers = {"Content-Type": "application/timestamp-query"}
    request = urllib.request.Request(url, query, headers)  # noqa: S310 - http(s) only, checked by core.config
    try:
        with urllib.request.urlopen(request, timeout=_DEADLINE_S) as reply:  # noqa: S310
            answer: bytes = reply.read(_ANSWER_MAX_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise _unusable(str(error)) from None
    return answer


def _unusable(cause: str) -> Unavailable:
    return Unavailable(
        f"The time-stamping authority gave no usable answer: {cause}. It is asked again within the hour.",
        message_fr=f"L'autorité d'horodatage n'a pas donné de réponse utilisable : {cause}. Elle est redemandée dans "
        "l'heure.",
        field="journal.timestamp_url",
    )
