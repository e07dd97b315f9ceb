"""Two ways of doing a thing, turn by turn in one run; the median of their ratios against a bar."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

Clock = Callable[[], float]
"""Seconds; the differences count."""
Trial = Callable[[], float]
"""Does the work once and returns its rate, items per second; what it needs beforehand is not timed."""

_ROW = "{:<44} {:>7} {:>6} {:>7} {:>11} {:>11}  {}"


@dataclass(frozen=True, slots=True)
class Result:
    """One measure.

    Args:
        ratio: median over the turns of our rate / the baseline's rate.
        bar: the smallest ratio that passes.
        rate: our median rate, items per second; says little on a machine that is shared.
        baseline_rate: the baseline's.
        baseline: what it was compared with, and on what.
        spread: smallest and largest ratio of a turn.
    """

    name: str
    ratio: float
    bar: float
    rate: float
    baseline_rate: float
    baseline: str
    spread: tuple[float, float]

    @property
    def reached(self) -> bool:
        """Whether the ratio is at the bar or above."""
        return self.ratio >= self.bar


def timed(items: int, work: Callable[[], object], clock: Clock = perf_counter) -> float:
    """Items per second of one piece of work; neither garbage from before nor the input, held whole here, is on its bill."""
    gc.collect()
    gc.freeze()
    started = clock()
    work()
    taken = clock() - started
    gc.unfreeze()
    return items / taken


def compare(name: str, ours: Trial, theirs: Trial, *, bar: float, baseline: str, repeats: int) -> Result:
    """Both trials in turn, `repeats` times."""
    return summary(name, [(ours(), theirs()) for _ in range(repeats)], bar=bar, baseline=baseline)


def summary(name: str, turns: Sequence[tuple[float, float]], *, bar: float, baseline: str) -> Result:
    """A result from pairs of (our rate, the baseline's rate)."""
    ratios = [ours / theirs for ours, theirs in turns]
    rate, baseline_rate = (median(rates) for rates in zip(*turns, strict=True))
    return Result(name, median(ratios), bar, rate, baseline_rate, baseline, (min(ratios), max(ratios)))


def report(results: Iterable[Result]) -> int:
    """Print one table, each line as soon as it is known.

    Returns:
        The exit code: 1 if a bar is missed, else 0.
    """
    missed = 0
    for number, r in enumerate(results):
        if number == 0:
            print(_ROW.format("measure", "ratio", "bar", "", "ours/s", "baseline/s", "baseline (smallest to largest ratio)"))
        missed += not r.reached
        verdict = "ok" if r.reached else "MISSED"
        spread = f"{r.baseline} ({r.spread[0]:.2f} to {r.spread[1]:.2f})"
        line = _ROW.format(r.name, f"{r.ratio:.3f}", f"{r.bar:g}", verdict, f"{r.rate:.0f}", f"{r.baseline_rate:.0f}", spread)
        print(line, flush=True)
    return 1 if missed else 0
