"""What each part of the link model and of upkeep brings, and how far the threshold can move before the clusters suffer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean

import orjson

from benchmarks import vectors
from streamclust.claims import Claim
from streamclust.evaluation.fitting import BIASES, Bench, Labelled
from streamclust.evaluation.metrics import Scores
from streamclust.linking import WEIGHTS
from streamclust.params import Params
from streamclust.ports import Encoder

THRESHOLDS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
_ROW = "{:<34} {:>8} {:>8} {:>8} {:>9}"
_MOVES = 12


def run(stream: vectors.Stream, encoder: Encoder, params: Params) -> None:
    """Print both tables for a stream whose posts name their `cluster`."""
    bench = Bench([_labelled(stream)], encoder)
    whole = around(bench, params)
    print(f"{stream.name}; mean of {len(BIASES)} neighboring biases, after merges")
    print(_ROW.format("without", "AMI", "ARI", "B3 F1", "AMI lost"))
    print(_ROW.format("nothing", *(f"{value:.4f}" for value in whole), ""))
    for name, changed in _without(params):
        scores = around(bench, rebiased(bench, changed))
        print(_ROW.format(name, *(f"{value:.4f}" for value in scores), f"{whole[0] - scores[0]:+.4f}"), flush=True)
    print(_ROW.format("link_threshold", "AMI", "ARI", "B3 F1", "AMI lost"))
    for threshold in THRESHOLDS:
        scores = _three(bench.scores(params.with_values(link_threshold=threshold)))
        print(_ROW.format(threshold, *(f"{value:.4f}" for value in scores), f"{whole[0] - scores[0]:+.4f}"), flush=True)


def around(bench: Bench, params: Params) -> tuple[float, ...]:
    """AMI, ARI and B3 F1 over neighboring biases: one pass is chaotic, so none is trusted alone."""
    rows = [_three(bench.scores(params.with_values(link_bias=params.link_bias + move))) for move in BIASES]
    return tuple(fmean(column) for column in zip(*rows, strict=True))


def _without(params: Params) -> Iterator[tuple[str, Params]]:
    """Each part left out."""
    for name in WEIGHTS:
        if getattr(params, name):
            yield name, params.with_values(**{name: 0.0})
    yield "merging of what one claim was near to", params.with_values(merge_threshold=1.0)
    yield "a second look", params.with_values(second_look=0)
    yield "splitting", params.with_values(split_cohesion=0.0)
    yield "more than one exemplar", params.with_values(exemplars=1)


def rebiased(bench: Bench, params: Params) -> Params:
    """The bias moved, by steps, to the best AMI on this very stream, or a part would be blamed for a threshold that is off."""
    tried = {move: bench.scores(params.with_values(link_bias=params.link_bias + move)) for move in _steps()}
    best = max(tried, key=lambda move: tried[move][0].ami)
    return params.with_values(link_bias=params.link_bias + best)


def _steps() -> Sequence[float]:
    return [0.5 * number - 0.25 * _MOVES for number in range(_MOVES + 1)]


def _three(scores: Sequence[Scores]) -> tuple[float, float, float]:
    """Of the one stream there is."""
    (one,) = scores
    return one.ami, one.ari, one.b3_f1


def _labelled(stream: vectors.Stream) -> Labelled:
    claims: list[Claim] = stream.claims()
    gold = {claim.id: str(orjson.loads(line)["cluster"]) for claim, line in zip(claims, stream.lines, strict=True)}
    return Labelled(stream.name, claims, gold)
