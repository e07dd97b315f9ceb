"""Evaluations as small as can be: histories, a stream that was played, a baseline that says what it is told, a report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from hypothesis import strategies as st

from streamclust.evaluation.baselines.base import BATCH, ONE_PASS, Texts, Try
from streamclust.evaluation.comparison import Played, System, compare, judged
from streamclust.evaluation.confusions import Confusion, Wholeness
from streamclust.evaluation.delay import delays
from streamclust.evaluation.history import Arrived, History, Merged, Moved, Step
from streamclust.evaluation.metrics import score
from streamclust.evaluation.parts import parts, truth
from streamclust.evaluation.report import AFTER_MERGES, AT_ARRIVAL, DataFile, Report
from streamclust.evaluation.streams import NOISE
from streamclust.evaluation.windows import over_time
from streamclust.params import Params

PARAMS = Params.preset("claim", link_threshold=0.5)
ARRIVAL = score([0, 0, 0, 1, 1, 2], [0, 0, 1, 2, 2, 3])
MERGED = score([0, 0, 0, 1, 1, 2], [0, 0, 0, 2, 2, 3])
SECONDS = 2.0
GOLD = ["a", "a", "a", "b", NOISE, "b"]


def histories(most: int = 40) -> st.SearchStrategy[list[Step]]:
    """Any steps that can happen: a move is of a post that came."""
    numbers = st.integers(0, 5)
    raw = st.lists(st.tuples(st.sampled_from("aaaammv"), numbers, numbers), max_size=most)
    return raw.map(_steps)


def _steps(raw: list[tuple[str, int, int]]) -> list[Step]:
    steps: list[Step] = []
    came = 0
    for kind, one, other in raw:
        if kind == "a":
            steps.append(Arrived(one))
            came += 1
        elif kind == "m":
            steps.append(Merged(one, other))
        elif came:
            steps.append(Moved(one % came, other))
    return steps


def stream() -> Played:
    """Six posts of four texts: 0, 1, a copy of 0, 2, 3, a copy of 2."""
    history = History([Arrived("x"), Arrived("y"), Arrived("x"), Arrived("z"), Arrived("u"), Arrived("z"), Merged("y", "x")])
    return Played(
        labels=list(GOLD), times=[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], text_of=[0, 1, 0, 2, 3, 2],
        vectors=list(np.eye(4, dtype=np.float32)), words=[("w",)] * 4, history=history, seconds=SECONDS,
    )  # fmt: skip


class Fake:
    """Answers with what it was given and keeps what it was asked."""

    name: ClassVar[str] = "fake"
    title: ClassVar[str] = "a fake"
    kind: ClassVar[str] = ONE_PASS
    on_arrival: ClassVar[bool] = True
    most: ClassVar[int] = 100
    why: ClassVar[str] = "its manners"

    def __init__(self, *answers: list[int]) -> None:
        self._answers = answers
        self.asked: list[Texts] = []

    def tries(self, texts: Texts) -> Iterator[Try]:
        self.asked.append(texts)
        for number, labels in enumerate(self._answers):
            yield Try(f"setting {number}", np.array(labels), 4.0)


class Small(Fake):
    """One that takes two texts at most, all at once."""

    kind: ClassVar[str] = BATCH
    on_arrival: ClassVar[bool] = False
    most: ClassVar[int] = 2


def lines(fake: Fake) -> list[System]:
    return list(compare(stream(), [fake], "claim"))


def report(**changed: object) -> Report:
    values: dict[str, object] = {
        "data": DataFile(name="posts.jsonl", lines=6, sha256="0123456789ab"),
        "preset": "claim",
        "params": PARAMS,
        "encoder": "all-MiniLM-L6-v2",
        "encoder_fingerprint": "feedfeedfeed",
        "index": "hnsw",
        "versions": {"python": "3.11.2", "numpy": "2.4.6"},
        "scores": {AT_ARRIVAL: ARRIVAL, AFTER_MERGES: MERGED},
    }
    return Report(**(values | changed))  # type: ignore[arg-type]


def whole_report(*, history: str = "xyxzuz" * 2, **changed: object) -> Report:
    """A report with something in every place."""
    gold = ["a", "a", "a", "b", NOISE, "b"] * 2
    times = [1.7e9 + 60 * number for number in range(len(gold))]
    measured: dict[str, object] = {
        "mistakes": {stage: judged([0, 0, 0, 1, 1, 2], [0, 0, 1, 2, 2, 3])[1] for stage in (AT_ARRIVAL, AFTER_MERGES)},
        "parts": parts(gold, history),
        "delays": delays(truth(gold), History.of_labels(history), times=times),
        "windows": over_time(gold * 4, History.of_labels(history * 4), times=times * 4, count=2),
        "systems": lines(Fake([0, 0, 0, 0], [0, 0, 1, 2])),
        "confusions": [Confusion(kind="negated", posts=4, joined=0.25)],
        "wholeness": Wholeness(claims=3, whole=2 / 3, held=0.9),
    }
    return report(**(measured | changed))
