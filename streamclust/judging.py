"""Suggested pairs before a judge: what was judged before is not asked again, and the budget is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from streamclust.claims import fingerprint, normalise
from streamclust.ports import Judge, Verdict

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
        asked: questions so far; of a judge that does not answer all, those it answered.
        spent: tokens so far, of answers that came.
        nonsense: answers that were none, and decide nothing.
    """

    pairs: int
    tokens: int
    asked: int = 0
    spent: int = 0
    nonsense: int = 0

    def take(self, cost: int) -> bool:
        """Set one question of at most so many tokens aside, if it is within the budget."""
        if self.asked >= self.pairs or self.spent + cost > self.tokens:
            return False
        self.asked += 1
        self.spent += cost
        return True

    def give_back(self, costs: Sequence[int]) -> None:
        """Questions that were set aside and got no answer."""
        self.asked -= len(costs)
        self.spent -= sum(costs)


def deliberate(
    questions: Sequence[Question], judge: Judge, cache: MutableMapping[str, str], budget: Budget, *, batch: int = 16
) -> Iterator[Judged]:
    """Answers: those judged before first, then in the order of the questions, until the budget is used up.

    Args:
        questions: the most pressing first.
        judge: see the port.
        cache: answers by `key_of`; written to as answers come. Nonsense is not kept: the next try may do better.
        budget: what is used is added to it.
        batch: questions put to the judge at a time.

    Raises:
        JudgeUnavailable: the judge does not answer; all that it did say has been given.
    """
    keys = [key_of(question, judge.name) for question in questions]
    yield from (Judged(number, cache[key], True) for number, key in enumerate(keys) if key in cache)
    open_ones = [number for number, key in enumerate(keys) if key not in cache]
    for start in range(0, len(open_ones), batch):
        wanted = open_ones[start : start + batch]
        affordable = _affordable(wanted, questions, judge, budget)
        verdicts = judge.judge([questions[number] for number in affordable])
        for number, verdict in _heard(affordable, verdicts, budget):
            if not verdict.nonsense:
                cache[keys[number]] = verdict.answer
            yield Judged(number, UNREADABLE if verdict.nonsense else verdict.answer, False)
        if len(affordable) < len(wanted):
            return


def _affordable(numbers: Sequence[int], questions: Sequence[Question], judge: Judge, budget: Budget) -> dict[int, int]:
    """What is set aside for each question, up to the first that is too dear."""
    costs: dict[int, int] = {}
    for number in numbers:
        cost = judge.cost(questions[number])
        if not budget.take(cost):
            break
        costs[number] = cost
    return costs


def _heard(costs: Mapping[int, int], verdicts: Iterator[Verdict | None], budget: Budget) -> Iterator[tuple[int, Verdict]]:
    """The verdicts there are, by question, each on the bill; what got none is given back."""
    waiting = dict(costs)
    try:
        for (number, cost), verdict in zip(costs.items(), verdicts, strict=True):
            if verdict is not None:
                del waiting[number]
                budget.spent += verdict.tokens - cost
                budget.nonsense += verdict.nonsense
                yield number, verdict
    finally:
        budget.give_back(list(waiting.values()))


def key_of(question: Question, judge: str) -> str:
    """Under which a verdict is kept: the same for the same texts, in either order, before the same judge.

    >>> key_of(("a dam", "a bridge"), "ann") == key_of(("A bridge", "a dam"), "ann") != key_of(("a dam", "a bridge"), "bob")
    True
    """
    one, other = sorted(fingerprint(normalise(text)) for text in question)
    return hashlib.blake2b(f"{judge}/{one:x}/{other:x}".encode(), digest_size=16).hexdigest()
