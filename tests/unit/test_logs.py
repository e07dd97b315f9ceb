"""Logs: one record, one line, and machines can read them."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.logs import JsonFormatter, PlainFormatter

wild = st.text(st.characters(), max_size=40)  # half surrogate pairs and line breaks of every kind too
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | wild | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(wild | st.integers(), inner, max_size=3),
    max_leaves=6,
)
names = st.from_regex(r"x_[a-z]{1,8}", fullmatch=True)


def record(message: str, arguments: tuple[Any, ...] = (), *, failed: BaseException | None = None, **extra: object) -> logging.LogRecord:
    info = (type(failed), failed, None) if failed else None
    made = logging.getLogger("tests").makeRecord("tests", logging.WARNING, __file__, 1, message, arguments, info, extra=extra)
    made.created = 1_700_000_000.5
    return made


@given(wild, st.dictionaries(names, values, max_size=4))
def test_a_json_record_is_one_line_that_parses(message: str, extra: dict[str, Any]) -> None:
    line = JsonFormatter().format(record("%s", (message,), **extra))
    assert "\n" not in line
    assert "\r" not in line
    read = json.loads(line)
    assert read["message"] == message
    assert set(extra) <= set(read)


def test_a_json_record_says_when_how_bad_who_and_what() -> None:
    read = json.loads(JsonFormatter().format(record("%d of %s", (3, "posts"), topic="claims.raw", offset=7)))
    assert read == {
        "time": "2023-11-14T22:13:20.500+00:00",
        "level": "warning",
        "logger": "tests",
        "message": "3 of posts",
        "topic": "claims.raw",
        "offset": 7,
    }


def test_an_exception_stays_in_its_json_line() -> None:
    line = JsonFormatter().format(record("gone", failed=ValueError("a\nb")))
    assert "\n" not in line
    assert json.loads(line)["exception"] == "ValueError: a\nb"


@given(wild, st.dictionaries(names, values, max_size=4))
def test_a_plain_record_is_one_line_without_a_command_for_the_terminal(message: str, extra: dict[str, Any]) -> None:
    line = PlainFormatter().format(record("%s", (message,), **extra))
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    assert line.startswith("22:13:20 warning ")


@given(wild)
def test_no_line_of_a_traceback_looks_like_a_record(message: str) -> None:
    first, *rest = PlainFormatter().format(record("gone", failed=ValueError(message))).splitlines()
    assert first == "22:13:20 warning gone"
    assert rest
    assert all(line.startswith("    ") for line in rest)


@pytest.mark.parametrize(("form", "level", "heard"), [("json", "INFO", 2), ("plain", "WARNING", 1), ("json", "ERROR", 0)])
def test_logs_go_to_standard_error_from_the_level_on_and_the_clients_from_warnings_on(form: str, level: str, heard: int) -> None:
    say = "import logging; from workers import logs; logs.start(*{!r}); "
    say += "logging.info('i'); logging.warning('w'); logging.getLogger('kafka.conn').info('k')"
    told = subprocess.run([sys.executable, "-c", say.format((form, level))], capture_output=True, text=True, check=True)
    assert told.stdout == ""
    assert len(told.stderr.splitlines()) == heard
