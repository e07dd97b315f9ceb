"""How well found clusters agree with gold ones: every figure comes from one sparse contingency table or from scikit-learn."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import (  # type: ignore[import-untyped, unused-ignore]
    adjusted_rand_score,
    homogeneity_completeness_v_measure,
    normalized_mutual_info_score,
)

from streamclust.evaluation.contingency import Contingency, contingency, numbered
from streamclust.evaluation.information import adjusted_mutual_information


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """All figures for one clustering against the gold one; 1 is perfect, chance is 0 for `ami` and `ari` only.

    H is entropy, I mutual information, E its mean over random clusterings with the same cluster sizes, n_gf the items that
    gold cluster g and found cluster f share. A share of nothing (such as the pairs of a clustering of lone items) counts as 1.

    Args:
        ami: (I - E[I]) / (mean(H(gold), H(found)) - E[I]), arithmetic mean; Vinh, Epps and Bailey 2010.
        ari: (index - E[index]) / (max index - E[index]) over pairs of items; Hubert and Arabie 1985.
        nmi: I / mean(H(gold), H(found)), arithmetic mean; Strehl and Ghosh 2002, who took the geometric one.
        homogeneity: 1 - H(gold | found) / H(gold); Rosenberg and Hirschberg 2007.
        completeness: 1 - H(found | gold) / H(found); the same.
        v_measure: harmonic mean of the two; the same. Equals `nmi`.
        b3_precision: see `b_cubed`; all items.
        b3_recall: the same.
        b3_f1: the same.
        b3_f1_multi: `b_cubed` averaged only over items whose gold cluster has at least two; 1 where there are none.
        pair_precision: see `pairs`.
        pair_recall: the same.
        pair_f1: the same.
        purity: see `purity`.
        n_items: items scored.
        gold_clusters: gold clusters.
        found_clusters: found clusters.
        gold_singletons: gold clusters of one item.
        found_singletons: found clusters of one item.
    """

    ami: float
    ari: float
    nmi: float
    homogeneity: float
    completeness: float
    v_measure: float
    b3_precision: float
    b3_recall: float
    b3_f1: float
    b3_f1_multi: float
    pair_precision: float
    pair_recall: float
    pair_f1: float
    purity: float
    n_items: int
    gold_clusters: int
    found_clusters: int
    gold_singletons: int
    found_singletons: int


def score(gold: Sequence[Hashable], found: Sequence[Hashable]) -> Scores:
    """Every figure for `found` against `gold`.

    Time and memory grow with the items.

    Args:
        gold: the right cluster of each of n items.
        found: the cluster each was put in, in the same order. Only which labels are equal matters.

    Raises:
        ValueError: different lengths, or no items.
    """
    if len(gold) != len(found):
        raise ValueError(f"{len(gold)} gold labels for {len(found)} found ones")
    if not len(gold):
        raise ValueError("there are no items to score")
    right, ours = numbered(gold), numbered(found)
    table = contingency(right, ours)
    homogeneity, completeness, v_measure = homogeneity_completeness_v_measure(right, ours)
    b3_precision, b3_recall, b3_f1 = b_cubed(table)
    pair_precision, pair_recall, pair_f1 = pairs(table)
    return Scores(
        ami=adjusted_mutual_information(table),
        ari=float(adjusted_rand_score(right, ours)),
        nmi=float(normalized_mutual_info_score(right, ours, average_method="arithmetic")),
        homogeneity=float(homogeneity),
        completeness=float(completeness),
        v_measure=float(v_measure),
        b3_precision=b3_precision,
        b3_recall=b3_recall,
        b3_f1=b3_f1,
        b3_f1_multi=b_cubed(table, smallest=2)[2],
        pair_precision=pair_precision,
        pair_recall=pair_recall,
        pair_f1=pair_f1,
        purity=purity(table),
        n_items=len(right),
        gold_clusters=len(table.gold),
        found_clusters=len(table.found),
        gold_singletons=int((table.gold == 1).sum()),
        found_singletons=int((table.found == 1).sum()),
    )


def b_cubed(table: Contingency, *, smallest: int = 1) -> tuple[float, float, float]:
    """B-cubed precision, recall and their harmonic mean (Amigó, Gonzalo, Artiles and Verdejo 2009, section 4).

    An item's precision is the share of its found cluster that has its gold label, n_gf / n_f, its recall the share of its gold cluster
    that it was put together with, n_gf / n_g, the item itself included; each is averaged over items: Σ n_gf² / n_f / n, Σ n_gf² / n_g / n.

    Args:
        table: of gold and found clusters.
        smallest: average only over items whose gold cluster has at least this size. The others still count as neighbors.
    """
    sizes = table.gold[table.rows]
    counted = sizes >= smallest
    shared = table.shared[counted]
    items = float(shared.sum())
    squares = shared.astype(np.float64) ** 2
    precision = _share(float((squares / table.found[table.columns[counted]]).sum()), items)
    recall = _share(float((squares / sizes[counted]).sum()), items)
    return precision, recall, 2 * precision * recall / (precision + recall)


def pairs(table: Contingency) -> tuple[float, float, float]:
    """Precision, recall and F1 over pairs of items (Manning, Raghavan and Schütze 2008, section 16.3).

    With TP = Σ C(n_gf, 2) pairs together in both: TP / Σ C(n_f, 2), TP / Σ C(n_g, 2), and 2 TP over the sum of the two.
    """
    both, ours, right = (_pair_count(sizes) for sizes in (table.shared, table.found, table.gold))
    return _share(both, ours), _share(both, right), _share(2 * both, ours + right)


def purity(table: Contingency) -> float:
    """Share of items with the commonest gold label of their found cluster: Σ_f max_g n_gf / n.

    Source: Manning, Raghavan and Schütze 2008, section 16.3.
    """
    commonest = np.zeros_like(table.found)
    np.maximum.at(commonest, table.columns, table.shared)
    return _share(int(commonest.sum()), int(table.found.sum()))


def _pair_count(sizes: np.ndarray) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def _share(part: float, whole: float) -> float:
    """`part / whole`; a share of nothing is 1."""
    return part / whole if whole else 1.0
