"""Laws of what processes tell Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from prometheus_client.openmetrics.exposition import generate_latest
from small_streams import DIM, EAGER, START, run, seeded_posts

from streamclust.adapters.hnsw_index import HnswIndex
from streamclust.adapters.memory import ExactIndex, MemoryStore
from streamclust.claims import EmbeddedClaim, Origin
from streamclust.clusterer import StreamClusterer
from streamclust.errors import (
    Fenced,
    Incompatible,
    InputUnreadable,
    InvalidClaim,
    PublishFailed,
    RecordsLost,
    StoreUnavailable,
    StreamclustError,
    TooManyDeadLetters,
)
from streamclust.events import Event
from streamclust.params import Params
from streamclust.testing import claim
from workers import metrics as m
from workers.health import Health
from workers.metrics import Metrics, WorkerMetrics
from workers.survey import Survey


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def series(metrics: Metrics) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    return {(s.name, tuple(sorted(s.labels.items()))) for family in metrics.registry.collect() for s in family.samples}


CLOSED = {
    "rule": m.RULES,
    "reason": (*InvalidClaim.REASONS, *m.STOPS.values(), m.OTHER_STOP),
    "event": tuple(m.CLUSTER_EVENTS.values()),
    "lang": (*m.LANGUAGES, m.OTHER_LANGUAGE, m.NO_LANGUAGE),
    "step": m.STEPS,
    "rank": m.RANKS,
    "what": m.OBSTACLES,
    "cause": (*m.CAUSES.values(), m.BROKER),
    "generation": ("0", "1", "2"),
}


def test_every_label_is_there_from_the_start() -> None:
    found: dict[str, set[str]] = {}
    for _, labels in series(WorkerMetrics("cluster", "default")):
        for name, content in labels:
            found.setdefault(name, set()).add(content)
    assert {name: set(values) for name, values in CLOSED.items()} == {name: found[name] for name in CLOSED}


def test_every_counter_starts_at_zero() -> None:
    for family in WorkerMetrics().registry.collect():
        if family.name.startswith("streamclust_") and family.type in ("counter", "histogram"):
            assert [sample for sample in family.samples if sample.value] == [], family.name


def test_nothing_is_told_twice_under_the_name_created() -> None:
    assert [name for name, _ in series(WorkerMetrics()) if name.endswith("_created")] == []


def test_what_runs_is_told() -> None:
    (sample,) = next(f for f in WorkerMetrics("embed", "blue").registry.collect() if f.name == "streamclust_build_info").samples
    assert (sample.labels["role"], sample.labels["deployment"], sample.value) == ("embed", "blue", 1)


class Nowhere(ExactIndex):
    """Finds nothing, so that every claim founds a cluster, at once."""

    def search(self, vector: np.ndarray, k: int) -> tuple[list[int], list[float]]:
        return [], []


def test_a_hundred_thousand_clusters_leave_the_number_of_series_unchanged() -> None:
    metrics = WorkerMetrics("cluster", "default")
    clusterer = StreamClusterer(Nowhere(), Params())
    survey = Survey(metrics, every=0.0)
    before = series(metrics)
    first = claim("one", lang="en")
    vector = seeded_posts(1)[0].vector
    for start in range(0, 100_000, 10_000):
        posts = [EmbeddedClaim(replace(first, id=str(n), fingerprint=n, words=()), vector) for n in range(start, start + 10_000)]
        metrics.clustered(clusterer.assign(posts), sent=[post.claim for post in posts])
        metrics.delayed((1.0, post.claim.origin) for post in posts[:100])
        metrics.stands(live=len(clusterer.clusters), limit=clusterer.params.max_clusters, watermark=clusterer.now)
        survey.look([clusterer], [MemoryStore()])
    assert value(metrics, "streamclust_clusters_live") == 100_000
    assert value(metrics, "streamclust_cluster_events_total", event="founded") == 100_000
    assert series(metrics) == before


def test_claims_are_counted_by_rule_and_language_and_once_each() -> None:
    metrics = WorkerMetrics()
    posts = seeded_posts(60)
    _, events = run(posts)
    sent = [post.claim for post in posts]
    metrics.clustered(events, sent=[*sent, *sent[:7]])
    assert sum(value(metrics, "streamclust_claims_assigned_total", rule=rule) or 0 for rule in m.RULES) == 60
    assert value(metrics, "streamclust_claims_by_language_total", lang="none") == 60
    assert value(metrics, "streamclust_duplicates_total") == 7


def test_the_slowest_claim_leaves_its_place_with_the_delay() -> None:
    metrics = WorkerMetrics()
    metrics.delayed([(1.0, Origin("claims.embedded", 0, 5)), (0.5, Origin("claims.embedded", 3, 77)), (0.0, None)])
    assert value(metrics, "streamclust_event_delay_seconds_count") == 2
    text = generate_latest(metrics.registry).decode()
    (line,) = [line for line in text.splitlines() if " # {" in line]
    assert 'partition="3"' in line
    assert 'offset="77"' in line


def test_what_is_in_the_way_is_told_as_it_is_at_that_moment() -> None:
    metrics, health = WorkerMetrics(), Health(60.0)
    metrics.watches(lambda: health.obstacles)
    assert (value(metrics, "streamclust_ready"), value(metrics, "streamclust_obstacle", what="group")) == (0, 1)
    health.cleared("group")
    assert (value(metrics, "streamclust_ready"), value(metrics, "streamclust_obstacle", what="group")) == (1, 0)
    health.blocked("broker", "no answer")
    assert (value(metrics, "streamclust_ready"), value(metrics, "streamclust_obstacle", what="broker")) == (0, 1)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TooManyDeadLetters(""), "dead_letters"),
        (RecordsLost(""), "records_lost"),
        (Incompatible(""), "incompatible"),
        (Fenced(""), "fenced"),
        (InputUnreadable(""), "other"),
    ],
)
def test_an_end_has_one_reason(error: StreamclustError, reason: str) -> None:
    metrics = WorkerMetrics()
    metrics.stopped(error)
    told = {name: value(metrics, "streamclust_stopped", reason=name) for name in (*m.STOPS.values(), m.OTHER_STOP)}
    assert {name for name, at in told.items() if at} == {reason}


@pytest.mark.parametrize(
    ("error", "cause"), [(Fenced(""), "fenced"), (StoreUnavailable(""), "store"), (PublishFailed(""), "publish"), (OSError(""), "broker")]
)
def test_a_pause_has_one_cause(error: Exception, cause: str) -> None:
    metrics = WorkerMetrics()
    metrics.backed_off(error)
    told = {name: value(metrics, "streamclust_backoffs_total", cause=name) for name in CLOSED["cause"]}
    assert {name for name, at in told.items() if at} == {cause}


def test_only_steps_that_end_well_are_counted() -> None:
    metrics = WorkerMetrics()
    with pytest.raises(ValueError, match="no"), metrics.timed("save"):
        raise ValueError("no")
    with metrics.timed("save"):
        pass
    assert value(metrics, "streamclust_step_seconds_count", step="save") == 1


def test_scores_beyond_the_ranks_are_not_told_and_old_ones_do_not_stay() -> None:
    metrics = WorkerMetrics()
    metrics.trends(trending=12, scores=[float(score) for score in range(20, 8, -1)])
    assert value(metrics, "streamclust_trend_score", rank="10") == 11
    metrics.trends(trending=1, scores=[4.0])
    assert [value(metrics, "streamclust_trend_score", rank=rank) for rank in m.RANKS] == [4.0, *[0.0] * 9]


# the survey


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Full(MemoryStore):
    def memory(self) -> tuple[int, int]:
        return 70, 100


class Forgetful(HnswIndex):
    """Every third label is out of reach."""

    def search(self, vector: np.ndarray, k: int) -> tuple[list[int], list[float]]:
        labels, similarities = super().search(vector, k)
        return [label for label in labels if label % 3], similarities


def test_an_index_finds_what_it_holds() -> None:
    clusterer, _ = run(seeded_posts(200), HnswIndex(DIM, EAGER))
    assert len(clusterer.clusters) > 5
    assert clusterer.recall(50) == 1.0


def test_an_index_that_lost_a_third_says_so() -> None:
    clusterer, _ = run(seeded_posts(200), Forgetful(DIM, EAGER))
    assert clusterer.recall(50) < 0.9


def test_an_empty_clusterer_recalls_all_there_is() -> None:
    assert StreamClusterer(ExactIndex()).recall(50) == 1.0


def test_looking_for_recall_changes_nothing() -> None:
    def events(look: bool) -> Iterator[Event]:
        clusterer = StreamClusterer(HnswIndex(DIM, EAGER), EAGER)
        for post in seeded_posts(150):
            yield from clusterer.assign([post])
            if look:
                clusterer.recall(50)

    assert list(events(True)) == list(events(False))


def test_the_survey_looks_at_most_once_in_its_time() -> None:
    metrics, clock = WorkerMetrics(), Clock()
    survey = Survey(metrics, every=10.0, clock=clock)
    clusterer, _ = run(seeded_posts(200), Forgetful(DIM, EAGER))
    survey.look([], [MemoryStore()])
    clock.now = 9.9
    survey.look([clusterer], [Full()])
    assert value(metrics, "streamclust_store_memory_bytes") == 0
    clock.now = 10.0
    survey.look([clusterer], [Full()])
    assert (value(metrics, "streamclust_store_memory_bytes"), value(metrics, "streamclust_store_memory_limit_bytes")) == (70, 100)
    assert (value(metrics, "streamclust_index_recall_ratio") or 0) < 0.9


def test_the_survey_tells_what_trends_and_the_scores_from_the_top() -> None:
    metrics, vector = WorkerMetrics(), seeded_posts(1)[0].vector
    clusterer = StreamClusterer(ExactIndex(), Params())
    for number in range(400):
        at = START + (number * 600 if number < 300 else 300 * 600 + number)
        post = claim(f"the dam has burst {number}", number, author=f"author {number}", source=f"site {number % 5}", created_at=at)
        clusterer.assign([EmbeddedClaim(post, vector)])
    Survey(metrics).look([clusterer], [MemoryStore()])
    assert value(metrics, "streamclust_clusters_trending") == 1
    scores = [value(metrics, "streamclust_trend_score", rank=rank) or 0.0 for rank in m.RANKS]
    assert scores[0] > 4.0
    assert scores == sorted(scores, reverse=True)
