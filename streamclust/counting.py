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
    return f"{number} {noun if number == 1 else nouns or noun + 's'}"
