"""Making and finishing go on at once, each in order; what fails first is what is heard of."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from workers.relay import relay

PATIENCE = 10.0


def failing_at(count: int) -> Iterator[int]:
    yield from range(count)
    raise OSError("the input is gone")


def test_every_item_is_finished_once_in_order() -> None:
    finished: list[int] = []
    relay(range(100), finished.append)
    assert finished == list(range(100))


def test_nothing_to_make_finishes_nothing() -> None:
    relay(iter(()), lambda item: pytest.fail(f"{item} from nowhere"))


def test_the_next_item_is_made_while_the_last_one_is_finished() -> None:
    made = [threading.Event(), threading.Event()]

    def items() -> Iterator[int]:
        for number, event in enumerate(made):
            event.set()
            yield number

    def finish(number: int) -> None:
        assert made[-1].wait(PATIENCE), "nothing is made meanwhile"

    relay(items(), finish)


def test_an_item_does_not_wait_for_the_next_one() -> None:
    finished = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        assert finished.wait(PATIENCE), "kept until the next one was made"

    relay(items(), lambda _: finished.set())


def test_making_stays_in_the_callers_thread_and_finishing_in_one_other() -> None:
    makers, finishers = set(), set()

    def items() -> Iterator[int]:
        for number in range(20):
            makers.add(threading.get_ident())
            yield number

    relay(items(), lambda _: finishers.add(threading.get_ident()))
    assert makers == {threading.get_ident()}
    assert len(finishers) == 1
    assert not makers & finishers


def test_at_most_one_item_is_made_ahead() -> None:
    made: list[int] = []
    ahead: list[int] = []

    def items() -> Iterator[int]:
        for number in range(20):
            made.append(number)
            yield number

    relay(items(), lambda number: ahead.append(made[-1] - number))
    assert max(ahead) <= 1


def test_all_before_a_failure_of_making_is_finished() -> None:
    finished: list[int] = []
    with pytest.raises(OSError, match="the input is gone"):
        relay(failing_at(3), finished.append)
    assert finished == [0, 1, 2]


def test_nothing_after_a_failure_of_finishing_is_finished() -> None:
    finished: list[int] = []

    def finish(number: int) -> None:
        if number == 2:
            raise ValueError("the store is gone")
        finished.append(number)

    with pytest.raises(ValueError, match="the store is gone"):
        relay(range(10), finish)
    assert finished == [0, 1]


def test_of_two_failures_the_one_of_the_earlier_item_is_raised() -> None:
    def finish(number: int) -> None:
        raise ValueError("the store is gone")

    with pytest.raises(ValueError, match="the store is gone"):
        relay(failing_at(1), finish)


def test_no_thread_is_left() -> None:
    before = threading.active_count()
    relay(range(3), lambda _: None)
    with pytest.raises(OSError, match="gone"):
        relay(failing_at(2), lambda _: None)
    assert threading.active_count() == before
