"""Small streams in which everything happens: copies, joins, merges, retirement, forgetting, fresh index generations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from hypothesis import strategies as st

from streamclust.adapters.hnsw_index import HnswIndex
from streamclust.adapters.memory import EventList, ExactIndex, MemoryStore
from streamclust.claims import EmbeddedClaim, Origin, parse_claim
from streamclust.clusterer import StreamClusterer
from streamclust.commands import CannotLink, Command, Confirm, Expel, MustLink, Reject
from streamclust.events import Event, event_id
from streamclust.params import Params
from streamclust.pipeline import Clustering
from streamclust.ports import CentroidIndex
from streamclust.testing import HashEncoder

DIM = 32
START = 1_700_000_000.0
MINUTE = 60.0
ENCODER = HashEncoder(DIM)
LINKS = {"link_similarity": 4.5, "link_nearest": 4.5, "link_overlap": 6.0, "link_size": 0.15, "link_gap": 0.15, "link_clash": 1.0}
EAGER = Params(
    **LINKS, link_bias=-7.8, upkeep_every=3, retire_after=40 * MINUTE, forget_after=40 * MINUTE, max_clusters=16, max_skew=3600.0,
    merge_threshold=0.6, copies=12, vocabulary=1_000, exemplars=3, terms=8, exemplar_complexity=0.01,
    split_cohesion=1.0, split_threshold=0.6, split_patience=1, split_every=1, split_wordings=2,
    rebuild_deleted=0.2, index_neighbors=4, index_build_effort=16, index_search_effort=16,
    trend_start=2.5, trend_stop=1.0, trend_floor=0.1, trend_authors=2, trend_cooldown=30 * MINUTE,
)  # fmt: skip
"""Params under which a stream of a hundred claims goes through all that a cluster can go through."""
LASTING = EAGER.with_values(forget_after=3650 * 86_400.0)
"""The same, but nothing is forgotten."""

_WORDS = (
    "dam", "flood", "mayor", "vote", "bridge", "virus", "mask", "school", "train", "strike",
    "fire", "storm", "bank", "loan", "oil", "king", "snow", "crop", "port", "judge",
)  # fmt: skip
_PEOPLE = ("ann", "bob", "cem", "dee", None)
_ODD_TIMES = (None, START - 30 * 86_400, START + 10 * 365 * 86_400, START * 1000, 0, "soon")

INDEXES = {"exact": ExactIndex, "hnsw": lambda: HnswIndex(DIM, EAGER)}
"""Ways to make an empty index of `DIM` numbers, by name."""


class Posts(list[EmbeddedClaim]):
    """Two bytes a post: what it says, who says it, and how much later; some times are absurd."""

    def __init__(self, noise: bytes) -> None:
        self._noise = noise
        at = START
        for number, (topic, how) in enumerate(zip(noise[::2], noise[1::2], strict=False)):
            at += 45 * MINUTE if 230 <= how < 236 else (how % 4) * MINUTE
            when = _ODD_TIMES[how % 6] if how > 240 else at
            self.append(_embedded(number, _text(topic, how), when, _PEOPLE[how % 5]))

    def __repr__(self) -> str:
        return f"Posts({self._noise!r})"


streams = st.binary(min_size=80, max_size=400).map(Posts)
"""Hypothesis strategy: 40 to 200 embedded claims."""


def seeded_posts(count: int, seed: int = 0) -> Posts:
    """A stream of the same kind, of any length."""
    return Posts(np.random.default_rng(seed).bytes(2 * count))


def _text(topic: int, how: int) -> str:
    """Three or four words; near topics share words, and `how` swaps one."""
    words = [_WORDS[topic % 20], _WORDS[(topic // 20 + topic) % 20], _WORDS[(topic * 7) % 20]]
    return " ".join([*words, _WORDS[how % 20]] if how % 3 else words)


def _embedded(number: int, text: str, when: object, author: str | None) -> EmbeddedClaim:
    record = {"id": f"post-{number}", "text": text, "created_at": when, "author": author, "source": author and author[0]}
    return EmbeddedClaim(parse_claim(record, origin=Origin("test", 0, number)), vector_of(text))


@cache
def vector_of(text: str) -> np.ndarray:
    """(DIM,) float32 unit vector."""
    return ENCODER.encode([text])[0]


def run(claims: Iterable[EmbeddedClaim], index: CentroidIndex | None = None, params: Params = EAGER) -> tuple[StreamClusterer, list[Event]]:
    """A clusterer that has seen these claims, and its events."""
    clusterer = StreamClusterer(ExactIndex() if index is None else index, params)
    return clusterer, clusterer.assign(claims)


def published(count: int = 600) -> list[bytes]:
    """What the outbox of such a stream hands on, in order: every kind of event, states and their ends. Commands come in between."""
    sink = EventList()
    clustering = Clustering(StreamClusterer(ExactIndex(), EAGER), MemoryStore(), ENCODER, sink, states=True)
    clustering.start()
    for number, batch in enumerate(cut(seeded_posts(count), [50]), 1):
        clustering.run(batch, {("test", 0): 50 * number})
        clustering.obey([*commands_on(clustering.clusterer, number), expulsion(batch, number)], {("commands", 0): 10 * number})
    return sink.events


def commands_on(clusterer: StreamClusterer, number: int) -> list[Command]:
    """One of each kind, about what is there: the best suggestion is confirmed, the worst rejected, the oldest clusters (un)linked."""
    found = [pair for pair, _ in clusterer.suggestions.ranked()]
    oldest = [cluster.id for cluster in clusterer.clusters[:4]]
    asked: list[tuple[type[Command], Sequence[str]]] = [(MustLink, oldest[2:]), (CannotLink, oldest[:2]), (MustLink, ["nobody", "nothing"])]
    asked += [(kind, pair) for kind, pair in zip((Confirm, Reject), (found[:1], found[-1:]), strict=True) for pair in pair]
    return [
        kind(id=f"command-{number}-{turn}", by="ann", one=pair[0], other=pair[1])
        for turn, (kind, pair) in enumerate(asked)
        if len(pair) == 2
    ]


def expulsion(batch: Sequence[EmbeddedClaim], number: int) -> Expel:
    """One claim of a batch does not belong where it is; now and then nobody has its vector."""
    chosen = batch[(7 * number) % len(batch)]
    vector = chosen.vector if number % 4 else None
    return Expel(id=f"expel-{number}", by="ann", one="", other=chosen.claim.id, vector=vector)


def ids(events: Iterable[Event]) -> list[str]:
    """Event ids in order."""
    return [event_id(event) for event in events]


def cut(claims: Sequence[EmbeddedClaim], sizes: Sequence[int]) -> list[Sequence[EmbeddedClaim]]:
    """The claims in batches of these sizes, over and over."""
    batches, at, turn = [], 0, 0
    while at < len(claims):
        size = sizes[turn % len(sizes)]
        batches.append(claims[at : at + size])
        at, turn = at + size, turn + 1
    return batches
