"""The schemas under `ops/` are those of the code, and say what the code does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from messages import assert_mutants_invalid, assert_valid, validator
from small_streams import published

from streamclust.adapters.event_files import DeadLetterFile
from streamclust.claims import FIELDS, Origin, parse_claim, parse_json
from streamclust.errors import InvalidClaim
from streamclust.events import ALL, ClusterFounded, cloud_event
from streamclust.ports import DeadLetter
from workers import schemas
from workers.schemas import ENVELOPE, FOLDER, LETTER_LINE, RAW
from workers.topics import RawRecord, Topics

NAMES = sorted(schemas.schemas())
ENVELOPES = [orjson.loads(line) for line in published()]
OF_EACH_TYPE = list({(event["type"], event["data"] is None): event for event in ENVELOPES}.values())
letters = st.builds(
    DeadLetter,
    raw=st.none() | st.binary(max_size=40),
    reason=st.sampled_from(InvalidClaim.REASONS),
    detail=st.text(max_size=40),
    stream=st.text(max_size=12),
    partition=st.integers(0, 999),
    offset=st.integers(0, 2**63 - 1),
)


# files


def test_the_files_are_those_the_code_makes() -> None:
    there = {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in (FOLDER / "schemas").glob("*.json")}
    there["asyncapi.yaml"] = (FOLDER / "asyncapi.yaml").read_bytes()
    made = schemas.files()
    stale = sorted(name for name in there.keys() | made.keys() if there.get(name) != made.get(name))
    assert not stale, f"ops/ is behind the code in {', '.join(stale)}: run `make schemas` and commit what it writes"


def test_making_them_takes_away_what_is_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "FOLDER", tmp_path)
    schemas.main()
    (tmp_path / "schemas" / "gone.v1.json").write_text("{}")
    schemas.main()
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()} == set(schemas.files())


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_json_schema_of_2020_12(name: str) -> None:
    schema = validator(name).schema
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_described(name: str) -> None:
    schema = validator(name).schema
    assert schema["title"]
    assert schema["description"]
    assert not [field for part in objects(schema) for field, rule in part.items() if not rule.get("description")]


@pytest.mark.parametrize("name", NAMES)
def test_a_field_of_a_later_version_is_allowed(name: str) -> None:
    def closed(schema: Any) -> Iterator[Any]:
        if isinstance(schema, dict):
            yield from ([schema] if schema.get("additionalProperties") is False else [])
            schema = list(schema.values())
        for part in schema if isinstance(schema, list) else []:
            yield from closed(part)

    assert not list(closed(validator(name).schema))


def objects(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The properties of it and of what is in it."""
    nested = [*schema.get("$defs", {}).values(), *schema.get("properties", {}).values()]
    return [schema.get("properties", {}), *(inner for part in nested for inner in objects(part))]


# events


def test_the_stream_of_the_tests_has_every_type_of_event() -> None:
    assert {event["type"] for event in ENVELOPES} == set(schemas.event_types())
    assert len(OF_EACH_TYPE) == len(ALL) + 2, "states and tombstones"


def test_every_event_is_as_the_envelope_and_its_type_say() -> None:
    for event in ENVELOPES:
        assert_valid([(ENVELOPE, event), *([(event["type"], event["data"])] if event["data"] else [])])


def test_an_event_without_a_time_and_a_cause_is_one_too() -> None:
    event = cloud_event(ClusterFounded(cluster_id="c", at=0.0, version=1, claim_id="x", text="?"), params="p", encoder="e")
    assert_valid([(ENVELOPE, event)])


@pytest.mark.parametrize("event", OF_EACH_TYPE, ids=lambda event: event["type"])
def test_a_mutated_event_is_refused(event: dict[str, Any]) -> None:
    assert_mutants_invalid([(ENVELOPE, event)])
    if event["data"]:
        assert_mutants_invalid([(event["type"], event["data"])])
        first = next(iter(event["data"]))
        assert not validator(ENVELOPE).is_valid(event | {"data": event["data"] | {first: [None]}}), "the data is looked at as well"


def test_only_a_forgotten_cluster_has_no_data() -> None:
    for event in OF_EACH_TYPE:
        assert validator(ENVELOPE).is_valid(event | {"data": None}) == event["type"].endswith("state.v1")


# raw records

anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def is_claim(record: Any) -> bool:
    try:
        parse_claim(parse_json(orjson.dumps(record)), origin=Origin("posts", 0, 0))
    except InvalidClaim:
        return False
    return True


@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=4), anything, max_size=8) | anything)
def test_what_can_be_read_as_a_claim_is_allowed(record: Any) -> None:
    assert validator(RAW).is_valid(record) or not is_claim(record)


@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=4), anything, max_size=8), anything)
def test_what_is_allowed_can_be_read_if_there_is_something_to_see(record: dict[str, Any], text: Any) -> None:
    record["text"] = f"a {text}" if isinstance(text, str) else text
    assert validator(RAW).is_valid(record) == is_claim(record)


def test_raw_records_have_the_fields_of_a_claim() -> None:
    assert set(RawRecord.__annotations__) == set(FIELDS)


# dead letters


@given(letter=letters)
def test_a_line_of_the_dead_letter_file_is_as_described(letter: DeadLetter, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("letters") / "dead-letters.jsonl"
    file = DeadLetterFile(str(path))
    file.put([letter])
    file.close()
    line = orjson.loads(path.read_bytes())
    assert_valid([(LETTER_LINE, line)])
    assert_mutants_invalid([(LETTER_LINE, line)])
    assert not validator(LETTER_LINE).is_valid(line | {"raw": "?", "raw_base64": "Pw=="})
    assert not validator(LETTER_LINE).is_valid({name: value for name, value in line.items() if not name.startswith("raw")})


# the AsyncAPI document

DOCUMENT = yaml.safe_load((FOLDER / "asyncapi.yaml").read_text())


def references(part: Any) -> Iterator[str]:
    """Every `$ref` in it."""
    if isinstance(part, dict):
        yield from ([part["$ref"]] if "$ref" in part else [])
        part = list(part.values())
    for inner in part if isinstance(part, list) else []:
        yield from references(inner)


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        if reference.startswith("#/"):
            found = DOCUMENT
            for name in reference[2:].split("/"):
                found = found[name]
        else:
            assert (FOLDER / reference).is_file(), reference


def test_every_topic_is_a_channel() -> None:
    addresses = [channel["address"] for channel in DOCUMENT["channels"].values()]
    assert addresses == [plan.name for plan in Topics("{prefix}").plans(1, 1)]


def test_every_schema_of_a_topic_is_referred_to() -> None:
    referred = {Path(reference).name.removesuffix(".json") for reference in references(DOCUMENT) if not reference.startswith("#/")}
    assert referred == set(NAMES) - {ENVELOPE, LETTER_LINE}, "those two are of files"


def test_the_reserved_topic_has_no_messages_and_says_so() -> None:
    commands = DOCUMENT["channels"]["commands"]
    assert commands["messages"] == {}
    assert "Reserved" in commands["description"]
