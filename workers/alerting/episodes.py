"""Alerts and what is to be told of them, as plain records."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://streamclust.io/alerts")

What = Literal["started", "ended"]
Severity = Literal["info", "warning", "critical"]


@dataclass(slots=True)
class Alert:
    """One episode of one cluster that a rule has matched.

    Args:
        id: derived from rule, cluster and episode: the same whenever it is worked out again.
        rule: name of the rule.
        kind: of event, as rules name it.
        cluster_id: the cluster.
        episode: which one of its kind in the cluster.
        event: what matched, a structured CloudEvent.
        severity, labels, receivers: as the rule had them.
        recorded_at: when the event's record was written, seconds since 1970, as all times here.
        started_at: when it was matched.
        tell_at: when receivers are told, later than `started_at` in quiet hours.
        until: when it ends by itself.
        told: whether receivers were, or are being told.
        ended_at: when it ended; None while it goes on.
        reason: why it ended.
        ending: what ended it, a structured CloudEvent; None if that was no event.
    """

    id: str
    rule: str
    kind: str
    cluster_id: str
    episode: int
    event: Mapping[str, Any]
    severity: Severity
    labels: Mapping[str, str]
    receivers: list[str]
    recorded_at: float
    started_at: float
    tell_at: float
    until: float
    told: bool = False
    ended_at: float | None = None
    reason: str = ""
    ending: Mapping[str, Any] | None = None

    @property
    def active(self) -> bool:
        """Whether receivers know of it and it goes on."""
        return self.told and self.ended_at is None


class Item(NamedTuple):
    """One thing that one receiver is to be told.

    Args:
        alert_id: of which alert.
        what: that it has started, or ended.
        since: since when it waits, seconds since 1970.
        number: its place among all that wait.
    """

    alert_id: str
    what: str
    since: float
    number: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """Itself, whenever it began to wait."""
        return self.alert_id, self.what


@dataclass(frozen=True, slots=True)
class Message:
    """Things that a receiver is told at once; over all tries the same.

    Args:
        id: derived from what is in it.
        items: what is told.
        made_at: when it was put together, seconds since 1970.
    """

    id: str
    items: tuple[Item, ...]
    made_at: float

    @classmethod
    def of(cls, items: Iterable[Item], now: float) -> Message:
        """Some items in one message."""
        kept = tuple(items)
        return cls(message_id(kept), kept, now)


@dataclass(slots=True)
class Seen:
    """What a rule has made of a cluster so far.

    Args:
        ordinal: its last episode that was looked at.
        alerted_at: when it last started an alert; 0.0 for never.
        touched_at: when this was last changed.
    """

    ordinal: int
    alerted_at: float
    touched_at: float


@dataclass(frozen=True, slots=True)
class Gone:
    """A receiver that is told nothing more.

    Args:
        why: in words.
        at: since when, seconds since 1970.
        address: fingerprint of the address it had; another address is another receiver.
    """

    why: str
    at: float
    address: str


@dataclass(slots=True)
class Changes:
    """Records that a step has written or removed, by name.

    Args:
        puts: whole records.
        drops: names of records that are no more.
    """

    puts: dict[str, Any] = field(default_factory=dict)
    drops: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.puts or self.drops)


def alert_id(rule: str, cluster_id: str, episode: int) -> str:
    """UUIDv5 of an episode."""
    return str(uuid.uuid5(_NAMESPACE, f"{rule}/{cluster_id}/{episode}"))


def message_id(items: Iterable[Item]) -> str:
    """UUIDv5 of what is told."""
    return str(uuid.uuid5(_NAMESPACE, " ".join(f"{item.alert_id}/{item.what}" for item in items)))
