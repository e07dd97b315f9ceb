"""Two stages at once: the next batch is made while the last one is finished."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")


def relay(items: Iterable[_T], finish: Callable[[_T], None]) -> None:
    """Finish each item in a second thread while the next one is made in this one.

    An item is handed over as soon as it is made and the one before is finished, so that it never waits for the next, and at most
    one is finished while one is made. Making happens in the caller's thread alone, finishing in the other alone, both in order.

    Args:
        items: made by iterating.
        finish: called with each item in turn.

    Raises:
        Whatever came first in the order of items: what `finish` raised (no later item is finished), or what making the next one
        raised (every item before it is finished).
    """
    with ThreadPoolExecutor(max_workers=1) as second:
        running: Future[None] | None = None
        try:
            for item in items:
                if running:
                    running.result()
                running = second.submit(finish, item)
        finally:
            if running:
                running.result()
