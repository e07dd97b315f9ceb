"""What happened to claims and clusters, in the past tense, and the CloudEvents 1.0 envelope each travels in."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, NotRequired, TypedDict

from streamclust.claims import Origin, isoformat

SOURCE = "streamclust"
STATE_TYPE = "io.streamclust.cluster.state.v1"
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
    """A claim was unlike every live cluster and founded its own.

    Args:
        claim_id: the claim.
        text: what was posted.
    """

    type: ClassVar[str] = "io.streamclust.cluster.founded.v1"

    claim_id: str
    text: str


@dataclass(slots=True, kw_only=True)
class ClaimAssigned(Event):
    """A claim became a member.

    Args:
        claim_id: the claim.
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
    """A cluster reached a milestone of 2, 5, 10, 20, 50, … claims.

    Args:
        milestone: so many claims, copies included.
        authors: different authors.
        sources: different sources.
        distinct: texts, copies not counted.
        text: the claim that stands for it.
    """

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
    """Two clusters turned out to be one; `absorbed_id` redirects to `cluster_id` for ever.

    Args:
        absorbed_id: the cluster that went into the other.
        score: link score of the two.
        size: claims in both together.
        reason: what spoke for it, in a sentence.
    """

    type: ClassVar[str] = "io.streamclust.cluster.merged.v1"

    absorbed_id: str
    score: float
    size: int
    reason: str

    def what(self) -> str:
        return f"{self.cluster_id}/{self.absorbed_id}"


@dataclass(slots=True, kw_only=True)
class ClusterSplit(Event):
    """A cluster turned out to be two. The larger half keeps the id, the other is `new_id` from here on, with the members it took along.

    Args:
        new_id: the half that was split off.
        size: claims left in the cluster.
        new_size: claims in the new one.
        text: the claim that stands for the cluster.
        new_text: the claim that stands for the new one.
        reason: what spoke for it, in a sentence.
    """

    type: ClassVar[str] = "io.streamclust.cluster.split.v1"

    new_id: str
    size: int
    new_size: int
    text: str
    new_text: str
    reason: str

    def what(self) -> str:
        return f"{self.cluster_id}/{self.new_id}"


@dataclass(slots=True, kw_only=True)
class ClusterRetired(Event):
    """A cluster has fallen silent. It takes no more claims unless one brings it back (`ClusterRevived`).

    Args:
        reason: `quiet` (nothing for the window) or `capacity` (the longest quiet gave way to new ones).
        size: claims in it.
        times: how often it has retired by now.
    """

    type: ClassVar[str] = "io.streamclust.cluster.retired.v1"

    reason: str
    size: int
    times: int

    def what(self) -> str:
        return f"{self.cluster_id}/{self.times}"


@dataclass(slots=True, kw_only=True)
class ClusterRevived(Event):
    """A cluster that had retired is live again, under its id: a claim came that belongs to it.

    Args:
        claim_id: the claim.
        reason: in words, with how long it had been retired.
        size: claims in it, before this one.
        text: what stands for the cluster.
    """

    type: ClassVar[str] = "io.streamclust.cluster.revived.v1"

    claim_id: str
    reason: str
    size: int
    text: str

    def what(self) -> str:
        return f"{self.cluster_id}/{self.claim_id}"


@dataclass(slots=True, kw_only=True)
class LinkSuggested(Event):
    """Two clusters may be one: a claim of one came near to joining the other. Nothing was joined.

    Args:
        other_id: the younger of the two.
        claim_id: the claim that shows it.
        score: its link score with the cluster it did not join.
        features: what the link model saw of the two: similarity, nearest, overlap, size (log of the wordings), gap (minus the log of 1 +
            the claims since the last) and clash (-1 or 0), in this order.
        text: the claim that stands for the older cluster.
        other_text: the claim that stands for the younger one.
    """

    type: ClassVar[str] = "io.streamclust.link.suggested.v1"

    other_id: str
    claim_id: str
    score: float
    features: list[float]
    text: str
    other_text: str

    def what(self) -> str:
        return f"{self.cluster_id}/{self.other_id}/{self.claim_id}"


@dataclass(slots=True, kw_only=True)
class ClustersLinked(Event):
    """Somebody said that two clusters make the same claim: they are one now, and are never parted.

    Args:
        other_id: the other one, as it was named.
        by: name of the person or judge.
        role: `analyst` or `judge`.
        command_id: the command.
        suggested: whether it had been suggested.
        size: claims in both together.
    """

    type: ClassVar[str] = "io.streamclust.cluster.linked.v1"

    other_id: str
    by: str
    role: str
    command_id: str
    suggested: bool
    size: int

    def what(self) -> str:
        return self.command_id


@dataclass(slots=True, kw_only=True)
class ClustersUnlinked(Event):
    """Somebody said that two clusters make different claims: they are never one.

    Args:
        other_id: the other one.
        by: name of the person or judge.
        role: `analyst` or `judge`.
        command_id: the command.
        suggested: whether it had been suggested that they are one.
    """

    type: ClassVar[str] = "io.streamclust.cluster.unlinked.v1"

    other_id: str
    by: str
    role: str
    command_id: str
    suggested: bool

    def what(self) -> str:
        return self.command_id


@dataclass(slots=True, kw_only=True)
class ClaimExpelled(Event):
    """Somebody said that a claim does not belong to its cluster: neither it nor a copy of it ever goes there again.

    Args:
        claim_id: the claim.
        new_id: the cluster it has founded with its copies; null where its vector was not to be had, and it stays on record where it is.
        claims: how many claims have its text.
        by: name of the person or judge.
        role: `analyst` or `judge`.
        command_id: the command.
    """

    type: ClassVar[str] = "io.streamclust.claim.expelled.v1"

    claim_id: str
    new_id: str | None
    claims: int
    by: str
    role: str
    command_id: str

    def what(self) -> str:
        return self.command_id


@dataclass(slots=True, kw_only=True)
class CommandRefused(Event):
    """What somebody asked for cannot be done, and nothing was changed.

    Args:
        command: `link`, `unlink`, `confirm`, `reject` or `expel`.
        other_id: the other cluster, or the claim, as it was named.
        by: name of the person or judge.
        role: `analyst` or `judge`.
        command_id: the command.
        reason: why not.
    """

    type: ClassVar[str] = "io.streamclust.command.refused.v1"

    command: str
    other_id: str
    by: str
    role: str
    command_id: str
    reason: str

    def what(self) -> str:
        return self.command_id


@dataclass(slots=True, kw_only=True)
class TrendStarted(Event):
    """More people say it than its own past and the whole stream's would have it.

    Args:
        episode: the cluster's n-th trend, from 1.
        kind: `burst` (far above what was expected, at once) or `ramp` (a slow rise, summed up).
        coordinated: whether there are signs that few are behind it.
        signs: why it is thought coordinated, in words; empty if it is not.
        authors: different authors in the window that started it, copies counted once.
        seconds: length of that window.
        expected: how many were expected in it, corrected by the whole stream's rate.
        deviation: standard deviation of that.
        score: how far above what was expected: z.
        authors_hour: different authors of the last hour.
        size: claims in the cluster.
        distinct: texts in the cluster.
        sources: the cluster's claims by source.
        langs: the cluster's claims by language.
        keywords: the cluster's most telling words, heaviest first.
        text: the claim that stands for it.
        reason: all of that in one sentence.
    """

    type: ClassVar[str] = "io.streamclust.cluster.trend.started.v1"

    episode: int
    kind: str
    coordinated: bool
    signs: list[str]
    authors: int
    seconds: float
    expected: float
    deviation: float
    score: float
    authors_hour: int
    size: int
    distinct: int
    sources: dict[str, int]
    langs: dict[str, int]
    keywords: list[str]
    text: str
    reason: str

    def what(self) -> str:
        return f"{self.cluster_id}/{self.episode}"


@dataclass(slots=True, kw_only=True)
class TrendEnded(Event):
    """A trend is over.

    Args:
        episode: the cluster's n-th trend, from 1.
        started_at: event time of its start, seconds.
        peak_score: the highest score in it.
        peak_authors: most authors in one bucket of it.
        reason: `faded`, `retired` or `merged` (into another cluster).
        size: claims in the cluster.
    """

    type: ClassVar[str] = "io.streamclust.cluster.trend.ended.v1"

    episode: int
    started_at: float
    peak_score: float
    peak_authors: int
    reason: str
    size: int

    def what(self) -> str:
        return f"{self.cluster_id}/{self.episode}"


COMMANDED = (ClustersLinked, ClustersUnlinked, ClaimExpelled, CommandRefused)
"""What only somebody's command brings about."""
ALL = (
    ClusterFounded, ClaimAssigned, ClusterGrew, ClustersMerged, ClusterSplit, ClusterRetired, ClusterRevived, LinkSuggested,
    TrendStarted, TrendEnded, *COMMANDED,
)  # fmt: skip
_OWN_FIELDS: dict[type[Event], tuple[str, ...]] = {
    kind: tuple(f.name for f in fields(kind) if f.name not in ("at", "origin")) for kind in ALL
}


class CloudEvent(TypedDict):
    """A structured CloudEvent 1.0, as `streamclust run --events` writes it, one a line.

    Args:
        specversion: version of CloudEvents.
        id: UUIDv5 of what happened: the same for every replay of the same log.
        source: who tells.
        type: what happened, with the version of its data.
        subject: `cluster/` and the cluster's id.
        time: event time, RFC 3339 in UTC; left out where the stream has no times.
        datacontenttype: media type of the data.
        data: the particulars; null for a cluster that has been forgotten.
    """

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: NotRequired[str]
    datacontenttype: Literal["application/json"]
    data: Mapping[str, Any] | None


def event_id(event: Event) -> str:
    """UUIDv5 of what happened: the same for every replay of the same log."""
    return str(uuid.uuid5(_NAMESPACE, f"{event.type}/{event.what()}"))


def cloud_event(event: Event, *, params: str, encoder: str) -> CloudEvent:
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
    return _envelope(event.type, event_id(event), event.cluster_id, event.at, data)


def state_event(cluster_id: str, version: int, at: float, state: Mapping[str, Any] | None) -> CloudEvent:
    """The latest state of a cluster as a CloudEvent, for a compacted topic: the last one by cluster counts.

    Args:
        cluster_id: whose state it is.
        version: number of changes so far.
        at: event time of the cluster's latest claim, seconds.
        state: `digest.summary`, or None where the cluster has been forgotten.
    """
    what = f"{STATE_TYPE}/{cluster_id}/{version if state else 'forgotten'}"
    return _envelope(STATE_TYPE, str(uuid.uuid5(_NAMESPACE, what)), cluster_id, at, state)


def _envelope(kind: str, id_: str, cluster_id: str, at: float, data: Mapping[str, Any] | None) -> CloudEvent:
    envelope: CloudEvent = {
        "specversion": "1.0",
        "id": id_,
        "source": SOURCE,
        "type": kind,
        "subject": f"cluster/{cluster_id}",
        "datacontenttype": "application/json",
        "data": data,
    }
    if at:
        envelope["time"] = isoformat(at)
    return envelope
