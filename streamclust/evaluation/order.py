"""In which order a labelled stream is played."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Literal

from streamclust.claims import Claim
from streamclust.errors import InputUnreadable, InvalidParams

FILE_ORDER = "file order, one pass"


@dataclass(frozen=True, slots=True)
class Order:
    """How to put claims in order.

    Args:
        kind: as in the file, by time, or at random.
        seed: of the shuffle.

    >>> str(Order.parse("shuffled:7"))
    'shuffled with seed 7, one pass'
    """

    kind: Literal["file", "time", "shuffled"] = "file"
    seed: int = 0

    @classmethod
    def parse(cls, text: str) -> Order:
        """From `file`, `time` or `shuffled:SEED`.

        Raises:
            InvalidParams: none of these.
        """
        kind, _, seed = text.partition(":")
        if text == "file":
            return cls("file")
        if text == "time":
            return cls("time")
        if kind == "shuffled" and seed.isdecimal():
            return cls("shuffled", int(seed))
        raise InvalidParams(f"--order is file, time or shuffled:SEED (a whole number), not {text!r}")

    def of(self, claims: Iterable[Claim]) -> Iterable[Claim]:
        """The claims in this order; those of equal time stay as they were.

        Raises:
            InputUnreadable: by time, and some have none.
        """
        if self.kind == "file":
            return claims
        held = list(claims)
        if self.kind == "shuffled":
            Random(self.seed).shuffle(held)
            return held
        without = sum(claim.created_at is None for claim in held)
        if without:
            raise InputUnreadable(f"{without} of {len(held)} records have no time to order them by; take --order file or shuffled:SEED")
        return sorted(held, key=lambda claim: claim.created_at or 0.0)

    def __str__(self) -> str:
        words = {"file": FILE_ORDER, "time": "order of time, one pass"}
        return words.get(self.kind, f"shuffled with seed {self.seed}, one pass")
