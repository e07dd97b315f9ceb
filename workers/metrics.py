"""Every metric, and one function per kind of thing that happens. No id is ever a label; every label is there from the start at 0."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from streamclust.errors import InvalidClaim
from streamclust.events import ClaimAssigned, ClusterFounded, ClusterGrew, ClusterRetired, ClustersMerged, Event

RULES = ("founded", "linked", "copy")
CLUSTER_EVENTS: dict[type[Event], str] = {
    ClusterFounded: "founded",
    ClusterGrew: "grew",
    ClustersMerged: "merged",
    ClusterRetired: "retired",
}
STEPS = ("encode", "cluster")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._records = Counter("streamclust_records", "Records read from the input.", registry=self.registry)
        self._assigned = Counter("streamclust_claims_assigned", "Claims assigned, by rule.", ["rule"], registry=self.registry)
        self._duplicates = Counter("streamclust_duplicates", "Claims skipped because they were assigned before.", registry=self.registry)
        self._letters = Counter("streamclust_dead_letters", "Records that cannot become claims.", ["reason"], registry=self.registry)
        self._events = Counter("streamclust_cluster_events", "What happened to clusters.", ["event"], registry=self.registry)
        self._live = Gauge("streamclust_clusters_live", "Clusters that take claims.", registry=self.registry)
        self._watermark = Gauge("streamclust_watermark_timestamp_seconds", "The stream's clock.", registry=self.registry)
        self._steps = Histogram("streamclust_step_seconds", "Time per batch.", ["step"], buckets=_SECONDS, registry=self.registry)
        for rule in RULES:
            self._assigned.labels(rule)
        for reason in InvalidClaim.REASONS:
            self._letters.labels(reason)
        for name in CLUSTER_EVENTS.values():
            self._events.labels(name)
        for step in STEPS:
            self._steps.labels(step)

    def serve(self, port: int) -> None:
        """Answer `/metrics` on 127.0.0.1 in a background thread.

        Raises:
            OSError: the port is taken.
        """
        start_http_server(port, addr="127.0.0.1", registry=self.registry)

    def dead_lettered(self, reasons: Iterable[str]) -> None:
        """Records were set aside."""
        for reason in reasons:
            self._letters.labels(reason).inc()

    def clustered(self, events: Iterable[Event], *, read: int, sent: int) -> None:
        """A batch was saved: so many records read, so many claims sent to the clusterer, and what it said it did."""
        self._records.inc(read)
        assigned = 0
        for event in events:
            if isinstance(event, ClaimAssigned):
                assigned += 1
                self._assigned.labels(event.rule).inc()
            else:
                self._events.labels(CLUSTER_EVENTS[type(event)]).inc()
        self._duplicates.inc(sent - assigned)

    def stands(self, *, live: int, watermark: float) -> None:
        """How things stand after a batch."""
        self._live.set(live)
        self._watermark.set(watermark)

    def took(self, step: str, seconds: float) -> None:
        """A step of a batch took so long."""
        self._steps.labels(step).observe(seconds)
