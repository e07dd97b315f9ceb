"""When each record of a replay is due."""

from __future__ import annotations

from collections.abc import Callable

import click

Speed = float | None
"""How many times as fast as it was; None for no pauses."""


class Pace:
    """Keeps the distances between the times of records, `speed` times shortened.

    The first record that has a time sets the start. A record without a time follows at once, as does one that is late.

    Args:
        speed: how many times as fast; None for no pauses.
        clock: seconds; the differences count.

    >>> pace = Pace(60.0, clock=lambda: 5.0)
    >>> [pace.wait(at) for at in (1000.0, None, 1060.0, 1030.0, 1600.0)]
    [0.0, 0.0, 1.0, 0.5, 10.0]
    """

    def __init__(self, speed: Speed, clock: Callable[[], float]) -> None:
        self._speed = speed
        self._clock = clock
        self._start: tuple[float, float] | None = None

    def wait(self, created_at: float | None) -> float:
        """Seconds until a record of this time is due."""
        if self._speed is None or created_at is None:
            return 0.0
        now = self._clock()
        if self._start is None:
            self._start = (created_at, now)
        began_at, began = self._start
        return max(began + (created_at - began_at) / self._speed - now, 0.0)


class Window:
    """Which records are wanted: those from a time on, and before another. A record without a time belongs to the one before it.

    >>> window = Window(since=100.0, until=200.0)
    >>> [window.has(at) for at in (None, 50.0, 100.0, None, 199.0, 200.0, None)]
    [False, False, True, True, True, False, False]
    """

    def __init__(self, since: float | None, until: float | None) -> None:
        self._since = since
        self._until = until
        self._inside = since is None

    def has(self, created_at: float | None) -> bool:
        """Whether a record of this time is wanted."""
        if created_at is not None:
            self._inside = (self._since is None or created_at >= self._since) and (self._until is None or created_at < self._until)
        return self._inside


class SpeedType(click.ParamType[Speed]):
    """`60x`, `0.5x`, or `max`."""

    name = "speed"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Speed:
        """The factor, or None for `max`."""
        text = str(value).strip().lower()
        if text == "max":
            return None
        try:
            speed = float(text.removesuffix("x"))
        except ValueError:
            speed = 0.0
        if not 0.0 < speed < float("inf"):
            self.fail(f"{value!r} is no speed; 1x is as fast as it was, 60x a minute in a second, max without pauses", param, ctx)
        return speed


def shown_seconds(seconds: float) -> str:
    """A span of time for a person.

    >>> shown_seconds(0.4), shown_seconds(75), shown_seconds(93_784)
    ('0.4 s', '1 min 15 s', '1 d 2 h')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    for unit, length, smaller, part in (("d", 86_400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit} {int(seconds % length // part)} {smaller}"
    raise AssertionError
