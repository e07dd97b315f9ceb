"""Events and their CloudEvents form."""

from __future__ import annotations

import json
import uuid
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_streams import run, seeded_posts

from streamclust.claims import Origin, isoformat
from streamclust.events import ALL, MILESTONES, Event, cloud_event, event_id

_VALUES: dict[str, Any] = {
    "str": "x", "str | None": "x",
    "int": 2, "float": 0.5, "bool": True, "list[str]": ["x"], "list[float]": [0.5],
    "dict[str, int]": {"x": 2},
    "Origin | None": Origin("posts", 3, 7),
}  # fmt: skip
EVENTS = [kind(**{f.name: _VALUES[str(f.type)] for f in fields(kind)}) for kind in ALL]
every_kind = pytest.mark.parametrize("event", EVENTS, ids=lambda e: type(e).__name__)


@every_kind
def test_the_id_is_that_of_what_happened_not_of_when_it_was_computed(event: Event) -> None:
    assert event_id(event) == event_id(replace(event))
    assert event_id(event) == event_id(replace(event, at=9.0, version=99, origin=None))
    assert uuid.UUID(event_id(event)).version == 5


def test_different_kinds_have_different_ids() -> None:
    assert len({event_id(event) for event in EVENTS}) == len(ALL)


@pytest.mark.parametrize(
    "field", ["cluster_id", "claim_id", "milestone", "absorbed_id", "new_id", "other_id", "command_id", "episode", "times"]
)
def test_what_happened_to_another_has_another_id(field: str) -> None:
    told = {
        "ClusterFounded": "cluster_id",
        "ClusterRetired": "times",
        "ClusterRevived": "claim_id",
        "ClaimAssigned": "claim_id",
        "ClusterGrew": "milestone",
        "ClustersMerged": "absorbed_id",
        "ClusterSplit": "new_id",
        "LinkSuggested": "other_id",
        "ClustersLinked": "command_id",
        "ClustersUnlinked": "command_id",
        "ClaimExpelled": "command_id",
        "CommandRefused": "command_id",
        "TrendStarted": "episode",
        "TrendEnded": "episode",
    }
    for event in EVENTS:
        if told[type(event).__name__] == field:
            other = 5 if field in ("milestone", "episode", "times") else "y"
            assert event_id(replace(event, **{field: other})) != event_id(event)


def test_ids_stay_what_they_are_in_every_release() -> None:
    assert event_id(EVENTS[0]) == "11531e59-277e-5d6f-9f9b-543f456abf5c"


@every_kind
def test_the_envelope_has_the_attributes_cloudevents_requires(event: Event) -> None:
    envelope = cloud_event(event, params="p", encoder="e")
    assert envelope["specversion"] == "1.0"
    assert all(isinstance(envelope[name], str) and envelope[name] for name in ("id", "source", "type"))
    assert set(envelope) <= {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "data"}
    assert envelope["type"] == type(event).type
    assert envelope["subject"] == f"cluster/{event.cluster_id}"
    assert datetime.fromisoformat(envelope["time"]).timestamp() == event.at


@every_kind
def test_the_envelope_is_json_and_tells_all(event: Event) -> None:
    data = json.loads(json.dumps(cloud_event(event, params="p", encoder="e")))["data"]
    own = {f.name for f in fields(event)} - {"at", "origin"}
    assert {name: data[name] for name in own} == {name: getattr(event, name) for name in own}
    assert data["cause"] == {"stream": "posts", "partition": 3, "offset": 7}
    assert (data["params"], data["encoder"]) == ("p", "e")


def test_what_has_no_time_or_cause_says_none() -> None:
    envelope = cloud_event(replace(EVENTS[0], at=0.0, origin=None), params="p", encoder="e")
    assert "time" not in envelope
    assert "cause" not in envelope["data"]


def test_types_are_versioned_and_all_different() -> None:
    types = [kind.type for kind in ALL]
    assert len(set(types)) == len(types)
    assert all(name.startswith("io.streamclust.") and name.endswith(".v1") for name in types)


def test_milestones_rise_as_documented() -> None:
    assert MILESTONES[:6] == (2, 5, 10, 20, 50, 100)
    assert sorted(set(MILESTONES)) == list(MILESTONES)


@given(st.integers(631_152_000_000, 4_102_444_799_999))
def test_time_is_told_to_the_millisecond(milliseconds: int) -> None:
    assert datetime.fromisoformat(isoformat(milliseconds / 1000)).timestamp() == pytest.approx(milliseconds / 1000, abs=1e-3)
    assert isoformat(milliseconds / 1000).endswith("Z")


def test_everything_a_clusterer_says_is_json() -> None:
    for event in run(seeded_posts(200))[1]:
        json.dumps(cloud_event(event, params="p", encoder="e"), allow_nan=False)
