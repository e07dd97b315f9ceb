"""What is wrong with a clustering, counted in steps that would put it right: what to cut, what to join."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streamclust.evaluation.contingency import Contingency


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistakes:
    """Split and mis-merge errors; 0 is perfect.

    `cuts` and `joins` are the two terms of the generalized merge distance with unit costs: the fewest splits, then merges, that turn the
    found clusters into the gold ones (Menestrina, Whang and Garcia-Molina 2010, section 4). One stray post makes a cluster split or
    mixed, so that large clusters are hardly ever free of both; the shares say how common it is, the counts how bad.

    Args:
        split: share of gold clusters of two or more that lie in more than one found cluster. 0 where there are none.
        mixed: share of found clusters of two or more that hold more than one gold cluster. 0 where there are none.
        cuts: cells of the table that are not empty, less the found clusters: mis-merges to undo.
        joins: the same cells, less the gold clusters: splits to undo.
    """

    split: float
    mixed: float
    cuts: int
    joins: int


def mistakes(table: Contingency) -> Mistakes:
    """Split and mis-merge errors of a clustering.

    Args:
        table: of gold and found clusters.
    """
    cells = len(table.shared)
    return Mistakes(
        split=_torn(table.rows, table.gold),
        mixed=_torn(table.columns, table.found),
        cuts=cells - len(table.found),
        joins=cells - len(table.gold),
    )


def _torn(clusters_of_cells: np.ndarray, sizes: np.ndarray) -> float:
    """Share of the clusters of two or more that have more than one cell."""
    several = sizes >= 2
    cells = np.bincount(clusters_of_cells, minlength=len(sizes))
    return float((cells[several] > 1).mean()) if several.any() else 0.0
