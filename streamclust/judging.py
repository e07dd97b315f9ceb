"""Suggested pairs before a judge: what was judged before is not asked again, and the budget is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from streamclust.claims import fingerprint, normalise
from streamclust.ports import Judge, Unanswered, Verdict

Question = tuple[str, str]
"""Two texts: do they make the same claim?"""
UNREADABLE = "unreadable"


class Judged(NamedTuple):
    """What a judge says of one question.

    Args:
        number: of the question, from 0.
        answer: `same`, `different` or `unsure`; `UNREADABLE` where what came was none of them.
        cached: whether it was judged before.
    """

    number: int
    answer: str
    cached: bool


@dataclass(slots=True)
class Budget:
    """How much may be asked, and how much was.

    Args:
        pairs: questions at most; those judged before are free.
        tokens: tokens at most, for judges that count any.
        asked: questions sent so far, each as often as it was sent.
        spent: tokens so far; a try that got no answer counts as was set aside for it.
        dearest: tokens of the dearest answer so far.
        nonsense: answers that were none, and decide nothing.
    """

    pairs: int
    tokens: int
    asked: int = 0
    spent: int = 0
    dearest: int = 0
    nonsense: int = 0

    def take(self, cost: int) -> bool:
        """Set one question of so many tokens aside, if it is within the budget."""
        if self.asked >= self.pairs or self.spent + cost > self.tokens:
            return False
        self.asked += 1
        self.spent += cost
        return True

    def settle(self, cost: int, came: Verdict | Unanswered) -> None:
        """Put what became of a question in place of what was set aside for it."""
        self.asked += came.tries - 1
        self.spent += (came.tries - 1) * cost
        if isinstance(came, Verdict):
            self.spent += came.tokens - cost
            self.dearest = max(self.dearest, came.tokens)
            self.nonsense += came.nonsense


def deliberate(
    questions: Sequence[Question], judge: Judge, cache: MutableMapping[str, str], budget: Budget, *, batch: int = 4
) -> Iterator[Judged]:
    """Answers: those judged before first, then in the order of the questions, until the budget is used up.

    Args:
        questions: the most pressing first.
        judge: see the port.
        cache: answers by `key_of`; written to as answers come. Nonsense is not kept: the next try may do better.
        budget: what is used is added to it.
        batch: questions put to the judge at a time, and so what may pass the budget where an answer takes more than any before. The first
            is put alone: nobody knows yet what an answer takes.

    Raises:
        JudgeUnavailable: the judge does not answer; all that it did say has been given.
    """
    name = f"{judge.name}#{judge.version}" if judge.version else judge.name
    keys = [key_of(question, name) for question in questions]
    yield from (Judged(number, cache[key], True) for number, key in enumerate(keys) if key in cache)
    open_ones = [number for number, key in enumerate(keys) if key not in cache]
    for wanted in _portions(open_ones, batch):
        affordable = _affordable(wanted, questions, judge, budget)
        verdicts = judge.judge([questions[number] for number in affordable])
        for number, verdict in _heard(affordable, verdicts, budget):
            if not verdict.nonsense:
                cache[keys[number]] = verdict.answer
            yield Judged(number, UNREADABLE if verdict.nonsense else verdict.answer, False)
        if len(affordable) < len(wanted):
            return


def _portions(numbers: Sequence[int], batch: int) -> Iterator[Sequence[int]]:
    """The first alone, then so many at a time."""
    if numbers:
        yield numbers[:1]
    for start in range(1, len(numbers), batch):
        yield numbers[start : start + batch]


def _affordable(numbers: Sequence[int], questions: Sequence[Question], judge: Judge, budget: Budget) -> dict[int, int]:
    """What is set aside for each question, up to the first that is too dear."""
    costs: dict[int, int] = {}
    for number in numbers:
        cost = max(judge.cost(questions[number]), budget.dearest)
        if not budget.take(cost):
            break
        costs[number] = cost
    return costs


def _heard(costs: Mapping[int, int], verdicts: Iterator[Verdict | Unanswered], budget: Budget) -> Iterator[tuple[int, Verdict]]:
    """The verdicts there are, by question; all that was sent is on the bill."""
    for (number, cost), came in zip(costs.items(), verdicts, strict=True):
        budget.settle(cost, came)
        if isinstance(came, Verdict):
            yield number, came


def key_of(question: Question, judge: str) -> str:
    """Under which a verdict is kept: the same for the same texts, in either order, before the same judge.

    >>> key_of(("a dam", "a bridge"), "ann") == key_of(("A bridge", "a dam"), "ann") != key_of(("a dam", "a bridge"), "bob")
    True
    """
    one, other = sorted(fingerprint(normalise(text)) for text in question)
    return hashlib.blake2b(f"{judge}/{one:x}/{other:x}".encode(), digest_size=16).hexdigest()
