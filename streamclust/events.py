"""What happened to claims and clusters, in the past tense, and the CloudEvents 1.0 envelope each travels in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, ClassVar

from streamclust.claims import Origin

SOURCE = "streamclust"
MILESTONES = tuple(digit * 10**power for power in range(9) for digit in (1, 2, 5))[1:]
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://streamclust.io/events")


@dataclass(slots=True, kw_only=True)
class Event:
    """Base of all events. Read, do not change; they are not frozen only because that makes one three times as dear.

    Args:
        cluster_id: the cluster it happened to.
        at: event time in seconds since 1970 UTC; 0.0 where the stream has no times.
        origin: the record that caused it; None for what upkeep did.
        version: the cluster's version after it.
    """

    type: ClassVar[str]

    cluster_id: str
    at: float
    version: int
    origin: Origin | None = None

    def what(self) -> str:
        """What makes this event itself and no other, whenever it is computed again."""
        return self.cluster_id


@dataclass(slots=True, kw_only=True)
class ClusterFounded(Event):
    """A claim was unlike every live cluster and founded its own."""

    type: ClassVar[str] = "io.streamclust.cluster.founded.v1"

    claim_id: str
    text: str


@dataclass(slots=True, kw_only=True)
class ClaimAssigned(Event):
    """A claim became a member.

    Args:
        rule: `founded`, `linked` or `copy`.
        score: link score of the chosen cluster, 0 to about 1; 1.0 for a copy, 0.0 for the founder.
        size: claims in the cluster after it.
    """

    type: ClassVar[str] = "io.streamclust.claim.assigned.v1"

    claim_id: str
    rule: str
    score: float
    size: int

    def what(self) -> str:
        return self.claim_id


@dataclass(slots=True, kw_only=True)
class ClusterGrew(Event):
    """A cluster reached a milestone of 2, 5, 10, 20, 50, … claims."""

    type: ClassVar[str] = "io.streamclust.cluster.grew.v1"

    milestone: int
    authors: int
    sources: int
    distinct: int
    text: str

    def what(self) -> str:
        return f"{self.cluster_id}/{self.milestone}"


@dataclass(slots=True, kw_only=True)
class ClustersMerged(Event):
    """Two clusters turned out to be one; `absorbed_id` redirects to `cluster_id` for ever."""

    type: ClassVar[str] = "io.streamclust.cluster.merged.v1"

    absorbed_id: str
    score: float
    size: int

    def what(self) -> str:
        return f"{self.cluster_id}/{self.absorbed_id}"


@dataclass(slots=True, kw_only=True)
class ClusterRetired(Event):
    """A cluster takes no more claims.

    Args:
        reason: `quiet` (nothing for the window) or `capacity` (the longest quiet gave way to new ones).
    """

    type: ClassVar[str] = "io.streamclust.cluster.retired.v1"

    reason: str
    size: int


ALL = (ClusterFounded, ClaimAssigned, ClusterGrew, ClustersMerged, ClusterRetired)
_OWN_FIELDS: dict[type[Event], tuple[str, ...]] = {
    kind: tuple(f.name for f in fields(kind) if f.name not in ("at", "origin")) for kind in ALL
}


def event_id(event: Event) -> str:
    """UUIDv5 of what happened: the same for every replay of the same log."""
    return str(uuid.uuid5(_NAMESPACE, f"{event.type}/{event.what()}"))


def cloud_event(event: Event, *, params: str, encoder: str) -> dict[str, Any]:
    """The structured CloudEvents 1.0 form.

    Args:
        event: what happened.
        params: fingerprint of the params in force.
        encoder: fingerprint of the encoder in force.
    """
    data: dict[str, Any] = {name: getattr(event, name) for name in _OWN_FIELDS[type(event)]}
    if event.origin is not None:
        data["cause"] = {"stream": event.origin.stream, "partition": event.origin.partition, "offset": event.origin.offset}
    data["params"] = params
    data["encoder"] = encoder
    envelope = {
        "specversion": "1.0",
        "id": event_id(event),
        "source": SOURCE,
        "type": event.type,
        "subject": f"cluster/{event.cluster_id}",
        "datacontenttype": "application/json",
        "data": data,
    }
    if event.at:
        envelope["time"] = isoformat(event.at)
    return envelope


def isoformat(seconds: float) -> str:
    """RFC 3339 in UTC, milliseconds only where there are any.

    >>> isoformat(1456833600.0)
    '2016-03-01T12:00:00Z'
    """
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")
