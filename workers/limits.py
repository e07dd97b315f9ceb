"""When bad records are so many that the worker stops: a bad deploy must not send a whole topic to the dead letters."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from streamclust.errors import TooManyDeadLetters
from streamclust.ports import DeadLetter

_WINDOW = 1000


def at_offset(letter: DeadLetter) -> str:
    """Where a record of a topic stands, as Kafka counts."""
    return f"offset {letter.offset} of {letter.stream}"


def as_counted(letter: DeadLetter) -> str:
    """Where a record of a file stands, as people count: from 1."""
    return f"record {letter.offset + 1} of {letter.stream}"


class DeadLetterLimit:
    """Counts good and bad records as they come.

    Args:
        in_a_row: so many bad ones after each other are too many; 0: never.
        share: so large a share among the last 1,000 is too large; 1.0 asks nothing.
        advice: what to do about it, for the error.
        place: says where a bad one stands.

    >>> limit = DeadLetterLimit(in_a_row=2)
    >>> limit.count(None)
    >>> limit.count(DeadLetter(b"?", "not_json", "", "posts", 0, 1))
    >>> limit.count(DeadLetter(b"?", "not_json", "", "posts", 0, 2))
    Traceback (most recent call last):
    streamclust.errors.TooManyDeadLetters: 2 records in a row cannot be read, the last is offset 2 of posts (not_json: ).
    """

    def __init__(self, in_a_row: int, share: float = 1.0, advice: str = "", place: Callable[[DeadLetter], str] = at_offset) -> None:
        self._in_a_row = in_a_row
        self._share = share
        self._advice = advice
        self._place = place
        self._run = 0
        self._recent: deque[bool] = deque(maxlen=_WINDOW)
        self._bad = 0

    def count(self, letter: DeadLetter | None) -> None:
        """One more record, in order: its dead letter, or None for a good one.

        Raises:
            TooManyDeadLetters: this one is one too many.
        """
        bad = letter is not None
        if len(self._recent) == _WINDOW:
            self._bad -= self._recent[0]
        self._recent.append(bad)
        self._bad += bad
        self._run = self._run + 1 if bad else 0
        if letter is None:
            return
        if 0 < self._in_a_row <= self._run:
            raise self._too_many(f"{self._run} records in a row", letter)
        if len(self._recent) == _WINDOW and self._bad > self._share * _WINDOW:
            raise self._too_many(f"{self._bad} of the last {_WINDOW} records", letter)

    def count_all(self, letters: Iterable[DeadLetter | None]) -> None:
        """Several records, in order."""
        for letter in letters:
            self.count(letter)

    def _too_many(self, how_many: str, last: DeadLetter) -> TooManyDeadLetters:
        what = f"{how_many} cannot be read, the last is {self._place(last)} ({last.reason}: {last.detail})."
        return TooManyDeadLetters(f"{what} {self._advice}".strip())
