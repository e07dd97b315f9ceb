"""Baselines on streams whose right answer is known, and their parts against plain loops and other people's code."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from river import cluster
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from streamclust.errors import InvalidParams
from streamclust.evaluation.baselines import BASELINES, EVERY, pick
from streamclust.evaluation.baselines.average_link import cut, tree
from streamclust.evaluation.baselines.base import BATCH, ONE_PASS, Texts
from streamclust.evaluation.baselines.first_story import nearest_before, threads
from streamclust.evaluation.baselines.leader import lead
from streamclust.evaluation.baselines.narratives import Narratives
from streamclust.evaluation.baselines.online_topics import OnlineTopics
from streamclust.evaluation.baselines.river_streams import _nearest_center, _point
from streamclust.evaluation.metrics import score

WORDS = ("dam burst flood river", "mask virus school nurse", "king crown palace guard")
HERE = [name for name in BASELINES if name != Narratives.name or Narratives.installed()]

clouds = st.tuples(st.integers(1, 40), st.integers(0, 2**32 - 1)).map(lambda drawn: unit(np.random.default_rng(drawn[1]), drawn[0]))


def unit(rng: np.random.Generator, count: int, dim: int = 6) -> np.ndarray:
    rows = rng.standard_normal((count, dim)).astype(np.float32)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16).astype(np.float32)


def three_claims(each: int = 16) -> tuple[Texts, list[int]]:
    """Texts that say one of three things, in turn; what each says."""
    said = [number % 3 for number in range(3 * each)]
    rows = np.eye(8, dtype=np.float32)[said] + 0.08 * unit(np.random.default_rng(1), len(said), 8)
    words = [(*WORDS[one].split(), f"word{number}") for number, one in enumerate(said)]
    return Texts(rows / np.linalg.norm(rows, axis=1, keepdims=True), words, gold_clusters=3), said


@pytest.fixture(scope="module")
def tried() -> dict[str, list[np.ndarray]]:
    texts, _ = three_claims()
    return {name: [one.labels for one in BASELINES[name]().tries(texts)] for name in HERE}


@pytest.mark.parametrize("name", HERE)
def test_three_claims_far_apart_are_three_clusters(name: str, tried: dict[str, list[np.ndarray]]) -> None:
    _, said = three_claims()
    assert max(score(said, labels.tolist()).ari for labels in tried[name]) == 1.0


@pytest.mark.parametrize("name", [name for name in HERE if name != OnlineTopics.name])
def test_the_setting_fixed_beforehand_sees_them_too(name: str, tried: dict[str, list[np.ndarray]]) -> None:
    _, said = three_claims()
    assert score(said, tried[name][0].tolist()).ari > 0.9


@pytest.mark.parametrize("name", [name for name in HERE if name != Narratives.name])  # it has no seed
def test_the_same_texts_give_the_same_labels(name: str, tried: dict[str, list[np.ndarray]]) -> None:
    again = next(BASELINES[name]().tries(three_claims()[0])).labels
    assert again.tolist() == tried[name][0].tolist()


@pytest.mark.parametrize("name", HERE)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_handful_of_texts_is_enough_to_run(name: str, count: int) -> None:
    texts = three_claims()[0].first(count)
    assert all(one.labels.shape == (count,) and one.seconds > 0 for one in BASELINES[name]().tries(texts))


def test_online_topics_see_the_claims_of_each_batch() -> None:
    texts, said = three_claims(each=700)
    *_, best = OnlineTopics().tries(texts)
    assert (best.setting, len(best.labels)) == ("3 clusters", 2100)
    for batch in (slice(0, 1000), slice(1000, 2100)):
        assert score(said[batch], best.labels[batch].tolist()).ari == 1.0


@pytest.mark.parametrize("kind", BASELINES.values(), ids=lambda kind: kind.name)
def test_each_says_what_it_is_where_it_is_from_and_how_its_setting_was_chosen(kind: type) -> None:
    said = kind.__doc__ or ""
    assert all(words in said for words in ("Source: ", "Parameter", "Fixed"))
    assert kind.kind in (ONE_PASS, BATCH)  # type: ignore[attr-defined]
    assert not (kind.on_arrival and kind.kind == BATCH)  # type: ignore[attr-defined]
    assert kind.title  # type: ignore[attr-defined]


def test_names_pick_baselines_in_the_order_of_the_table() -> None:
    assert [one.name for one in pick(" average-link, first-story")] == ["first-story", "average-link"]
    assert [one.name for one in pick(EVERY)] == HERE


@pytest.mark.parametrize("names", ["leader,kmeans", "", " , "])
def test_an_unknown_name_is_refused_with_those_there_are(names: str) -> None:
    with pytest.raises(InvalidParams, match=r"--compare does not know .*first-story, leader"):
        pick(names)


@pytest.mark.skipif(Narratives.installed(), reason="the package is there")
def test_a_baseline_without_its_package_says_how_to_get_it() -> None:
    with pytest.raises(InvalidParams, match="pip install narrativecluster"):
        pick("narrativecluster")


@given(clouds, st.integers(1, 45))
def test_the_nearest_before_is_that_of_a_loop_over_the_window(vectors: np.ndarray, window: int) -> None:
    nearest, similarity = nearest_before(vectors, window)
    assert (nearest[0], similarity[0]) == (-1, -1.0)
    for text in range(1, len(vectors)):
        before = vectors[max(0, text - window) : text] @ vectors[text]
        assert max(0, text - window) <= nearest[text] < text
        assert similarity[text] == pytest.approx(before.max(), abs=1e-5)
        assert vectors[nearest[text]] @ vectors[text] == pytest.approx(before.max(), abs=1e-5)


def test_the_window_is_kept_across_blocks() -> None:
    vectors = unit(np.random.default_rng(5), 700, 4)
    nearest, _ = nearest_before(vectors, 300)
    expected = [int((vectors[max(0, t - 300) : t] @ vectors[t]).argmax()) + max(0, t - 300) for t in range(1, 700)]
    assert np.mean(nearest[1:] == expected) > 0.99  # the last bits of a product may turn a tie


def test_a_thread_goes_on_through_its_last_text_and_a_first_story_starts_one() -> None:
    nearest, similarity = np.array([-1, 0, 1, 1, 3]), np.array([-1.0, 0.8, 0.8, 0.3, 0.9])
    assert threads(nearest, similarity, 0.5).tolist() == [0, 0, 0, 3, 3]
    assert threads(nearest, similarity, 0.85).tolist() == [0, 1, 2, 3, 3]


def test_outside_the_window_a_story_is_new_again() -> None:
    vectors = np.eye(3, dtype=np.float32)[[0, 1, 2, 0]]
    assert threads(*nearest_before(vectors, 2), 0.5).tolist() == [0, 1, 2, 3]
    assert threads(*nearest_before(vectors, 3), 0.5).tolist() == [0, 1, 2, 0]


@given(clouds, st.sampled_from([-1.0, 0.0, 0.3, 0.7, 1.1]))
def test_the_leader_is_that_of_a_loop_over_means(vectors: np.ndarray, threshold: float) -> None:
    labels = lead(vectors, threshold).tolist()
    members: list[list[np.ndarray]] = []
    for vector, label in zip(vectors, labels, strict=True):
        cosines = [float(np.mean(rows, axis=0) @ vector / np.linalg.norm(np.mean(rows, axis=0))) for rows in members]
        best = max(cosines, default=-np.inf)
        if label == len(members):
            assert best < threshold + 1e-4
            members.append([vector])
        else:
            assert cosines[label] == pytest.approx(best, abs=1e-4)
            assert best >= threshold - 1e-4
            members[label].append(vector)


@given(clouds)
def test_average_link_joins_as_scipy_does(vectors: np.ndarray) -> None:
    if len(vectors) < 2:
        return
    merges, heights = tree(vectors)
    distances = np.clip(1.0 - vectors.astype(np.float64) @ vectors.T.astype(np.float64), 0.0, 2.0)
    np.fill_diagonal(distances, 0.0)
    theirs = linkage(squareform(distances, checks=False), "average")
    assert np.sort(1.0 - heights) == pytest.approx(np.sort(theirs[:, 2]), abs=1e-4)
    for threshold in (0.05, 0.33, 0.71):
        if np.abs(1.0 - theirs[:, 2] - threshold).min() > 1e-4:
            ours = cut(merges, heights, threshold).tolist()
            assert score(fcluster(theirs, 1.0 - threshold, "distance").tolist(), ours).ari == 1.0


@pytest.mark.parametrize(
    "model", [cluster.DBSTREAM(clustering_threshold=0.9, fading_factor=1e-4), cluster.DenStream(epsilon=0.6, n_samples_init=20)]
)
def test_the_nearest_center_is_what_the_model_predicts(model: cluster.DBSTREAM) -> None:
    vectors = unit(np.random.default_rng(3), 60)
    for vector in vectors:
        model.learn_one(_point(vector))
    predicted = [model.predict_one(_point(vector)) for vector in vectors]
    assert _nearest_center(vectors, model.centers).tolist() == predicted
    assert len(set(predicted)) > 1
