"""One base class and a closed list of kinds; each kind has one HTTP status and one exit code.

A message says what is wrong *and what to do next*, in English (`message`) and French (`message_fr`); a test reads
the source for errors without their French.
"""

from __future__ import annotations

from typing import ClassVar


class BeffroiError(Exception):
    """Base of every error Beffroi raises on purpose.

    Args:
        message: English sentence for people: what is wrong and the mend.
        message_fr: the same in French; the English stands in when absent.
        field: the input the person can mend, when there is one.
    """

    kind: ClassVar[str] = "internal"
    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, message_fr: str = "", field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.message_fr = message_fr or message
        self.field = field


class InvalidInput(BeffroiError):
    """What was given cannot be used; nothing was changed."""

    kind, http_status, exit_code = "invalid-input", 400, 2


class NotAuthenticated(BeffroiError):
    """Nobody is logged in, or the key or grant is not valid."""

    kind, http_status = "not-authenticated", 401


class NotPermitted(BeffroiError):
    """This agent has no right to do this."""

    kind, http_status = "not-permitted", 403


class BarredByLaw(BeffroiError):
    """No right could permit this; `article` names the text."""

    kind, http_status = "barred-by-law", 403

    def __init__(self, message: str, *, article: str, message_fr: str = "", field: str = "") -> None:
        super().__init__(message, message_fr=message_fr, field=field)
        self.article = article


class NotFound(BeffroiError):
    """No such object, or not one this agent may know of."""

    kind, http_status, exit_code = "not-found", 404, 2


class Conflict(BeffroiError):
    """Another process or a later change stands in the way."""

    kind, http_status, exit_code = "conflict", 409, 2


class Exhausted(BeffroiError):
    """Disk, memory or slots are used up."""

    kind, http_status = "exhausted", 507


class Unavailable(BeffroiError):
    """A camera, node, disk or database does not answer now; trying again may help."""

    kind, http_status = "unavailable", 503


class DataLoss(BeffroiError):
    """Recorded footage is damaged or missing; always an alarm."""

    kind, http_status = "data-loss", 500


class Internal(BeffroiError):
    """A fault of Beffroi itself."""
