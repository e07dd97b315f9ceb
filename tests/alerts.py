"""Events, rules and books for the tests of alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from streamclust.claims import isoformat
from streamclust.errors import StoreUnavailable
from workers.alert_rules import Rules, parse_rules
from workers.alerting.book import AlertBook
from workers.alerting.facts import Arrival

NOON = 1_772_452_800.0
"""2026-03-02, a Monday, 12:00 UTC."""

KINDS = {"trend_started", "grew", "founded"}
RECEIVERS = """
receivers:
  desk: {kind: webhook, url: "https://desk.example/hook", secret: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"}
  chat: {kind: slack, url: "https://chat.example/x"}
  ops: {kind: alertmanager, url: "http://127.0.0.1:9093"}
"""


def event(about: str, /, at: float = NOON, **data: Any) -> dict[str, Any]:
    """A structured CloudEvent as it comes from the topic."""
    data.setdefault("cluster_id", "c1")
    return {
        "specversion": "1.0",
        "id": f"{about}/{sorted(data)}"[:60],
        "source": "streamclust",
        "type": f"io.streamclust.cluster.{about}.v1",
        "subject": f"cluster/{data['cluster_id']}",
        "datacontenttype": "application/json",
        "data": data,
        **({"time": isoformat(at)} if at else {}),
    }


def trend(cluster_id: str = "c1", episode: int = 1, at: float = NOON, **data: Any) -> dict[str, Any]:
    """A trend that has started."""
    said = {
        "cluster_id": cluster_id,
        "episode": episode,
        "kind": "burst",
        "coordinated": False,
        "signs": [],
        "authors": 23,
        "seconds": 600.0,
        "expected": 2.1,
        "deviation": 1.9,
        "score": 7.4,
        "authors_hour": 30,
        "size": 120,
        "distinct": 40,
        "sources": {"twitter": 100, "telegram": 20},
        "langs": {"en": 90, "de": 30},
        "keywords": ["dam", "burst"],
        "text": "The dam at Lund has burst, 3 dead",
        "reason": "23 authors in 10 min, expected 2.1 ± 1.9, z = 7.4, 2 sources, 2 languages",
        "version": 7,
        **data,
    }
    return event("trend.started", at, **said)


def trend_ended(cluster_id: str = "c1", episode: int = 1, at: float = NOON + 3600, reason: str = "faded") -> dict[str, Any]:
    """Its end."""
    more = {"started_at": NOON, "peak_score": 9.0, "peak_authors": 40, "size": 300, "version": 9}
    return event("trend.ended", at, cluster_id=cluster_id, episode=episode, reason=reason, **more)


def grew(cluster_id: str = "c1", milestone: int = 100, **data: Any) -> dict[str, Any]:
    """A milestone."""
    said = {"authors": 60, "sources": 3, "distinct": 40, "text": "The dam at Lund has burst", "version": 5, **data}
    return event("grew", cluster_id=cluster_id, milestone=milestone, **said)


def rules(*each: str, top: str = "", receivers: str = RECEIVERS) -> Rules:
    """Rules of one line each, `{…}`; without a name and receivers they are called R0, R1, … and tell the desk."""
    lines = []
    for number, line in enumerate(each or ["{}"]):
        inner = line.strip()[1:-1]
        name = "" if "name:" in inner else f"name: R{number}, "
        whom = "" if "receivers:" in inner else "receivers: [desk], "
        lines.append(f"  - {{{name}{whom}{inner}}}".replace(", }", "}"))
    return parse_rules("\n".join([top, receivers, "rules:", *lines]))


def came(event: dict[str, Any], recorded_at: float = NOON) -> Arrival:
    """An event as read from its record."""
    return Arrival.of(event, recorded_at, KINDS)


def restored(book: AlertBook, kept: dict[str, Any], rules: Rules) -> AlertBook:
    """Another book with all that this one has saved; `kept` is the store."""
    save(book, kept)
    other = AlertBook(rules)
    other.restore({name: as_stored(record) for name, record in kept.items()})
    return other


def save(book: AlertBook, kept: dict[str, Any]) -> None:
    """Put what has changed into a store that is a dict."""
    changes = book.take_changes()
    kept.update(changes.puts)
    for name in changes.drops:
        kept.pop(name, None)


def as_stored(record: Any) -> Any:
    """As it comes back from Redis."""
    import msgpack

    return msgpack.unpackb(msgpack.packb(record), strict_map_key=False)


@dataclass
class DictStore:
    """An `AlertStore` in memory.

    Args:
        failure: raised by the next save.
    """

    records: dict[str, Any] = field(default_factory=dict)
    offset: int | None = None
    failure: StoreUnavailable | None = None
    closed: bool = False
    wanted: list[str] = field(default_factory=list)

    def claim_writer(self) -> None:
        pass

    def load(self) -> dict[str, Any]:
        return dict(self.records)

    def applied(self) -> int | None:
        return self.offset

    def save(self, puts: Mapping[str, Any], drops: Iterable[str], *, applied: int | None = None) -> None:
        if self.failure is not None:
            raise self.failure
        self.records.update(puts)
        for name in drops:
            self.records.pop(name, None)
        self.offset = applied if applied is not None else self.offset

    def wishes(self) -> list[str]:
        wanted, self.wanted = self.wanted, []
        return wanted

    def close(self) -> None:
        self.closed = True
