"""Suggested pairs before a judge: what was judged before is not asked again, and the budget is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from streamclust.claims import fingerprint, normalise
from streamclust.errors import JudgeUnavailable
from streamclust.ports import Judge

Question = tuple[str, str]
"""Two texts: do they make the same claim?"""


class Judged(NamedTuple):
    """What a judge says of one question.

    Args:
        number: of the question, from 0.
        answer: `same`, `different` or `unsure`.
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
        asked: questions so far; of a judge that fell silent, those it answered.
        spent: tokens so far.
        nonsense: answers that were none, and count as `unsure`.
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
        JudgeUnavailable: the judge does not answer; what it said before that has been given.
    """
    keys = [key_of(question, judge.name) for question in questions]
    yield from (Judged(number, cache[key], True) for number, key in enumerate(keys) if key in cache)
    open_ones = [number for number, key in enumerate(keys) if key not in cache]
    for start in range(0, len(open_ones), batch):
        affordable: list[tuple[int, int]] = []
        for number in open_ones[start : start + batch]:
            cost = judge.cost(questions[number])
            if not budget.take(cost):
                break
            affordable.append((number, cost))
        verdicts = judge.judge([questions[number] for number, _ in affordable])
        answered = 0
        try:
            for (number, cost), verdict in zip(affordable, verdicts, strict=True):
                answered += 1
                budget.spent += verdict.tokens - cost
                budget.nonsense += verdict.nonsense
                if not verdict.nonsense:
                    cache[keys[number]] = verdict.answer
                yield Judged(number, verdict.answer, False)
        except JudgeUnavailable:
            budget.give_back([cost for _, cost in affordable[answered:]])
            raise
        if len(affordable) < len(open_ones[start : start + batch]):
            return


def key_of(question: Question, judge: str) -> str:
    """Under which a verdict is kept: the same for the same texts, in either order, before the same judge.

    >>> key_of(("a dam", "a bridge"), "ann") == key_of(("A bridge", "a dam"), "ann") != key_of(("a dam", "a bridge"), "bob")
    True
    """
    one, other = sorted(fingerprint(normalise(text)) for text in question)
    return hashlib.blake2b(f"{judge}/{one:x}/{other:x}".encode(), digest_size=16).hexdigest()
