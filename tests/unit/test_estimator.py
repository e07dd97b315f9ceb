"""`ClaimClusterer` under river's and scikit-learn's rules, and its own."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import sklearn.base
import sklearn.pipeline
from hypothesis import given, settings
from river import checks, compose, datasets, feature_extraction, metrics, preprocessing
from river import stream as river_stream
from river.checks import common
from sklearn.utils import get_tags
from small_streams import EAGER, INDEXES, LASTING, LINKS, run, seeded_posts, streams

from streamclust import testing
from streamclust.claims import EmbeddedClaim
from streamclust.clusterer import StreamClusterer
from streamclust.errors import Incompatible, InvalidClaim, InvalidParams
from streamclust.estimator import NO_CLUSTER, ClaimClusterer
from streamclust.events import ClaimAssigned, ClustersMerged, ClusterSplit
from streamclust.linking import Join
from streamclust.params import Params
from streamclust.testing import HashEncoder
from streamclust.words import WordStatistics

LOOSE = Params(**LINKS, link_bias=-8.25, upkeep_every=3, merge_threshold=0.5, candidates=8)
POSTS = [e.claim for e in seeded_posts(160, seed=3)]
TEXTS = [claim.text for claim in POSTS]


def new(**changes: Any) -> ClaimClusterer:
    return ClaimClusterer(**{"params": LOOSE, "encoder": HashEncoder(32), **changes})


def state(model: ClaimClusterer) -> bytes:
    return pickle.dumps(model)


# river's own checks


FEATURE_CHECKS = (
    common.check_learn_one,
    common.check_pickling,
    common.check_shuffle_features_no_impact,
    common.check_emerging_features,
    common.check_disappearing_features,
    common.check_radically_disappearing_features,
    common.check_predict_one_pure,
    common.check_predict_one_before_any_learn,
    common.check_no_state_aliasing_with_input,
    common.check_clone_is_independent,
    common.check_bounded_memory_growth,
)
"""River gives clusterers no data set, so `yield_checks` leaves these out for them; here they get one.

Of the rest, `check_debug_one`, `check_transform_one`, `check_seeding_is_idempotent` and those of `*_many`, of wrappers, classifiers,
selectors, rankers, anomaly detectors and forecasters are about methods or parameters this estimator does not have.
"""


TEXT_CHECKS = (
    common.check_learn_one,
    common.check_pickling,
    common.check_shuffle_features_no_impact,
    common.check_predict_one_pure,
    common.check_predict_one_before_any_learn,
    common.check_no_state_aliasing_with_input,
    common.check_clone_is_independent,
    common.check_bounded_memory_growth,
)
"""The same for records, but for the three that take features away: a record without its text is refused."""


def text_stream() -> list[tuple[dict[str, Any], None]]:
    rows = [{"text": c.text, "id": c.id, "created_at": c.created_at, "author": c.author, "source": c.source} for c in POSTS]
    return [(row, None) for row in rows]


def feature_stream() -> list[tuple[dict[str, Any], Any]]:
    return list(datasets.Phishing().take(150))


def river_checks() -> Iterator[Any]:
    for check in checks.yield_checks(ClaimClusterer()):
        yield pytest.param(partial(_as_it_comes, check), id=check.__name__)
    for check in FEATURE_CHECKS:
        yield pytest.param(partial(_on_features, check), id=f"{check.__name__}-features")
    for check in TEXT_CHECKS:
        yield pytest.param(partial(_on_texts, check), id=f"{check.__name__}-texts")


def _as_it_comes(check: Callable[..., None]) -> None:
    check(ClaimClusterer())


def _on_features(check: Callable[..., None]) -> None:
    check(ClaimClusterer(), dataset=feature_stream())


def _on_texts(check: Callable[..., None]) -> None:
    check(new(), dataset=text_stream())


@pytest.mark.parametrize("check", list(river_checks()))
def test_river_check_passes(check: Callable[[], None]) -> None:
    check()


def test_no_river_check_is_skipped() -> None:
    assert ClaimClusterer()._unit_test_skips() == set()
    assert len(list(river_checks())) >= 14 + len(FEATURE_CHECKS) + len(TEXT_CHECKS)


# river


def test_progressive_loop_scores_with_a_river_metric() -> None:
    model, metric = new(), metrics.AdjustedMutualInfo()
    for claim in POSTS:
        gold = claim.text.split()[0]
        metric.update(gold, model.predict_one(claim.text))
        model.learn_one(claim.text)
    assert 0.3 < metric.get() <= 1.0


def test_text_pipeline_equals_the_bare_estimator() -> None:
    pipeline, model = compose.Pipeline(("claims", new())), new()
    for text in TEXTS:
        assert pipeline.predict_one(text) == model.predict_one(text)
        pipeline.learn_one(text)
        model.learn_one(text)


def test_bag_of_words_pipeline_finds_the_topics() -> None:
    pipeline = feature_extraction.TFIDF(on="text") | ClaimClusterer()
    for text in ["the dam has burst", "the dam has burst now", "mayor resigns today", "mayor resigns"]:
        pipeline.learn_one({"text": text})
    assert [pipeline.predict_one({"text": text}) for text in ("dam burst", "mayor resigns", "king of snow")] == [0, 1, -1]


def test_scaled_blobs_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    centers = rng.choice([-1.0, 1.0], (3, 12))
    gold = rng.integers(0, 3, 200)
    rows = centers[gold] + 0.2 * rng.standard_normal((200, 12))
    model, metric = (
        preprocessing.StandardScaler() | ClaimClusterer(params=Params(link_bias=-3.0, link_similarity=5.0, link_nearest=5.0)),
        metrics.AdjustedRand(),
    )
    for number, (x, y) in enumerate(river_stream.iter_array(rows, gold)):
        model.learn_one(x)
        if number >= 20:
            metric.update(y, model.predict_one(x))
    assert metric.get() > 0.95


# scikit-learn


def test_sklearn_clone_is_unfitted_and_has_the_same_params() -> None:
    model = new(on="body").fit([{"body": text} for text in TEXTS])
    clone = sklearn.base.clone(model)
    assert (clone.params, clone.on, clone.exact, clone.encoder.fingerprint) == (LOOSE, "body", False, model.encoder.fingerprint)
    assert clone.clusters_ == []
    assert clone.set_params(preset="topic").get_params()["preset"] == "topic"


def test_sklearn_takes_it_for_a_clusterer() -> None:
    model = new()
    assert sklearn.base.is_clusterer(model)
    assert get_tags(model).estimator_type == "clusterer"
    with pytest.raises(sklearn.exceptions.NotFittedError):
        sklearn.utils.validation.check_is_fitted(model)
    sklearn.utils.validation.check_is_fitted(model.fit(TEXTS))


def test_sklearn_pipeline_ends_in_it() -> None:
    pipeline = sklearn.pipeline.make_pipeline(sklearn.preprocessing.FunctionTransformer(), new())
    assert pipeline.fit_predict(TEXTS).tolist() == new().fit_predict(TEXTS).tolist()
    assert pipeline.predict(TEXTS[:3]).shape == (3,)


def test_both_libraries_can_show_it() -> None:
    assert "preset=" in repr(new())
    assert "ClaimClusterer" in new()._repr_html_()


# one pass, however it is fed


def test_fit_predict_equals_a_learn_one_loop() -> None:
    batch, single = new(), new()
    labels = batch.fit_predict(TEXTS)
    for text in TEXTS:
        single.learn_one(text)
    assert labels.tolist() == [single.predict_one(text) for text in TEXTS]
    assert single.clone(include_attributes=True).predict(TEXTS).tolist() == labels.tolist()
    assert engine(batch) == engine(single)


@pytest.mark.parametrize("size", [1, 7, 64])
def test_partial_fit_in_pieces_equals_fit_predict(size: int) -> None:
    whole, pieces = new(), new()
    whole.fit_predict(TEXTS)
    for start in range(0, len(TEXTS), size):
        pieces.partial_fit(TEXTS[start : start + size])
        assert len(pieces.labels_) == len(TEXTS[start : start + size])
    assert engine(pieces) == engine(whole)
    assert pieces.predict(TEXTS).tolist() == whole.labels_.tolist()


def test_fit_forgets_what_was_before() -> None:
    model = new().partial_fit(["mayor resigns", "school strike"])
    assert model.fit(TEXTS).labels_.tolist() == new().fit_predict(TEXTS).tolist()


def test_exact_and_approximate_index_agree_on_a_small_stream() -> None:
    assert new(exact=True).fit_predict(TEXTS).tolist() == new().fit_predict(TEXTS).tolist()


def test_it_is_the_engine_and_no_other() -> None:
    model = new(exact=True, params=EAGER)
    model.fit(x for x, _ in text_stream())
    engine_, _ = run([EmbeddedClaim(c, v) for c, v in zip(POSTS, HashEncoder(32).encode([c.comparison for c in POSTS]), strict=True)])
    assert [(c.id, c.label, c.size, c.authors.count) for c in model.clusters_] == [
        (c.id, c.label, c.size, c.authors.count) for c in engine_.clusters
    ]


def engine(model: ClaimClusterer) -> list[tuple[Any, ...]]:
    return [(c.id, c.label, c.size, c.distinct, c.norm, c.version) for c in model.clusters_]


# labels


def test_a_merge_is_followed() -> None:
    model = new()
    labels = model.fit_predict(TEXTS)
    merges = [event for event in model.events_ if isinstance(event, ClustersMerged)]
    at_arrival = {event.claim_id: event.cluster_id for event in model.events_ if isinstance(event, ClaimAssigned)}
    gone = {event.absorbed_id for event in merges}
    moved = [i for i, home in enumerate(at_arrival.values()) if home in gone]
    assert len(moved) > 3
    assert set(labels[moved]) <= {cluster.label for cluster in model.clusters_}
    assert [model.predict_one(TEXTS[i]) for i in moved] == labels[moved].tolist()


def test_a_split_is_followed() -> None:
    params = EAGER.with_values(copies=10_000, max_clusters=1_000, retire_after=3650 * 86_400.0)
    model = new(params=params, exact=True)
    inputs = [{"text": post.claim.text, "created_at": post.claim.created_at} for post in seeded_posts(250, seed=7)]
    labels = model.fit_predict(inputs)
    splits = [event for event in model.events_ if isinstance(event, ClusterSplit)]
    assert len(splits) >= 3
    assert {event.new_id for event in splits} & {cluster.id for cluster in model.clusters_}
    assert labels.tolist() == [model.predict_one(x) for x in inputs]


def test_labels_of_retired_clusters_stay_and_are_never_reused() -> None:
    model = new(params=LASTING)
    labels = model.fit_predict(x for x, _ in text_stream())
    live = {cluster.label for cluster in model.clusters_}
    assert set(labels) - live
    later = model.partial_fit(["x1 x2 x3", "y1 y2 y3"]).labels_
    assert min(later) > max(labels)


def test_what_has_nothing_to_compare_is_no_cluster_and_not_learned() -> None:
    model = new()
    assert model.fit_predict(["dam burst", " \u200b", "dam burst"]).tolist() == [0, NO_CLUSTER, 0]
    assert [cluster.size for cluster in model.clusters_] == [2]
    features = new().fit([{"a": 0.0}, {}, {"a": 2.0}])
    assert features.labels_.tolist() == [NO_CLUSTER, NO_CLUSTER, 0]


def test_unlearned_model_predicts_no_cluster_without_an_encoder() -> None:
    model = ClaimClusterer(encoder="no/such/model")
    assert model.predict_one("dam burst") == NO_CLUSTER
    assert model.predict(["a b", {"x": 1.0}]).tolist() == [NO_CLUSTER, NO_CLUSTER]
    assert (model.clusters_, model.events_, model.clusterer) == ([], [], None)


# prediction is a read


def test_predicting_changes_nothing() -> None:
    model = new().fit(TEXTS)
    before, events = state(model), model.events_
    model.predict([*TEXTS, "never seen words", ""])
    assert (state(model), model.events_) == (before, events)


@settings(max_examples=25, deadline=None)
@given(streams)
def test_nearest_says_what_assign_then_does(claims: list[EmbeddedClaim]) -> None:
    clusterer = StreamClusterer(INDEXES["hnsw"](), EAGER.with_values(upkeep_every=100_000))
    for claim in claims:
        foreseen = clusterer.nearest(claim)
        assigned = next(event for event in clusterer.assign([claim]) if isinstance(event, ClaimAssigned))
        assert (assigned.rule == "founded") != isinstance(foreseen, Join)
        if isinstance(foreseen, Join):
            assert (assigned.cluster_id, assigned.score) == (foreseen.best.cluster.id, round(foreseen.best.score, 6))


def test_nearest_leaves_nothing_to_save() -> None:
    clusterer, _ = run(seeded_posts(60))
    clusterer.take_changes()
    quiet = clusterer.take_changes()
    for claim in testing.embed(TEXTS, HashEncoder(32)):
        clusterer.nearest(claim)
    assert clusterer.take_changes() == quiet


def test_peek_gives_the_weights_of_weigh_and_counts_nothing() -> None:
    words = WordStatistics(1_000)
    for text in (["dam", "burst"], ["dam"], [], ["mayor", "dam"]):
        before = (words.texts, words.peek(text))
        assert (words.texts, words.peek(text)) == before
        assert words.weigh(text) == before[1]


# copies


@pytest.mark.parametrize("copied", [lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy, lambda m: m.clone(include_attributes=True)])
@pytest.mark.parametrize("inputs", [[x for x, _ in text_stream()], [x for x, _ in feature_stream()]], ids=["texts", "features"])
def test_a_copy_goes_on_as_the_original(copied: Callable[[ClaimClusterer], ClaimClusterer], inputs: list[dict[str, Any]]) -> None:
    model = new(params=EAGER).fit(inputs[:80])
    twin = copied(copied(model))
    assert engine(twin) == engine(model)
    model.partial_fit(inputs[80:])
    assert engine(twin) != engine(model)
    assert twin.partial_fit(inputs[80:]).labels_.tolist() == model.labels_.tolist()
    assert (engine(twin), twin.events_) == (engine(model), model.events_)


def test_a_restored_model_refuses_another_encoder() -> None:
    model = new().fit(TEXTS)
    restored = pickle.loads(state(model))
    restored.encoder._name = "other"
    with pytest.raises(Incompatible, match=r"'hash@32', 32.*'other@32', 32"):
        restored.predict_one("dam burst")


# what it refuses


@pytest.mark.parametrize(
    ("learned", "given"),
    [("dam burst", {"x": 1.0}), ({"x": 1.0}, "dam burst"), ({"x": 1.0}, {"x": "red"}), ({"x": 1.0}, {"x": float("nan")}), ("dam burst", 3)],
)
def test_the_wrong_kind_of_input_is_refused_and_changes_nothing(learned: Any, given: Any) -> None:
    model = new()
    model.learn_one(learned)
    before = state(model)
    for attempt in (model.learn_one, model.predict_one, lambda x: model.partial_fit([learned, x])):
        with pytest.raises(InvalidClaim):
            attempt(given)
    assert state(model) == before


def test_a_dict_without_text_says_where_it_was_looked_for() -> None:
    with pytest.raises(InvalidClaim, match="under 'body'"):
        new(on="body").learn_one({"text": "dam burst"})


@pytest.mark.parametrize("texts", ["dam burst", {"text": "dam burst"}, np.zeros((2, 3))])
def test_one_text_or_a_matrix_is_not_taken_for_several_texts(texts: Any) -> None:
    with pytest.raises(TypeError, match="several"):
        new().fit(texts)


def test_unknown_preset_and_hopeless_dim_are_refused() -> None:
    with pytest.raises(InvalidParams, match="loosest"):
        ClaimClusterer("loosest").learn_one({"x": 1.0})
    with pytest.raises(InvalidParams, match="dim=3"):
        ClaimClusterer(dim=3).learn_one({"x": 1.0})


# features


def test_features_keep_their_cosines() -> None:
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((40, 30))
    model = ClaimClusterer(params=Params(link_threshold=1.0)).fit([dict(enumerate(row)) for row in rows])
    vectors = np.stack([cluster.total for cluster in model.clusters_])
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    error = (vectors @ vectors.T - units @ units.T)[np.triu_indices(40, 1)]
    assert np.sqrt((error**2).mean()) < 1.5 / np.sqrt(512)


def test_only_the_direction_of_features_counts() -> None:
    model = ClaimClusterer().fit([{"a": 1.0, "b": 2.0}])
    assert model.predict([{"b": 2e30, "a": 1e30}, {"a": 1e-300, "b": 2e-300}, {"a": -1.0, "b": -2.0}]).tolist() == [0, 0, -1]


def test_times_of_records_move_the_stream_clock() -> None:
    model = new()
    for first, second in pairwise(x for x, _ in text_stream()[:10]):
        model.learn_one(first)
        before = model.clusterer.now
        model.learn_one(second)
        assert model.clusterer.now >= before > 0


@pytest.mark.parametrize(
    ("x", "said"),
    [
        ({}, "this dict is empty, so the key 'text' is missing"),
        ({"body": "the dam"}, "this dict has nothing there, only 'body'"),
        ({"text": 7, "id": "a"}, "this dict has a number there"),
        (7, "this is a number"),
    ],
)
def test_what_is_no_text_is_refused_by_what_is_missing(x: Any, said: str) -> None:
    model = ClaimClusterer(encoder=HashEncoder(8))
    model.learn_one("the dam has burst")
    with pytest.raises(InvalidClaim, match="this model is about texts") as raised:
        model.learn_one(x)
    assert raised.value.detail.endswith(f"; {said}")
