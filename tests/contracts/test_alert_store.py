"""What the store of alerts promises, on both servers."""

from __future__ import annotations

import random

import pytest
import redis

from streamclust.adapters.redis_alerts import RedisAlertStore
from streamclust.adapters.redis_store import RedisStore
from streamclust.errors import Fenced, Incompatible, StoreUnavailable


@pytest.fixture(params=["valkey_url", pytest.param("redis_server_url", marks=pytest.mark.redis_server)])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def partition() -> int:
    """One that no other test uses."""
    return random.SystemRandom().randrange(1 << 40)


def opened(url: str, partition: int) -> RedisAlertStore:
    store = RedisAlertStore.connect(url, partition)
    store.claim_writer()
    return store


def test_what_was_saved_is_there_for_the_next_writer(url: str, partition: int) -> None:
    store = opened(url, partition)
    assert (store.load(), store.applied()) == ({}, None)
    store.save({"alert/1": {"text": "é", "at": 1.5, "told": True, "ended_at": None}, "item/a/1/started": [2.0, 7]}, [], applied=12)
    store.save({"alert/2": {}}, ["item/a/1/started", "never/there"])
    again = opened(url, partition)
    assert again.load() == {"alert/1": {"text": "é", "at": 1.5, "told": True, "ended_at": None}, "alert/2": {}}
    assert again.applied() == 12


def test_an_older_writer_changes_nothing_and_is_told(url: str, partition: int) -> None:
    older = opened(url, partition)
    newer = opened(url, partition)
    with pytest.raises(Fenced, match="another alert worker"):
        older.save({"alert/1": {}}, [], applied=1)
    newer.save({"alert/2": {}}, [], applied=2)
    assert (newer.load(), newer.applied()) == ({"alert/2": {}}, 2)


def test_a_server_that_has_lost_a_step_gets_no_other(url: str, partition: int) -> None:
    store = opened(url, partition)
    store.save({"alert/1": {}}, [], applied=1)
    with redis.Redis.from_url(url) as server:
        server.decr(f"{{streamclust:alert-{partition}}}:commits")
    with pytest.raises(StoreUnavailable, match="LOST") as caught:
        store.save({"alert/2": {}}, [], applied=2)
    assert caught.value.retriable
    again = opened(url, partition)
    again.save({"alert/3": {}}, [], applied=3)
    assert again.applied() == 3


def test_a_wish_is_heard_once(url: str, partition: int) -> None:
    store = opened(url, partition)
    assert store.wishes() == []
    for receiver in ("desk", "chat", "desk"):
        store.beside(partition).wish(receiver)
    assert store.wishes() == ["chat", "desk"]
    assert store.wishes() == []


def test_partitions_with_alerts_are_found_and_are_no_shards(url: str, partition: int) -> None:
    store = opened(url, partition)
    assert partition in store.partitions()
    shards = RedisStore.connect(url, "0").shards()
    assert not [name for name in shards if "alert" in name]


def test_a_server_that_drops_keys_is_refused(redis_port_url: str) -> None:
    with redis.Redis.from_url(redis_port_url) as server:
        server.config_set("maxmemory", "100mb")
        server.config_set("maxmemory-policy", "allkeys-lru")
    with pytest.raises(Incompatible, match="noeviction"):
        opened(redis_port_url, 0)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "nonsense://x:c4n4ry@host", "redis://:c4n4ry/x@host/y"])
def test_a_server_that_is_not_there_is_told_without_the_password(url: str) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        RedisAlertStore.connect(url, 0)
    assert "c4n4ry" not in str(caught.value)
