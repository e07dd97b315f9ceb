"""One line on standard error that says how far a command is: rewritten in place on a terminal, now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click

_ON_TERMINAL, _ELSEWHERE = 0.2, 5.0


class ProgressLine:
    """Say as often as you like; it is shown a few times a second at most."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._every = _ON_TERMINAL if self._terminal else _ELSEWHERE
        self._shown_at = time.monotonic() - (self._every if self._terminal else 0.0)

    def say(self, line: Callable[[], str]) -> None:
        """This is how far it is."""
        now = time.monotonic()
        if now - self._shown_at >= self._every:
            self._shown_at = now
            click.echo(f"\r\x1b[K{line()}" if self._terminal else line(), err=True, nl=not self._terminal)

    def clear(self) -> None:
        """Make way for something that stays."""
        if self._terminal:
            click.echo("\r\x1b[K", err=True, nl=False)
