"""A cluster that has become two is split, after evidence that lasts, and nothing is lost on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_mutual_info_score
from small_streams import EAGER, run, seeded_posts

from streamclust.adapters.memory import ExactIndex, MemoryStore
from streamclust.claims import EmbeddedClaim
from streamclust.clusterer import StreamClusterer
from streamclust.clusters import Cluster
from streamclust.commands import CannotLink, MustLink
from streamclust.evaluation.playing import Player
from streamclust.events import ClaimAssigned, ClusterGrew, ClustersMerged, ClusterSplit, CommandRefused, Event
from streamclust.exemplars import Exemplar
from streamclust.params import Params
from streamclust.splitting import halves, split_off, two_groups, with_words
from streamclust.testing import claim

DIM = 48
START = 1_700_000_000.0
PARAMS = Params(upkeep_every=8)
UNSPLIT = PARAMS.with_values(split_cohesion=0.0)
few = settings(max_examples=30, deadline=None)


def unit(vector: np.ndarray) -> np.ndarray:
    return (vector / np.linalg.norm(vector)).astype(np.float16).astype(np.float32)


def near(axis: int, rng: np.random.Generator, spread: float = 0.25) -> np.ndarray:
    vector = rng.standard_normal(DIM) * spread / np.sqrt(DIM)
    vector[axis] += 1.0
    return unit(vector)


DAM, FLOOD = ["dam", "burst", "north", "valley"], ["mayor", "resigned", "over", "flood"]


def glued(count: int = 60, seed: int = 0) -> tuple[list[EmbeddedClaim], list[str]]:
    """A post that says two things; both are said a little after that; then each grows by itself. Gold labels go by what is said."""
    rng = np.random.default_rng(seed)
    said: list[tuple[str, np.ndarray, str]] = [(" ".join(DAM + FLOOD), unit(near(0, rng) + near(1, rng)), "dam")]
    for number in range(count):
        axis = number % 2
        words, gold = (DAM, "dam") if axis == 0 else (FLOOD, "flood")
        between = max(0.0, 0.75 - number / 20)  # early on they are hardly told apart
        vector = unit(near(axis, rng) + between * near(1 - axis, rng))
        said.append((" ".join([*words, f"detail{number}"]), vector, gold))
    claims = [EmbeddedClaim(claim(text, n, created_at=START + 60 * n, author=f"a{n}"), v) for n, (text, v, _) in enumerate(said)]
    return claims, [gold for *_, gold in said]


def played(claims: Iterable[EmbeddedClaim], params: Params) -> tuple[StreamClusterer, list[Event], list[str]]:
    """A clusterer, its events, and where each claim is at the end."""
    clusterer, store = StreamClusterer(ExactIndex(), params), MemoryStore()
    claims = list(claims)
    events = clusterer.assign(claims)
    store.save(clusterer.take_changes(), offsets={})
    homes = []
    for one in claims:
        home = (store.member(one.claim.id) or {})["cluster_id"]
        while (into := store.redirect(home)) is not None:
            home = into
        homes.append(home)
    return clusterer, events, homes


def of_kind(events: Sequence[Event], kind: type[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


# what it brings


@pytest.mark.parametrize("seed", range(3))
def test_two_claims_that_one_post_glued_together_come_apart(seed: int) -> None:
    claims, gold = glued(120, seed)
    _, whole_events, whole = played(claims, UNSPLIT)
    _, events, homes = played(claims, PARAMS)
    assert of_kind(whole_events, ClusterSplit) == []
    assert len(of_kind(events, ClusterSplit)) == 1
    assert adjusted_mutual_info_score(gold, whole) < 0.1
    assert adjusted_mutual_info_score(gold, homes) > 0.7


def test_a_post_that_comes_after_a_split_joins_its_own_half() -> None:
    claims, _ = glued()
    clusterer, events, homes = played(claims, PARAMS)
    (split,) = of_kind(events, ClusterSplit)
    assert isinstance(split, ClusterSplit)
    rng = np.random.default_rng(9)
    late = [EmbeddedClaim(claim(" ".join(words), 900 + axis), near(axis, rng)) for axis, words in enumerate((DAM, FLOOD))]
    joined = [event.cluster_id for event in clusterer.assign(late) if isinstance(event, ClaimAssigned)]
    assert set(joined) == {split.cluster_id, split.new_id}
    assert [Counter(homes[1::2]).most_common(1)[0][0], Counter(homes[2::2]).most_common(1)[0][0]] == joined


def test_a_copy_of_a_text_that_went_over_joins_the_new_half() -> None:
    claims, _ = glued()
    clusterer, _, homes = played(claims, PARAMS)
    again = [EmbeddedClaim(claim(c.claim.text, 500 + n), c.vector) for n, c in enumerate(claims)]
    assigned = [event for event in clusterer.assign(again) if isinstance(event, ClaimAssigned)]
    assert {event.rule for event in assigned} == {"copy"}
    assert [event.cluster_id for event in assigned] == homes


# evidence, and no flapping


def test_a_cluster_is_split_no_sooner_than_after_as_many_looks_as_asked_for() -> None:
    claims, _ = glued(120)
    at = {}
    for patience in (1, 3, 6):
        events = played(claims, PARAMS.with_values(split_patience=patience))[1]
        at[patience] = next(n for n, event in enumerate(events) if isinstance(event, ClusterSplit))
    assert at[1] < at[3] < at[6]
    assert of_kind(played(claims, PARAMS.with_values(split_patience=50))[1], ClusterSplit) == []


def test_copies_are_no_evidence() -> None:
    claims, _ = glued(24)
    copies = [EmbeddedClaim(claim(c.claim.text, 1000 * n + k), c.vector) for n in range(1, 30) for k, c in enumerate(claims)]
    assert of_kind(played([*claims, *copies], PARAMS)[1], ClusterSplit) == []


def test_what_hangs_together_is_never_split() -> None:
    rng = np.random.default_rng(3)
    claims = [EmbeddedClaim(claim(f"dam burst north word{n}", n), near(0, rng, 0.5)) for n in range(300)]
    clusterer, events, _ = played(claims, PARAMS)
    assert [c.size for c in clusterer.clusters] == [300]
    assert of_kind(events, ClusterSplit) == []


def test_what_was_split_does_not_merge_again_whatever_bridges_it() -> None:
    claims, _ = glued()
    clusterer, _, _ = played(claims, PARAMS)
    parted = {cluster.id for cluster in clusterer.clusters}
    rng = np.random.default_rng(4)
    bridges = [
        EmbeddedClaim(claim(" ".join([*DAM, *FLOOD, f"both{n}"]), 700 + n), unit(near(0, rng, 0.1) + near(1, rng, 0.1))) for n in range(80)
    ]
    merged = of_kind(clusterer.assign(bridges), ClustersMerged)
    assert len(parted) == 2
    assert not [event for event in merged if isinstance(event, ClustersMerged) and {event.cluster_id, event.absorbed_id} == parted]
    assert parted <= {cluster.id for cluster in clusterer.clusters}


@few
@given(st.binary(min_size=80, max_size=300))
def test_splits_are_bounded_by_the_texts(noise: bytes) -> None:
    claims = seeded_posts(len(noise), seed=sum(noise))
    _, events = run(claims)
    texts = len({c.claim.fingerprint for c in claims})
    assert len(of_kind(events, ClusterSplit)) <= texts / (EAGER.split_every * EAGER.split_patience)


def test_a_milestone_is_told_once_though_a_split_makes_the_cluster_smaller() -> None:
    claims, _ = glued(200)
    events = played(claims, PARAMS)[1]
    told = [(event.cluster_id, event.milestone) for event in events if isinstance(event, ClusterGrew)]
    assert len(of_kind(events, ClusterSplit)) == 1
    assert len(set(told)) == len(told)


# people have the last word


def first_and_another(claims: Sequence[EmbeddedClaim]) -> tuple[StreamClusterer, str, str]:
    """A clusterer that has seen the first of these claims and one of something else."""
    clusterer = StreamClusterer(ExactIndex(), PARAMS)
    other = EmbeddedClaim(claim("cats purr", 800), near(20, np.random.default_rng(5)))
    events = clusterer.assign([claims[0], other])
    first, another = (event.cluster_id for event in events if isinstance(event, ClaimAssigned))
    return clusterer, first, another


def test_what_people_linked_is_never_split() -> None:
    claims, _ = glued()
    clusterer, first, another = first_and_another(claims)
    clusterer.apply(MustLink(id="c1", by="ann", one=first, other=another))
    assert of_kind(clusterer.assign(claims[1:]), ClusterSplit) == []


def test_both_halves_stay_apart_from_what_the_whole_was_kept_from() -> None:
    claims, _ = glued()
    clusterer, first, another = first_and_another(claims)
    clusterer.apply(CannotLink(id="c1", by="ann", one=first, other=another))
    (split,) = of_kind(clusterer.assign(claims[1:]), ClusterSplit)
    assert isinstance(split, ClusterSplit)
    for number, half in enumerate((split.cluster_id, split.new_id)):
        (event,) = clusterer.apply(MustLink(id=f"m{number}", by="bob", one=half, other=another))
        assert isinstance(event, CommandRefused)


def test_people_may_join_what_was_split() -> None:
    claims, _ = glued()
    clusterer, _, _ = played(claims, PARAMS)
    one, other = (cluster.id for cluster in clusterer.clusters)
    clusterer.apply(MustLink(id="c1", by="ann", one=one, other=other))
    assert clusterer.find(one) is clusterer.find(other)
    assert clusterer.clusters[0].size == len(claims)


# nothing is lost


def whole(seed: int) -> Cluster:
    clusterer, _, _ = played(glued(40, seed)[0], UNSPLIT)
    return max(clusterer.clusters, key=lambda cluster: cluster.size)


@few
@given(st.integers(0, 1000))
def test_two_halves_are_the_whole(seed: int) -> None:
    cluster = whole(seed)
    before = Cluster.from_record(cluster.to_record(), cluster.indexed)
    found = halves(cluster)
    assert found is not None
    parts = with_words(cluster, found)
    new = split_off(cluster, parts, label=9, cluster_id="cnew", now=START)
    assert (cluster.size + new.size, cluster.distinct + new.distinct) == (before.size, before.distinct)
    assert cluster.total + new.total == pytest.approx(before.total, abs=1e-4)
    assert cluster.heat + new.heat == pytest.approx(before.heat)
    assert sorted(cluster.booked + new.booked) == sorted(before.booked)
    for word, weight in before.words.items():
        assert cluster.words.get(word, 0.0) + new.words.get(word, 0.0) == pytest.approx(weight)
    assert (cluster.id, cluster.size >= new.size) == (before.id, True)
    assert (cluster.cohesion + new.cohesion) / 2 > before.cohesion


@few
@given(st.integers(0, 10_000), st.integers(2, 9))
def test_no_other_two_medoids_stand_for_more(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    exemplars = [Exemplar(f"p{n}", "", unit(rng.standard_normal(8)), n, wordings=int(rng.integers(1, 20))) for n in range(count)]
    both = two_groups(exemplars)
    assert sorted(e.number for group in both for e in group) == list(range(count))
    assert min(len(group) for group in both) >= 1

    def served(group: Sequence[Exemplar]) -> float:
        return max(sum(e.wordings * float(e.vector @ medoid.vector) for e in group) for medoid in group)

    def served_by(pair: tuple[Exemplar, Exemplar]) -> float:
        return sum(e.wordings * max(float(e.vector @ medoid.vector) for medoid in pair) for e in exemplars)

    assert sum(map(served, both)) == pytest.approx(max(map(served_by, combinations(exemplars, 2))), abs=1e-3)


def test_words_go_where_they_are_said() -> None:
    cluster = whole(1)
    found = halves(cluster)
    assert found is not None
    parts = with_words(cluster, found)
    for half in parts[:2]:
        own = "dam" if half.words.get("dam", 0.0) > half.words.get("mayor", 0.0) else "mayor"
        assert half.words[own] > 3 * half.words.get("dam" if own == "mayor" else "mayor", 0.0)


def test_an_evaluation_follows_the_posts_of_a_split() -> None:
    claims, gold = glued()
    labels = {one.claim.id: label for one, label in zip(claims, gold, strict=True)}
    vectors = {one.claim.comparison: one.vector for one in claims}
    for size in (7, 1000):
        player = Player(Listed(vectors), PARAMS, ExactIndex(), labels)
        at_end = player.play([one.claim for one in claims], size=size).history.at_end()
        assert at_end == played(claims, PARAMS)[2]
        assert len(set(at_end)) == 2


class Listed:
    """An encoder that has the vectors ready."""

    fingerprint, dim = "listed", DIM

    def __init__(self, vectors: dict[str, np.ndarray]) -> None:
        self._vectors = vectors

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.stack([self._vectors[text] for text in texts])


def test_a_cluster_of_one_exemplar_is_never_split() -> None:
    claims, _ = glued()
    assert of_kind(played(claims, PARAMS.with_values(exemplars=1))[1], ClusterSplit) == []
