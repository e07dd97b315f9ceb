"""A new cluster is compared once more when the next claims have come."""

from __future__ import annotations

import numpy as np

from streamclust.adapters.memory import ExactIndex
from streamclust.claims import EmbeddedClaim
from streamclust.clusterer import StreamClusterer
from streamclust.commands import CannotLink
from streamclust.events import ClustersMerged, Event
from streamclust.params import Params
from streamclust.testing import claim

PARAMS = Params(
    link_bias=-5.0, link_similarity=10.0, link_nearest=0.0, link_overlap=0.0, link_size=0.0, link_gap=0.0,
    merge_threshold=1.0, upkeep_every=3, second_look=1,
)  # fmt: skip
"""A claim joins at a cosine of .5, and nothing merges but by a second look."""
TOWARDS = [0, 70, 40]
"""Degrees: the first two are too far apart to be one; the third joins the second, which is then near enough to the first."""


def post(degrees: float, number: int) -> EmbeddedClaim:
    turned = np.radians(degrees)
    return EmbeddedClaim(claim(f"text{number}", number), np.array([np.cos(turned), np.sin(turned)], np.float32))


def posts(*degrees: float) -> list[EmbeddedClaim]:
    return [post(angle, number) for number, angle in enumerate(degrees)]


def play(params: Params, *degrees: float) -> tuple[StreamClusterer, list[Event]]:
    clusterer = StreamClusterer(ExactIndex(), params)
    return clusterer, clusterer.assign(posts(*degrees))


def merges(events: list[Event]) -> list[ClustersMerged]:
    return [event for event in events if isinstance(event, ClustersMerged)]


def test_a_new_cluster_goes_where_the_claims_after_it_have_led() -> None:
    clusterer, events = play(PARAMS, *TOWARDS)
    (kept,) = clusterer.clusters
    assert kept.size == 3
    (merged,) = merges(events)
    assert (merged.cluster_id, merged.size) == (kept.id, 3)
    assert merged.score == round(1 / (1 + np.exp(5.0 - 10.0 * np.cos(np.radians(55)))), 6)
    assert merged.reason == f"compared again when more had come, they have a link score of {merged.score:.3f}"
    assert kept.history[-1] == {"what": "merged", "at": 0.0, "absorbed": merged.absorbed_id, "score": merged.score, "reason": merged.reason}


def test_it_stays_alone_where_nothing_came_nearer() -> None:
    clusterer, events = play(PARAMS, 0, 70, 75)
    assert len(clusterer.clusters) == 2
    assert not merges(events)


def test_without_a_second_look_it_stays_alone() -> None:
    clusterer, _ = play(PARAMS.with_values(second_look=0), *TOWARDS)
    assert len(clusterer.clusters) == 2


def test_a_cluster_of_more_texts_than_that_is_left_to_merging() -> None:
    apart = (0, 5, 70, 40)  # nothing but what is new and small is compared again
    params = PARAMS.with_values(upkeep_every=4)
    assert len(play(params, *apart)[0].clusters) == 2
    assert len(play(params.with_values(second_look=2), *apart)[0].clusters) == 1


def test_it_stays_alone_between_two_that_are_as_near() -> None:
    params = PARAMS.with_values(upkeep_every=5)
    both_sides = (0, 70, 40, -70, -40)
    clusterer, _ = play(params, *both_sides)
    assert len(clusterer.clusters) == 3
    assert len(play(params, *both_sides[:3], 180, 181)[0].clusters) == 2, "with one side gone it joins the other"


def test_it_is_compared_once_and_no_more() -> None:
    clusterer, _ = play(PARAMS, 0, 180, 180.5)
    clusterer.assign([post(70, 3), post(69, 4), post(40, 5)])
    assert len(clusterer.clusters) == 3, "the first one had its look before the others came, the other has too many texts"


def test_time_that_passes_takes_no_second_look_away() -> None:
    clusterer = StreamClusterer(ExactIndex(), PARAMS)
    for one in posts(*TOWARDS):
        clusterer.assign([one])
        clusterer.tick(0.0)
    assert len(clusterer.clusters) == 1


def test_a_second_look_keeps_apart_what_people_have_said_are_two() -> None:
    clusterer, _ = play(PARAMS, *TOWARDS[:2])
    one, other = (cluster.id for cluster in clusterer.clusters)
    clusterer.apply(CannotLink(id="k1", by="ana", one=one, other=other))
    assert not merges(clusterer.assign([post(TOWARDS[2], 2)]))
