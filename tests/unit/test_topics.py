"""What travels in topics comes out as it went in, and what is no message of ours is refused as such."""

from __future__ import annotations

from typing import Any

import msgpack
import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_streams import published, seeded_posts

from streamclust.claims import EmbeddedClaim, Origin, parse_claim
from streamclust.errors import InvalidClaim
from streamclust.ports import DeadLetter
from workers.topics import (
    EMBEDDED_SCHEMA,
    Message,
    Topics,
    dead_letter_message,
    embedded_message,
    event_message,
    group,
    read_dead_letter,
    read_embedded,
    read_event,
)

TOPICS = Topics("prod.")
PLACE = Origin("prod.claims.embedded", 3, 14)
HEADERS = [("schema", EMBEDDED_SCHEMA), ("encoder", b"hash@32")]

texts = st.text(min_size=1, max_size=80).filter(lambda text: text.strip())
seconds = st.floats(631_152_000, 4_102_444_799)
words = st.none() | st.text(max_size=20)
headers = st.lists(st.tuples(st.text(max_size=12).filter(lambda name: not name.startswith("dlq.")), st.binary(max_size=12)), max_size=4)


@st.composite
def embedded_claims(draw: st.DrawFn) -> EmbeddedClaim:
    record = {name: draw(words) for name in ("id", "source", "author", "lang", "url")}
    record["created_at"] = draw(st.none() | seconds)
    origin = Origin(draw(st.text(max_size=8)), draw(st.integers(0, 99)), draw(st.integers(0, 2**63 - 1)))
    try:
        claim = parse_claim({**record, "text": draw(texts)}, origin=origin, recorded_at=draw(seconds))
    except InvalidClaim:
        claim = parse_claim({**record, "text": "nothing but spaces"}, origin=origin, recorded_at=1.7e9)
    halves = draw(st.lists(st.floats(-1, 1, width=16), min_size=1, max_size=8))
    return EmbeddedClaim(claim, np.array(halves, np.float32))


letters = st.builds(
    DeadLetter,
    raw=st.none() | st.binary(max_size=40),
    reason=st.sampled_from(InvalidClaim.REASONS),
    detail=st.text(max_size=40),
    stream=st.text(max_size=12),
    partition=st.integers(0, 999),
    offset=st.integers(0, 2**63 - 1),
    key=st.none() | st.binary(max_size=12),
    headers=headers.map(tuple),
)


def sent(claim: EmbeddedClaim, **more: Any) -> Message:
    return embedded_message(claim, **{"topic": TOPICS.embedded, "shard": 3, "encoder": "hash@32", "recorded_at": 1.7e9, **more})


ENVELOPES = [orjson.loads(line) for line in published()]


# claims.embedded


@given(embedded_claims(), seconds)
def test_an_embedded_claim_arrives_as_it_was_sent(embedded: EmbeddedClaim, recorded_at: float) -> None:
    message = sent(embedded, recorded_at=recorded_at)
    arrival = read_embedded(message.value, message.headers, PLACE)
    there, here = embedded.claim, arrival.embedded.claim
    same = ("id", "text", "comparison", "fingerprint", "words", "created_at", "source", "author", "lang", "url", "truncated")
    assert [getattr(here, name) for name in same] == [getattr(there, name) for name in same]
    assert here.origin == PLACE
    assert arrival.embedded.vector.dtype == np.float32
    assert arrival.embedded.vector.tobytes() == embedded.vector.tobytes()
    assert (arrival.encoder, arrival.recorded_at) == ("hash@32", recorded_at)


@given(embedded_claims(), st.integers(0, 1023))
def test_an_embedded_claim_goes_to_the_partition_of_its_shard_under_its_number(embedded: EmbeddedClaim, shard: int) -> None:
    message = sent(embedded, shard=shard)
    assert (message.topic, message.partition, message.key) == (TOPICS.embedded, shard, str(shard).encode())


@given(embedded_claims())
def test_a_field_of_a_later_version_is_passed_over(embedded: EmbeddedClaim) -> None:
    message = sent(embedded)
    value = msgpack.packb({**msgpack.unpackb(message.value), "mood": "grim"})
    assert (
        read_embedded(value, message.headers, PLACE).embedded.claim == read_embedded(message.value, message.headers, PLACE).embedded.claim
    )


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)
nullable_headers = st.lists(
    st.tuples(
        st.sampled_from(["schema", "encoder", "ce_id", "ce_type", "dlq.offset", "dlq.reason"]) | st.text(max_size=6),
        st.none() | st.sampled_from([EMBEDDED_SCHEMA, "²".encode(), b"9" * 5000]) | st.binary(max_size=8),
    ),
    max_size=8,
)


def refused(value: bytes | None, named: Any) -> InvalidClaim:
    with pytest.raises(InvalidClaim) as caught:
        read_embedded(value, named, PLACE)
    assert caught.value.reason in InvalidClaim.REASONS
    return caught.value


@given(st.none() | st.binary(max_size=80), nullable_headers)
def test_arbitrary_bytes_are_no_embedded_claim_and_nothing_worse(value: bytes | None, named: Any) -> None:
    refused(value, named)
    refused(value, HEADERS)


@given(anything)
def test_arbitrary_messagepack_is_no_embedded_claim_and_nothing_worse(value: Any) -> None:
    refused(msgpack.packb(value), HEADERS)


@given(embedded_claims(), st.data())
def test_a_truncated_record_is_no_embedded_claim(embedded: EmbeddedClaim, data: st.DataObject) -> None:
    value = sent(embedded).value
    assert value
    refused(value[: data.draw(st.integers(0, len(value) - 1))], HEADERS)


LATER = {"comparison", "words"}
"""Fields that are worked out where they are missing."""
FIELDS = [name for name in msgpack.unpackb(sent(seeded_posts(1)[0]).value) if name not in LATER]


@pytest.mark.parametrize("name", FIELDS)
def test_a_record_without_one_of_its_fields_is_no_embedded_claim(name: str) -> None:
    fields = msgpack.unpackb(sent(seeded_posts(1)[0]).value)
    del fields[name]
    assert name in refused(msgpack.packb(fields), HEADERS).detail


@given(st.sampled_from(FIELDS), anything)
def test_a_field_of_another_type_makes_no_embedded_claim_or_a_whole_one(name: str, value: Any) -> None:
    fields = {**msgpack.unpackb(sent(seeded_posts(1)[0]).value), name: value}
    try:
        claim = read_embedded(msgpack.packb(fields), HEADERS, PLACE).embedded.claim
    except InvalidClaim:
        return
    assert isinstance(claim.id, str)
    assert claim.comparison
    assert claim.created_at is None or -1 <= claim.created_at < 253_402_300_800


@pytest.mark.parametrize("vector", [b"", b"\0", b"\0\0\0", "\0\0", None, [0.5]])
def test_what_is_no_row_of_halves_is_no_vector(vector: Any) -> None:
    refused(msgpack.packb({**msgpack.unpackb(sent(seeded_posts(1)[0]).value), "vector": vector}), HEADERS)


@pytest.mark.parametrize(
    "named", [[], [("schema", None)], [("schema", b"claims.embedded/2")], [("encoder", b"hash@32")], [("schema", b"\xff" * 10_000)]]
)
def test_another_schema_is_refused_by_its_name(named: Any) -> None:
    error = refused(sent(seeded_posts(1)[0]).value, named)
    assert "claims.embedded/1" in error.detail
    assert len(error.detail) < 500


@pytest.mark.parametrize("encoder", [[], [("encoder", None)], [("encoder", b"")], [("encoder", b"\xff")]])
def test_a_vector_of_no_known_encoder_is_refused(encoder: Any) -> None:
    refused(sent(seeded_posts(1)[0]).value, [("schema", EMBEDDED_SCHEMA), *encoder])


def test_a_refusal_does_not_repeat_the_text() -> None:
    fields = {**msgpack.unpackb(sent(seeded_posts(1)[0]).value), "text": ["a secret"], "id": "a secret", "lang": {"a secret": 1}}
    assert "secret" not in str(refused(msgpack.packb(fields), HEADERS))


# events


def test_every_event_arrives_as_it_was_told() -> None:
    for envelope in ENVELOPES:
        message = event_message(orjson.dumps(envelope), TOPICS)
        assert read_event(message.value, message.headers) == envelope


@given(
    st.fixed_dictionaries(
        {
            "specversion": st.just("1.0"),
            "datacontenttype": st.just("application/json"),
            "data": st.none() | st.dictionaries(words, anything),
        }
        | {name: st.text(max_size=20) for name in ("id", "source", "type", "subject")},
        optional={"time": st.text(max_size=20)},
    ).map(lambda event: orjson.loads(orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS)))
)
def test_any_cloudevent_arrives_as_it_was_told(envelope: dict[str, Any]) -> None:
    message = event_message(orjson.dumps(envelope), TOPICS)
    assert read_event(message.value, message.headers) == envelope


def test_every_event_goes_to_its_topic_under_the_id_of_what_it_is_about() -> None:
    seen = set()
    for envelope in ENVELOPES:
        message = event_message(orjson.dumps(envelope), TOPICS)
        cluster_id = envelope["subject"].removeprefix("cluster/")
        wanted = {
            "io.streamclust.claim.assigned.v1": lambda data: (TOPICS.assigned, data["claim_id"]),
            "io.streamclust.cluster.state.v1": lambda _, key=cluster_id: (TOPICS.state, key),
        }.get(envelope["type"], lambda data: (TOPICS.events, data["cluster_id"]))(envelope["data"])
        assert (message.topic, message.key) == (wanted[0], wanted[1].encode())
        assert message.partition is None
        seen.add((message.topic, envelope["type"], message.value is None))
    assert len(seen) == 16, "all kinds of events, states and tombstones"


def test_only_a_forgotten_cluster_leaves_a_tombstone() -> None:
    messages = [event_message(orjson.dumps(envelope), TOPICS) for envelope in ENVELOPES]
    assert {m.topic for m in messages if m.value is None} == {TOPICS.state}


def test_headers_of_others_are_no_attributes() -> None:
    message = event_message(orjson.dumps(ENVELOPES[0]), TOPICS)
    strangers = [("id", b"mine"), ("type", b"mine"), ("traceparent", b"00-1-1-01"), ("note", None)]
    assert read_event(message.value, [*strangers, *message.headers, *strangers]) == ENVELOPES[0]


@given(st.none() | st.binary(max_size=40), nullable_headers)
def test_arbitrary_records_are_no_events_and_nothing_worse(value: bytes | None, named: Any) -> None:
    with pytest.raises(InvalidClaim):
        read_event(value, named)


# dead letters


@given(letters)
def test_a_dead_letter_arrives_as_it_was_put(letter: DeadLetter) -> None:
    message = dead_letter_message(letter, TOPICS)
    found = read_dead_letter(message.value, message.key, message.headers)
    if letter.raw is None and letter.key is None:
        assert found.key == b"", "a message must have something in it"
        return
    assert found == letter


@given(letters)
def test_a_dead_letter_carries_the_record_byte_for_byte(letter: DeadLetter) -> None:
    message = dead_letter_message(letter, TOPICS)
    assert message.topic == TOPICS.dead_letters
    assert message.value == letter.raw
    assert message.key is not None or message.value is not None
    assert message.headers[: len(letter.headers)] == list(letter.headers)


@given(letters, letters)
def test_a_record_that_fails_again_tells_of_its_last_failure_only(first: DeadLetter, second: DeadLetter) -> None:
    before = dead_letter_message(first, TOPICS)
    again = DeadLetter(
        before.value, second.reason, second.detail, second.stream, second.partition, second.offset, before.key, tuple(before.headers)
    )
    message = dead_letter_message(again, TOPICS)
    assert len([name for name, _ in message.headers if name == "dlq.reason"]) == 1
    found = read_dead_letter(message.value, message.key, message.headers)
    assert (found.reason, found.detail, found.headers) == (second.reason, second.detail, first.headers)


def test_a_null_header_of_a_bad_record_becomes_one_that_can_be_sent() -> None:
    letter = DeadLetter(b"?", "not_json", "", "posts", 0, 1, None, (("trace", None),))  # type: ignore[arg-type]  # Kafka has such
    assert all(isinstance(content, bytes) for _, content in dead_letter_message(letter, TOPICS).headers)


@given(st.none() | st.binary(max_size=40), st.none() | st.binary(max_size=8), nullable_headers)
def test_any_record_can_be_read_as_a_dead_letter(value: bytes | None, key: bytes | None, named: Any) -> None:
    letter = read_dead_letter(value, key, named)
    assert (letter.raw, letter.key) == (value, key)
    assert letter.offset >= -1
    dead_letter_message(letter, TOPICS)


# names


def test_topics_are_named_as_documented_after_the_prefix() -> None:
    names = [plan.name for plan in TOPICS.plans(4, 6)]
    plain = ["claims.raw", "claims.embedded", "claims.assigned", "cluster.events", "cluster.state", "cluster.commands", "claims.raw.dlq"]
    assert names == [f"prod.{name}" for name in plain]
    assert [plan.name for plan in Topics().plans(4, 6)] == plain


def test_claims_embedded_has_exactly_as_many_partitions_as_there_are_shards() -> None:
    plans = {plan.name: plan for plan in Topics().plans(4, 6)}
    assert (plans["claims.embedded"].partitions, plans["claims.embedded"].exact) == (4, True)
    assert (plans["claims.raw"].partitions, plans["claims.raw"].exact) == (6, False)
    assert [plan.name for plan in plans.values() if plan.config.get("cleanup.policy") == "compact"] == ["cluster.state"]


def test_a_dead_letter_fits_wherever_its_record_did() -> None:
    plans = {plan.name: plan.config for plan in Topics().plans(1, 1)}
    assert plans["claims.raw.dlq"]["max.message.bytes"] == plans["claims.raw"]["max.message.bytes"]


def test_a_group_is_that_of_a_deployment_and_a_role() -> None:
    assert group("blue", "embed") == "streamclust.blue.embed"
