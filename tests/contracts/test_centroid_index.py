"""What every `CentroidIndex` promises, and what `JournaledIndex` adds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from small_streams import DIM, EAGER, run, seeded_posts

from streamclust.adapters.hnsw_index import HnswIndex
from streamclust.adapters.memory import ExactIndex
from streamclust.indexing import JournaledIndex
from streamclust.params import Params
from streamclust.ports import CentroidIndex

PARAMS = Params()
NewIndex = Callable[[], CentroidIndex]


@pytest.fixture(params=["exact", "hnsw"])
def new_index(request: pytest.FixtureRequest) -> NewIndex:
    return {"exact": ExactIndex, "hnsw": new_hnsw}[request.param]


@pytest.fixture
def index(new_index: NewIndex) -> CentroidIndex:
    return new_index()


def new_hnsw() -> HnswIndex:
    return HnswIndex(DIM, PARAMS)


def vectors(count: int, seed: int = 0) -> np.ndarray:
    """(count, DIM) float32 unit vectors with values representable in float16."""
    rows = np.random.default_rng(seed).standard_normal((count, DIM))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16).astype(np.float32)


def fill(index: CentroidIndex, rows: np.ndarray) -> None:
    for label, row in enumerate(rows):
        index.write(label, row)


def test_an_empty_index_answers_with_nothing(index: CentroidIndex) -> None:
    assert index.search(vectors(1)[0], 5) == ([], [])
    assert (len(index), index.deleted) == (0, 0)


def test_what_is_written_is_found_first(index: CentroidIndex) -> None:
    rows = vectors(200)
    fill(index, rows)
    assert [index.search(row, 1)[0][0] for row in rows] == list(range(200))


def test_the_similarity_of_a_vector_to_itself_is_one(index: CentroidIndex) -> None:
    rows = vectors(50)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    fill(index, rows)
    assert [index.search(row, 1)[1][0] for row in rows] == pytest.approx([1.0] * 50, abs=1e-5)


def test_similarities_are_cosines_best_first(index: CentroidIndex) -> None:
    rows = vectors(100)
    fill(index, rows)
    query = vectors(1, seed=1)[0]
    labels, similarities = index.search(query, 10)
    assert similarities == sorted(similarities, reverse=True)
    assert similarities == pytest.approx((rows[labels] @ query).tolist(), abs=1e-5)


def test_a_moved_label_is_found_at_its_new_place_only(index: CentroidIndex) -> None:
    rows = vectors(100)
    fill(index, rows)
    moved = vectors(1, seed=1)[0]
    index.write(7, moved)
    assert len(index) == 100
    assert index.search(moved, 1)[0] == [7]
    assert index.search(rows[7], 1)[0] != [7]


def test_a_deleted_label_never_comes_back_in_an_answer(index: CentroidIndex) -> None:
    rows = vectors(100)
    fill(index, rows)
    for label in range(0, 100, 2):
        index.delete(label)
    answers = {label for row in rows for label in index.search(row, 50)[0]}
    assert answers == set(range(1, 100, 2))
    assert (len(index), index.deleted) == (50, 50)


def test_deleting_what_is_not_live_raises(index: CentroidIndex) -> None:
    index.write(1, vectors(1)[0])
    index.delete(1)
    for label in (1, 2):
        with pytest.raises(KeyError):
            index.delete(label)


def test_asking_for_more_than_live_gives_all_live(index: CentroidIndex) -> None:
    rows = vectors(5)
    fill(index, rows)
    index.delete(3)
    assert sorted(index.search(rows[0], 64)[0]) == [0, 1, 2, 4]


def test_an_index_whose_last_label_is_deleted_is_empty(index: CentroidIndex) -> None:
    row = vectors(1)[0]
    index.write(0, row)
    index.delete(0)
    assert index.search(row, 1) == ([], [])


def test_the_index_grows_past_its_first_capacity(index: CentroidIndex) -> None:
    rows = vectors(2500)
    fill(index, rows)
    assert len(index) == 2500
    found = [index.search(row, 1)[0][0] for row in rows[::50]]
    assert found == list(range(0, 2500, 50))


def test_deleted_labels_count_toward_the_room_that_growth_makes(index: CentroidIndex) -> None:
    for label, row in enumerate(vectors(1500)):
        index.write(label, row)
        if label >= 10:
            index.delete(label - 10)
    assert sorted(index.search(vectors(1)[0], 64)[0]) == list(range(1490, 1500))


def test_a_rebuild_holds_just_what_it_was_given(index: CentroidIndex) -> None:
    fill(index, vectors(100))
    index.delete(5)
    rows = vectors(30, seed=1)
    labels = list(range(200, 230))
    index.rebuild(labels, rows)
    assert (len(index), index.deleted) == (30, 0)
    assert [index.search(row, 1)[0][0] for row in rows] == labels
    assert set(index.search(rows[0], 100)[0]) == set(labels)


def test_a_rebuild_with_nothing_gives_an_empty_index_that_can_be_filled(index: CentroidIndex) -> None:
    fill(index, vectors(10))
    index.rebuild([], np.empty((0, 0), np.float32))
    assert index.search(vectors(1)[0], 3) == ([], [])
    index.write(0, vectors(1)[0])
    assert index.search(vectors(1)[0], 3)[0] == [0]


def test_a_deleted_label_may_come_again_after_a_rebuild(index: CentroidIndex) -> None:
    rows = vectors(3)
    fill(index, rows)
    index.delete(1)
    index.rebuild([0, 2], rows[[0, 2]])
    index.write(1, rows[1])
    assert index.search(rows[1], 1)[0] == [1]


def test_the_same_writes_give_the_same_answers(new_index: NewIndex) -> None:
    one, other = new_index(), new_index()
    for index in (one, other):
        churn(index, steps=2000, seed=3)
    for query in vectors(100, seed=4):
        assert one.search(query, 10) == other.search(query, 10)


class Watched(HnswIndex):
    """Checks each of its answers."""

    def search(self, vector: np.ndarray, k: int) -> tuple[list[int], list[float]]:
        labels, similarities = super().search(vector, k)
        assert len(set(labels)) == len(similarities) == min(k, len(self))
        return labels, similarities


@pytest.mark.parametrize("neighbors", [4, 16])
def test_a_small_index_with_many_moves_gives_all_it_is_asked_for(neighbors: int) -> None:
    """Moves cut labels off a small graph; hnswlib then raises instead of giving fewer."""
    params = EAGER.with_values(index_neighbors=neighbors, index_build_effort=100, index_search_effort=64)
    run(seeded_posts(1500, seed=1), Watched(DIM, params))


def churn(index: CentroidIndex, steps: int, seed: int) -> None:
    """Adds, moves and deletions, half of the steps adds."""
    chance = np.random.default_rng(seed)
    live: list[int] = []
    for step, row in enumerate(vectors(steps, seed)):
        what = chance.random()
        if what < 0.5 or len(live) < 2:
            index.write(step, row)
            live.append(step)
        elif what < 0.75:
            index.write(live[chance.integers(len(live))], row)
        else:
            index.delete(live.pop(chance.integers(len(live))))


WINDOW = 600


def test_churn_of_ten_windows_keeps_recall_and_room_bounded() -> None:
    hnsw, exact = new_hnsw(), ExactIndex()
    journaled = JournaledIndex(hnsw, PARAMS.rebuild_deleted)
    recalls, room = [], 0
    for label, row in enumerate(vectors(10 * WINDOW)):
        journaled.write(label, row)
        exact.write(label, row)
        if label >= WINDOW:
            journaled.delete(label - WINDOW)
            exact.delete(label - WINDOW)
        room = max(room, len(hnsw) + hnsw.deleted)
        if label % 16 == 0:
            journaled.rebuild_if_due()
        if label % WINDOW == WINDOW - 1:
            recalls.append(recall(hnsw, exact))
    assert min(recalls) >= 0.95
    assert room <= WINDOW / (1.0 - PARAMS.rebuild_deleted) + 17


def test_a_shrinking_index_keeps_recall_and_gives_room_back() -> None:
    hnsw, exact = new_hnsw(), ExactIndex()
    journaled = JournaledIndex(hnsw, PARAMS.rebuild_deleted)
    for label, row in enumerate(vectors(3000)):
        journaled.write(label, row)
        exact.write(label, row)
    for label in range(2900):
        journaled.delete(label)
        exact.delete(label)
        journaled.rebuild_if_due()
        if label % 500 == 499:
            assert recall(hnsw, exact) >= 0.95
    assert len(hnsw) + hnsw.deleted <= 100 / (1.0 - PARAMS.rebuild_deleted) + 64


def recall(index: CentroidIndex, exact: CentroidIndex, queries: int = 60) -> float:
    """Share of the true ten nearest that the index finds."""
    hits = [len(set(index.search(q, 10)[0]) & set(exact.search(q, 10)[0])) for q in vectors(queries, seed=9)]
    return sum(hits) / (10 * queries)
