"""What every `ClusterStore` promises: in memory, on Valkey and on Debian's Redis 7."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgpack
import numpy as np
import pytest
import redis
from small_streams import DIM, EAGER, ENCODER, LASTING, cut, ids, run, seeded_posts

from streamclust.adapters.memory import ExactIndex, MemoryStore
from streamclust.adapters.redis_store import RedisStore
from streamclust.audit import audit
from streamclust.claims import Claim
from streamclust.clusterer import StreamClusterer
from streamclust.errors import Incompatible, StoreUnavailable
from streamclust.events import ClusterSplit
from streamclust.params import Params
from streamclust.ports import Changes, ClusterStore, IndexWrite, Member, Split
from streamclust.records import identity_of
from streamclust.testing import HashEncoder, claim

if TYPE_CHECKING:
    from conftest import StartValkey


IDENTITY = identity_of(EAGER, ENCODER)
INPUT = ("posts.jsonl", 0)
OpenStore = Callable[[], ClusterStore]

on_redis = pytest.mark.parametrize("kind", ["valkey", pytest.param("redis_server", marks=pytest.mark.redis_server)])


@pytest.fixture(params=["memory", "valkey", pytest.param("redis_server", marks=pytest.mark.redis_server)])
def store(request: pytest.FixtureRequest, shard: str) -> Iterator[ClusterStore]:
    made = MemoryStore() if request.param == "memory" else connected(request, request.param, shard)
    made.claim_writer(IDENTITY)
    yield made
    made.close()


@pytest.fixture
def open_redis(request: pytest.FixtureRequest, kind: str, shard: str) -> Iterator[OpenStore]:
    """Opens the same shard again and again."""
    opened: list[RedisStore] = []

    def open_it() -> RedisStore:
        opened.append(connected(request, kind, shard))
        return opened[-1]

    yield open_it
    for one in opened:
        one.close()


def connected(request: pytest.FixtureRequest, kind: str, shard: str) -> RedisStore:
    return RedisStore.connect(request.getfixturevalue(f"{kind}_url"), shard)


def record_of(cluster_id: str, founder: str = "post-0", **more: Any) -> dict[str, Any]:
    return {"id": cluster_id, "founder": founder, "status": "live", "merged_into": None, **more}


def member_of(cluster_id: str, claimed: Claim, rule: str = "linked") -> Member:
    return Member(claimed, cluster_id, 5.0, rule, 0, ((cluster_id, 0.5, 0.25, 0.75, 1.0, 7),))


def family(cluster_id: str, size: int) -> Changes:
    """A cluster and its members `post-0`, `post-1`, …"""
    members = [member_of(cluster_id, claim(f"text {n}", n), "linked" if n else "founded") for n in range(size)]
    return Changes(clusters=[record_of(cluster_id)], members=members, progress={"claims": size})


def contents(store: ClusterStore) -> dict[str, Any]:
    """All that can be read, in plain values, in one order; which list a founder stands in is the store's own matter."""
    snapshot = store.load()
    return {
        "clusters": sorted(msgpack.packb({**r, "founder": ""}) for r in snapshot.clusters),
        "journal": [(w.seq, w.label, None if w.vector is None else w.vector.tobytes()) for w in snapshot.index_writes],
        "words": snapshot.words,
        "copies": snapshot.copies,
        "review": snapshot.review,
        "progress": snapshot.progress,
        "offsets": store.offsets(),
        "outbox": store.outbox(),
        "members": {r["id"]: [m["claim_id"] for m in store.members(r["id"])] for r in store.clusters()},
    }


def state_of(clusterer: StreamClusterer) -> tuple[list[bytes], dict[str, Any]]:
    """Cluster records, byte for byte, and counters."""
    records = sorted(msgpack.packb(cluster.to_record()) for cluster in clusterer.clusters)
    return records, clusterer.take_changes().progress


# a fresh store


def test_a_fresh_store_is_empty(store: ClusterStore) -> None:
    assert contents(store) == contents(MemoryStore())
    assert list(store.clusters()) == []
    assert (store.cluster("c1"), store.redirect("c1"), store.member("p1"), store.members("c1")) == (None, None, None, [])
    assert store.known(["p1"]) == store.known([]) == set()


def test_identity_is_kept(store: ClusterStore) -> None:
    assert store.identity() == IDENTITY


# save and load


def test_what_is_restored_is_what_was_saved(store: ClusterStore) -> None:
    clusterer = StreamClusterer(ExactIndex(), EAGER)
    for batch in cut(seeded_posts(250), [40, 7]):
        clusterer.assign(batch)
        store.save(clusterer.take_changes(), offsets={})
    again = StreamClusterer(ExactIndex(), EAGER)
    again.restore(store.load())
    assert len(again.clusters) > 3
    assert state_of(again) == state_of(clusterer)


def test_a_restored_clusterer_goes_on_as_if_undisturbed(store: ClusterStore) -> None:
    claims = seeded_posts(250, seed=1)
    clusterer, _ = run(claims[:120])
    store.save(clusterer.take_changes(), offsets={})
    again = StreamClusterer(ExactIndex(), EAGER)
    again.restore(store.load())
    assert ids(again.assign(claims[120:])) == ids(clusterer.assign(claims[120:]))
    assert state_of(again) == state_of(clusterer)


def test_every_store_ends_with_the_same_contents(store: ClusterStore) -> None:
    reference = MemoryStore()
    for kept in (store, reference):
        clusterer = StreamClusterer(ExactIndex(), EAGER)
        for number, batch in enumerate(cut(seeded_posts(250, seed=2), [30])):
            clusterer.assign(batch)
            kept.save(clusterer.take_changes(), offsets={INPUT: number}, outbox=[b"%d" % number])
    assert contents(store) == contents(reference)


def test_a_saved_state_does_not_follow_the_clusterer(store: ClusterStore) -> None:
    claims = seeded_posts(200, seed=3)
    clusterer, _ = run(claims[:100])
    store.save(clusterer.take_changes(), offsets={})
    before = contents(store)
    clusterer.assign(claims[100:])
    assert contents(store) == before


def test_journal_lines_come_back_in_order_and_dropped_ones_do_not(store: ClusterStore) -> None:
    rows = np.eye(DIM, dtype=np.float32)
    writes = [IndexWrite(seq, seq % 7, None if seq == 9 else rows[seq]) for seq in range(12)]
    store.save(Changes(index_writes=writes[::-1]), offsets={})
    store.save(Changes(index_drops=[0, 5]), offsets={})
    found = store.load().index_writes
    assert [w.seq for w in found] == [1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    assert [w.label for w in found] == [w.seq % 7 for w in found]
    assert all(np.array_equal(w.vector, rows[w.seq]) if w.seq != 9 else w.vector is None for w in found)


def test_words_at_zero_vanish(store: ClusterStore) -> None:
    store.save(Changes(words={"dam": 2, "flood": 1}), offsets={})
    store.save(Changes(words={"dam": 0, "mayor": 4, "never": 0}), offsets={})
    assert store.load().words == {"flood": 1, "mayor": 4}


def test_records_of_the_review_are_replaced_and_go(store: ClusterStore) -> None:
    store.save(Changes(review={"suggestion/a/b": [0.5, "p1", 0.0, 1, [0.25]], "suggestion/a/c": [0.25, "p2", 0.0, 1, []]}), offsets={})
    store.save(Changes(review={"suggestion/a/b": [0.75, "p3", 9.0, 2, []], "suggestion/a/c": None, "never/was": None}), offsets={})
    assert store.review() == store.load().review == {"suggestion/a/b": [0.75, "p3", 9.0, 2, []]}


def test_copies_are_replaced_and_forgotten(store: ClusterStore) -> None:
    large = (1 << 64) - 1
    store.save(Changes(copies=[(0, 11, "c1"), (1, large, "c1"), (2, 13, "c2")]), offsets={})
    store.save(Changes(copies=[(3, 11, "c9")], copies_forgotten=[13]), offsets={})
    assert store.load().copies == [(1, large, "c1"), (3, 11, "c9")]


def test_offsets_of_other_inputs_stay(store: ClusterStore) -> None:
    other = ("a stream: with\nodd name", 12)
    store.save(Changes(), offsets={INPUT: 5, other: 1 << 40})
    store.save(Changes(), offsets={INPUT: 9})
    assert store.offsets() == {INPUT: 9, other: 1 << 40}


def test_only_assigned_claims_are_known(store: ClusterStore) -> None:
    store.save(family("c1", 3), offsets={})
    assert store.known(["post-2", "post-7", "post-0"]) == {"post-0", "post-2"}


def test_memory_is_told_in_bytes_and_grows_with_what_is_kept(store: ClusterStore) -> None:
    before, limit = store.memory()
    assert limit == 0
    store.save(Changes(), offsets={}, outbox=[bytes(1000) for _ in range(2000)])
    used, _ = store.memory()
    assert used == before == 0 if isinstance(store, MemoryStore) else used > before + 1_000_000


def test_the_outbox_keeps_order_until_marked(store: ClusterStore) -> None:
    store.save(Changes(), offsets={}, outbox=[b"1", b"2"])
    store.save(Changes(), offsets={}, outbox=[b"3", b"4"])
    store.mark_published(0)
    assert store.outbox() == [b"1", b"2", b"3", b"4"]
    store.mark_published(3)
    assert store.outbox() == [b"4"]
    store.mark_published(1)
    assert store.outbox() == []


# members


def test_members_come_founder_first_then_by_arrival(store: ClusterStore) -> None:
    store.save(family("c1", 3), offsets={})
    later = [member_of("c1", claim("later", n)) for n in (9, 4, 7)]
    store.save(Changes(clusters=[record_of("c1")], members=later), offsets={})
    assert [m["claim_id"] for m in store.members("c1")] == ["post-0", "post-1", "post-2", "post-9", "post-4", "post-7"]


def test_pages_of_members_are_slices_of_all(store: ClusterStore) -> None:
    store.save(family("c1", 5), offsets={})
    everyone = [m["claim_id"] for m in store.members("c1")]
    for start in range(7):
        for limit in (None, *range(8)):
            page = [m["claim_id"] for m in store.members("c1", start=start, limit=limit)]
            assert page == everyone[start:][:limit], (start, limit)


def test_a_member_says_where_why_and_what(store: ClusterStore) -> None:
    posted = claim("The dam has burst", 3, author="ann", source="wire", lang="en", url="https://example.org/3")
    store.save(Changes(clusters=[record_of("c1", "post-3")], members=[member_of("c1", posted, "founded")]), offsets={})
    found = dict(store.member("post-3") or {})
    candidates = [tuple(c) for c in found.pop("candidates")]
    assert candidates == [("c1", 0.5, 0.25, 0.75, 1.0, 7)]
    assert found == {
        "claim_id": "post-3", "cluster_id": "c1", "text": "The dam has burst", "seen_at": 5.0, "author": "ann", "source": "wire",
        "lang": "en", "url": "https://example.org/3", "rule": "founded", "booked": 0, "fingerprint": posted.fingerprint,
    }  # fmt: skip


# offsets


def test_inputs_go_on_from_where_they_are_reset_to_and_all_else_stays(store: ClusterStore) -> None:
    store.save(family("c1", 3), offsets={INPUT: 90, ("other", 1): 7}, outbox=[b"1"])
    before = contents(store)
    store.reset_offsets({INPUT: 12, ("new", 0): 5})
    assert store.offsets() == {INPUT: 12, ("other", 1): 7, ("new", 0): 5}
    store.reset_offsets({INPUT: 200})
    store.reset_offsets({})
    assert contents(store) == {**before, "offsets": {INPUT: 200, ("other", 1): 7, ("new", 0): 5}}
    store.save(family("c2", 1), offsets={INPUT: 201})
    assert store.offsets()[INPUT] == 201


# forgetting and redirects


def test_a_forgotten_cluster_goes_with_its_members(store: ClusterStore) -> None:
    store.save(family("c1", 3), offsets={})
    store.save(Changes(clusters=[record_of("c2", "post-8")], members=[member_of("c2", claim("stays", 8), "founded")]), offsets={})
    store.save(Changes(members=[member_of("c1", claim("came last", 5))], forgotten=["c1"]), offsets={})
    assert (store.cluster("c1"), store.members("c1")) == (None, [])
    assert store.known([f"post-{n}" for n in range(9)]) == {"post-8"}
    assert store.member("post-1") is None
    assert [r["id"] for r in store.clusters()] == ["c2"]


def test_what_is_founded_and_forgotten_in_one_batch_leaves_nothing(store: ClusterStore) -> None:
    changes = family("c1", 3)
    changes.forgotten = ["c1"]
    store.save(changes, offsets={})
    assert (store.cluster("c1"), store.members("c1"), store.known(["post-0", "post-1"])) == (None, [], set())


def test_a_merged_id_redirects_for_ever(store: ClusterStore) -> None:
    store.save(Changes(clusters=[record_of("c1"), record_of("c2", status="merged", merged_into="c1")]), offsets={})
    assert store.redirect("c2") == "c1"
    store.save(Changes(forgotten=["c1", "c2"]), offsets={})
    assert (store.redirect("c1"), store.redirect("c2"), store.cluster("c2")) == (None, "c1", None)


def test_redirects_do_not_depend_on_how_often_is_saved(store: ClusterStore) -> None:
    claims = seeded_posts(250, seed=4)
    _, events = run(claims)
    merged = {e.absorbed_id: e.cluster_id for e in events if hasattr(e, "absorbed_id")}
    clusterer, _ = run(claims)
    store.save(clusterer.take_changes(), offsets={})
    assert len(merged) > 3
    assert {absorbed: store.redirect(absorbed) for absorbed in merged} == merged


# splits


def moving(*, after: int, booked: Sequence[int] = (7,), sources: tuple[str, ...] = ("c1",)) -> Split:
    return Split(sources, "c9", frozenset(booked), after)


def booked_to(number: int, cluster_id: str, *posts: int, founded: bool = False) -> list[Member]:
    rules = ["founded" if founded and n == posts[0] else "linked" for n in posts]
    return [member_of(cluster_id, claim(f"text {n}", n), rule)._replace(booked=number) for n, rule in zip(posts, rules, strict=True)]


def at_home(store: ClusterStore, cluster_id: str) -> list[str]:
    members = store.members(cluster_id)
    assert {m["cluster_id"] for m in members} <= {cluster_id}
    assert [store.member(m["claim_id"]) for m in members] == members
    return [m["claim_id"] for m in members]


@pytest.mark.parametrize("saves", [1, 2])
def test_members_go_over_with_the_exemplar_they_were_booked_to(store: ClusterStore, saves: int) -> None:
    came = [*booked_to(7, "c1", 0, founded=True), *booked_to(8, "c1", 1), *booked_to(7, "c1", 2), *booked_to(8, "c1", 3)]
    later = [*booked_to(7, "c9", 4), *booked_to(8, "c1", 5), *booked_to(7, "c1", 6)]  # 7 is back in c1: they had merged again
    halves = [record_of("c1", ""), record_of("c9", "")]
    if saves == 1:
        store.save(Changes(clusters=halves, members=[*came, *later], splits=[moving(after=4)]), offsets={})
    else:
        store.save(Changes(clusters=[record_of("c1")], members=came), offsets={})
        store.save(Changes(clusters=halves, members=later, splits=[moving(after=0)]), offsets={})
    assert at_home(store, "c9") == ["post-0", "post-2", "post-4"]
    assert at_home(store, "c1") == ["post-1", "post-3", "post-5", "post-6"]
    assert [m["claim_id"] for m in store.members("c1", start=1, limit=2)] == ["post-3", "post-5"]
    assert [m.get("joined") for m in store.members("c9")] == ["c1", "c1", None]


def test_members_of_absorbed_clusters_go_over_too(store: ClusterStore) -> None:
    came = [*booked_to(3, "c2", 0, 1, founded=True), *booked_to(7, "c1", 4, founded=True), *booked_to(3, "c1", 5)]
    before = [record_of("c2", "post-0", status="merged", merged_into="c1"), record_of("c1", "post-4")]
    store.save(Changes(clusters=before, members=came), offsets={})
    split = moving(after=0, booked=[3], sources=("c1", "c2"))
    store.save(Changes(clusters=[record_of("c1", ""), record_of("c9", "")], splits=[split]), offsets={})
    assert (at_home(store, "c9"), at_home(store, "c1"), at_home(store, "c2")) == (["post-5", "post-0", "post-1"], ["post-4"], [])
    assert store.redirect("c2") == "c1"
    store.save(Changes(forgotten=["c1", "c2"]), offsets={})
    assert store.known([f"post-{n}" for n in range(6)]) == {"post-0", "post-1", "post-5"}


def test_what_is_split_and_forgotten_in_one_batch_leaves_the_other_half(store: ClusterStore) -> None:
    store.save(
        Changes(clusters=[record_of("c1")], members=[*booked_to(7, "c1", 0, 1, founded=True), *booked_to(8, "c1", 2, 3)]), offsets={}
    )
    halves = [record_of("c1", ""), record_of("c9", "")]
    store.save(Changes(clusters=halves, splits=[moving(after=0)], members=booked_to(8, "c1", 4), forgotten=["c1"]), offsets={})
    assert at_home(store, "c9") == ["post-0", "post-1"]
    assert store.known([f"post-{n}" for n in range(5)]) == {"post-0", "post-1"}


@pytest.mark.parametrize("params", [EAGER, LASTING], ids=["forgetting", "lasting"])
@pytest.mark.parametrize("size", [1, 9, 500])
def test_the_books_are_in_order_whatever_split_and_however_often_is_saved(store: ClusterStore, size: int, params: Params) -> None:
    claims, reference = seeded_posts(250, seed=3), MemoryStore()
    whole, events = run(claims, params=params)
    reference.save(whole.take_changes(), offsets={})
    clusterer = StreamClusterer(ExactIndex(), params)
    for batch in cut(claims, [size]):
        clusterer.assign(batch)
        store.save(clusterer.take_changes(), offsets={})
    assert sum(isinstance(event, ClusterSplit) for event in events) >= 3
    assert audit(store, ExactIndex(), params).findings == []
    for record in reference.clusters():
        assert unpacked(store.members(record["id"])) == unpacked(reference.members(record["id"]))
    posts = [one.claim.id for one in claims]
    assert store.known(posts) == reference.known(posts)


def unpacked(members: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return msgpack.unpackb(msgpack.packb(members))


# identity


def test_other_params_are_refused_with_what_to_do(store: ClusterStore) -> None:
    with pytest.raises(Incompatible, match=r"link_threshold: 0\.5 -> 0\.6\b.*--state"):
        store.claim_writer(identity_of(EAGER.with_values(link_threshold=0.6), ENCODER))


def test_another_encoder_is_refused_with_what_to_do(store: ClusterStore) -> None:
    with pytest.raises(Incompatible, match=r"hash@32.*other@32.*--state"):
        store.claim_writer(identity_of(EAGER, HashEncoder(DIM, "other")))


def test_another_dimension_is_refused_with_the_reason(store: ClusterStore) -> None:
    with pytest.raises(Incompatible, match=r"32.*64.*--state"):
        store.claim_writer({**IDENTITY, "dim": 64})


def test_a_refused_writer_changes_nothing(store: ClusterStore) -> None:
    store.save(family("c1", 2), offsets={})
    with pytest.raises(Incompatible):
        store.claim_writer(identity_of(Params(), ENCODER))
    assert store.identity() == IDENTITY
    store.save(Changes(progress={"claims": 3}), offsets={})
    assert store.load().progress == {"claims": 3}


# one writer


@on_redis
def test_a_second_writer_fences_the_first(open_redis: OpenStore) -> None:
    first, second = open_redis(), open_redis()
    first.claim_writer(IDENTITY)
    first.save(family("c1", 2), offsets={INPUT: 2}, outbox=[b"1"])
    second.claim_writer(IDENTITY)
    before = contents(second)
    with pytest.raises(StoreUnavailable, match="newer writer"):
        first.save(family("c2", 4), offsets={INPUT: 4}, outbox=[b"2"])
    assert contents(second) == before
    second.save(family("c2", 3), offsets={INPUT: 3})
    assert second.offsets() == {INPUT: 3}


@on_redis
def test_a_fenced_writer_cannot_drop_the_events_of_the_newer_one(open_redis: OpenStore) -> None:
    first, second = open_redis(), open_redis()
    first.claim_writer(IDENTITY)
    first.save(Changes(), offsets={}, outbox=[b"1"])
    second.claim_writer(IDENTITY)
    second.mark_published(1)
    second.save(Changes(), offsets={}, outbox=[b"2"])
    with pytest.raises(StoreUnavailable, match="newer writer"):
        first.mark_published(1)
    assert second.outbox() == [b"2"]


@on_redis
def test_a_fenced_writer_cannot_reset_offsets(open_redis: OpenStore) -> None:
    first, second = open_redis(), open_redis()
    first.claim_writer(IDENTITY)
    second.claim_writer(IDENTITY)
    second.save(family("c1", 2), offsets={INPUT: 2})
    with pytest.raises(StoreUnavailable, match="newer writer"):
        first.reset_offsets({INPUT: 0})
    assert second.offsets() == {INPUT: 2}


@on_redis
def test_a_discarded_state_is_empty_and_the_others_stay(open_redis: OpenStore) -> None:
    store = open_redis()
    store.claim_writer(IDENTITY)
    store.save(family("c1", 3), offsets={INPUT: 3}, outbox=[b"1"])
    beside = RedisStore(store._client, "beside-" + store._prefix.strip("{}:").rpartition(":")[2])
    beside.claim_writer(IDENTITY)
    named = {beside._prefix.strip("{}:").rpartition(":")[2], store._prefix.strip("{}:").rpartition(":")[2]}
    assert named <= set(store.shards())
    assert store.discard() > 5
    assert contents(store) == contents(MemoryStore())
    assert store.identity() == {}
    assert store.discard() == 0
    assert beside.identity() == IDENTITY
    assert set(store.shards()) & named == {name for name in named if name.startswith("beside-")}


@on_redis
def test_a_server_that_lost_an_acknowledged_batch_does_not_get_the_next(open_redis: OpenStore) -> None:
    store = open_redis()
    store.claim_writer(IDENTITY)
    store.save(family("c1", 2), offsets={INPUT: 2})
    store._client.decr(store._key("commits"))
    with pytest.raises(StoreUnavailable, match="has lost batches"):
        store.save(family("c2", 3), offsets={INPUT: 3})
    assert store.offsets() == {INPUT: 2}
    store.claim_writer(IDENTITY)
    store.save(family("c2", 3), offsets={INPUT: 3})
    assert store.offsets() == {INPUT: 3}


@on_redis
def test_a_reader_needs_not_be_the_writer(open_redis: OpenStore) -> None:
    writer, reader = open_redis(), open_redis()
    writer.claim_writer(IDENTITY)
    writer.save(family("c1", 2), offsets={INPUT: 2}, outbox=[b"1"])
    assert contents(reader) == contents(writer)
    writer.save(Changes(), offsets={INPUT: 3})


@on_redis
def test_who_never_claimed_cannot_write(open_redis: OpenStore) -> None:
    with pytest.raises(StoreUnavailable):
        open_redis().save(family("c1", 2), offsets={})
    assert list(open_redis().clusters()) == []


@on_redis
def test_shards_do_not_see_each_other(request: pytest.FixtureRequest, kind: str, shard: str) -> None:
    one, other = (connected(request, kind, shard + name) for name in "ab")
    for store in (one, other):
        store.claim_writer(IDENTITY)
    one.save(family("c1", 2), offsets={INPUT: 2})
    assert contents(other) == contents(MemoryStore())


# a world that goes wrong


@on_redis
def test_a_batch_of_tens_of_thousands_of_arguments_is_saved(open_redis: OpenStore) -> None:
    store = open_redis()
    store.claim_writer(IDENTITY)
    many = family("c1", 9_000)
    many.words = {f"word{n}": n for n in range(1, 12_001)}
    store.save(many, offsets={INPUT: 9_000}, outbox=[b"%d" % n for n in range(10_500)])
    assert store.load().words == many.words
    assert [m["claim_id"] for m in store.members("c1")] == [f"post-{n}" for n in range(9_000)]
    assert store.outbox() == [b"%d" % n for n in range(10_500)]
    store.save(Changes(words=dict.fromkeys(many.words, 0), forgotten=["c1"]), offsets={})
    assert (store.load().words, store.known(["post-0", "post-8999"])) == ({}, set())


def test_a_store_that_stopped_is_unavailable(private_valkey: StartValkey) -> None:
    with private_valkey() as (server, url):
        store = RedisStore.connect(url)
        store.claim_writer(IDENTITY)
        server.stop()
        for call in (store.load, store.offsets, store.outbox, store.identity, store.clusters):
            with pytest.raises(StoreUnavailable):
                call()
        with pytest.raises(StoreUnavailable):
            store.save(family("c1", 2), offsets={})
        with pytest.raises(StoreUnavailable, match="cannot reach Redis") as raised:
            RedisStore.connect(url)
        assert ".." not in str(raised.value)


def test_what_was_saved_survives_a_restart(private_valkey: StartValkey) -> None:
    with private_valkey() as (server, url):
        store = RedisStore.connect(url)
        store.claim_writer(IDENTITY)
        store.save(family("c1", 3), offsets={INPUT: 3}, outbox=[b"1"])
        before = contents(store)
        server.stop()
        server.start()
        assert contents(store) == before
        store.save(Changes(), offsets={INPUT: 4})


def test_a_full_store_takes_a_batch_whole_or_not_at_all(private_valkey: StartValkey) -> None:
    with private_valkey() as (_, url), redis.Redis.from_url(url) as admin:
        store = RedisStore.connect(url)
        store.claim_writer(IDENTITY)
        store.save(family("c1", 3), offsets={INPUT: 3}, outbox=[b"1"])
        before = contents(store)
        admin.config_set("maxmemory", 1)
        with pytest.raises(StoreUnavailable, match="maxmemory"):
            store.save(family("c2", 50), offsets={INPUT: 53}, outbox=[b"2"])
        assert contents(store) == before
        forgetting = Changes(forgotten=["c1"], words={"dam": 0}, progress={"claims": 9})
        taken = saved(store, forgetting)
        assert (store.offsets() == {INPUT: 53} and store.cluster("c1") is None) if taken else contents(store) == before
        admin.config_set("maxmemory", 0)
        store.save(family("c2", 50), offsets={INPUT: 54})
        assert store.offsets() == {INPUT: 54}


def saved(store: ClusterStore, changes: Changes) -> bool:
    try:
        store.save(changes, offsets={INPUT: 53}, outbox=[b"2"])
    except StoreUnavailable:
        return False
    return True


def test_a_write_whose_answer_is_lost_is_not_sent_again(private_valkey: StartValkey) -> None:
    with private_valkey() as (_, url), socket.create_server(("127.0.0.1", 0)) as front:
        threading.Thread(target=lose_answers_to_writes, args=(front, url.removeprefix("unix://")), daemon=True).start()
        store = RedisStore.connect(f"redis://127.0.0.1:{front.getsockname()[1]}")
        store.claim_writer(IDENTITY)
        with pytest.raises(StoreUnavailable):
            store.save(family("c1", 3), offsets={INPUT: 3}, outbox=[b"1"])
        assert store.outbox() == [b"1"]
        store.close()


def lose_answers_to_writes(front: socket.socket, back: str) -> None:
    """Pass requests and answers on, one by one; hang up instead of passing on that a script did its work."""
    while True:
        try:
            client, _ = front.accept()
        except OSError:
            return
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(back)
            while request := client.recv(65_536):
                server.sendall(request)
                answer = server.recv(65_536)
                if b"EVALSHA" in request and not answer.startswith(b"-"):
                    break
                client.sendall(answer)


def test_no_server_at_the_address_is_said_so(tmp_path: Path) -> None:
    for url in (f"unix://{tmp_path}/none.sock", "redis://127.0.0.1:1"):
        with pytest.raises(StoreUnavailable, match="cannot reach Redis"):
            RedisStore.connect(url)
    with pytest.raises(StoreUnavailable, match="malformed"):
        RedisStore.connect("nonsense")


def test_lasting_params_forget_nothing() -> None:
    """Guards the fixtures of these tests: LASTING differs from EAGER in forgetting alone."""
    clusterer, _ = run(seeded_posts(250), params=LASTING)
    assert clusterer.take_changes().forgotten == []


def test_a_malformed_address_is_not_quoted_with_its_password() -> None:
    with pytest.raises(StoreUnavailable) as caught:
        RedisStore.connect("redis://user:canary#secret@127.0.0.1:1/0")
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
