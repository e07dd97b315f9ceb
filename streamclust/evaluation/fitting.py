"""Weights of the link model and thresholds, found on labelled streams."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean

import numpy as np
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped, unused-ignore]

from streamclust.adapters.hnsw_index import HnswIndex
from streamclust.claims import Claim
from streamclust.evaluation.history import Arrived, Contents
from streamclust.evaluation.metrics import Scores, score
from streamclust.evaluation.parts import truth
from streamclust.evaluation.playing import Player
from streamclust.linking import WEIGHTS, features
from streamclust.params import Params
from streamclust.ports import Considered, Encoder

BIASES = (-0.4, 0.0, 0.4)
"""Moves of the bias tried in one go."""
MERGES = (0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998)
_STEPS = (0.6, 0.8, 1.25, 1.6)
_SLOPE = 15.0
"""Sum of the weights in `_STEEP`: what fixes how steeply scores rise is not seen in clusters."""
_STEEP = ("link_similarity", "link_nearest", "link_overlap")
_EVIDENCE = (*_STEEP, "link_clash")
_BATCH = 512
_DIGITS = 9
"""What differs by less does so from rounding alone."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A labelled stream.

    Args:
        claims: in their order.
        gold: gold label by claim id; `NOISE` is none.
    """

    name: str
    claims: Sequence[Claim]
    gold: Mapping[str, str]


class Bench:
    """Plays streams under params, the vectors computed once.

    Args:
        streams: what is played.
        encoder: see the port.
    """

    def __init__(self, streams: Sequence[Labelled], encoder: Encoder) -> None:
        self.streams = streams
        self._encoder = _Remembering(encoder)
        self._scored: dict[Params, list[Scores]] = {}

    def play(self, stream: Labelled, params: Params) -> Player:
        """One pass."""
        player = Player(self._encoder, params, HnswIndex(self._encoder.dim, params), stream.gold)
        player.play(stream.claims, size=_BATCH)
        return player

    def scores(self, params: Params) -> list[Scores]:
        """After merges, a stream each; played once. Each post of noise is a gold cluster of its own, as in an evaluation."""
        if params not in self._scored:
            played = [self.play(stream, params).played for stream in self.streams]
            self._scored[params] = [score(truth(one.labels), one.history.at_end()) for one in played]
        return self._scored[params]


class _Remembering:
    """An encoder that computes each text once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._rows: dict[str, np.ndarray] = {}
        self.fingerprint = encoder.fingerprint
        self.dim = encoder.dim

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        self._rows.update(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._rows[text] for text in texts])


def worth(scores: Scores) -> float:
    """What is made as large as can be: the mean of AMI, ARI and B³ F1, of which none can be had at the others' cost for long."""
    return (scores.ami + scores.ari + scores.b3_f1) / 3


def fit(bench: Bench, start: Params, *, tries: int = 0, seed: int = 0, say: Say = lambda _: None) -> Params:
    """The better of the weights given and those fitted to pairs, both calibrated, then refined on the clusters themselves.

    Args:
        start: what decides while the pairs are collected; all but the link model, `min_similarity` and `merge_threshold` stays.
        tries: steps of refinement.
        seed: of the refinement.
    """
    best, worth_of_best = start, -math.inf
    for name, params in (("as given", start), ("fitted to pairs", fit_pairs(bench, start))):
        tried = calibrate(bench, params)
        bias, found = best_bias(bench, tried)
        say(f"{name}, calibrated: {found:.4f} with {_told(tried)}")
        if found > worth_of_best:
            best, worth_of_best = tried.with_values(link_bias=bias), found
    return refine(bench, best, tries=tries, seed=seed, say=say)


def fit_pairs(bench: Bench, params: Params) -> Params:
    """A logistic regression over claims and the clusters that the index found for them, as they stood when the claim came.

    The negatives are hard: clusters near enough to be found. Every stream weighs the same, and in it every gold cluster by the root of
    its size. Only what is read from texts is fitted: size and gap keep their share, for pairs make far too much of them (most of
    what comes next to a burst belongs to it), and clusters of all that is spoken of just now would be the result. A weight below 0 is
    none: the feature is left out and the others are fitted again. Where no pair, or every pair, is a link, there is nothing to fit, and the
    weights stay.
    """
    collected = [pairs(bench.play(stream, params)) for stream in bench.streams]
    seen, linked, weights = (np.concatenate(parts) for parts in zip(*collected, strict=True))
    if linked.all() or not linked.any():
        return params
    used = [WEIGHTS.index(name) for name in _EVIDENCE]
    while used:
        model = LogisticRegression(C=10.0, max_iter=1000).fit(seen[:, used], linked, weights * len(weights))
        negative = {feature for feature, weight in zip(used, model.coef_[0], strict=True) if weight < 0}
        if not negative:
            break
        used = [feature for feature in used if feature not in negative]
    if not {WEIGHTS[f] for f in used}.intersection(_STEEP):
        return params
    found = dict.fromkeys(_EVIDENCE, 0.0) | {WEIGHTS[f]: float(w) for f, w in zip(used, model.coef_[0], strict=True)}
    fitted = _scaled(params.with_values(**found, link_bias=float(model.intercept_[0])))
    return fitted.with_values(link_size=params.link_size, link_gap=params.link_gap)


def pairs(player: Player) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the link model saw of each claim and each cluster it considered.

    A cluster is what it was when the claim came: with all that merges had brought it and splits had not yet taken. Nothing links noise.

    Returns:
        (n, 6) float64 features in the order of `WEIGHTS`; (n,) bool, whether most claims the cluster had by then have the claim's gold
        label; (n,) float64 weights that sum up to 1.
    """
    gold = truth(player.played.labels)
    sizes, contents = Counter(gold), Contents(gold)
    rows, linked, weights = [], [], []
    arriving = zip(player.ids, gold, strict=True)
    for step in player.played.history:
        if isinstance(step, Arrived):
            claim_id, label = next(arriving)
            for one in _considered(player, claim_id):
                rows.append(features(*one[2:]))
                linked.append(contents.commonest(one.cluster_id) == label)
                weights.append(sizes[label] ** -0.5)
        contents.take(step)
    return np.array(rows, np.float64).reshape(-1, len(WEIGHTS)), np.array(linked, bool), np.array(weights) / (sum(weights) or 1.0)


def _considered(player: Player, claim_id: str) -> list[Considered]:
    member = player.store.member(claim_id)
    return [Considered(*candidate) for candidate in member["candidates"]] if member else []


def calibrate(bench: Bench, params: Params) -> Params:
    """Bias and `merge_threshold` moved until the clusters are best, so that .5 means the same under any weights and encoder.

    Both stay where nothing is better.
    """
    for _ in range(12):
        bias, _ = best_bias(bench, params)
        if bias == params.link_bias:
            break
        params = params.with_values(link_bias=bias)
    merges = (params.merge_threshold, *MERGES)
    worths = [fmean(map(worth, bench.scores(params.with_values(merge_threshold=merge)))) for merge in merges]
    return params.with_values(merge_threshold=_best(merges, worths, given=params.merge_threshold))


def best_bias(bench: Bench, params: Params) -> tuple[float, float]:
    """Which of the neighboring biases is best, of equals the present one, and how good they are on average.

    One pass is chaotic, so none is trusted alone.
    """
    tried = [_within("link_bias", round(params.link_bias + move, 3)) for move in BIASES]
    worths = [fmean(map(worth, bench.scores(params.with_values(link_bias=bias)))) for bias in tried]
    return _best(tried, worths, given=params.link_bias), fmean(worths)


def _best(tried: Sequence[float], worths: Sequence[float], *, given: float) -> float:
    """What is worth most; of equals what is nearest to the given: where nothing is to be gained, nothing moves."""
    found = max(range(len(tried)), key=lambda one: (round(worths[one], _DIGITS), -abs(tried[one] - given)))
    return tried[found]


def refine(bench: Bench, params: Params, *, tries: int, seed: int, say: Say = lambda _: None) -> Params:
    """Steps at random on the clusters themselves; what makes them better stays.

    Pairs weigh all errors alike, clusters do not: a wrong link early costs more than one late. The bias gives way, so that what was
    just about a link before a step is one after it.
    """
    if not tries:
        return params
    best, at_best, undecided = params, best_bias(bench, params), _undecided(bench, params)
    for steps in _steps(params, tries, Random(seed)):
        changed = {name: _within(name, round(by * getattr(best, name), 3)) for name, by in steps.items()}
        shift = sum((changed[name] - getattr(best, name)) * mean for name, mean in undecided.items() if name in changed)
        tried = _scaled(best.with_values(**changed, link_bias=_within("link_bias", at_best[0] - shift)))
        found = best_bias(bench, tried)
        if found[1] > at_best[1]:
            best, at_best = tried, found
            say(f"{found[1]:.4f} with {_told(best)}")
    return best.with_values(link_bias=at_best[0])


def _undecided(bench: Bench, params: Params) -> dict[str, float]:
    """Mean feature, by weight, of the candidates whose score is near .5."""
    seen = np.concatenate([pairs(bench.play(stream, params))[0] for stream in bench.streams])
    near = np.abs(seen @ [getattr(params, name) for name in WEIGHTS] + params.link_bias) < 1.0
    means = seen[near].mean(axis=0) if near.any() else np.zeros(len(WEIGHTS))
    return dict(zip(WEIGHTS, means.tolist(), strict=True))


def _steps(params: Params, tries: int, random: Random) -> Iterator[dict[str, float]]:
    names = [name for name in (*WEIGHTS, "min_similarity") if getattr(params, name)]
    for _ in range(tries):
        yield {name: random.choice(_STEPS) for name in random.sample(names, min(2, len(names)))}


def _scaled(params: Params) -> Params:
    """Weights and bias multiplied so that cosines and words weigh `_SLOPE` together: the same links, and comparable numbers."""
    by = _SLOPE / sum(getattr(params, name) for name in _STEEP)
    return params.with_values(**{name: _within(name, round(getattr(params, name) * by, 3)) for name in ("link_bias", *WEIGHTS)})


def _within(name: str, value: float) -> float:
    """The value, or the end of the param's range that it is beyond."""
    limits = Params.__dataclass_fields__[name].metadata
    return float(min(max(value, limits["low"]), limits["high"]))


def _told(params: Params) -> str:
    names = ("link_bias", *WEIGHTS, "merge_threshold", "min_similarity")
    return " ".join(f"{name.removeprefix('link_')} {getattr(params, name):g}" for name in names)
