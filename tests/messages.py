"""Checks messages against the schemas that are checked in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgpack
import orjson
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

OPS = Path(__file__).parent.parent / "ops"
SCHEMAS: dict[str, dict[str, Any]] = {path.stem: orjson.loads(path.read_bytes()) for path in sorted((OPS / "schemas").glob("*.json"))}
_REGISTRY = Registry().with_resources((f"{name}.json", Resource.from_contents(schema)) for name, schema in SCHEMAS.items())


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(SCHEMAS[name], registry=_REGISTRY)


def problems(name: str, instance: Any) -> list[str]:
    """What is wrong with it under the schema of this name."""
    return [f"{name}: {error.json_path}: {error.message}" for error in validator(name).iter_errors(instance)]


def unnamed(name: str, instance: Mapping[str, Any]) -> set[str]:
    """Fields that travel without standing in the schema."""
    return set(instance) - set(SCHEMAS[name]["properties"])


def as_text(headers: Any) -> dict[str, str]:
    """Headers as the schemas see them."""
    return {name: content.decode() for name, content in headers}


def embedded_as_json(value: bytes) -> dict[str, Any]:
    """The MessagePack map as its schema sees it: bytes as a string of characters 0 to 255."""
    fields: dict[str, Any] = msgpack.unpackb(value)
    return {**fields, "vector": fields["vector"].decode("latin-1")}


def mutants(name: str, instance: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The instance with a required field missing, or of a type that it never has."""
    for field in SCHEMAS[name]["required"]:
        yield {key: value for key, value in instance.items() if key != field}
        yield {**instance, field: [[]]}


def kinds(records: Any) -> Iterator[tuple[str, Any]]:
    """(schema, instance) pairs of records from any of the worker's topics."""
    for record in records:
        headers = as_text(record.headers)
        if record.topic.endswith("cluster.commands"):
            command = orjson.loads(record.value)
            yield "cluster.commands.expel" if command["command"] == "expel" else "cluster.commands", command
        elif "schema" in headers:
            yield "claims.embedded.headers", headers
            yield "claims.embedded", embedded_as_json(record.value)
        elif "ce_type" in headers:
            yield "cloudevent.headers", headers
            if record.value is not None:
                yield headers["ce_type"].removeprefix("io.streamclust."), orjson.loads(record.value)
        else:
            yield "claims.raw.dlq.headers", headers
