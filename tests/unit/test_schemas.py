"""The schemas that are checked in: as the code says, valid themselves, and true of what is read and written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from messages import OPS, SCHEMAS, mutants, problems, unnamed, validator
from small_streams import published

from streamclust.adapters.event_files import DeadLetterFile
from streamclust.claims import FIELDS, parse_claim, parse_json
from streamclust.errors import InvalidClaim
from streamclust.ports import DeadLetter
from workers import schemas
from workers.topics import Topics

every_schema = pytest.mark.parametrize("name", SCHEMAS)
API = yaml.safe_load((OPS / "asyncapi.yaml").read_text())


def test_what_is_checked_in_is_what_the_code_says() -> None:
    wanted = schemas.documents()
    there = {str(path.relative_to(OPS)): path.read_bytes() for path in [*(OPS / "schemas").iterdir(), OPS / "asyncapi.yaml"]}
    differing = sorted(name for name in wanted | there if wanted.get(name) != there.get(name))
    assert not differing, (
        f"ops/{', ops/'.join(differing)}: not what the code says. `make schemas` (python -m workers.schemas) writes them again; look at "
        "the difference: fields may be added, anything else needs a new .vN type"
    )


@every_schema
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


@every_schema
def test_every_field_is_described(name: str) -> None:
    assert SCHEMAS[name]["description"]
    assert not [field for field, schema in SCHEMAS[name]["properties"].items() if not schema.get("description")]


@every_schema
def test_no_schema_forbids_a_field_of_a_later_version(name: str) -> None:
    assert "additionalProperties" not in SCHEMAS[name]


# claims.raw

plain = st.none() | st.text(max_size=10)


def test_a_raw_record_has_the_fields_of_a_claim() -> None:
    assert set(SCHEMAS["claims.raw"]["properties"]) == set(FIELDS)
    assert SCHEMAS["claims.raw"]["required"] == ["text"]


@given(
    st.fixed_dictionaries(
        {"text": st.text(min_size=1, max_size=40)},
        optional={
            "created_at": plain | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63),
            "mood": st.lists(plain),
            **{name: plain | st.integers(-(2**63), 2**63) for name in ("id", "source", "author", "lang", "url")},
        },
    )
)
def test_what_the_schema_allows_is_read_as_a_claim_unless_its_text_says_nothing(record: dict[str, Any]) -> None:
    assert not problems("claims.raw", record)
    try:
        assert parse_claim(parse_json(orjson.dumps(record))).text == record["text"]
    except InvalidClaim as error:
        said = error.reason
        assert said == "no_text"


@pytest.mark.parametrize("record", [{}, {"text": None}, {"text": 3}, {"text": ""}, {"text": ["a"]}])
def test_what_the_schema_forbids_is_no_claim(record: dict[str, Any]) -> None:
    assert problems("claims.raw", record)
    with pytest.raises(InvalidClaim):
        parse_claim(record)


# files


def test_every_line_of_an_events_file_is_as_its_schema_says() -> None:
    for line in published():
        event = orjson.loads(line)
        assert not problems("cloudevent", event)
        assert not unnamed("cloudevent", event)


def test_an_event_with_the_data_of_another_is_refused() -> None:
    found = {event["type"]: event for event in map(orjson.loads, published()) if event["data"] is not None}
    for event in found.values():
        assert all(problems("cloudevent", mutant) for mutant in mutants("cloudevent", event))
        required = set(SCHEMAS[event["type"].removeprefix("io.streamclust.")]["required"])
        assert not problems("cloudevent", event)
        for other in found.values():
            if required - set(other["data"]):  # what has all its fields and more cannot be told by them
                assert problems("cloudevent", {**event, "data": other["data"]})


@given(st.none() | st.binary(max_size=20), st.sampled_from(InvalidClaim.REASONS), st.text(max_size=10))
def test_every_line_of_a_dead_letters_file_is_as_its_schema_says(raw: bytes | None, reason: str, detail: str) -> None:
    line = orjson.loads(_line(DeadLetter(raw, reason, detail, "posts.jsonl", 0, 7)))
    assert not problems("dead-letter-line", line)
    assert not unnamed("dead-letter-line", line)
    assert all(problems("dead-letter-line", mutant) for mutant in mutants("dead-letter-line", line))
    assert problems("dead-letter-line", {**line, "raw": "", "raw_base64": ""})


def _line(letter: DeadLetter) -> bytes:
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile() as file:
        letters = DeadLetterFile(file.name)
        letters.put([letter])
        letters.close()
        return Path(file.name).read_bytes()


# AsyncAPI


def test_every_topic_is_a_channel() -> None:
    plans = {plan.name for plan in Topics().plans(1, 1)}
    assert {channel["address"] for channel in API["channels"].values()} == plans


def references(node: Any) -> list[str]:
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    own = [node["$ref"]] if isinstance(node, dict) and "$ref" in node else []
    return own + [found for part in inner for found in references(part)]


def test_every_reference_of_the_document_leads_somewhere() -> None:
    for reference in references(API):
        if reference.startswith("#/"):
            node = API
            for part in reference[2:].split("/"):
                node = node[part]
        else:
            assert (OPS / reference).is_file(), reference


def test_every_schema_is_used_by_the_document() -> None:
    used = {Path(reference).stem for reference in references(API) if reference.startswith("./")}
    assert used == set(SCHEMAS)


def test_every_message_of_the_document_has_a_summary_and_a_content_type() -> None:
    assert all(message["summary"] and message["contentType"] for message in API["components"]["messages"].values())


def test_a_schema_refers_only_to_its_neighbors() -> None:
    for name, schema in SCHEMAS.items():
        for reference in references(schema):
            assert (OPS / "schemas" / reference).is_file(), name
        validator(name)


def test_the_readme_leads_to_every_schema() -> None:
    readme = (OPS.parent / "README.md").read_text()
    missing = [name for name in (*(f"schemas/{name}.json" for name in SCHEMAS), "asyncapi.yaml") if f"(ops/{name})" not in readme]
    assert not missing
