"""What a scenario is refused or flagged for: the field, what is wrong, the mend; English and French."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from beffroi.core.errors import InvalidInput
from beffroi.core.reading import MAX_SHOWN, in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to mend, or (a warning) to know. `field` is its place: `cameras[3].height_m (c04)`."""

    field: str
    message: str
    message_fr: str

    def text(self) -> str:
        return f"{self.field}: {self.message}"

    def text_fr(self) -> str:
        return f"{self.field} : {self.message_fr}"


class ScenarioRefused(InvalidInput):
    """The scenario cannot be computed as it is; `problems` lists all that must be mended."""

    def __init__(self, problems: list[Problem]) -> None:
        shown, rest = problems[:MAX_SHOWN], len(problems) - MAX_SHOWN
        more = [f"… {rest} more"] if rest > 0 else []
        more_fr = [f"… {rest} autres"] if rest > 0 else []
        super().__init__(
            "\n".join(["Nothing was computed. To mend:", *(one.text() for one in shown), *more]),
            message_fr="\n".join(["Rien n'est calculé. À corriger :", *(one.text_fr() for one in shown), *more_fr]),
            field=problems[0].field,
        )
        self.problems = tuple(problems)


def of_validation(error: ValidationError, given: object, model: type[BaseModel]) -> list[Problem]:
    """Pydantic's findings in our words; `given` is the document, to name things by their id."""
    found = []
    for detail in error.errors(include_url=False):
        english, french = in_words(detail, model)
        found.append(Problem(field=_place(detail["loc"], given), message=english, message_fr=french))
    return found


def _place(loc: tuple[int | str, ...], given: object) -> str:
    """`cameras[3].height_m (c04)`; a model's own name among the parts (a union's branch) is left out."""
    text, name, here = "", "", given
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
        here = _inside(here, part)
        if isinstance(here, dict) and isinstance(here.get("id"), str):
            name = here["id"][:63]
    return f"{text} ({name})" if name else text or "scenario"


def _inside(here: object, part: int | str) -> Any:
    if isinstance(here, dict):
        return here.get(part)
    if isinstance(here, list) and isinstance(part, int) and part < len(here):
        return here[part]
    return None
