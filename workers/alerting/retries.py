"""What an answer of a receiver means: taken, later, never, or never again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from workers.alerting.posting import Answer
from workers.alerting.receivers import Receiver

_LONGEST_ASKED = 3600.0
_GONE = 410
_PASSING = (408, 409, 425, 429)
_TRIES_IF_REFUSED = 5

Jitter = Callable[[], float]
"""A number from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The receiver has it."""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now.

    Args:
        seconds: until the next try.
        why: in words.
    """

    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """This message is never taken; the next may be."""

    why: str


@dataclass(frozen=True, slots=True)
class Disabled:
    """The receiver is gone for good."""

    why: str


Outcome = Taken | Later | Dropped | Disabled


def outcome(answer: Answer | str, receiver: Receiver, *, failures: int, age: float, now: float, jitter: Jitter) -> Outcome:
    """What came of a try.

    Args:
        answer: what the receiver said, or why it said nothing.
        receiver: its patience.
        failures: tries of this message that came to nothing before this one.
        age: seconds since the message was made.
        now: seconds since 1970.
        jitter: spreads the pauses.
    """
    if isinstance(answer, Answer):
        if 200 <= answer.status < 300:
            return Taken()
        if answer.status == _GONE and receiver.kind != "alertmanager":
            return Disabled("it answered 410 Gone")
        if _refused(answer.status) and failures + 1 >= _TRIES_IF_REFUSED:
            return Dropped(f"it answered {answer.status} {_TRIES_IF_REFUSED} times")
    why = f"it answered {answer.status}" if isinstance(answer, Answer) else answer
    if age >= receiver.give_up:
        return Dropped(f"not taken for {age:.0f} s: {why}")
    return Later(max(_pause(receiver, failures, jitter), _asked_for(answer, now)), why)


def _refused(status: int) -> bool:
    """Whether the message itself is not liked."""
    return 400 <= status < 500 and status not in _PASSING


def _pause(receiver: Receiver, failures: int, jitter: Jitter) -> float:
    longest = min(receiver.retry_first * 2.0 ** min(failures, 40), receiver.retry_longest)
    return longest * (0.5 + 0.5 * jitter())


def _asked_for(answer: Answer | str, now: float) -> float:
    """Seconds the receiver asked for, an hour at most."""
    text = answer.retry_after.strip() if isinstance(answer, Answer) else ""
    if text.isascii() and text.isdecimal():
        return min(float(text[:9]), _LONGEST_ASKED)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at.timestamp() - now, 0.0), _LONGEST_ASKED)
