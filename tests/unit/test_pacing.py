"""A replay keeps the distances between posts, shortened, by a clock that is given to it."""

from __future__ import annotations

import pytest
from click import BadParameter

from workers.cli.pacing import Pace, SpeedType, Window
from workers.cli.replay import Post, Replay
from workers.cli.run import Stop


class Clock:
    """Moves when somebody sleeps, and a little at each send."""

    def __init__(self, cost: float = 0.0) -> None:
        self.now = 0.0
        self.cost = cost
        self.sent: list[tuple[bytes, float]] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def send(self, posts: list[Post]) -> None:
        self.now += self.cost
        self.sent += [(post.value, round(self.now, 6)) for post in posts]


def post(name: bytes, at: float | None) -> Post:
    return Post(at, None, name)


def replayed(
    clock: Clock, posts: list[Post], *, speed: float | None = 60.0, limit: int | None = None, window: Window | None = None
) -> Replay:
    work = Replay(clock.send, Pace(speed, clock), window or Window(None, None), Stop(), limit, clock.sleep)
    work.run(iter([posts[:2], posts[2:]]))
    return work


POSTS = [post(b"a", 0.0), post(b"b", 600.0), post(b"untimed", None), post(b"late", 300.0), post(b"c", 1200.0)]


def test_distances_are_kept_and_shortened() -> None:
    clock = Clock()
    replayed(clock, POSTS)
    assert clock.sent == [(b"a", 0.0), (b"b", 10.0), (b"untimed", 10.0), (b"late", 10.0), (b"c", 20.0)]


def test_sending_that_takes_time_is_caught_up() -> None:
    clock = Clock(cost=3.0)
    replayed(clock, POSTS)
    assert [at for _, at in clock.sent] == [3.0, 13.0, 16.0, 16.0, 23.0]


def test_without_pauses_nothing_waits() -> None:
    clock = Clock()
    replayed(clock, POSTS, speed=None)
    assert {at for _, at in clock.sent} == {0.0}


def test_a_limit_counts_what_is_sent() -> None:
    clock = Clock()
    work = replayed(clock, POSTS, limit=2, window=Window(300.0, None))
    assert ([name for name, _ in clock.sent], work.tally.passed_over) == ([b"b", b"untimed"], 1)


def test_being_asked_to_stop_ends_a_wait() -> None:
    clock, stop = Clock(), Stop()

    def nap(seconds: float) -> None:
        clock.sleep(seconds)
        stop.asked = clock.now > 2.0

    work = Replay(clock.send, Pace(1.0, clock), Window(None, None), stop, None, nap)
    work.run(iter([POSTS]))
    assert ([name for name, _ in clock.sent], work.tally.stopped, work.tally.at) == ([b"a"], True, 0.0)


@pytest.mark.parametrize("text", ["0", "-1x", "fast", "nan", "inf", ""])
def test_a_speed_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadParameter, match="no speed"):
        SpeedType().convert(text, None, None)


def test_speeds_are_factors() -> None:
    assert [SpeedType().convert(text, None, None) for text in ("60x", "0.5X", "2", "max")] == [60.0, 0.5, 2.0, None]
