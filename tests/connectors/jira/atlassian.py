"""Atlassian's own descriptions of the API, as the judge of what the product asks and what the stand-in answers.

    atlassian.check(site.requests, folder)

Their known defects are forgiven here, each with its reason.
"""

import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from connectors.jira.stand_in import Exchange

_VERSIONED = re.compile(r"/rest/api/(2|3|latest)/")

# The document of version 2 is older than the removal.
REMOVED = {"/rest/api/2/search", "/rest/api/3/search"}


_REFUSAL = {
    "anyOf": [
        {"$ref": "#/components/schemas/ErrorCollection"},
        {"$ref": "#/components/schemas/CreatedIssues"},
    ]
}


class Description:
    """One version of the API as its OpenAPI document describes it."""

    def __init__(self, file: Path) -> None:
        document = json.loads(gzip.decompress(file.read_bytes()))
        self._components = document["components"]
        self._validators: dict[str, jsonschema_rs.Draft4Validator] = {}
        self._operations = [
            (re.compile(re.sub(r"{\w+}", "[^/]+", template)), template, operations)
            # Where two templates fit, as /issue/bulk does, the one with fewer variables is meant.
            for template, operations in sorted(
                document["paths"].items(), key=lambda entry: entry[0].count("{")
            )
        ]

    def faults(self, exchange: Exchange) -> Iterator[str]:
        """Yield what is wrong with a request, and with the answer unless a fault was injected."""
        request = exchange.request
        path = request.path.replace("/rest/api/latest/", "/rest/api/2/")
        template, operations = next(
            ((template, found) for pattern, template, found in self._operations if pattern.fullmatch(path)),
            ("", {}),
        )
        operation = operations.get(request.method.lower())
        if operation is None or path in REMOVED:
            yield "there is no such operation" if path not in REMOVED else "this operation was removed"
            return
        known = {
            parameter["name"]: parameter
            for parameter in [*operations.get("parameters", ()), *operation.get("parameters", ())]
            if parameter["in"] == "query"
        }
        yield from _query_faults(request.query, known)
        yield from self._body_faults(request.body, operation.get("requestBody"))
        if exchange.answer is not None and not exchange.is_faulty:
            described = operation["responses"].get(str(exchange.answer.status))
            # The documents leave out many a refusal, and many refusals have the one usual shape.
            if exchange.answer.status >= 400:
                described = {"content": {"application/json": {"schema": _REFUSAL}}}
            if described is None:
                yield f"{template} never answers {exchange.answer.status}"
            else:
                yield from self._answer_faults(exchange.answer.body, described.get("content", {}))

    def _body_faults(self, body: Any, described: Mapping[str, Any] | None) -> Iterator[str]:
        if described is None:
            if body is not None:
                yield "it takes no body"
        elif body is None:
            if described.get("required"):
                yield "its body is missing"
        elif isinstance(body, bytes):
            yield "its body is no JSON"
        else:
            yield from self._schema_faults("body", body, described["content"]["application/json"]["schema"])

    def _answer_faults(self, body: Any, content: Mapping[str, Any]) -> Iterator[str]:
        schema = content.get("application/json", {}).get("schema")
        if schema is not None:
            yield from self._schema_faults("answer", _without_nulls(body), schema)

    def _schema_faults(self, what: str, value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
        text = json.dumps(schema)
        if text not in self._validators:
            # Jira's times have an offset without a colon, which their declared format does not allow.
            self._validators[text] = jsonschema_rs.Draft4Validator(
                {**schema, "components": self._components}, validate_formats=False
            )
        for error in self._validators[text].iter_errors(value):
            yield f"{what} at /{'/'.join(map(str, error.instance_path))}: {error.message}"


def _query_faults(query: Mapping[str, tuple[str, ...]], known: Mapping[str, Any]) -> Iterator[str]:
    for name, values in query.items():
        if name not in known:
            yield f"the parameter {name!r} is unknown"
            continue
        schema = known[name]["schema"]
        kind = schema.get("items", {}).get("type") if schema.get("type") == "array" else schema.get("type")
        for value in values:
            if kind == "integer" and not re.fullmatch(r"-?\d+(,-?\d+)*", value):
                yield f"the parameter {name!r} is not a number: {value!r}"
            if kind == "boolean" and value not in ("true", "false"):
                yield f"the parameter {name!r} is neither true nor false: {value!r}"
            if "enum" in schema and value not in schema["enum"]:
                yield f"the parameter {name!r} is none of {schema['enum']}: {value!r}"
    for name, parameter in known.items():
        if parameter.get("required") and name not in query:
            yield f"the parameter {name!r} is missing"


def _without_nulls(value: Any) -> Any:
    """Leave out members that are null: Jira answers them freely, the documents seldom say so."""
    if isinstance(value, dict):
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_without_nulls(member) for member in value]
    return value


@cache
def description(folder: Path, version: str) -> Description:
    """Return one version's description from the folder that has them all."""
    return Description(folder / f"openapi-v{'3' if version == '3' else '2'}.json.gz")


def faults(exchanges: Iterable[Exchange], folder: Path) -> list[str]:
    """Return everything that Atlassian would not understand in requests, or never answer."""
    found = []
    for exchange in exchanges:
        request = exchange.request
        versioned = _VERSIONED.match(request.path)
        wrong = description(folder, versioned[1]).faults(exchange) if versioned else ["not a path of the API"]
        found += [f"{request.method} {request.path}: {fault}" for fault in wrong]
    return found


def check(exchanges: Iterable[Exchange], folder: Path) -> None:
    """Assert that a conversation keeps to Atlassian's description of it."""
    wrong = faults(list(exchanges), folder)
    assert not wrong, "not as Atlassian describes it:\n" + "\n".join(dict.fromkeys(wrong))
