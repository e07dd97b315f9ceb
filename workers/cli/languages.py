"""Whether a stream is in several languages, as far as can be told at a glance."""

from __future__ import annotations

import re

from streamclust.claims import Claim

_LEAST_SHARE = 0.2
_FOREIGN_LETTERS = 0.2
_LANGUAGE = re.compile(r"[^a-z]")
"""What comes between a language and its region: `en-GB`, `en_GB`, `English (UK)`."""
_NOT_FOREIGN = ("en", "eng", "english", "und")


class Languages:
    """Counts claims that are not English: by their language where it is said, by their letters where it is not."""

    def __init__(self) -> None:
        self._claims = self._foreign = 0

    def add(self, claim: Claim) -> None:
        """Count one."""
        self._claims += 1
        self._foreign += _is_foreign(claim)

    @property
    def hint(self) -> str:
        """What to say of a model that knows English only; empty where less than a fifth is in others."""
        if not self._claims or self._foreign < _LEAST_SHARE * self._claims:
            return ""
        share = self._foreign / self._claims
        return f"{share:.0%} of the posts are not English, and the built-in model is: try --model multilingual."


def _is_foreign(claim: Claim) -> bool:
    if claim.lang:
        return _LANGUAGE.split(claim.lang.strip().lower(), maxsplit=1)[0] not in _NOT_FOREIGN
    letters = [letter for letter in claim.text if letter.isalpha()]
    return sum(not letter.isascii() for letter in letters) > _FOREIGN_LETTERS * len(letters)
