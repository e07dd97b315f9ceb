"""Whatever a released version sent to receivers of alerts, they still get, and what it sent is still what the schemas say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from messages import problems

GOLDEN = Path(__file__).parent.parent / "golden"
TODAY = runpy.run_path(str(GOLDEN / "bodies.py"))
VERSIONS = sorted((path.parent for path in GOLDEN.glob("v*/bodies")), key=lambda p: [int(part) for part in p.name[1:].split(".")])
FILES = sorted(GOLDEN.glob("v*/bodies/*.json"))
KINDS = {f"{kind}.{what}.json" for kind in ("webhook", "slack", "alertmanager") for what in ("started", "ended", "digest", "coordinated")}


def named(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.stem}"


def body_of(kept: bytes) -> Any:
    return orjson.loads(orjson.loads(kept)["body"])


def fields(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every field of a body with the type of its value; members of a list share their place."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from fields(inner, f"{where}/{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from fields(inner, f"{where}/*")
    else:
        yield where, "number" if isinstance(value, float | int) and not isinstance(value, bool) else type(value).__name__


def test_what_is_sent_today_is_what_the_last_version_kept_byte_for_byte() -> None:
    made = TODAY["bodies"]()
    assert made == TODAY["bodies"](), "the same commit gives the same bytes"
    assert {path.name: path.read_bytes() for path in (VERSIONS[-1] / "bodies").iterdir()} == made


def test_every_version_kept_every_kind_of_body() -> None:
    assert VERSIONS
    assert all({path.name for path in (version / "bodies").iterdir()} >= KINDS for version in VERSIONS)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_receiver_made_for_an_older_version_finds_every_field_and_header_it_knows(path: Path) -> None:
    kept, today = path.read_bytes(), TODAY["bodies"]()[path.name]
    assert set(fields(body_of(kept))) <= set(fields(body_of(today)))
    assert orjson.loads(kept)["headers"].keys() <= orjson.loads(today)["headers"].keys()


@pytest.mark.parametrize("path", [path for path in FILES if path.name.startswith("webhook.")], ids=named)
def test_every_golden_webhook_is_valid_under_todays_schema_and_signed(path: Path) -> None:
    kept = orjson.loads(path.read_bytes())
    assert not problems("alert", orjson.loads(kept["body"]))
    headers, key = kept["headers"], base64.b64decode(TODAY["SECRET"].removeprefix("whsec_"))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{kept['body']}".encode()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()


def test_a_field_that_went_or_changed_its_type_is_noticed() -> None:
    old = {"a": 1, "b": [{"c": "x"}]}
    assert set(fields(old)) <= set(fields({"a": 2.5, "b": [{"c": "y", "d": 1}], "e": None}))
    assert not set(fields(old)) <= set(fields({"a": "1", "b": [{"c": "y"}]}))
    assert not set(fields(old)) <= set(fields({"a": 1, "b": [{}]}))
