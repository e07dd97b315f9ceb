"""The table of two clusterings: how many items each pair of clusters shares."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_matrix  # type: ignore[import-untyped, unused-ignore]


@dataclass(frozen=True, slots=True)
class Contingency:
    """The cells of the gold by found table that are not empty, and its margins.

    Args:
        rows: (cells,) gold cluster of each cell.
        columns: (cells,) found cluster of each cell.
        shared: (cells,) int64, items of the cell: n_gf.
        gold: (gold clusters,) int64, sizes: n_g.
        found: (found clusters,) int64, sizes: n_f.
    """

    rows: np.ndarray = field(repr=False)
    columns: np.ndarray = field(repr=False)
    shared: np.ndarray = field(repr=False)
    gold: np.ndarray = field(repr=False)
    found: np.ndarray = field(repr=False)


def contingency(gold: np.ndarray, found: np.ndarray) -> Contingency:
    """The table of two clusterings.

    Args:
        gold: (n,) int64, clusters numbered from 0 without gaps.
        found: (n,) int64, the same.
    """
    cells = coo_matrix((np.ones(len(gold), np.int64), (gold, found)))
    cells.sum_duplicates()
    return Contingency(cells.row, cells.col, cells.data, np.bincount(gold), np.bincount(found))


def numbered(labels: Sequence[Hashable]) -> np.ndarray:
    """(n,) int64: the labels as numbers, by first appearance."""
    numbers: dict[Hashable, int] = {}
    return np.fromiter((numbers.setdefault(label, len(numbers)) for label in labels), np.int64, len(labels))
