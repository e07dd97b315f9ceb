"""Encode a batch, cluster a batch: nothing is lost, nothing counts twice, whatever breaks in between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgpack
import numpy as np
import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from small_streams import EAGER, ENCODER, INDEXES, LASTING, cut, ids, run, seeded_posts, streams

from streamclust import indexing
from streamclust.adapters.memory import EventList, ExactIndex, MemoryStore
from streamclust.claims import Claim, EmbeddedClaim
from streamclust.clusterer import StreamClusterer
from streamclust.errors import Incompatible
from streamclust.params import Params
from streamclust.pipeline import Clustering, Embedding
from streamclust.ports import Changes, Partition
from streamclust.testing import HashEncoder, claim

INPUT = ("test", 0)
Claims = Sequence[EmbeddedClaim]


@pytest.fixture(scope="module", autouse=True)
def early_rebuilds() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(indexing, "_SMALLEST_REBUILD", 3)
        yield


# encoding


class Custom:
    """An encoder that says for each text just what it was told to, and notes what it was asked."""

    fingerprint, dim = "custom", 4

    def __init__(self, told: Mapping[str, Sequence[float]] | None = None) -> None:
        self.told = told or {}
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return np.array([self.told.get(text, (0.0, 1.0, 0.0, 0.0)) for text in texts], np.float32)


def claims_of(*texts: str) -> list[Claim]:
    return [claim(text, number) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    "bad",
    [(np.nan, 0, 0, 1), (np.inf, 0, 0, 0), (-np.inf, 1, 0, 0), (0, 0, 0, 0), (np.nan,) * 4],
    ids=["nan", "inf", "minus inf", "zero", "all nan"],
)
def test_a_vector_that_is_no_direction_is_rejected_alone(bad: Sequence[float]) -> None:
    encoder = Custom({"poison": bad})
    embedded, rejected = Embedding(encoder).run(claims_of("one", "poison", "two", "poison"))
    assert [e.claim.text for e in embedded] == ["one", "two"]
    assert [r.claim.id for r in rejected] == ["post-1", "post-3"]
    assert all("length" in r.detail for r in rejected)
    assert all(np.isfinite(e.vector).all() for e in embedded)


def test_a_poisoned_text_stays_rejected_in_later_batches() -> None:
    embedding = Embedding(Custom({"poison": (0, 0, 0, 0)}))
    for _ in range(2):
        embedded, rejected = embedding.run(claims_of("poison", "one"))
        assert ([e.claim.text for e in embedded], [r.claim.text for r in rejected]) == (["one"], ["poison"])


@pytest.mark.parametrize("scale", [1e-3, 0.5, 1.0005, 2.0, 1e4])
def test_vectors_come_out_with_unit_length_in_half_precision(scale: float) -> None:
    (embedded,), _ = Embedding(Custom({"one": (3 * scale, 0, 0, 4 * scale)})).run(claims_of("one"))
    assert embedded.vector == pytest.approx([0.6, 0, 0, 0.8], abs=1e-3)
    assert embedded.vector.dtype == np.float32
    assert np.array_equal(embedded.vector, embedded.vector.astype(np.float16))


@pytest.mark.parametrize("shape", [(2, 5), (1, 4), (2,)])
def test_an_encoder_that_breaks_its_contract_is_a_defect_and_named(shape: tuple[int, ...]) -> None:
    class Broken(Custom):
        def encode(self, texts: Sequence[str]) -> np.ndarray:
            return np.ones(shape, np.float32)

    with pytest.raises(ValueError, match=r"expected \(2, 4\)"):
        Embedding(Broken()).run(claims_of("one", "two"))


def test_repeats_are_encoded_once() -> None:
    encoder = Custom()
    embedding = Embedding(encoder)
    embedding.run(claims_of("the dam", "RT @desk: the dam http://t.co/x", "two"))
    embedding.run(claims_of("two", "the dam!", "three"))
    assert sorted(encoder.asked) == ["the dam", "the dam!", "three", "two"]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_vector_is_that_of_its_own_text_however_batches_are_cut_and_whatever_came_before(size: int) -> None:
    embedding = Embedding(Custom({"the dam": (1, 0, 0, 0), "THE DAM": (0, 0, 1, 0)}))
    claims = claims_of("the dam", "THE DAM", "the dam")
    embedded = [e for batch in (claims[at : at + size] for at in range(0, 3, size)) for e in embedding.run(batch)[0]]
    assert [e.vector.tolist() for e in embedded] == [[1, 0, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0]]


def test_every_claim_gets_its_vector_in_order() -> None:
    texts = ["dam", "flood", "dam", "mayor", "flood"]
    embedded, rejected = Embedding(HashEncoder(32)).run(claims_of(*texts))
    assert rejected == []
    assert [e.claim.text for e in embedded] == texts
    assert all(np.array_equal(e.vector, HashEncoder(32).encode([e.claim.comparison])[0]) for e in embedded)


def test_vectors_remembered_are_bounded_and_the_oldest_go_first() -> None:
    encoder = Custom()
    embedding = Embedding(encoder, remembered=2)
    embedding.run(claims_of("one", "two", "three"))
    encoder.asked.clear()
    embedding.run(claims_of("three", "two", "one"))
    assert encoder.asked == ["one"]


def test_a_batch_larger_than_the_memory_is_encoded_whole() -> None:
    embedded, _ = Embedding(Custom(), remembered=1).run(claims_of(*"abcdef"))
    assert [e.claim.text for e in embedded] == list("abcdef")


def test_nothing_to_encode_asks_nobody() -> None:
    encoder = Custom()
    assert Embedding(encoder).run([]) == ([], [])
    assert encoder.asked == []


# clustering


@dataclass
class Fuse:
    """Blows at the `left`-th step."""

    left: int = 1 << 30

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Blown


class Blown(Exception):
    """The process is gone."""


@dataclass
class World:
    """What outlives a process: a store and the events that went out; both may lose power around each effect."""

    fuse: Fuse = field(default_factory=Fuse)
    store: MemoryStore = field(default_factory=MemoryStore)
    sent: list[bytes] = field(default_factory=list)

    def start(self, index: str = "exact", params: Params = EAGER) -> tuple[Clustering, dict[Partition, int]]:
        clustering = Clustering(StreamClusterer(INDEXES[index](), params), FusedStore(self), ENCODER, FusedPublisher(self))
        return clustering, clustering.start()

    def contents(self) -> dict[str, Any]:
        snapshot = self.store.load()
        return {
            "clusters": sorted(msgpack.packb(record) for record in snapshot.clusters),
            "journal": [(w.seq, w.label, None if w.vector is None else w.vector.tobytes()) for w in snapshot.index_writes],
            "words": snapshot.words,
            "copies": snapshot.copies,
            "progress": snapshot.progress,
            "members": {record["id"]: self.store.members(record["id"]) for record in snapshot.clusters},
            "offsets": self.store.offsets(),
            "outbox": self.store.outbox(),
        }

    def event_ids(self) -> list[str]:
        return [orjson.loads(event)["id"] for event in self.sent]


class FusedStore:
    """A `MemoryStore` that may fail just before or just after it writes."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.store, name)

    def save(self, changes: Changes, *, offsets: Mapping[Partition, int], outbox: Sequence[bytes] = ()) -> None:
        self._world.fuse.step()
        self._world.store.save(changes, offsets=offsets, outbox=outbox)
        self._world.fuse.step()

    def mark_published(self, count: int) -> None:
        self._world.fuse.step()
        self._world.store.mark_published(count)
        self._world.fuse.step()


class FusedPublisher:
    """Sends half, may fail, sends the rest, may fail."""

    def __init__(self, world: World) -> None:
        self._world = world

    def publish(self, events: Sequence[bytes]) -> None:
        half = len(events) // 2
        self._world.sent += events[:half]
        self._world.fuse.step()
        self._world.sent += events[half:]
        self._world.fuse.step()

    def close(self) -> None:
        """Nothing to let go of."""


def feed(clustering: Clustering, claims: Claims, start: int = 0, size: int = 20) -> None:
    for at in range(start, len(claims), size):
        batch = claims[at : at + size]
        clustering.run(batch, {INPUT: at + len(batch)})


def undisturbed(claims: Claims, index: str = "exact", params: Params = EAGER, size: int = 20) -> World:
    world = World()
    feed(world.start(index, params)[0], claims, size=size)
    return world


@pytest.mark.parametrize("index", INDEXES)
def test_a_crash_between_any_two_effects_leaves_the_undisturbed_state_and_events(index: str) -> None:
    claims = seeded_posts(100, seed=5)
    expected = undisturbed(claims, index)
    crashes = 0
    for step in range(1, 6 * len(cut(claims, [20])) + 1):
        world = World(Fuse(step))
        with pytest.raises(Blown):
            feed(world.start(index)[0], claims)
        crashes += 1
        resumed, offsets = world.start(index)
        feed(resumed, claims, start=offsets.get(INPUT, 0))
        assert world.contents() == expected.contents(), step
        assert set(world.event_ids()) == set(expected.event_ids()), step
    assert crashes == 30


def test_crash_upon_crash_still_ends_in_the_undisturbed_state() -> None:
    claims = seeded_posts(150, seed=6)
    expected, world, crashes = undisturbed(claims, size=10), World(), 0
    while world.store.offsets().get(INPUT, 0) < len(claims) or world.store.outbox():
        world.fuse.left = 4 + crashes % 9
        try:
            clustering, offsets = world.start()
            feed(clustering, claims, start=offsets.get(INPUT, 0), size=10)
        except Blown:
            crashes += 1
    assert crashes > 10
    assert world.contents() == expected.contents()
    assert set(world.event_ids()) == set(expected.event_ids())


@settings(max_examples=25, deadline=None)
@example(seeded_posts(120, seed=5), [0.1, 0.5, 0.5, 1.0])
@given(streams, st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_any_repetition_of_a_prefix_changes_nothing(claims: Claims, seen: list[float]) -> None:
    expected, world = undisturbed(claims, params=LASTING), World()
    clustering, _ = world.start(params=LASTING)
    for part in (*sorted(seen), 1.0):
        feed(clustering, claims[: round(part * len(claims))], size=13)
    assert {**world.contents(), "offsets": 0} == {**expected.contents(), "offsets": 0}
    assert world.event_ids() == expected.event_ids()


def test_a_repetition_after_its_cluster_is_forgotten_changes_nothing() -> None:
    claims = seeded_posts(150, seed=5)
    expected, world = undisturbed(claims), World()
    clustering, _ = world.start()
    feed(clustering, claims)
    feed(clustering, claims[:60])
    assert {**world.contents(), "offsets": 0} == {**expected.contents(), "offsets": 0}


@settings(max_examples=10, deadline=None)
@given(streams, st.integers(1, 50))
def test_batch_size_changes_neither_state_nor_events(claims: Claims, size: int) -> None:
    one, other = undisturbed(claims, size=len(claims)), undisturbed(claims, size=size)
    assert other.contents() == one.contents()
    assert other.sent == one.sent


def test_a_claim_twice_in_one_batch_counts_once() -> None:
    claims = seeded_posts(30)
    world = World()
    clustering, _ = world.start()
    events = clustering.run([again for one in claims for again in (one, replace(one))], {INPUT: 60})
    assert events == run(claims)[1]


def test_what_was_saved_is_published_in_order() -> None:
    claims = seeded_posts(100)
    world = undisturbed(claims)
    assert world.event_ids() == ids(run(claims)[1])
    assert world.store.outbox() == []


def test_what_a_crash_left_unpublished_goes_out_first() -> None:
    claims = seeded_posts(40)
    world = World(Fuse(2))
    with pytest.raises(Blown):
        feed(world.start()[0], claims)
    waiting = world.store.outbox()
    assert waiting
    world.start()
    assert world.sent == waiting
    assert world.store.outbox() == []


def test_offsets_move_even_where_nothing_is_assigned() -> None:
    world = World()
    clustering, offsets = world.start()
    assert offsets == {}
    assert clustering.run([], {INPUT: 7}) == []
    assert world.start()[1] == {INPUT: 7}
    assert world.sent == []


def test_without_a_publisher_there_is_no_outbox() -> None:
    store = MemoryStore()
    clustering = Clustering(StreamClusterer(ExactIndex(), EAGER), store, ENCODER)
    clustering.start()
    assert clustering.run(seeded_posts(30), {INPUT: 30})
    assert store.outbox() == []


def test_state_made_otherwise_is_refused_and_left_alone() -> None:
    world = undisturbed(seeded_posts(40))
    before = world.contents()
    for params, encoder in ((LASTING, ENCODER), (EAGER, HashEncoder(32, "other"))):
        with pytest.raises(Incompatible):
            Clustering(StreamClusterer(ExactIndex(), params), world.store, encoder, EventList()).start()
    assert world.contents() == before
