"""Words of a text, and how much each tells: inverse document frequency learned from the stream."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import regex

_PLAIN_WORD = re.compile(r"\w{1,64}")  # what is longer is no word, and would fill tables and screens
_WORD = regex.compile(r"[\w\p{M}]{1,64}")  # the vowel signs of Hindi, Thai or Arabic are marks, which `re` takes for gaps
_NOT_WORDS = re.compile(r"@\w+|https?\S*")
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
"""A character of a script that sets no spaces between words."""


def tokens(comparison: str) -> list[str]:
    """Distinct lower-case words in order of first use; scripts without spaces give pairs of characters.

    Mentions are no words. Single letters are dropped, single digits are not.

    >>> tokens("Dam burst: 3 dead, says @desk. Dam!")
    ['dam', 'burst', '3', 'dead', 'says']
    """
    lowered = comparison.lower()
    if "@" in lowered or "http" in lowered:
        lowered = _NOT_WORDS.sub(" ", lowered)
    found = _PLAIN_WORD.findall(lowered) if lowered.isascii() else _WORD.findall(lowered)
    if not comparison.isascii() and UNSPACED.search(comparison):
        found = [part for word in found for part in _split_unspaced(word)]
    return list(dict.fromkeys([w for w in found if len(w) > 1 or w.isdigit() or ord(w) > 0x2E80]))


def _split_unspaced(word: str) -> list[str]:
    if not UNSPACED.search(word) or len(word) == 1:
        return [word]
    return [word[i : i + 2] for i in range(len(word) - 1)]


class Commonness(NamedTuple):
    """How common some words are in the whole stream.

    Args:
        texts: distinct texts so far; 0 where nothing is known.
        texts_with: in how many of them each word stood.
    """

    texts: int = 0
    texts_with: Mapping[str, int] = {}

    def telling(self, word: str) -> float:
        """Its inverse document frequency; 1.0 for every word where nothing is known."""
        return math.log(1.0 + self.texts / (self.texts_with.get(word, 0) + 1)) if self.texts else 1.0


class WordStatistics:
    """In how many distinct texts each word stood so far, bounded.

    When the table is full every count is halved and words at zero are forgotten, as in lossy counting
    (Manku and Motwani, VLDB 2002); rare words of long ago go first.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._texts_with: dict[str, int] = {}
        self._changed: dict[str, float] = {}
        self.texts = 0

    def weigh(self, words: Iterable[str]) -> dict[str, float]:
        """Count one text's words and give their weights.

        Args:
            words: distinct words; their order is kept.

        Returns:
            `log(1 + N / (n_w + 1))` per word over the N texts so far (this one included in N alone),
            scaled to unit length. Empty for no words.
        """
        self.texts += 1
        texts, texts_with, log = self.texts + 1, self._texts_with, math.log
        weights: dict[str, float] = {}
        square = 0.0
        for word in words:
            seen = texts_with.get(word, 0) + 1
            texts_with[word] = seen
            weights[word] = weight = log(1.0 + texts / seen)
            square += weight * weight
        self._changed.update(weights)
        if len(texts_with) > self._limit:
            self._halve()
        return _to_unit_length(weights, square)

    def peek(self, words: Iterable[str]) -> dict[str, float]:
        """The weights `weigh` would give these words now; nothing is counted."""
        weights = {word: math.log(1.0 + (self.texts + 2) / (self._texts_with.get(word, 0) + 1)) for word in words}
        return _to_unit_length(weights, sum(weight * weight for weight in weights.values()))

    def commonness(self) -> Commonness:
        """As it stands; it goes on changing with these statistics."""
        return Commonness(self.texts, self._texts_with)

    def _halve(self) -> None:
        self._changed = {**self._changed, **self._texts_with}
        self._texts_with = {word: half for word, n in self._texts_with.items() if (half := n // 2)}
        self.texts //= 2

    def take_changes(self) -> dict[str, int]:
        """New counts of the words that changed since the last call; 0 for forgotten ones."""
        changed, self._changed = self._changed, {}
        return {word: self._texts_with.get(word, 0) for word in changed}

    def restore(self, counts: Mapping[str, int], texts: int) -> None:
        """Go on from saved values."""
        self._texts_with = dict(counts)
        self.texts = texts


def _to_unit_length(weights: Mapping[str, float], square: float) -> dict[str, float]:
    length = math.sqrt(square) or 1.0
    return {word: weight / length for word, weight in weights.items()}
