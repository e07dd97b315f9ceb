"""What taking the language out of the multilingual model's vectors brings, and how the numbers that do it are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.metrics import roc_auc_score

from benchmarks.vectors import vectors_of
from streamclust.adapters.multilingual_model import Correction, folder
from streamclust.adapters.sentence_encoder import SentenceEncoder
from streamclust.claims import normalise
from streamclust.evaluation.built_in import BUILT_IN
from streamclust.evaluation.metrics import score
from streamclust.ports import Encoder

TEXTS = Path(__file__).with_name("language_texts.txt")
_ROW = "{:<34} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}   {:<13} {:<13} {:<13}"
_THRESHOLDS = np.arange(0.02, 0.98, 0.02)


@dataclass(frozen=True, slots=True)
class Told:
    """Texts and their vectors.

    Args:
        langs: language of each.
        groups: what each says: equal where two say the same.
        near: equal where two say the same or are near-misses of the same claim.
        vectors: (n, dim) float32.
    """

    langs: np.ndarray
    groups: np.ndarray
    near: np.ndarray
    vectors: np.ndarray


def run(*, write: bool) -> None:
    """Print how the ways compare on our own test set; write the correction that is shipped if asked to."""
    encoder = SentenceEncoder.load(folder(corrected=False), backend="float32")
    parallel = _parallel(encoder)
    correction = fit(parallel)
    print(f"{len(parallel.langs)} texts, {len(set(parallel.langs))} languages, {len(correction.removed)} directions: {correction.digest}")
    if write:
        correction.save()
    print(_ROW.format("vectors", "AUC", "within", "across", "hard", "F1", "AMI", "same claim", "same topic", "any two"))
    told = _test_set(encoder)
    for name, change in _ways(parallel, correction):
        print(_line(name, Told(told.langs, told.groups, told.near, change(told))), flush=True)
    print(_line("all-MiniLM-L6-v2", _test_set(SentenceEncoder.load())))


def fit(told: Told) -> Correction:
    """The mean of the means of languages, and all directions in which those means differ.

    Every language says the same, so that what differs between two means is the language, not what is talked about.
    """
    means = _means(told)
    center = np.mean(list(means.values()), axis=0)
    _, sizes, directions = np.linalg.svd(np.stack(list(means.values())) - center, full_matrices=False)
    return Correction(center.astype(np.float32), directions[sizes > 1e-3 * sizes[0]].astype(np.float32))


def _ways(parallel: Told, correction: Correction) -> Iterator[tuple[str, Callable[[Told], np.ndarray]]]:
    """Names and what to do with vectors; all but the last look at nothing but the vector."""
    none = np.zeros((0, len(correction.center)), np.float32)
    means = _means(parallel)
    yield "as the model gives them", lambda told: told.vectors
    yield "mean subtracted", _applying(Correction(correction.center, none))
    for few in (1, 5, 10):
        yield f"and {few} directions removed", _applying(Correction(correction.center, correction.removed[:few]))
    yield f"and all {len(correction.removed)} removed (shipped)", _applying(correction)
    yield "directions removed, not the mean", _applying(Correction(0 * correction.center, correction.removed))
    yield (
        "each language's own mean, if told",
        lambda told: _unit(told.vectors - np.stack([means.get(lang, correction.center) for lang in told.langs])),
    )


def _applying(correction: Correction) -> Callable[[Told], np.ndarray]:
    return lambda told: correction(told.vectors)


def _line(name: str, told: Told) -> str:
    """AUC of same claim against other: all pairs, pairs in one language, pairs in two, and against near-misses only."""
    first, second = np.triu_indices(len(told.langs), 1)
    cosines = (told.vectors @ told.vectors.T)[first, second]
    same = told.groups[first] == told.groups[second]
    near = (told.near[first] == told.near[second]) & ~same
    one = told.langs[first] == told.langs[second]
    chosen = (np.ones_like(one), one, ~one, same | near)
    figures = [f"{roc_auc_score(same[some], cosines[some]):.4f}" for some in chosen]
    figures += [f"{_best_f1(same, cosines):.3f}", f"{_best_ami(told):.3f}"]
    spread = [f"{cosines[some].mean():.3f} ± {cosines[some].std():.3f}" for some in (same, near, ~(same | near))]
    return _ROW.format(name, *figures, *spread)


def _best_f1(same: np.ndarray, cosines: np.ndarray) -> float:
    """Best F1 over pairs at one threshold."""
    right = np.cumsum(same[np.argsort(-cosines, kind="stable")])
    return float((2 * right / (np.arange(1, len(right) + 1) + same.sum())).max())


def _best_ami(told: Told) -> float:
    """AMI of average link at its best threshold: what can be had from these vectors by one number."""
    distances = 1 - told.vectors.astype(np.float64) @ told.vectors.T
    tree = linkage(squareform(np.clip(distances, 0, None), checks=False), "average")
    return max(score(told.groups.tolist(), fcluster(tree, one, "distance").tolist()).ami for one in _THRESHOLDS)


def _means(told: Told) -> dict[str, np.ndarray]:
    """(dim,) float64 mean vector by language."""
    return {lang: told.vectors[told.langs == lang].astype(np.float64).mean(axis=0) for lang in dict.fromkeys(told.langs.tolist())}


def _parallel(encoder: Encoder) -> Told:
    """The texts that the correction is made from: the same in every language."""
    blocks = TEXTS.read_text().split("[")[1:]
    langs, groups, texts = [], [], []
    for block in blocks:
        lang, *lines = block.replace("]", "", 1).split("\n")
        for number, line in enumerate(filter(None, lines)):
            langs.append(lang)
            groups.append(number)
            texts.append(normalise(line))
    return Told(np.array(langs), np.array(groups), np.array(groups), vectors_of(texts, encoder))


def _test_set(encoder: Encoder) -> Told:
    """Our claims in many languages, none of which is among the texts above."""
    posts = [orjson.loads(line) for line in BUILT_IN["multilingual"].read_bytes().splitlines()]
    langs, groups = (np.array([post[name] for post in posts]) for name in ("lang", "cluster"))
    near = np.array([post.get("near", post["cluster"]) for post in posts])
    return Told(langs, groups, near, vectors_of([normalise(post["text"]) for post in posts], encoder))


def _unit(rows: np.ndarray) -> np.ndarray:
    unit: np.ndarray = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit
