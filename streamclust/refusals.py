"""A server's own words in a message to a person: one short line, and never what was sent to it."""

from __future__ import annotations

import json
from collections.abc import Iterator

_SHOWN = 200
_SPAN = 12
"""So many characters in a row of a text are a piece of it."""
_KEY_SPAN = 6
_REPEATS = "its message repeats what was sent, and is not shown"


def quoted(message: str, key: str | None, *texts: str) -> str:
    """The beginning of a server's message, in quotes; without it where a piece of the key or of a text is in it.

    >>> quoted("no such" + chr(10) + "model", "k3y"), quoted("", None)
    ('“no such model”', '')
    >>> quoted("cannot read: the dam has burst", None, "The dam has burst!")
    'its message repeats what was sent, and is not shown'
    """
    line = _one_line(message)
    seen = _bare(line[: _SHOWN + _SPAN])
    if any(piece in seen for piece in _pieces(key, texts)):
        return _REPEATS
    if len(line) > _SHOWN:
        line = f"{line[: _SHOWN - 1]}…"
    return line and f"“{line}”"


def _pieces(key: str | None, texts: tuple[str, ...]) -> Iterator[str]:
    """Those of the texts also as JSON would escape them."""
    yield from _spans(key or "", _KEY_SPAN)
    for text in texts:
        yield from _spans(text, _SPAN)
        if not text.isascii():
            yield from _spans(json.dumps(text)[1:-1], _SPAN)


def _spans(text: str, length: int) -> Iterator[str]:
    """All runs of so many characters; a shorter text as a whole."""
    bare = _bare(_one_line(text))
    if bare:
        yield from (bare[start : start + length] for start in range(max(1, len(bare) - length + 1)))


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _bare(line: str) -> str:
    """As it is whatever was escaped, however often."""
    return line.replace("\\", "").casefold()
