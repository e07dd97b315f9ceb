"""What stands in a record, as plain values, and whether the checked-in schemas allow it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgpack
import orjson
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from workers.schemas import EMBEDDED, EMBEDDED_HEADERS, EVENT_HEADERS, LETTER_HEADERS, RAW
from workers.topics import Topics

SCHEMAS = Path(__file__).parent.parent / "ops" / "schemas"
Part = tuple[str, Any]
"""Name of a schema and what must be valid under it."""


@cache
def validator(name: str, *, closed: bool = False) -> Draft202012Validator:
    """The validator of a schema; a closed one allows no field that the schema does not name."""
    found = {path.name: orjson.loads(path.read_bytes()) for path in SCHEMAS.glob("*.json")}
    if closed:
        found = {file: _closed(schema) for file, schema in found.items()}
    registry = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in found.values())
    return Draft202012Validator(found[f"{name}.json"], registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _closed(part) for name, part in schema.items()}
    return inner | ({"additionalProperties": False} if "required" in schema and "properties" in schema else {})


def parts(record: Any, topics: Topics) -> list[Part]:
    """Value and headers of a record of any topic, by the schema that holds for each."""
    headers = {name: content.decode() for name, content in record.headers}
    if record.topic == topics.raw:
        return [(RAW, orjson.loads(record.value))]
    if record.topic == topics.embedded:
        return [(EMBEDDED, embedded_fields(record.value)), (EMBEDDED_HEADERS, headers)]
    if record.topic == topics.dead_letters:
        return [(LETTER_HEADERS, {name: text for name, text in headers.items() if name.startswith("dlq.")})]
    data = [] if record.value is None else [(headers["ce_type"], orjson.loads(record.value))]
    return [*data, (EVENT_HEADERS, headers)]


def embedded_fields(value: bytes) -> dict[str, Any]:
    """The map of an embedded claim; its vector as a string of bytes, which is JSON Schema's `binary`."""
    fields: dict[str, Any] = msgpack.unpackb(value)
    return fields | {"vector": fields["vector"].decode("latin-1")}


def mutants(part: Part) -> Iterator[Part]:
    """The same with one required field left out, or one typed field of another type."""
    name, value = part
    schema = validator(name).schema
    for field in schema["required"]:
        yield name, {key: content for key, content in value.items() if key != field}
    for field, rule in schema["properties"].items():
        if field in value and set(rule) - {"description"}:
            yield name, value | {field: [None]}


def assert_valid(found: Iterable[Part]) -> None:
    """Each is as its schema says, with nothing beside."""
    for name, value in found:
        validator(name).validate(value)
        if name != RAW:
            validator(name, closed=True).validate(value)


def assert_mutants_invalid(found: Iterable[Part]) -> None:
    """No mutant of any passes."""
    for part in found:
        for name, mutant in mutants(part):
            assert not validator(name).is_valid(mutant), (name, mutant)
