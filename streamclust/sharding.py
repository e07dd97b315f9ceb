"""Which shard a claim belongs to: near vectors go to the same one, as far as a fixed cut through space can see to that."""

from __future__ import annotations

import numpy as np

_SEED = 1
_STEPS = 1 << 12


class ShardRouter:
    """Cuts the sphere into as many cells as there are shards, each around a fixed random direction.

    The cell of a vector is that of the direction with the largest dot product (cross-polytope hashing with one table:
    Andoni et al., NIPS 2015, without their rotation). A cluster never straddles two shards, so claims of one cluster on both sides of a
    cut become two clusters: one shard, which cuts nothing, is the default. An exact repeat always follows its first copy: vectors are
    multiples of 2^-24 and directions of 2^-12, so that float64 holds every sum exactly, in whatever order a batch of any size is added up.

    >>> ShardRouter(1, 4).route(np.eye(4, dtype=np.float32)).tolist()
    [0, 0, 0, 0]
    """

    def __init__(self, shards: int, dim: int) -> None:
        self.shards = shards
        drawn = np.random.default_rng(_SEED).standard_normal((dim, shards), np.float32)
        self._directions = np.round(drawn * _STEPS).astype(np.float64) / _STEPS

    def route(self, vectors: np.ndarray) -> np.ndarray:
        """Shard numbers, 0 to `shards` - 1.

        Args:
            vectors: (n, dim) float32 unit vectors, values representable in float16.

        Returns:
            (n,) int64.
        """
        cells: np.ndarray = np.argmax(vectors.astype(np.float16).astype(np.float64) @ self._directions, axis=1)
        return cells
