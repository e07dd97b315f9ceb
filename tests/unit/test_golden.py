"""Whatever a released version wrote, this one reads to the same values."""

from __future__ import annotations

import runpy
from base64 import b64decode
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from messages import kinds, problems

GOLDEN = Path(__file__).parent.parent / "golden"
MAKE = runpy.run_path(str(GOLDEN / "make.py"))
VERSIONS = sorted(path.name for path in GOLDEN.iterdir() if path.name.startswith("v"))
MESSAGES = sorted(GOLDEN.glob("v*/*.json"))


def unpacked(path: Path) -> tuple[Any, bytes | None, list[tuple[str, bytes]], bytes | None]:
    kept = orjson.loads(path.read_bytes())
    key, value = (None if kept[name] is None else b64decode(kept[name]) for name in ("key", "value"))
    return kept["read"], key, [(name, b64decode(content)) for name, content in kept["headers"]], value


@pytest.mark.parametrize("path", MESSAGES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_every_golden_message_is_read_to_the_values_it_had(path: Path) -> None:
    expected, key, headers, value = unpacked(path)
    assert orjson.loads(orjson.dumps(MAKE["read"](path.stem, key, headers, value))) == expected


@pytest.mark.parametrize("path", MESSAGES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_every_golden_message_is_valid_under_todays_schemas(path: Path) -> None:
    _, _, headers, value = unpacked(path)
    record = SimpleNamespace(topic="", headers=[(name, content) for name, content in headers if name != "trace"], value=value)
    assert not [problem for name, instance in kinds([record]) for problem in problems(name, instance)]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_golden_line_of_events_is_valid_under_todays_schemas(version: str) -> None:
    lines = (GOLDEN / version / "events.jsonl").read_bytes().splitlines()
    assert lines
    assert not [problem for line in lines for problem in problems("cloudevent", orjson.loads(line))]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_lines_and_the_records_of_a_version_tell_the_same(version: str) -> None:
    lines = map(orjson.loads, (GOLDEN / version / "events.jsonl").read_bytes().splitlines())
    told = [orjson.loads(path.read_bytes())["read"] for path in (GOLDEN / version).glob("*.json")]
    assert all(line in told for line in lines)


def test_this_version_keeps_every_kind_of_message() -> None:
    made = MAKE["goldens"]()
    assert made == MAKE["goldens"](), "the same commit gives the same bytes"
    assert len(made) == 20
    assert set(made) >= {path.name for path in (GOLDEN / VERSIONS[-1]).iterdir() if path.is_file()}


def test_a_version_that_is_there_is_never_written_again() -> None:
    with pytest.raises(SystemExit, match="never edited"):
        MAKE["main"](VERSIONS[-1])
