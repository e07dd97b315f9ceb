"""Commands as whoever started this one can type them."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence

from workers.states import DEFAULT_STATE, shown

_NAME = "streamclust"


def typed(*words: str, state: str = DEFAULT_STATE) -> str:
    """A command of ours by its words, on a state; the state is named where it is not the one that is taken anyway.

    A password stays out of it, and a word behind the command says so.
    """
    return _command(words, state) + _missing(state)


def told(*words: str, state: str = DEFAULT_STATE) -> str:
    """The same within a sentence."""
    return f"`{_command(words, state)}`{_missing(state)}"


def _command(words: Sequence[str], state: str) -> str:
    where = () if state == DEFAULT_STATE else ("--state", shown(state))
    return f"{program()} {shlex.join([*words, *where])}"


def _missing(state: str) -> str:
    return "" if shown(state) == state else " (with your password for ***)"


def program() -> str:
    """What to type for `streamclust`: its name where that is found and is the one that runs, else the path it was started by."""
    started = sys.argv[0]
    found = shutil.which(_NAME)
    if os.path.basename(started) != _NAME or (found is not None and _same(found, started)):
        return _NAME
    return shlex.quote(started)


def _same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
