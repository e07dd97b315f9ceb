"""Topics are made and held against the plan; what is lost is given up only on request."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import orjson
import pytest
from alerts import trend
from deployment import Deployment, wait_until
from kafka import KafkaAdminClient
from operating import clustered_here, drop_before, make_anew, operate, settled
from small_streams import ENCODER, seeded_posts

from streamclust.adapters.redis_alerts import RedisAlertStore
from workers.offsets import marks
from workers.topics import Topics, event_message

if TYPE_CHECKING:
    from conftest import MakeDeployment


def claims_in(one: Deployment) -> int:
    return sum(record["size"] for record in one.clusters() if not record["merged_into"])


def test_topics_are_made_once(deployment: MakeDeployment) -> None:
    one = deployment()
    prefix = one.topics.prefix + "new."
    made = operate(one, "topics", "create", "--raw-partitions", 3, "--json", topic_prefix=prefix, shards=2).json
    assert {line["topic"]: line["partitions"] for line in made} == {p.name: p.partitions for p in Topics(prefix).plans(2, 3)}
    assert all(line["made"] for line in made)
    again = operate(one, "topics", "create", topic_prefix=prefix, shards=2)
    assert again.out.count("there") == len(made)
    assert f"there {prefix}claims.raw, 3 partitions" in again.out
    checks = operate(one, "topics", "check", "--json", topic_prefix=prefix, shards=2).json
    assert {check["state"] for check in checks} == {"ok"}


def test_only_missing_topics_are_made(deployment: MakeDeployment) -> None:
    one = deployment()
    admin = KafkaAdminClient(**one.settings.kafka())
    admin.delete_topics([one.topics.events, one.topics.state])
    admin.close()
    made = {line["topic"] for line in operate(one, "topics", "create", "--json").json if line["made"]}
    assert made == {one.topics.events, one.topics.state}


def test_a_broker_that_refuses_a_topic_says_why(deployment: MakeDeployment) -> None:
    one = deployment()
    done = operate(one, "topics", "create", "--replication", 3, code=1, topic_prefix=one.topics.prefix + "r.")
    assert "claims.raw" in done.err
    assert "replica" in done.err.lower()


def test_topics_that_differ_from_the_plan_are_found(deployment: MakeDeployment) -> None:
    one = deployment()
    make_anew(one, one.topics.embedded, num_partitions=2)
    make_anew(one, one.topics.raw, configs={"retention.ms": "60000", "max.message.bytes": "1000"})
    make_anew(one, one.topics.state, configs={"cleanup.policy": "delete"})
    make_anew(one, one.topics.events, configs={"retention.ms": "-1"})
    admin = KafkaAdminClient(**one.settings.kafka())
    admin.delete_topics([one.topics.dead_letters])
    admin.close()
    checks = {c["name"]: c for c in operate(one, "topics", "check", "--json", code=1).json}
    failed = {name for name, c in checks.items() if c["state"] == "FAIL"}
    assert failed == {one.topics.embedded, one.topics.raw, one.topics.state, one.topics.dead_letters}
    assert "STREAMCLUST_SHARDS" in checks[one.topics.embedded]["detail"]
    assert "retention.ms is 60000" in checks[one.topics.raw]["detail"]
    assert "max.message.bytes is 1000" in checks[one.topics.raw]["detail"]
    assert "topics create" in checks[one.topics.dead_letters]["detail"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the client leaves the socket it could not connect
def test_no_broker_is_one_clear_line(deployment: MakeDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.brokers._BOOTSTRAP_MS", 300)
    done = operate(deployment(), "topics", "check", code=1, kafka_bootstrap_servers="127.0.0.1:1")
    assert "127.0.0.1:1" in done.err
    assert "STREAMCLUST_KAFKA_BOOTSTRAP_SERVERS" in done.err
    assert done.err.count("\n") == 1
    gc.collect()


def test_wrong_settings_are_the_commands_fault(deployment: MakeDeployment) -> None:
    done = operate(deployment(), "topics", "check", code=2, shards=0, redis_password="canary-secret")
    assert "STREAMCLUST_SHARDS=0" in done.err
    assert "canary" not in done.err + done.out


def test_dropped_records_are_given_up_and_the_workers_go_on_from_the_oldest(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(20), ENCODER.fingerprint)
    clustered_here(one)
    one.send_embedded(seeded_posts(60)[20:], ENCODER.fingerprint)
    one.send_raw([b"{}"] * 10)
    settled(one, "embed", one.topics.raw, 2)
    drop_before(one, one.topics.embedded, 35)
    drop_before(one, one.topics.raw, 9)
    moves = operate(one, "topics", "accept-loss", "--yes", "--json").json
    assert [(move["topic"], move["at"], move["to"], move["records"]) for move in moves] == [
        (one.topics.raw, 2, 9, 7),
        (one.topics.embedded, 20, 35, 15),
    ]
    admin = KafkaAdminClient(**one.settings.kafka())
    assert marks(admin, f"streamclust.{one.settings.deployment}.embed", one.topics.raw)[0].offset == 9
    admin.close()
    worker = one.start("cluster")
    wait_until(lambda: one.applied() == 60, why=lambda: worker.said)
    assert claims_in(one) == 45


def test_an_empty_topic_made_anew_goes_on_from_its_beginning(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(30), ENCODER.fingerprint)
    clustered_here(one)
    make_anew(one, one.topics.embedded)
    done = operate(one, "topics", "accept-loss", stdin="y\n")
    assert "30 records were taken that the topic no longer has" in done.out
    assert one.applied() == 0
    one.send_embedded(seeded_posts(40)[30:], ENCODER.fingerprint)
    assert clustered_here(one) == 0
    assert (one.applied(), claims_in(one)) == (10, 40)


def test_what_is_in_a_topic_made_anew_is_taken(deployment: MakeDeployment) -> None:
    one = deployment()
    posts = seeded_posts(50)
    one.send_embedded(posts[:30], ENCODER.fingerprint)
    clustered_here(one)
    make_anew(one, one.topics.embedded)
    one.send_embedded(posts[30:50], ENCODER.fingerprint)
    (move,) = operate(one, "topics", "accept-loss", "--yes", "--json").json
    assert (move["at"], move["to"], move["records"]) == (30, 0, 10)
    clustered_here(one)
    assert (one.applied(), claims_in(one)) == (20, 50)


def test_nothing_is_given_up_without_a_yes(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_raw([b"{}"] * 5)
    settled(one, "embed", one.topics.raw, 1)
    drop_before(one, one.topics.raw, 4)
    assert "3 records" in operate(one, "topics", "accept-loss", code=1, stdin="n\n").out
    admin = KafkaAdminClient(**one.settings.kafka())
    assert marks(admin, f"streamclust.{one.settings.deployment}.embed", one.topics.raw)[0].offset == 1
    admin.close()


def test_a_shard_without_state_starts_at_the_oldest_record_left(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(20), ENCODER.fingerprint)
    settled(one, "cluster", one.topics.embedded, 12)
    drop_before(one, one.topics.embedded, 5)
    assert operate(one, "topics", "accept-loss", "--yes", "--json").json[0]["records"] == 5
    assert clustered_here(one) == 5
    assert (one.applied(), claims_in(one)) == (20, 15)


def test_workers_at_work_are_not_overtaken(deployment: MakeDeployment) -> None:
    one = deployment()
    worker = one.start("cluster")
    wait_until(lambda: worker.ready, why=lambda: worker.said)
    done = operate(one, "topics", "accept-loss", "--yes", code=1)
    assert f"group streamclust.{one.settings.deployment}.cluster" in done.err
    assert "Stop them" in done.err


def test_events_that_were_dropped_are_given_up_and_alerts_go_on_from_the_oldest(deployment: MakeDeployment) -> None:
    one = deployment()
    one.outlet.send([event_message(orjson.dumps(trend(f"c{number}")), one.topics) for number in range(9)])
    store = RedisAlertStore.connect(one.redis_url, 0)
    store.claim_writer()
    store.save({"seen/Trending/c0": {}}, [], applied=2)
    settled(one, "alert", one.topics.events, 1)
    drop_before(one, one.topics.events, 7)
    (move,) = operate(one, "topics", "accept-loss", "--yes", "--json").json
    assert (move["who"], move["at"], move["to"], move["records"]) == ("alerts", 2, 7, 5)
    assert (store.applied(), list(store.load())) == (7, ["seen/Trending/c0"])
    store.close()
    admin = KafkaAdminClient(**one.settings.kafka())
    assert marks(admin, f"streamclust.{one.settings.deployment}.alert", one.topics.events)[0].offset == 7
    admin.close()
    assert operate(one, "topics", "accept-loss", "--yes", "--json").json == []
