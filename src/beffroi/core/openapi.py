"""OpenAPI 3.1 documents from our own types: each server lists its operations, the schemas are pydantic's.

`python -m beffroi.web.openapi` and `python -m beffroi.engine.gateway.openapi` print them; `ref/openapi-*.json` are kept
current by a test. Source: OpenAPI 3.1.0; JSON Schema 2020-12.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter
from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from beffroi import __version__

_REF = "#/components/schemas/{model}"
FORM = "application/x-www-form-urlencoded"
SLUG = "^[-a-zA-Z0-9_]+$"


class ErrorForm(TypedDict):
    """An error, for programs and in both languages; `field` and `article` may be empty."""

    kind: str
    message: str
    message_fr: str
    field: str
    article: str


class Refusal(TypedDict):
    """The body of every answer that is an error."""

    error: ErrorForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What stands in the path, the query or a header."""

    name: str
    place: str = "path"
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    is_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method on one path.

    Attributes:
        gives: the answer when all is well: a type (JSON), a media type, or "" for none (204).
        takes: the type of the JSON body, or `FORM`; None for no body.
        refuses: HTTP statuses of `Refusal` answers.
        other: statuses without a described body (204, redirections).
        security: names of schemes; empty for what anybody may call.
    """

    method: str
    path: str
    summary: str
    gives: Any = ""
    takes: Any = None
    parameters: tuple[Parameter, ...] = ()
    refuses: tuple[int, ...] = ()
    other: tuple[int, ...] = ()
    security: tuple[str, ...] = ()
    refused_as: str = ""
    """`Page` where a refusal is a page for people."""


def document(
    title: str, operations: Iterable[Operation], *, schemes: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The whole document; `schemes` are OpenAPI security schemes by name."""
    kept = _Schemas()
    paths: dict[str, dict[str, Any]] = {}
    refused = {
        "Refused": {"description": "Refused, and why", "content": _content(Refusal, kept)},
        "RefusedPage": {"description": "Refused, and why", "content": _content("text/html", kept)},
    }
    for operation in sorted(operations, key=lambda one: (one.path, one.method)):
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, kept)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": __version__, "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"}},
        "paths": paths,
        "components": {
            "schemas": dict(sorted(kept.found.items())),
            "responses": refused,
            "securitySchemes": dict(schemes),
        },
    }


def written(document: Mapping[str, Any]) -> str:
    """As it stands in `ref/`."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


class _Schemas:
    """Schemas met so far, by name."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}

    def of(self, kind: Any, *, mode: Any) -> dict[str, Any]:
        """A reference to `kind`, whose fields are closed: nothing unsaid comes or is taken."""
        schema = TypeAdapter(kind).json_schema(ref_template=_REF, mode=mode)
        for name, one in schema.pop("$defs", {}).items():
            self.found[name] = _closed(one)
        if schema.get("type") != "object" or "title" not in schema:
            return dict(schema)
        self.found[schema["title"]] = _closed(schema)
        return {"$ref": _REF.format(model=schema["title"])}


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    if "properties" in schema:
        schema.setdefault("additionalProperties", False)
    return schema


def _operation(operation: Operation, kept: _Schemas) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    if operation.gives:
        answers["200"] = {"description": "OK", "content": _content(operation.gives, kept, mode="serialization")}
    for status in operation.refuses:
        answers[str(status)] = {"$ref": "#/components/responses/Refused" + operation.refused_as}
    for status in operation.other:
        answers[str(status)] = {"description": "Nothing to read"}
    made: dict[str, Any] = {
        "operationId": f"{operation.method} {operation.path}",
        "summary": operation.summary,
        "responses": dict(sorted(answers.items())),
        "security": [{name: []} for name in operation.security],
    }
    if operation.parameters:
        made["parameters"] = [
            {"name": one.name, "in": one.place, "required": one.is_required, "schema": dict(one.schema)}
            for one in operation.parameters
        ]
    if operation.takes is not None:
        made["requestBody"] = {"required": True, "content": _content(operation.takes, kept, mode="validation")}
    return made


def _content(kind: Any, kept: _Schemas, *, mode: str = "serialization") -> dict[str, Any]:
    if not isinstance(kind, str):
        return {"application/json": {"schema": kept.of(kind, mode=mode)}}
    if kind == FORM:
        return {kind: {"schema": {"type": "object", "additionalProperties": {"type": "string"}}}}
    return {kind: {"schema": {"type": "string"}}}


def slugs(path: str) -> tuple[Parameter, ...]:
    """The path parameters of an OpenAPI path, all of them identifiers."""
    return tuple(
        Parameter(name=name, schema={"type": "string", "pattern": SLUG, "maxLength": 63})
        for name in re.findall(r"{(\w+)}", path)
    )
