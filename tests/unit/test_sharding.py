"""Which shard a claim belongs to."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamclust.sharding import ShardRouter

DIM = 64
_PRINT = "import sys, numpy as np; from streamclust.sharding import ShardRouter; "
_ROUTE = "print(ShardRouter(5, 64).route(np.random.default_rng(3).standard_normal((200, 64)).astype(np.float32)).tolist())"


def unit_vectors(count: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, DIM))
    return halves(rows)


def halves(rows: np.ndarray) -> np.ndarray:
    """Unit length, as the pipeline keeps them."""
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16).astype(np.float32)


def on_the_cut(router: ShardRouter, count: int) -> np.ndarray:
    """Vectors as near the cut between the first two cells as halves can be."""
    first, second = router._directions[:, 0], router._directions[:, 1]
    across = first - second
    rows = np.random.default_rng(1).standard_normal((20_000, DIM)) + first + second
    vectors = halves(rows - np.outer(rows @ across, across) / (across @ across))
    gaps = np.abs(vectors.astype(np.float64) @ across)
    return vectors[np.argsort(gaps)[:count]]


@given(st.integers(1, 300), st.integers(0, 2**32 - 1))
def test_one_shard_takes_everything(count: int, seed: int) -> None:
    assert not ShardRouter(1, DIM).route(unit_vectors(count, seed)).any()


@given(st.integers(1, 64), st.integers(0, 2**32 - 1))
def test_a_shard_is_one_of_those_there_are(shards: int, seed: int) -> None:
    cells = ShardRouter(shards, DIM).route(unit_vectors(50, seed))
    assert cells.shape == (50,)
    assert 0 <= cells.min() <= cells.max() < shards


@pytest.mark.parametrize("shards", [2, 3, 8])
def test_equal_vectors_go_to_one_shard_whatever_stands_beside_them(shards: int) -> None:
    router = ShardRouter(shards, DIM)
    near = np.concatenate([on_the_cut(router, 40), unit_vectors(40)])
    together = router.route(np.concatenate([near, unit_vectors(439, 7)]))[: len(near)]
    alone = np.concatenate([router.route(vector[None]) for vector in near])
    assert together.tolist() == alone.tolist()


def test_another_process_sends_a_vector_to_the_same_shard() -> None:
    told = subprocess.run([sys.executable, "-c", _PRINT + _ROUTE], capture_output=True, text=True, check=True).stdout
    vectors = np.random.default_rng(3).standard_normal((200, DIM)).astype(np.float32)
    assert str(ShardRouter(5, DIM).route(vectors).tolist()) == told.strip()


def test_shards_stay_what_they_are_in_every_release() -> None:
    assert ShardRouter(8, DIM).route(unit_vectors(16)).tolist() == [3, 7, 2, 4, 4, 3, 7, 5, 4, 6, 6, 2, 3, 4, 7, 6]


def test_near_vectors_mostly_share_a_shard_and_far_ones_spread() -> None:
    router = ShardRouter(4, DIM)
    vectors = unit_vectors(2000)
    moved = halves(vectors + 0.02 * unit_vectors(2000, 5))
    assert (router.route(vectors) == router.route(moved)).mean() > 0.9
    assert np.bincount(router.route(vectors), minlength=4).min() > 200
