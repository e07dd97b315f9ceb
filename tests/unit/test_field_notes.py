"""What a record has and its claim has not is counted, with one example, and said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from streamclust.claims import FieldMap, isoformat, parse_claim
from streamclust.events import ClaimAssigned
from streamclust.testing import embed
from workers.cli.skew import Ahead
from workers.fields import FieldNotes

WHOLE = {
    "id": "p1", "text": "the dam has burst", "created_at": "2026-03-01T12:00:00Z", "source": "a.example", "author": "ann",
    "author_since": 1456833600, "lang": "en", "url": "https://a.example/1",
}  # fmt: skip
UNREADABLE = [
    ("id", 1.5), ("id", "\x00"), ("created_at", "2024-13-45"), ("created_at", 0), ("source", 3.5), ("author", {"name": "ann"}),
    ("author", ["ann"]), ("author_since", "long ago"), ("lang", True), ("url", {}),
]  # fmt: skip
BARE = {"text": "x"}
READABLE = [WHOLE, {**WHOLE, "id": "x1"}, {**WHOLE, "id": 7}, BARE, dict.fromkeys(WHOLE, "") | BARE, dict.fromkeys(WHOLE) | BARE]


def noted(*records: Mapping[str, Any], mapping: str = "", arrived: float | None = None) -> FieldNotes:
    fields = FieldMap.parse(mapping)
    notes = FieldNotes(fields, "posts.jsonl", stamped=arrived is not None)
    for number, record in enumerate(records):
        notes.look(record)
        notes.compare(record, parse_claim(record, fields=fields, recorded_at=arrived), number, arrived)
    return notes


@pytest.mark.parametrize(("name", "value"), UNREADABLE)
def test_a_value_that_cannot_be_read_is_counted_with_its_first_place(name: str, value: object) -> None:
    notes = noted(WHOLE, {**WHOLE, name: value}, WHOLE, {**WHOLE, name: value})
    (line,) = notes.lines()
    assert line.startswith(f"2 of 4 records had no readable {name}, e.g. record 2 of posts.jsonl: {value!r}; ")
    assert notes.as_plain()["unreadable_fields"] == {name: {"records": 2, "first": {"record": 2, "value": repr(value)}}}


@pytest.mark.parametrize("record", READABLE)
def test_what_is_there_and_what_is_left_empty_is_no_news(record: Mapping[str, Any]) -> None:
    assert list(noted(record).lines()) == []


def test_an_unreadable_time_is_said_also_where_the_time_of_arrival_stands_in() -> None:
    (line,) = noted({**WHOLE, "created_at": "soon"}, WHOLE, {"text": "x"}, arrived=1456833601.0).lines()
    assert line.startswith("1 of 3 records had no readable created_at")
    assert line.endswith("they have the time they arrived.")


def test_a_mapped_field_that_no_record_has_is_said_with_those_there_are() -> None:
    record = {"id": "p", "text": "x", "post": {"at": 1456833600, "by": "ann"}}
    assert list(noted(record, {**record, "extra": 1}, mapping="created_at=when,author=post.by").lines()) == [
        "--map created_at=when: no record has a value under 'when'; fields there are: id, text, post.at, post.by, extra."
    ]
    assert noted({"text": "x"}, record, mapping="created_at=post.at").as_plain()["fields_nowhere"] == {}


def test_nothing_is_missing_where_nothing_was_read() -> None:
    assert list(noted(mapping="created_at=when").lines()) == []


def test_an_unreadable_value_under_another_name_is_said_with_that_name() -> None:
    (line,) = noted({"text": "x", "when": "2024-13-45"}, mapping="created_at=when").lines()
    assert "no readable created_at (under 'when')" in line


def test_values_are_shown_short_and_escaped() -> None:
    (line,) = noted({**WHOLE, "created_at": "\x1b[2J" + "9" * 500}).lines()
    assert "\x1b" not in line
    assert len(line) < 250


def test_times_too_far_ahead_are_counted_and_those_at_their_own_time_are_not() -> None:
    far = parse_claim({"id": "far", "text": "x", "created_at": 4_000_000_000})
    near = parse_claim({"id": "near", "text": "y", "created_at": 1_000_000_000})
    ahead, (one, *_) = Ahead(), embed(["x"])
    batch = [type(one)(claim, one.vector) for claim in (far, near)]
    events = [
        ClaimAssigned(cluster_id="c", at=1_000_000_000.0, version=1, origin=None, claim_id=claim.id, rule="linked", score=1.0, size=1)
        for claim in (far, near)
    ]
    ahead.count(events, batch)
    assert ahead.claims == 1
    assert f"far at {isoformat(4_000_000_000)}" in ahead.line(86_400.0)
    assert "1 post had times more than 24 h ahead" in ahead.line(86_400.0)


def test_of_an_id_that_comes_twice_the_post_that_was_taken_counts() -> None:
    taken, skipped = (parse_claim({"id": "p", "text": "x", "created_at": at}) for at in (1_000_000_000, 1_000_000_600))
    ahead, (one, *_) = Ahead(), embed(["x"])
    event = ClaimAssigned(cluster_id="c", at=1_000_000_000.0, version=1, origin=None, claim_id="p", rule="founded", score=0.0, size=1)
    ahead.count([event], [type(one)(claim, one.vector) for claim in (taken, skipped)])
    assert ahead.claims == 0


@pytest.mark.parametrize(("seconds", "said"), [(7200.0, "2 h"), (60.0, "1 min"), (5.0, "5 s")])
def test_a_limit_is_said_in_whole_units(seconds: float, said: str) -> None:
    assert Ahead(1, "p at noon").line(seconds).startswith(f"1 post had times more than {said} ahead")
