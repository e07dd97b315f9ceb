"""A claim's text in one line of a list."""

from __future__ import annotations

from streamclust.claims import normalise

_MOST = 90


def one_line(text: str, most: int = _MOST) -> str:
    """At most so many characters, safe to print; what is cut ends in “…”, after a word where there is one to cut after.

    >>> one_line("The valley is flooding"), one_line("The valley is flooding", 16), one_line("a" * 20, 8)
    ('The valley is flooding', 'The valley is…', 'aaaaaaa…')
    """
    text = normalise(text)
    if len(text) <= most:
        return text
    end = text.rfind(" ", most // 2, most)
    return text[: end if end > 0 else most - 1].rstrip() + "…"
