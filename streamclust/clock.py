"""Event time: a watermark that moves on the word of several claims, never of one."""

from __future__ import annotations

from collections import deque
from typing import Any

_WITNESSES = 5
_AGREED = 20


class StreamClock:
    """The stream's own time, from the times of its claims. It never goes back, but once: see below.

    The watermark is the highest median of the last five claim times seen so far, so that one absurd time
    (milliseconds for seconds, a year ahead) moves nothing. A few of them together, from one producer whose dates are wrong,
    move it by `max_skew` each: it goes further at once when the last twenty times all lie further ahead, as after a real pause.
    The first claim has to be taken at its word; when the second is earlier, that word is taken back.

    >>> clock = StreamClock(max_skew=3600.0)
    >>> for at in [1000.0, 1001.0, 1002.0]:
    ...     _ = clock.observe(at)
    >>> clock.observe(9_000_000.0), clock.now
    (4601.0, 1001.0)
    """

    def __init__(self, max_skew: float) -> None:
        self._max_skew = max_skew
        self._recent: deque[float] = deque(maxlen=_WITNESSES)
        self._ahead = 0
        self.now = 0.0

    def observe(self, created_at: float | None) -> float:
        """Take note of one claim's time.

        Args:
            created_at: seconds since 1970, or None where the claim has no time.

        Returns:
            The event time to book it under: its own, at most `max_skew` ahead of the stream; the stream's where it has none.
        """
        if created_at is None:
            return self.now
        full = len(self._recent) == _WITNESSES
        self._ahead = self._ahead + 1 if created_at > self.now + self._max_skew else 0
        self._recent.append(created_at)
        witnesses = sorted(self._recent)
        median = witnesses[(len(witnesses) - 1) // 2] if len(witnesses) > 2 else witnesses[0]
        if len(witnesses) == 2 and self.now == self._recent[0]:
            self.now = witnesses[0]
        if full and self._ahead < _AGREED:
            median = min(median, self.now + self._max_skew)
        self.now = max(self.now, median)
        return min(created_at, self.now + self._max_skew)

    def advance(self, now: float) -> None:
        """Move to `now` on the word of whoever owns a real clock; going back is ignored."""
        self.now = max(self.now, now)

    def state(self) -> dict[str, Any]:
        """Plain values for saving."""
        return {"now": self.now, "recent": list(self._recent), "ahead": self._ahead}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from saved values."""
        self.now, self._ahead = state["now"], state["ahead"]
        self._recent.extend(state["recent"])
