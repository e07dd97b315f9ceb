"""What a person is told of claims whose times run ahead of the stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamclust.claims import EmbeddedClaim, isoformat
from streamclust.counting import counted
from streamclust.events import ClaimAssigned, Event


@dataclass(slots=True)
class Ahead:
    """Claims whose times ran further ahead of the stream than they may.

    Attributes:
        claims: so many.
        first: the first one and its time, as it may be shown.
    """

    claims: int = 0
    first: str = ""

    def count(self, events: Sequence[Event], batch: Sequence[EmbeddedClaim]) -> None:
        """Those among a batch."""
        times = {e.claim.id: e.claim.created_at for e in reversed(batch)}  # of an id that comes twice the first is taken
        for event in events:
            if isinstance(event, ClaimAssigned) and event.at < (times.get(event.claim_id) or 0.0):
                self.claims += 1
                self.first = self.first or f"{event.claim_id} at {isoformat(times[event.claim_id] or 0.0)}"

    def line(self, max_skew: float) -> str:
        """For a person."""
        posts, most = counted(self.claims, "post"), _span(max_skew)
        return f"{posts} had times more than {most} ahead of the posts before (max_skew), e.g. {self.first}; they count as {most} ahead."


def _span(seconds: float) -> str:
    return f"{seconds / 3600:g} h" if seconds >= 3600 else f"{seconds / 60:g} min" if seconds >= 60 else f"{seconds:g} s"
