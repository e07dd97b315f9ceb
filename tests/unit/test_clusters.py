"""A cluster keeps count, merges without loss, and comes back from its record bit for bit."""

from __future__ import annotations

from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_streams import EAGER, run, seeded_posts

from streamclust.clusters import HEAT_HALF_LIFE, LIVE, MERGED, RETIRED, Cluster, DistinctCounter, Limits, cluster_id, top_words
from streamclust.exemplars import room
from streamclust.testing import HashEncoder, claim

ENCODER = HashEncoder(32)
LIMITS = Limits(3, 8, 0.02)
WORDS = [f"word{n}" for n in range(30)]
posts = st.tuples(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=6, unique=True),
    st.sampled_from(["ann", "bob", "cem", None]),
    st.sampled_from(["wire", "forum", None]),
    st.floats(0, 1e6),
)


def grown(said: list[tuple[list[str], str | None, str | None, float]], label: int = 0) -> Cluster:
    """A cluster of these posts, made as the clusterer makes them."""
    cluster: Cluster | None = None
    for number, (words, author, source, at) in enumerate(said):
        posted = claim(" ".join(words), 1000 * label + number, author=author, source=source, lang="en")
        vector, weights = ENCODER.encode([posted.comparison])[0], {word: len(words) ** -0.5 for word in words}
        if cluster is None:
            cluster = Cluster.found(posted, vector, weights, label=label, number=1000 * label, seen_at=at, now=at)
        else:
            cluster.absorb(posted, vector, weights, number=1000 * label + number, limits=LIMITS)
            cluster.count(posted, seen_at=at, now=at)
    assert cluster is not None
    return cluster


def clusters(label: int, most: int = 12) -> st.SearchStrategy[Cluster]:
    return st.lists(posts, min_size=1, max_size=most).map(lambda said: grown(said, label))


def packed(cluster: Cluster) -> bytes:
    return bytes(msgpack.packb(cluster.to_record()))


few = settings(max_examples=40, deadline=None)


# records


@few
@given(clusters(0))
def test_a_cluster_comes_back_from_its_record_bit_for_bit(cluster: Cluster) -> None:
    cluster.note("founded", 1.0, claim_id="post-0")
    again = Cluster.from_record(msgpack.unpackb(packed(cluster)), cluster.indexed)
    assert packed(again) == packed(cluster)
    for name in ("total", "indexed", "centroid"):
        assert getattr(again, name).tobytes() == getattr(cluster, name).tobytes()
    assert [e.vector.tobytes() for e in again.exemplars] == [e.vector.tobytes() for e in cluster.exemplars]


@few
@given(clusters(0), clusters(1, 5))
def test_what_comes_back_goes_on_alike(cluster: Cluster, other: Cluster) -> None:
    again = Cluster.from_record(msgpack.unpackb(packed(cluster)), cluster.indexed)
    for one in (cluster, again):
        one.merge(Cluster.from_record(other.to_record(), other.indexed), now=2e6, limits=LIMITS)
    assert packed(again) == packed(cluster)


def test_all_clusters_of_a_stream_come_back_bit_for_bit() -> None:
    clusterer, _ = run(seeded_posts(250), params=EAGER)
    for cluster in clusterer.clusters:
        assert packed(Cluster.from_record(msgpack.unpackb(packed(cluster)), cluster.indexed)) == packed(cluster)


@few
@given(clusters(0))
def test_a_record_does_not_follow_the_cluster_it_came_back_as(cluster: Cluster) -> None:
    record = msgpack.unpackb(packed(cluster))
    before = msgpack.packb(record)
    again = Cluster.from_record(record, cluster.indexed)
    again.merge(grown([(["new"], "zoe", "paper", 5.0)], 9), now=6.0, limits=LIMITS)
    again.note("merged", 6.0)
    assert msgpack.packb(record) == before


@pytest.mark.parametrize("status", [MERGED, RETIRED])
def test_what_no_longer_lives_leaves_no_vectors(status: str) -> None:
    cluster, other = grown([(["dam"], "ann", None, 1.0), (["flood"], None, None, 2.0)]), grown([(["mayor"], None, None, 3.0)], 1)
    if status == RETIRED:
        cluster.retire(now=9.0)
        cluster.close()
    else:
        other.merge(cluster, now=9.0, limits=LIMITS)
    record = cluster.to_record()
    assert (record["status"], record["retired_at"], record["total"]) == (status, 9.0, b"")
    assert {part for exemplar in record["exemplars"] for part in exemplar if isinstance(part, bytes)} == {b""}


# counting


@few
@given(st.lists(posts, min_size=1, max_size=20))
def test_a_cluster_counts_what_it_took(said: list[Any]) -> None:
    cluster = grown(said)
    times = [at for *_, at in said]
    assert (cluster.size, cluster.distinct) == (len(said), len(said))
    assert cluster.authors.count == len({author for _, author, _, _ in said} - {None})
    assert sum(cluster.sources.values()) == sum(source is not None for _, _, source, _ in said)
    assert cluster.langs == {"en": len(said)}
    assert (cluster.first_at, cluster.last_at) == (min(times), max(times))
    assert cluster.total == pytest.approx(np.sum([ENCODER.encode([" ".join(w)])[0] for w, *_ in said], axis=0), abs=1e-5)


@few
@given(clusters(0, 30))
def test_a_cluster_stays_bounded(cluster: Cluster) -> None:
    assert 1 <= len(cluster.exemplars) <= LIMITS.exemplars
    assert len(cluster.words) <= 2 * LIMITS.terms
    assert cluster.words_square == pytest.approx(sum(w * w for w in cluster.words.values()))


@few
@given(clusters(0))
def test_cohesion_is_the_mean_cosine_to_the_centroid(cluster: Cluster) -> None:
    assert -1e-6 <= cluster.cohesion <= 1.001
    assert float(np.linalg.norm(cluster.centroid)) == pytest.approx(1.0, abs=1e-5)
    assert cluster.cohesion == pytest.approx(float(cluster.total @ cluster.centroid) / cluster.distinct, abs=1e-5)


def test_copies_count_as_claims_but_not_as_texts() -> None:
    cluster = grown([(["dam"], "ann", None, 1.0)])
    for number in range(5):
        cluster.count(claim("dam", number, author=f"bot{number}"), seen_at=2.0, now=2.0)
    assert (cluster.size, cluster.distinct, cluster.authors.count) == (6, 1, 6)


def test_sources_stay_bounded_and_none_is_lost() -> None:
    cluster = grown([(["dam"], None, None, 1.0)])
    for number in range(500):
        cluster.count(claim("dam", number, source=f"site{number}"), seen_at=2.0, now=2.0)
    assert len(cluster.sources) <= 33
    assert sum(cluster.sources.values()) == 500


def test_history_keeps_its_beginning_and_its_end() -> None:
    cluster = grown([(["dam"], None, None, 1.0)])
    for number in range(1000):
        cluster.note("grew", float(number))
    assert len(cluster.history) <= 64
    assert (cluster.history[0]["at"], cluster.history[-1]["at"]) == (0.0, 999.0)


def test_heat_halves_each_hour() -> None:
    cluster = grown([(["dam"], None, None, 1000.0)])
    now = cluster.growth(1000.0)
    assert cluster.growth(1000.0 + HEAT_HALF_LIFE) == pytest.approx(now / 2)
    assert cluster.growth(0.0) == now


def test_steady_claims_show_their_rate() -> None:
    cluster = grown([(["dam"], None, None, 1000.0)])
    for minute in range(1, 24 * 60):
        cluster.count(claim("dam"), seen_at=1000.0 + 60 * minute, now=0.0)
    assert cluster.growth(cluster.last_at) == pytest.approx(60, rel=0.02)


# merging


@few
@given(clusters(0), clusters(1))
def test_a_merge_keeps_the_weight_of_both(one: Cluster, other: Cluster) -> None:
    size, distinct, total = one.size + other.size, one.distinct + other.distinct, one.total + other.total
    span = min(one.first_at, other.first_at), max(one.last_at, other.last_at)
    sources, names = sum(one.sources.values()) + sum(other.sources.values()), max(one.authors.count, other.authors.count)
    one.merge(other, now=2e6, limits=LIMITS)
    assert (one.size, one.distinct, (one.first_at, one.last_at)) == (size, distinct, span)
    assert one.total.tobytes() == total.tobytes()
    assert one.norm == pytest.approx(float(np.linalg.norm(total)))
    assert sum(one.sources.values()) == sources
    assert one.authors.count >= names
    assert one.words_square == pytest.approx(sum(w * w for w in one.words.values()))
    assert len(one.exemplars) <= LIMITS.exemplars


@few
@given(clusters(0), clusters(1))
def test_heat_of_a_merge_does_not_depend_on_who_absorbs(one: Cluster, other: Cluster) -> None:
    mirror, absorbed = (Cluster.from_record(c.to_record(), c.indexed) for c in (other, one))
    one.merge(other, now=2e6, limits=LIMITS)
    mirror.merge(absorbed, now=2e6, limits=LIMITS)
    assert one.heat == pytest.approx(mirror.heat)


def test_what_was_absorbed_leads_to_the_one_that_lives() -> None:
    a, b, c = (grown([([f"word{n}"], None, None, 1.0)], n) for n in range(3))
    b.merge(c, now=5.0, limits=LIMITS)
    a.merge(b, now=6.0, limits=LIMITS)
    assert a.absorbed == [b.id, c.id]
    assert (a.status, b.status, b.merged_into, c.merged_into) == (LIVE, MERGED, a.id, b.id)


# exemplars


def assert_all_is_booked(cluster: Cluster) -> None:
    """Every member is booked to one exemplar, and what they stand for is the cluster."""
    assert sum(e.claims for e in cluster.exemplars) == cluster.size
    assert sum(e.wordings for e in cluster.exemplars) == cluster.distinct
    assert len(set(cluster.booked)) == len(cluster.booked)
    assert cluster.stands in {e.number for e in cluster.exemplars}
    assert set(cluster.folded.values()) <= {e.number for e in cluster.exemplars}
    if len(cluster.exemplars) > 1:
        assert sum(e.sum for e in cluster.exemplars) == pytest.approx(cluster.total, abs=1e-4)


@few
@given(clusters(0, 30), clusters(1, 30))
def test_the_exemplars_stand_for_all_of_a_cluster_also_after_a_merge(one: Cluster, other: Cluster) -> None:
    assert_all_is_booked(one)
    one.merge(other, now=2e6, limits=LIMITS)
    assert_all_is_booked(one)


def test_the_exemplars_of_a_stream_stand_for_all_of_it() -> None:
    clusterer, _ = run(seeded_posts(250), params=EAGER.with_values(retire_after=3650 * 86_400.0, exemplars=5))
    assert sum(len(cluster.folded) for cluster in clusterer.clusters) > 3
    for cluster in clusterer.clusters:
        assert_all_is_booked(cluster)


def test_a_spread_cluster_may_keep_more_exemplars_than_a_tight_or_an_ambiguous_one() -> None:
    spread, tight, ambiguous = room(8, 0.6, 0.1, 0.05), room(8, 0.98, 0.1, 0.05), room(8, 0.6, 0.95, 0.05)
    assert spread > tight == ambiguous == 2
    assert room(4, 0.0, 0.0, 0.05) == 4


# small things


@pytest.mark.parametrize("count", [0, 1, 100, 255, 256])
def test_distinct_names_are_exact_up_to_256(count: int) -> None:
    counter = DistinctCounter()
    for number in [*range(count), *range(count)]:
        counter.add(f"name{number}")
    assert counter.count == count


@pytest.mark.parametrize("count", [257, 1_000, 100_000])
def test_distinct_names_are_close_above_256(count: int) -> None:
    counter = DistinctCounter()
    for number in range(count):
        counter.add(f"name{number}")
    assert counter.count == pytest.approx(count, rel=0.2)
    assert len(counter.tobytes()) <= 8 * 257


@few
@given(st.lists(st.integers(0, 600), max_size=400), st.lists(st.integers(0, 600), max_size=400))
def test_counting_together_is_counting_one_after_the_other(ours: list[int], theirs: list[int]) -> None:
    one, other, both = DistinctCounter(), DistinctCounter(), DistinctCounter()
    for counter, names in ((one, ours), (other, theirs), (both, ours + theirs)):
        for name in names:
            counter.add(str(name))
    one.update(other)
    assert (one.tobytes(), one.count) == (both.tobytes(), both.count)
    assert DistinctCounter(one.tobytes()).count == one.count


def test_a_cluster_id_depends_on_the_founder_alone() -> None:
    assert cluster_id("post-1") == "c4u4fdwbn73e4"
    assert len({cluster_id(f"post-{n}") for n in range(10_000)}) == 10_000


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 9), max_size=20), st.integers(0, 25))
def test_top_words_are_the_heaviest(words: dict[str, float], most: int) -> None:
    found = top_words(words, most)
    assert len(found) == min(most, len(words))
    assert [w for _, w in found] == sorted(words.values(), reverse=True)[:most]
