"""Adjusted mutual information, in time by the different sizes of clusters instead of by their number."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln  # type: ignore[import-untyped, unused-ignore]

from streamclust.evaluation.contingency import Contingency

_ROUNDING = 1e-9
"""Information, as a share of the entropy, below which a difference is rounding alone."""


def adjusted_mutual_information(table: Contingency) -> float:
    """(I - E[I]) / (mean(H(gold), H(found)) - E[I]) with the arithmetic mean, as scikit-learn has it.

    Source: Vinh, Epps and Bailey 2010, equations 24 and 15. What a pair of clusters is expected to share depends on their sizes
    alone, so that clusters of one size are reckoned together: among 30,000 small clusters on either side this takes a second.

    Args:
        table: of gold and found clusters. The same clusters on both sides are a perfect match; one cluster on one side alone tells nothing.
    """
    if len(table.gold) == len(table.found) == len(table.shared):
        return 1.0
    if len(table.gold) == 1 or len(table.found) == 1:
        return 0.0
    expected = _expected_information(table.gold, table.found)
    mean = (_entropy(table.gold) + _entropy(table.found)) / 2
    told, most = _information(table) - expected, mean - expected
    return 0.0 if abs(told) <= _ROUNDING * mean else told / most


def _information(table: Contingency) -> float:
    items = table.gold.sum()
    shared = table.shared / items
    return float((shared * np.log(items * table.shared / (table.gold[table.rows] * table.found[table.columns]))).sum())


def _entropy(sizes: np.ndarray) -> float:
    shares = sizes / sizes.sum()
    return float(-(shares * np.log(shares)).sum())


def _expected_information(gold: np.ndarray, found: np.ndarray) -> float:
    """E[I] over all ways to deal the items out into clusters of these sizes."""
    items = int(gold.sum())
    factorials = gammaln(np.arange(items + 1) + 1.0)
    sizes, amounts = np.unique(found, return_counts=True)
    total = 0.0
    for size, amount in zip(*np.unique(gold, return_counts=True), strict=True):
        least, most = np.maximum(1, size + sizes - items), np.minimum(size, sizes)
        lengths = most - least + 1
        other, often = np.repeat(sizes, lengths), np.repeat(amounts, lengths)
        shared = np.arange(lengths.sum()) + np.repeat(least - np.cumsum(lengths) + lengths, lengths)
        ways = factorials[size] + factorials[other] + factorials[items - size] + factorials[items - other] - factorials[items]
        ways -= factorials[shared] + factorials[size - shared] + factorials[other - shared] + factorials[items - size - other + shared]
        told = shared / items * np.log(items * shared / (size * other))
        total += float(amount) * float((often * told * np.exp(ways)).sum())
    return total
