"""Records that can never become claims, among good ones and alone."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import orjson
from deployment import Deployment, WorkerProcess, wait_until
from kafka import KafkaProducer
from small_streams import ENCODER, seeded_posts

from streamclust.testing import HashEncoder, embed
from workers.topics import Message

if TYPE_CHECKING:
    from conftest import MakeDeployment

POISON = {
    b"\xff\xfe not utf-8": b"not_json",
    b"{broken": b"not_json",
    b"": b"not_json",
    b"[1, 2]": b"not_an_object",
    b'{"id": "no text"}': b"no_text",
    b'{"text": 7}': b"no_text",
    b'{"text": "   "}': b"no_text",
    b'{"text": "a vector that is nan"}': b"bad_vector",
    b"[" * 100_000: b"not_json",
    b'{"text": "' + b"x" * (10 << 20) + b'"}': b"too_large",
}


def good(number: int) -> bytes:
    return orjson.dumps({"id": f"p{number}", "text": f"dam {number % 7} burst in {number % 5}"})


def embed_with_hashes(one: Deployment, **settings: object) -> WorkerProcess:
    return one.start("embed", script="embed_with_hashes.py", **settings)


def test_each_bad_record_is_set_aside_once_and_each_good_one_assigned(deployment: MakeDeployment) -> None:
    one = deployment()
    values = [value for number, poison in enumerate(POISON) for value in (good(number), poison)]
    one.send_raw([*values, None])
    embed, cluster = embed_with_hashes(one), one.start("cluster")
    wait_until(lambda: one.applied() == len(POISON) and one.published(), why=lambda: embed.said + cluster.said)
    wait_until(lambda: embed.metric("streamclust_dead_letters_total") == len(POISON) + 1, why=lambda: embed.said)
    letters = {letter.value: dict(letter.headers) for letter in one.dead_letters()}
    assert {value: headers["dlq.reason"] for value, headers in letters.items()} == {**POISON, None: b"not_json"}
    assert len(one.dead_letters()) == len(letters)
    assert [int(headers["dlq.offset"]) for headers in letters.values()] == [*range(1, len(values), 2), len(values)]
    wait_until(lambda: embed.metric("streamclust_lag_records") == 0)
    assert embed.get("/metrics")[1].count("streamclust_lag_records{") == 1


def test_values_that_cannot_be_read_are_counted_by_field_and_their_posts_go_without(deployment: MakeDeployment) -> None:
    one = deployment()
    record = {"id": "p", "text": "dam burst", "created_at": "soon", "author": ["ann"], "lang": "en"}
    one.send_raw([orjson.dumps(record), good(1), orjson.dumps({**record, "id": "q", "author": "ann"})])
    embed = embed_with_hashes(one)
    wait_until(lambda: one.end(one.topics.embedded) == 3, why=lambda: embed.said)
    wait_until(lambda: embed.metric("streamclust_unreadable_fields_total") == 3, why=lambda: embed.said)
    counts = {name: embed.metric(f'streamclust_unreadable_fields_total{{field="{name}"}}') for name in ("created_at", "author", "lang")}
    assert counts == {"created_at": 2, "author": 1, "lang": 0}


def test_what_came_with_a_bad_record_is_kept(deployment: MakeDeployment) -> None:
    one = deployment()
    one.outlet.send([Message(one.topics.raw, b"key", b"{", [("trace", b"\x00\x01")], 0)])
    embed = embed_with_hashes(one)
    wait_until(lambda: one.end(one.topics.dead_letters) == 1, why=lambda: embed.said)
    (letter,) = one.dead_letters()
    assert (letter.key, letter.value, letter.headers[0]) == (b"key", b"{", ("trace", b"\x00\x01"))


def test_a_hundred_bad_records_in_a_row_stop_the_worker_before_anything_is_committed(deployment: MakeDeployment) -> None:
    one = deployment(batch_records=150)
    one.send_raw([*(good(number) for number in range(20)), *(b"{broken" for _ in range(300))])
    embed = embed_with_hashes(one)
    assert embed.wait() == 1
    assert "100 records in a row cannot be read" in embed.said
    assert "--map" in embed.said
    assert one.end(one.topics.dead_letters) == 0
    assert one.end(one.topics.embedded) == 0
    again = embed_with_hashes(one, dead_letters_in_a_row=1000, dead_letter_share=1.0)
    wait_until(lambda: one.end(one.topics.dead_letters) == 300, why=lambda: again.said)
    assert one.end(one.topics.embedded) == 20


def test_strangers_on_the_embedded_topic_are_set_aside(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(10), ENCODER.fingerprint)
    one.outlet.send([Message(one.topics.embedded, None, b"what is this", [], 0)])
    one.send_embedded(seeded_posts(20)[10:], ENCODER.fingerprint)
    cluster = one.start("cluster")
    wait_until(lambda: one.applied() == 21 and one.published(), why=lambda: cluster.said)
    assert cluster.metric("streamclust_claims_assigned_total") == 20
    (letter,) = one.dead_letters()
    assert dict(letter.headers)["dlq.topic"].decode() == one.topics.embedded


def test_a_vector_of_another_length_is_set_aside(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(10), ENCODER.fingerprint)
    one.send_embedded(embed(["a dam in another space"], HashEncoder(16)), ENCODER.fingerprint)
    cluster = one.start("cluster")
    wait_until(lambda: one.applied() == 11 and one.published(), why=lambda: cluster.said)
    (letter,) = one.dead_letters()
    assert dict(letter.headers)["dlq.reason"] == b"bad_vector"
    assert cluster.alive


def test_strangers_in_a_row_stop_the_cluster_worker_before_any_is_set_aside(deployment: MakeDeployment) -> None:
    one = deployment()
    one.outlet.send([Message(one.topics.embedded, None, b"what is this", [], 0)] * 120)
    cluster = one.start("cluster")
    assert cluster.wait() == 1
    assert "100 records in a row cannot be read" in cluster.said
    assert one.end(one.topics.dead_letters) == 0


def test_logs_carry_no_text_of_a_claim(deployment: MakeDeployment) -> None:
    one = deployment(log_level="INFO")
    one.send_raw([orjson.dumps({"id": "p1", "text": "canary-text\nforged line"}), b'{"id": "canary-bad"', *(good(n) for n in range(5))])
    embed, cluster = embed_with_hashes(one), one.start("cluster")
    wait_until(lambda: one.applied() == 6 and one.published(), why=lambda: embed.said + cluster.said)
    assert embed.terminate() == cluster.terminate() == 0
    for said in (embed.said, cluster.said):
        assert "canary" not in said
        assert [orjson.loads(line) for line in said.splitlines()]


def test_an_absurd_time_of_a_record_loses_no_claim(deployment: MakeDeployment) -> None:
    """A producer that stamps its records in microseconds, or not at all."""
    one = deployment()
    with closing(KafkaProducer(**one.settings.kafka())) as producer:
        for number, stamp in enumerate([1_700_000_000_000_000, 2**60, 1]):
            producer.send(one.topics.raw, good(number), timestamp_ms=stamp)
    embed, cluster = embed_with_hashes(one), one.start("cluster")
    wait_until(lambda: one.applied() == 3 and one.published(), why=lambda: embed.said + cluster.said)
    wait_until(lambda: cluster.metric("streamclust_claims_assigned_total") == 3)
    assert not one.dead_letters()
