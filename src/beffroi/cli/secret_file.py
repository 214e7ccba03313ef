"""The text of a file that holds a secret: a password, a passphrase, an enrolment code."""

from __future__ import annotations

from pathlib import Path

from beffroi.core.errors import InvalidInput


def read(path: Path, *, field: str) -> str:
    """Its text, the last newline left out; `field` is the argument that named it.

    Errors: InvalidInput when it cannot be read or is not text.
    """
    try:
        return path.read_text(encoding="utf-8").rstrip("\n")
    except OSError as error:
        raise InvalidInput(
            f"{path}: {error.strerror}.", message_fr=f"{path} : {error.strerror}.", field=field
        ) from None
    except UnicodeDecodeError:
        raise InvalidInput(
            f"{path} is not text; write the secret into it in UTF-8.",
            message_fr=f"{path} n'est pas du texte ; écrivez-y le secret en UTF-8.",
            field=field,
        ) from None
