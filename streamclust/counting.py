"""Numbers and what is counted, as they are said."""

from __future__ import annotations


def counted(number: int, noun: str, nouns: str = "") -> str:
    """A number with its noun.

    Args:
        nouns: the plural, where it is not the noun and an s.

    >>> counted(1, "claim"), counted(0, "claim"), counted(6000, "claim")
    ('1 claim', '0 claims', '6000 claims')
    >>> counted(2, "copy", "copies")
    '2 copies'
    """
    return f"{number} {_said(number, noun, nouns)}"


def column(number: int, noun: str, width: int = 7, nouns: str = "") -> str:
    """The same for a line in a list: numbers end and nouns begin below each other.

    >>> [column(number, "claim", 3) for number in (1, 20)]
    ['  1 claim ', ' 20 claims']
    >>> [column(number, "copy", 2, "copies") for number in (1, 2)]
    [' 1 copy  ', ' 2 copies']
    """
    widest = max(len(_said(some, noun, nouns)) for some in (1, 2))
    return f"{number:>{width}} {_said(number, noun, nouns):<{widest}}"


def _said(number: int, noun: str, nouns: str) -> str:
    return noun if number == 1 else nouns or noun + "s"
