"""The stream clusterers of river: DBSTREAM, DenStream and TextClust."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar

import numpy as np
from river import cluster  # type: ignore[import-untyped, unused-ignore]

from streamclust.evaluation.baselines.base import GRAIN, ONE_PASS, Texts, Try, timed

_SLOW = "its speed: about 100 texts a second, fewer with more clusters"


class DBStream:
    """Micro-clusters of a fixed radius that move towards what falls into them, joined where they share much.

    Source: Hahsler and Bolaños, TKDE 2016; river's. It renumbers its clusters whenever it is asked, so that no label given earlier
    means the same later: each text is put where the *finished* model has it, which favors it.

    Parameters: the radius, given as the cosine similarity of unit vectors at that distance. Fixed: that of the preset's grain. Best: of
    that and two others. It forgets half of a micro-cluster in 10,000 texts instead of in 100; the rest is river's own.
    """

    name: ClassVar[str] = "dbstream"
    title: ClassVar[str] = "DBSTREAM of river, labels of the finished model"
    kind: ClassVar[str] = ONE_PASS
    on_arrival: ClassVar[bool] = False
    most: ClassVar[int] = 2_000
    why: ClassVar[str] = _SLOW

    def tries(self, texts: Texts) -> Iterator[Try]:
        """See `Baseline.tries`."""
        return _at_radii(texts, self._cluster)

    @staticmethod
    def _cluster(texts: Texts, threshold: float) -> np.ndarray:
        model = cluster.DBSTREAM(clustering_threshold=_distance(threshold), fading_factor=1e-4, cleanup_interval=100)
        for point in _points(texts):
            model.learn_one(point)
        return _nearest_center(texts.vectors, model.centers)


class DenStream:
    """Micro-clusters that fade, joined where dense ones touch; what is not dense yet waits apart.

    Source: Cao, Ester, Qian and Zhou, SDM 2006; river's. As with `DBStream`, the numbers change, and each text is put where the finished
    model has it.

    Parameters: the largest radius of a micro-cluster, given as for `DBStream`; river's own .02 is less than the distance of any two
    texts. Fixed and best: as for `DBStream`. It fades by half in 10,000 texts and starts from 100; the rest is river's own.
    """

    name: ClassVar[str] = "denstream"
    title: ClassVar[str] = "DenStream of river, labels of the finished model"
    kind: ClassVar[str] = ONE_PASS
    on_arrival: ClassVar[bool] = False
    most: ClassVar[int] = 2_000
    why: ClassVar[str] = _SLOW

    def tries(self, texts: Texts) -> Iterator[Try]:
        """See `Baseline.tries`."""
        return _at_radii(texts, self._cluster)

    @staticmethod
    def _cluster(texts: Texts, threshold: float) -> np.ndarray:
        model = cluster.DenStream(epsilon=_distance(threshold), decaying_factor=0.01, n_samples_init=min(100, len(texts)))
        for point in _points(texts):
            model.learn_one(point)
        model.predict_one(_point(texts.vectors[0]))  # this is what groups the micro-clusters
        return _nearest_center(texts.vectors, model.centers)


class TextClust:
    """Micro-clusters of words; a text joins the nearest by tf-idf, and near ones are merged from time to time.

    Source: Assenmacher and Trautmann, ACIIDS 2022; river's. It looks at the words of the posts and not at the vectors. Its micro-clusters
    keep their numbers, so that each text is put where the model has it when it comes; its macro-clusters, whose number has to be known,
    are not asked.

    Parameter: the radius, a cosine distance of tf-idf. Fixed: .7. Best: of that, .8 and .9. (River's own .3 joins little but copies.)
    Observations count as time; the rest is river's own.
    """

    name: ClassVar[str] = "textclust"
    title: ClassVar[str] = "TextClust of river, on words"
    kind: ClassVar[str] = ONE_PASS
    on_arrival: ClassVar[bool] = True
    most: ClassVar[int] = 2_000
    why: ClassVar[str] = _SLOW

    def tries(self, texts: Texts) -> Iterator[Try]:
        """See `Baseline.tries`."""
        for radius in (0.7, 0.8, 0.9):
            yield timed(partial(self._cluster, texts, radius), f"radius {radius:.1f}")

    @staticmethod
    def _cluster(texts: Texts, radius: float) -> np.ndarray:
        model = cluster.TextClust(radius=radius, real_time_fading=False)
        labels = np.full(len(texts), -1, np.int64)
        for text, words in enumerate(texts.words):
            model.learn_one(dict.fromkeys(words, 1))
            where = model.predict_one(dict.fromkeys(words, 1))
            labels[text] = -1 if where is None else where
        return labels


def _at_radii(texts: Texts, run: Callable[[Texts, float], np.ndarray]) -> Iterator[Try]:
    """At the radius of the preset's grain, and at two others."""
    fixed = GRAIN[texts.preset]
    for threshold in (fixed, fixed - 0.1, fixed + 0.15):
        yield timed(partial(run, texts, threshold), f"cosine {threshold:.2f}")


def _distance(similarity: float) -> float:
    """Euclidean distance of unit vectors with this cosine."""
    return math.sqrt(2.0 - 2.0 * similarity)


def _point(vector: np.ndarray) -> dict[int, float]:
    return dict(enumerate(vector.tolist()))


def _points(texts: Texts) -> Iterator[dict[int, float]]:
    return map(_point, texts.vectors)


def _nearest_center(vectors: np.ndarray, centers: Mapping[int, Any]) -> np.ndarray:
    """What the models' `predict_one` answers, for all texts at once: the nearest center by Euclidean distance."""
    if not centers:
        return np.zeros(len(vectors), np.int64)
    names = np.array(list(centers), np.int64)
    places = np.array([[center[number] for number in range(vectors.shape[1])] for center in centers.values()], np.float64)
    squares = (places**2).sum(axis=1)
    nearest: np.ndarray = names[(squares - 2.0 * (vectors @ places.T)).argmin(axis=1)]
    return nearest
