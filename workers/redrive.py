"""Which dead letters have been sent back, as the redrive group remembers it beside its offset; and how often a letter has been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from streamclust.errors import StreamclustError
from streamclust.ports import DeadLetter
from workers.offsets import Mark
from workers.topics import Headers, Message

ROLE = "redrive"
TIMES = "dlq.redriven"
MOST = 3
_SINGLES = 200
"""Offsets remembered one by one: a broker keeps 4 kB beside an offset."""


class TooManySingles(StreamclustError):
    """More letters were picked one by one than can be remembered."""


@dataclass(slots=True)
class Redriven:
    """What was sent back of one partition of the dead letters.

    Args:
        before: all before this offset are done with, but those in `left`.
        reasons: all of a reason before its offset are done with, but those in `left`.
        singles: done with, one by one.
        left: passed over because they had come back too often.

    >>> done = Redriven()
    >>> done.went_through(10, "no_text")
    >>> done.sent(12)
    >>> [done.has(offset, "no_text") for offset in (9, 10, 12)], done.has(9, "not_json")
    ([True, False, True], False)
    """

    before: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    singles: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)

    def has(self, offset: int, reason: str) -> bool:
        """Whether this letter is done with."""
        if offset in self.left:
            return False
        return offset < max(self.before, self.reasons.get(reason, 0)) or offset in self.singles

    def sent(self, offset: int) -> None:
        """This one was sent."""
        self.left.discard(offset)
        if offset >= self.before:
            self.singles.add(offset)

    def went_through(self, end: int, reason: str | None) -> None:
        """All before `end`, or all of one reason, were sent or passed over."""
        if reason is None:
            self.before = max(self.before, end)
        else:
            self.reasons[reason] = max(self.reasons.get(reason, 0), end)
        self.singles = {offset for offset in self.singles if offset >= self.before}
        self.reasons = {name: offset for name, offset in self.reasons.items() if offset > self.before}

    @property
    def start(self) -> int:
        """No letter before this one is left to be sent."""
        return min([self.before, *self.left])

    def mark(self) -> Mark:
        """To be committed.

        Raises:
            TooManySingles: it does not fit beside an offset.
        """
        if len(self.singles) > _SINGLES:
            raise TooManySingles(
                f"{len(self.singles)} letters were picked one by one, {_SINGLES} can be remembered; send the others with --reason or --all"
            )
        left = sorted(self.left)[-_SINGLES // 2 :]
        return Mark(self.before, orjson.dumps({"reasons": self.reasons, "singles": sorted(self.singles), "left": left}).decode())

    @classmethod
    def read(cls, mark: Mark | None) -> Redriven:
        """From what was committed; a note of somebody else's is passed over."""
        if mark is None:
            return cls()
        try:
            note = orjson.loads(mark.note or b"{}")
            return cls(mark.offset, dict(note.get("reasons", {})), set(note.get("singles", ())), set(note.get("left", ())))
        except (orjson.JSONDecodeError, AttributeError):
            return cls(mark.offset)


def times(headers: Sequence[tuple[str, bytes]]) -> int:
    """How often a record was sent back before."""
    said = dict(headers).get(TIMES, b"")
    return int(said) if said.isdigit() else 0


def returned(letter: DeadLetter, before: int) -> Message:
    """The letter's record as it came, for the place it came from, with how often it has been sent there by hand."""
    headers: Headers = [*letter.headers, (TIMES, str(before + 1).encode())]
    key = b"" if letter.key is None and letter.raw is None else letter.key  # the client sends nothing that has neither
    return Message(letter.stream, key, letter.raw, headers, letter.partition)
