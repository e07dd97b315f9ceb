"""Laws of the clusterer, on small streams in which clusters join, merge, retire, are forgotten, and the index is rebuilt."""

from __future__ import annotations

import ast
import hashlib
import inspect
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from small_streams import DIM, EAGER, INDEXES, START, cut, ids, run, seeded_posts, streams, vector_of

import streamclust
from streamclust import (
    clock,
    clusterer,
    clusters,
    coordination,
    digest,
    episodes,
    exemplars,
    indexing,
    linking,
    splitting,
    trends,
    upkeep,
    words,
)  # fmt: skip
from streamclust.adapters.hnsw_index import HnswIndex
from streamclust.adapters.memory import ExactIndex, MemoryStore
from streamclust.claims import EmbeddedClaim
from streamclust.clusterer import StreamClusterer
from streamclust.commands import CannotLink, Expel, MustLink
from streamclust.events import (
    ALL,
    COMMANDED,
    MILESTONES,
    ClaimAssigned,
    ClusterFounded,
    ClusterGrew,
    ClusterRetired,
    ClusterRevived,
    ClustersMerged,
    ClusterSplit,
    CommandRefused,
    Event,
)
from streamclust.linking import Join
from streamclust.params import Params
from streamclust.testing import claim

pytestmark = pytest.mark.usefixtures("early_rebuilds")
some = settings(max_examples=15, deadline=None)
busy = example(claims=seeded_posts(200, seed=5))
either_index = pytest.mark.parametrize("index", INDEXES)
Claims = Sequence[EmbeddedClaim]


@pytest.fixture(scope="module")
def early_rebuilds() -> Iterator[None]:
    """A fresh index generation after three deletions instead of 64, so that small streams see many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(indexing, "_SMALLEST_REBUILD", 3)
        yield


def state_of(clusterer: StreamClusterer) -> dict[str, Any]:
    """All that decides what happens next: what a store holds after one save of everything."""
    return {
        "clusters": [msgpack.packb(cluster.to_record()) for cluster in clusterer.clusters],
        "suggestions": clusterer.suggestions.ranked(),
        "progress": clusterer.take_changes().progress,
    }


def stored(store: MemoryStore) -> dict[str, Any]:
    """A store's contents in plain values and one order."""
    snapshot = store.load()
    return {
        "clusters": sorted(msgpack.packb(record) for record in snapshot.clusters),
        "journal": [(w.seq, w.label, None if w.vector is None else w.vector.tobytes()) for w in snapshot.index_writes],
        "words": snapshot.words,
        "copies": snapshot.copies,
        "review": snapshot.review,
        "progress": snapshot.progress,
        "members": {r["id"]: store.members(r["id"]) for r in snapshot.clusters},
    }


def of_kind(events: Sequence[Event], kind: type[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


# order alone decides


@either_index
@some
@example(claims=seeded_posts(200, seed=5), sizes=[1])
@given(claims=streams, sizes=st.lists(st.integers(1, 40), min_size=1, max_size=3))
def test_batch_cuts_do_not_matter(index: str, sizes: list[int], claims: Claims) -> None:
    whole, events = run(claims, INDEXES[index]())
    pieces = StreamClusterer(INDEXES[index](), EAGER)
    assert [e for batch in cut(claims, sizes) for e in pieces.assign(batch)] == events
    assert state_of(pieces) == state_of(whole)


@some
@busy
@given(claims=streams)
def test_how_often_is_saved_does_not_matter_to_what_is_saved(claims: Claims) -> None:
    once, often = MemoryStore(), MemoryStore()
    for store, sizes in ((once, [len(claims)]), (often, [3, 8])):
        clusterer = StreamClusterer(ExactIndex(), EAGER)
        for batch in cut(claims, sizes):
            clusterer.assign(batch)
            store.save(clusterer.take_changes(), offsets={})
    assert stored(often) == stored(once)


@either_index
@some
@example(claims=seeded_posts(200, seed=6), at=[0.1, 0.5, 0.55, 0.9])
@example(claims=seeded_posts(300, seed=2), at=[n / 20 for n in range(20)])  # an exemplar grows past the one it is most like
@given(claims=streams, at=st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_a_restored_clusterer_goes_on_as_if_it_had_never_stopped(index: str, claims: Claims, at: list[float]) -> None:
    undisturbed, reference, store = MemoryStore(), StreamClusterer(INDEXES[index](), EAGER), MemoryStore()
    bounds = sorted({0, len(claims), *(round(part * len(claims)) for part in at)})
    for start, end in pairwise(bounds):
        expected = reference.assign(claims[start:end])
        undisturbed.save(reference.take_changes(), offsets={})
        restarted = StreamClusterer(INDEXES[index](), EAGER)
        restarted.restore(store.load())
        assert restarted.assign(claims[start:end]) == expected
        store.save(restarted.take_changes(), offsets={})
    assert stored(store) == stored(undisturbed)


def test_restoring_an_empty_snapshot_is_a_fresh_start() -> None:
    restored = StreamClusterer(ExactIndex(), EAGER)
    restored.restore(MemoryStore().load())
    assert restored.assign(seeded_posts(50)) == run(seeded_posts(50))[1]


@either_index
def test_these_streams_see_everything_happen(index: str) -> None:
    """Guards the laws above and below against streams in which nothing happens."""
    clusterer, events = run(seeded_posts(200, seed=5), INDEXES[index]())
    changes = clusterer.take_changes()
    kinds = Counter(type(e) for e in events)
    assert min(kinds[k] for k in ALL if k not in COMMANDED) >= 3
    assert {e.reason for e in of_kind(events, ClusterRetired)} == {"quiet", "capacity"}
    assert {e.rule for e in of_kind(events, ClaimAssigned)} == {"founded", "linked", "copy"}
    assert len(changes.forgotten) > 3
    assert len(changes.copies_forgotten) > 3
    assert len({fingerprint for _, fingerprint, _ in changes.copies}) == EAGER.copies
    assert changes.progress["index"]["generation"] > 0


def test_the_hash_seed_of_the_interpreter_does_not_matter() -> None:
    assert len({_digest_under(seed) for seed in ("1", "2")}) == 1


_PRINT_DIGEST = """
import hashlib, orjson
from small_streams import INDEXES, run, seeded_posts, vector_of
from streamclust.events import cloud_event
digest = hashlib.sha256()
for make in INDEXES.values():
    for event in run(seeded_posts(300), make())[1]:
        digest.update(orjson.dumps(cloud_event(event, params="p", encoder="e")))
print(digest.hexdigest())
"""


def _digest_under(seed: str) -> str:
    path = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(streamclust.__file__).parents[1])])
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", _PRINT_DIGEST], env=environment, capture_output=True, text=True, check=True)
    assert len(done.stdout.strip()) == hashlib.sha256().digest_size * 2
    return done.stdout


@pytest.mark.parametrize(
    "module",
    [clock, clusterer, clusters, coordination, digest, episodes, exemplars, indexing, linking, splitting, trends, upkeep, words],
    ids=lambda m: m.__name__,
)
def test_the_core_reads_no_clock_no_environment_and_no_chance(module: Any) -> None:
    imported = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert imported & {"time", "datetime", "random", "os", "uuid", "secrets", "redis", "socket"} == set()


@some
@busy
@given(claims=streams)
def test_looking_for_the_nearest_tells_what_will_happen_and_changes_nothing(claims: Claims) -> None:
    looking, assigning = (StreamClusterer(ExactIndex(), EAGER) for _ in range(2))
    for one in claims:
        found = looking.nearest(one)
        events = looking.assign([one])
        assert events == assigning.assign([one])
        assigned = of_kind(events, ClaimAssigned)[0]
        assert (found.best.cluster.id if isinstance(found, Join) else None) == (None if assigned.rule == "founded" else assigned.cluster_id)
    assert state_of(looking) == state_of(assigning)


# every claim counts once


@some
@busy
@given(claims=streams)
def test_every_claim_is_assigned_exactly_once_and_in_order(claims: Claims) -> None:
    clusterer, events = run(claims)
    assert [e.claim_id for e in of_kind(events, ClaimAssigned)] == [c.claim.id for c in claims]
    assert [m.claim.id for m in clusterer.take_changes().members] == [c.claim.id for c in claims]


@some
@busy
@given(claims=streams)
def test_sizes_add_up_to_the_claims(claims: Claims) -> None:
    clusterer, events = run(claims)
    live = sum(cluster.size for cluster in clusterer.clusters)
    retired = sum(e.size for e in of_kind(events, ClusterRetired)) - sum(e.size for e in of_kind(events, ClusterRevived))
    assert live + retired == len(claims)


@some
@busy
@given(claims=streams)
def test_a_merge_or_a_split_loses_no_claim(claims: Claims) -> None:
    sizes: Counter[str] = Counter()
    for event in run(claims)[1]:
        if isinstance(event, ClaimAssigned):
            sizes[event.cluster_id] += 1
            assert event.size == sizes[event.cluster_id]
        elif isinstance(event, ClustersMerged):
            sizes[event.cluster_id] += sizes.pop(event.absorbed_id)
            assert event.size == sizes[event.cluster_id]
        elif isinstance(event, ClusterSplit):
            sizes[event.cluster_id] -= event.new_size
            sizes[event.new_id] = event.new_size
            assert event.size == sizes[event.cluster_id] >= event.new_size


def test_a_claim_without_a_word_joins_none_but_its_exact_copies() -> None:
    vector = vector_of("dam burst")  # the same for all, as models have one for whatever they do not know
    texts = ["dam burst", "😂😂😂", "👍", "😂😂😂", "?!"]
    clusterer = StreamClusterer(ExactIndex(), EAGER.with_values(upkeep_every=len(texts)))
    events = clusterer.assign([EmbeddedClaim(claim(text, n), vector) for n, text in enumerate(texts)])
    assert [e.rule for e in events if isinstance(e, ClaimAssigned)] == ["founded", "founded", "founded", "copy", "founded"]
    assert len(clusterer.clusters) == 4


@some
@busy
@given(claims=streams)
def test_an_exact_copy_joins_the_cluster_of_its_first_if_that_can_be_joined(claims: Claims) -> None:
    clusterer = StreamClusterer(ExactIndex(), EAGER.with_values(copies=10_000))
    home: dict[int, str] = {}
    for one in claims:
        before = clusterer._lead(home.get(one.claim.fingerprint, ""))
        expected = before.id if before else None
        assigned = of_kind(clusterer.assign([one]), ClaimAssigned)[0]
        assert (assigned.rule == "copy") == (expected is not None)
        assert expected in (None, assigned.cluster_id) or clusterer._lead(expected).id == clusterer.find(assigned.cluster_id).id
        home[one.claim.fingerprint] = assigned.cluster_id


def test_texts_without_words_hide_nobody_from_the_index() -> None:
    posts = list(seeded_posts(300, seed=8))
    signs = [EmbeddedClaim(claim(chr(0x1F300 + n) * 3, 1000 + n), unit(0)) for n in range(300)]
    mixed = [one for pair in zip(posts, signs, strict=True) for one in pair]
    params = Params(retire_after=3650 * 86_400.0)
    hnsw, exact = StreamClusterer(HnswIndex(DIM, params), params), StreamClusterer(ExactIndex(), params)
    rules = [[(e.claim_id, e.rule) for e in of_kind(c.assign(mixed), ClaimAssigned)] for c in (hnsw, exact)]
    assert rules[0] == rules[1]
    assert sum(cluster.words == {} for cluster in hnsw.clusters) == 300
    assert hnsw.recall(1000) == exact.recall(1000) == 1.0


@pytest.mark.parametrize("seed", range(6))
def test_a_milestone_that_is_jumped_over_by_a_merge_is_told(seed: int) -> None:
    _, events = run(seeded_posts(250, seed=seed))
    told = {(e.cluster_id, e.milestone) for e in of_kind(events, ClusterGrew)}
    assert len(told) == len(of_kind(events, ClusterGrew))
    merged = of_kind(events, ClustersMerged)
    assert merged
    split = {e.cluster_id for e in of_kind(events, ClusterSplit)} | {e.new_id for e in of_kind(events, ClusterSplit)}
    owed = {(e.cluster_id, m) for e in merged if e.cluster_id not in split for m in MILESTONES if m <= e.size}
    assert owed <= told


def test_a_founder_of_very_many_words_keeps_the_heaviest() -> None:
    clusterer = StreamClusterer(ExactIndex(), EAGER)
    clusterer.assign([EmbeddedClaim(claim(" ".join(f"w{n}" for n in range(500)), 0), unit(0))])
    assert len(clusterer.clusters[0].words) == EAGER.terms


# ids


@some
@busy
@given(claims=streams)
def test_no_claim_joins_a_cluster_that_merged_or_retired_unless_it_revives_it(claims: Claims) -> None:
    gone: set[str] = set()
    for event in run(claims)[1]:
        assert (event.cluster_id in gone) == isinstance(event, ClusterRevived)
        gone.discard(event.cluster_id)
        if isinstance(event, ClusterRetired):
            gone.add(event.cluster_id)
        elif isinstance(event, ClustersMerged):
            gone.add(event.absorbed_id)


@some
@busy
@given(claims=streams)
def test_a_cluster_is_founded_or_split_off_once_and_first(claims: Claims) -> None:
    founded: set[str] = set()
    for event in run(claims)[1]:
        assert (event.cluster_id in founded) != isinstance(event, ClusterFounded)
        founded.add(event.cluster_id)
        if isinstance(event, ClusterSplit):
            assert event.new_id not in founded
            founded.add(event.new_id)


@some
@busy
@given(claims=streams)
def test_a_merged_id_leads_to_the_one_that_lives(claims: Claims) -> None:
    clusterer, events = run(claims)
    live = {cluster.id: cluster for cluster in clusterer.clusters}
    into = {e.absorbed_id: e.cluster_id for e in of_kind(events, ClustersMerged)}
    for cluster_id in into:
        end = cluster_id
        while end in into:
            end = into[end]
        assert clusterer.find(cluster_id) is live.get(end)


@some
@busy
@given(claims=streams)
def test_event_ids_are_unique(claims: Claims) -> None:
    found = ids(run(claims)[1])
    assert len(set(found)) == len(found)


@some
@busy
@given(claims=streams)
def test_versions_of_a_cluster_rise(claims: Claims) -> None:
    last: dict[str, int] = {}
    for event in run(claims)[1]:
        assert event.version >= last.get(event.cluster_id, 1)
        last[event.cluster_id] = event.version


def test_a_claim_id_that_comes_again_after_its_cluster_merged_founds_under_another_id() -> None:
    claims = seeded_posts(200, seed=5)
    clusterer, events = run(claims, params=EAGER.with_values(forget_after=3650 * 86_400.0))
    merged = {e.absorbed_id for e in of_kind(events, ClustersMerged)}
    founders = [e.claim_id for e in of_kind(events, ClusterFounded) if e.cluster_id in merged]
    strange = [EmbeddedClaim(claim(f"wholly other {n}", 0, id=founder), unit(n)) for n, founder in enumerate(founders)]
    again = of_kind(clusterer.assign([EmbeddedClaim(s.claim, s.vector) for s in strange]), ClusterFounded)
    assert again
    assert merged.isdisjoint(e.cluster_id for e in again)


# bounds


@some
@busy
@given(claims=streams)
def test_never_more_clusters_than_allowed_in_memory_and_index_retired_ones_included(claims: Claims) -> None:
    clusterer = StreamClusterer(ExactIndex(), EAGER)
    for one in claims:
        clusterer.assign([one])
        assert len(clusterer.clusters) + len(clusterer._asleep) == len(clusterer._index) <= EAGER.max_clusters


def test_the_longest_quiet_gives_way_to_a_new_one() -> None:
    clusterer = StreamClusterer(ExactIndex(), EAGER.with_values(upkeep_every=100_000))
    events = clusterer.assign([EmbeddedClaim(claim(f"topic{n}", n), unit(n)) for n in range(16)])
    oldest, second = (e.cluster_id for e in of_kind(events, ClusterFounded)[:2])
    clusterer.assign([EmbeddedClaim(claim("topic0", 90), unit(0))])
    retired = of_kind(clusterer.assign([EmbeddedClaim(claim("one more", 91), unit(20))]), ClusterRetired)
    assert [(e.cluster_id, e.reason) for e in retired] == [(second, "capacity")]
    assert clusterer.find(oldest) is not None


def test_a_slow_drift_makes_no_chain() -> None:
    params = EAGER.with_values(link_threshold=0.0, min_similarity=0.5, merge_threshold=1.0, retire_after=3650 * 86_400.0)
    angles = np.linspace(0.0, np.pi, 120)
    drift = [np.cos(a) * unit(0) + np.sin(a) * unit(1) for a in angles]
    claims = [EmbeddedClaim(claim(f"step{n} on", n, created_at=START + n), as_half(v)) for n, v in enumerate(drift)]
    clusterer = StreamClusterer(ExactIndex(), params)
    for one in claims:
        before = {cluster.id: cluster.centroid for cluster in clusterer.clusters}
        assigned = of_kind(clusterer.assign([one]), ClaimAssigned)[0]
        if assigned.rule == "linked":
            assert float(before[assigned.cluster_id] @ one.vector) >= params.min_similarity
    assert len(clusterer.clusters) >= 2
    assert all(cluster.cohesion >= params.min_similarity for cluster in clusterer.clusters)


def unit(axis: int) -> np.ndarray:
    vector = np.zeros(DIM, np.float32)
    vector[axis] = 1.0
    return vector


def as_half(vector: np.ndarray) -> np.ndarray:
    return vector.astype(np.float16).astype(np.float32)


# retiring and coming back


def asleep(*texts: str) -> tuple[StreamClusterer, list[Event]]:
    """A clusterer in which each text, one axis each, has a cluster that has retired; and the events of their retirement."""
    clusterer = StreamClusterer(ExactIndex(), EAGER.with_values(forget_after=30 * 86_400.0, upkeep_every=1000))
    clusterer.assign([EmbeddedClaim(claim(text, n, created_at=START), unit(n)) for n, text in enumerate(texts)])
    return clusterer, clusterer.tick(START + EAGER.retire_after + 60)


def come(clusterer: StreamClusterer, text: str, number: int, axis: int, *, after: float = 0.0) -> list[Event]:
    """What happens when a text comes so many seconds later."""
    clusterer.tick(clusterer.now + after)
    return clusterer.assign([EmbeddedClaim(claim(text, number, created_at=clusterer.now), unit(axis))])


def test_a_text_that_comes_again_brings_its_cluster_back_under_its_id() -> None:
    clusterer, retired = asleep("the dam has burst")
    assert clusterer.clusters == []
    revived, assigned, *_ = come(clusterer, "the dam has burst", 7, 0, after=3 * 86_400)
    assert (type(revived), revived.cluster_id, revived.claim_id, revived.size) == (ClusterRevived, retired[0].cluster_id, "post-7", 1)
    assert revived.reason == "one of its texts came again, 3 days after it had retired"
    assert (assigned.cluster_id, assigned.rule, assigned.size) == (retired[0].cluster_id, "copy", 2)
    (cluster,) = clusterer.clusters
    assert (cluster.status, cluster.retired_at) == ("live", 0.0)
    assert [line["what"] for line in cluster.history] == ["founded", "retired", "revived", "grew"]


def test_a_claim_that_says_the_same_brings_a_cluster_back_too() -> None:
    clusterer, retired = asleep("the dam has burst")
    came = EmbeddedClaim(claim("the old dam has burst", 7), unit(0))
    assert clusterer.nearest(came).best.cluster.id == retired[0].cluster_id
    revived, assigned, *_ = come(clusterer, "the old dam has burst", 7, 0, after=2 * 86_400)
    assert revived.reason == "a claim came that belongs to it, 2 days after it had retired"
    assert (assigned.cluster_id, assigned.rule) == (retired[0].cluster_id, "linked")


def test_a_cluster_that_retires_again_says_so_in_another_event() -> None:
    clusterer, retired = asleep("the dam has burst")
    come(clusterer, "the dam has burst", 7, 0)
    again = clusterer.tick(clusterer.now + EAGER.retire_after + 60)
    assert [(e.cluster_id, e.times) for e in (*retired, *again)] == [(retired[0].cluster_id, 1), (retired[0].cluster_id, 2)]


def test_what_was_unlinked_stays_apart_after_one_of_them_was_away() -> None:
    clusterer, _ = asleep("the dam has burst", "cats purr")
    for axis, text in enumerate(("the dam has burst", "cats purr")):
        come(clusterer, text, 7 + axis, axis)
    one, other = clusterer.clusters
    clusterer.apply(CannotLink(id="u1", by="ann", role="analyst", one=one.id, other=other.id))
    clusterer.tick(clusterer.now + EAGER.retire_after + 60)
    for axis, text in enumerate(("the dam has burst", "cats purr")):
        come(clusterer, text, 17 + axis, axis)
    (refused,) = clusterer.apply(MustLink(id="l1", by="judge", role="judge", one=one.id, other=other.id))
    assert isinstance(refused, CommandRefused)
    assert "unlinked by ann" in refused.reason


def test_the_longest_retired_gives_way_to_a_new_cluster_and_is_closed_for_good() -> None:
    clusterer, _ = asleep(*(f"topic{n}" for n in range(EAGER.max_clusters)))
    assert of_kind(come(clusterer, "one more", 90, EAGER.max_clusters), ClusterRetired) == []
    assert isinstance(come(clusterer, "topic1", 91, 1)[0], ClusterRevived)
    assert isinstance(come(clusterer, "topic0", 92, 0)[0], ClusterFounded)


def test_what_is_refused_makes_nobody_give_way() -> None:
    clusterer, _ = asleep(*(f"topic{n}" for n in range(EAGER.max_clusters)))
    (refused,) = clusterer.apply(Expel(id="e1", by="ann", role="analyst", one="", other="post-0", vector=None))
    assert isinstance(refused, CommandRefused)
    assert len(clusterer._index) == EAGER.max_clusters


def test_a_cluster_that_was_forgotten_does_not_come_back() -> None:
    clusterer, retired = asleep("the dam has burst")
    founded = come(clusterer, "the dam has burst", 7, 0, after=31 * 86_400)[0]
    assert isinstance(founded, ClusterFounded)
    assert founded.cluster_id != retired[0].cluster_id
    assert len(clusterer._index) == 1


# event time


def test_quiet_clusters_retire_when_time_is_told_to_pass() -> None:
    clusterer = StreamClusterer(ExactIndex(), EAGER)
    clusterer.assign([EmbeddedClaim(claim("the dam", 0, created_at=START), unit(0))])
    assert clusterer.tick(START + EAGER.retire_after) == []
    retired = clusterer.tick(START + EAGER.retire_after + 1)
    assert [(type(e), e.reason) for e in retired] == [(ClusterRetired, "quiet")]
    assert (clusterer.clusters, clusterer.now) == ([], START + EAGER.retire_after + 1)


def test_an_earlier_tick_changes_nothing() -> None:
    clusterer, _ = run(seeded_posts(99))
    before = state_of(clusterer)
    assert clusterer.tick(START - 1e6) == []
    assert state_of(clusterer) == before


def test_streams_without_times_never_retire_for_quiet() -> None:
    claims = [EmbeddedClaim(claim(f"topic{n % 12}", n), unit(n % 12)) for n in range(100)]
    clusterer, events = run(claims)
    assert of_kind(events, ClusterRetired) == []
    assert (clusterer.now, len(clusterer.clusters)) == (0.0, 12)


@pytest.mark.parametrize("position", [0, 1, 2, 40])
@pytest.mark.parametrize("absurd", [START + 3650 * 86_400, START - 3650 * 86_400])
def test_one_absurd_time_retires_nobody_and_stops_no_retirement(position: int, absurd: float) -> None:
    params = EAGER.with_values(retire_after=30 * 60.0, upkeep_every=1)
    times = [START + 60.0 * n for n in range(80)]
    times[position] = absurd
    claims = [EmbeddedClaim(claim(f"topic{n // 20}", n, created_at=at), unit(n // 20)) for n, at in enumerate(times)]
    clusterer, events = run(claims, params=params)
    assert len(of_kind(events, ClusterFounded)) == 4
    assert abs(clusterer.now - times[-1]) <= 300
    assert [c.founder for c in clusterer.clusters] == ["post-40", "post-60"]
