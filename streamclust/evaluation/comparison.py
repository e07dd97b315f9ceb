"""Baselines on the posts and vectors that the clusterer saw, in one table with it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from streamclust.evaluation.baselines.base import ONE_PASS, Baseline, Texts, Try
from streamclust.evaluation.contingency import contingency, numbered
from streamclust.evaluation.delay import Delay, delays
from streamclust.evaluation.history import History
from streamclust.evaluation.metrics import Scores, score
from streamclust.evaluation.mistakes import Mistakes, mistakes
from streamclust.evaluation.parts import truth

OURS = "streamclust"
FIXED, BEST, BOTH = "fixed", "best", "both"


@dataclass(slots=True)
class Played:
    """A labelled stream that the clusterer has seen, and what it made of it.

    Args:
        labels: gold label of each post, noise among them, in the order they were played.
        times: event time of each post, seconds, or None.
        text_of: number of each post's text; texts are numbered as they first come.
        vectors: vector of each text.
        words: words of each text.
        history: in which cluster each post was.
        seconds: what the clusterer took on ready vectors, its store in memory included.
    """

    labels: list[str] = field(default_factory=list)
    times: list[float | None] = field(default_factory=list)
    text_of: list[int] = field(default_factory=list)
    vectors: list[np.ndarray] = field(default_factory=list)
    words: list[tuple[str, ...]] = field(default_factory=list)
    history: History = field(default_factory=History)
    seconds: float = 0.0

    @property
    def speed(self) -> float:
        """Posts a second."""
        return len(self.labels) / self.seconds if self.seconds else 0.0

    def posts_within(self, texts: int) -> int:
        """How many posts come before the text that is one too many."""
        return next((post for post, text in enumerate(self.text_of) if text >= texts), len(self.text_of))


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One line of the comparison.

    Args:
        name: as `--compare` calls it.
        title: what it is.
        kind: `one pass` or `batch`.
        setting: its threshold, in words.
        chosen: `fixed` beforehand; `best`: the one of its settings with the best AMI on the gold labels of this very stream, which nobody
            has in earnest; or `both` in one.
        posts: posts it was run on, from the first.
        texts: distinct texts among them.
        limited: why not all; empty if all.
        scores: of these posts.
        mistakes: of these posts.
        delays: of these posts; empty where labels are not those given on arrival.
        speed: posts a second, on ready vectors.
        ratio: the same as a share of ours in this run.
        ours: what we had on the same posts, after the merges until the next one came.
    """

    name: str
    title: str
    kind: str
    setting: str
    chosen: str
    posts: int
    texts: int
    limited: str
    scores: Scores
    mistakes: Mistakes
    delays: Sequence[Delay]
    speed: float
    ratio: float
    ours: Scores


def compare(played: Played, baselines: Iterable[Baseline], preset: str, say: Callable[[str], None] = lambda _: None) -> Iterator[System]:
    """Ours first, at arrival and after merges; then each baseline at its fixed setting and, if it is another one, at its best.

    Args:
        played: what they are compared on.
        baselines: in the order they are shown.
        preset: the grain.
        say: told what is being done.
    """
    yield _ours("at arrival", played, played.history.at_arrival, [])
    yield _ours("after merges", played, played.history.at_end(), delays(truth(played.labels), played.history, times=played.times))
    for baseline in baselines:
        say(baseline.name)
        yield from _lines(baseline, played, preset)


def _ours(stage: str, played: Played, found: Sequence[Hashable], seen: Sequence[Delay]) -> System:
    gold = truth(played.labels)
    scores, wrong = judged(gold, found)
    return System(
        name=OURS, title=f"this project, {stage}", kind=ONE_PASS, setting=stage, chosen=FIXED, posts=len(gold), texts=len(played.vectors),
        limited="", scores=scores, mistakes=wrong, delays=seen, speed=played.speed, ratio=1.0, ours=score(gold, played.history.at_end()),
    )  # fmt: skip


def _lines(baseline: Baseline, played: Played, preset: str) -> Iterator[System]:
    posts = played.posts_within(baseline.most)
    gold = truth(played.labels[:posts])
    text_of = np.array(played.text_of[:posts], np.int64)
    count = int(text_of.max()) + 1
    texts = Texts(np.stack(played.vectors[:count]), played.words[:count], len(set(gold)), preset)
    ours = score(gold, played.history.after(posts))
    fixed, best = _chosen(baseline.tries(texts), gold, text_of)
    for one, chosen in [(fixed, BOTH)] if fixed is best else [(fixed, FIXED), (best, BEST)]:
        found = of_posts(one.labels, text_of)
        scores, wrong = judged(gold, found)
        history = History.of_labels(found)
        speed = posts / max(one.seconds, 1e-9)
        yield System(
            name=baseline.name, title=baseline.title, kind=baseline.kind, setting=one.setting, chosen=chosen, posts=posts, texts=count,
            limited=baseline.why if posts < len(played.labels) else "", scores=scores, mistakes=wrong,
            delays=delays(gold, history, times=played.times[:posts]) if baseline.on_arrival else [],
            speed=speed, ratio=speed / played.speed if played.speed else 0.0, ours=ours,
        )  # fmt: skip


def _chosen(tries: Iterable[Try], gold: Sequence[Hashable], text_of: np.ndarray) -> tuple[Try, Try]:
    """The first one, and the one with the best AMI; the earliest of equal ones."""
    fixed = best = None
    highest = -np.inf
    for one in tries:
        fixed = fixed or one
        ami = score(gold, of_posts(one.labels, text_of)).ami
        if ami > highest:
            best, highest = one, ami
    assert fixed is not None
    assert best is not None
    return fixed, best


def of_posts(labels: np.ndarray, text_of: np.ndarray) -> list[int]:
    """Labels of posts from those of their texts; a text with none (-1) is a cluster of its own, with its copies."""
    alone = labels.max(initial=-1) + 1 + np.arange(len(labels))
    found: list[int] = np.where(labels < 0, alone, labels)[text_of].tolist()
    return found


def judged(gold: Sequence[Hashable], found: Sequence[Hashable]) -> tuple[Scores, Mistakes]:
    """All figures of one clustering."""
    return score(gold, found), mistakes(contingency(numbered(gold), numbered(found)))
