"""Every metric, and one function per kind of thing that happens. No id is ever a label; every label is there from the start at 0."""

from __future__ import annotations

import time
from collections import Counter as Counts
from collections.abc import Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from streamclust.errors import InvalidClaim
from streamclust.events import ClaimAssigned, ClusterFounded, ClusterGrew, ClusterRetired, ClustersMerged, Event, TrendEnded, TrendStarted

RULES = ("founded", "linked", "copy")
CLUSTER_EVENTS: dict[type[Event], str] = {
    ClusterFounded: "founded",
    ClusterGrew: "grew",
    ClustersMerged: "merged",
    ClusterRetired: "retired",
    TrendStarted: "trend_started",
    TrendEnded: "trend_ended",
}
STEPS = ("encode", "cluster")
ALERT_STATES = ("started", "ended", "suppressed")
RECEIVER_KINDS = ("alertmanager", "webhook", "slack")
DELIVERY_OUTCOMES = ("delivered", "retried", "failed")
_DELAYS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)
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

    def read(self, records: int) -> None:
        """So many records were taken from the input."""
        self._records.inc(records)

    def clustered(self, events: Sequence[Event], *, sent: int) -> None:
        """A batch was saved: so many claims were sent to the clusterer, and this is what it said it did."""
        rules = Counts(event.rule for event in events if isinstance(event, ClaimAssigned))
        for rule, times in rules.items():
            self._assigned.labels(rule).inc(times)
        for name, times in Counts(CLUSTER_EVENTS[type(event)] for event in events if not isinstance(event, ClaimAssigned)).items():
            self._events.labels(name).inc(times)
        self._duplicates.inc(sent - rules.total())

    def stands(self, *, live: int, watermark: float) -> None:
        """How things stand after a batch."""
        self._live.set(live)
        self._watermark.set(watermark)

    def took(self, step: str, seconds: float) -> None:
        """A step of a batch took so long."""
        self._steps.labels(step).observe(seconds)


class WorkerMetrics(Metrics):
    """What a worker on Kafka has to tell beside."""

    def __init__(self) -> None:
        super().__init__()
        registry = self.registry
        self._lag = Gauge("streamclust_lag_records", "Records not yet taken, by input partition.", ["partition"], registry=registry)
        self._behind = Gauge(
            "streamclust_lag_seconds",
            "Age of the last record taken while others wait, by input partition.",
            ["partition"],
            registry=registry,
        )
        self._delay = Histogram(
            "streamclust_event_delay_seconds", "From a post's record to its published events.", buckets=_DELAYS, registry=registry
        )
        self._batches = Histogram("streamclust_batch_seconds", "Time per batch, all of it.", buckets=_SECONDS, registry=registry)
        self._backoffs = Counter("streamclust_backoffs", "Pauses because Redis or a broker was away.", registry=registry)
        self._rebalances = Counter("streamclust_rebalances", "Times the group shared out its partitions anew.", registry=registry)
        self._published = Counter("streamclust_messages_published", "Messages written to Kafka.", registry=registry)
        self._alerts = Counter("streamclust_alerts", "Claim alerts: what became of matches of a rule.", ["state"], registry=registry)
        self._deliveries = Counter(
            "streamclust_alert_deliveries",
            "Messages to receivers of claim alerts, by what came of a try.",
            ["receiver_kind", "outcome"],
            registry=registry,
        )
        self._alerts_active = Gauge("streamclust_alerts_active", "Claim alerts that have started and not ended.", registry=registry)
        self._alerts_pending = Gauge("streamclust_alert_pending", "Things that receivers are still to be told.", registry=registry)
        self._targets_disabled = Gauge(
            "streamclust_alert_targets_disabled", "Receivers that said they are gone (410) and are told nothing more.", registry=registry
        )
        self._alert_delay = Histogram(
            "streamclust_alert_delivery_delay_seconds",
            "From an event's record to the receiver's having taken its alert.",
            buckets=_DELAYS,
            registry=registry,
        )
        for state in ALERT_STATES:
            self._alerts.labels(state)
        for kind in RECEIVER_KINDS:
            for outcome in DELIVERY_OUTCOMES:
                self._deliveries.labels(kind, outcome)
        self._last: dict[int, float] = {}

    def handled(self, records: int, seconds: float) -> None:
        """A batch of so many records is done, and took so long."""
        self.read(records)
        self._batches.observe(seconds)

    def reached(self, recorded: Mapping[int, float]) -> None:
        """When the last record taken of each partition was written, seconds since 1970."""
        self._last.update(recorded)

    def lags(self, partition: int, records: int) -> None:
        """So many records of a partition wait."""
        label = str(partition)
        self._lag.labels(label).set(records)
        at = self._last.get(partition)
        self._behind.labels(label).set(max(time.time() - at, 0.0) if records and at is not None else 0.0)

    def closed(self, partition: int) -> None:
        """A partition is no longer ours: somebody else tells of it."""
        self._last.pop(partition, None)
        for gauge in (self._lag, self._behind):
            gauge.remove_by_labels({"partition": str(partition)})

    def published(self, messages: int) -> None:
        """So many messages are with the broker."""
        self._published.inc(messages)

    def delayed(self, recorded: Iterable[float]) -> None:
        """Events of claims whose records were written then (0.0: nobody knows) are out now."""
        now = time.time()
        for at in filter(None, recorded):
            self._delay.observe(max(now - at, 0.0))

    def backed_off(self) -> None:
        """The world was not there."""
        self._backoffs.inc()

    def rebalanced(self) -> None:
        """The group has shared out its partitions."""
        self._rebalances.inc()

    def alerted(self, state: str, alerts: int = 1) -> None:
        """So many alerts have started, ended or were suppressed."""
        self._alerts.labels(state).inc(alerts)

    def told(self, receiver_kind: str, outcome: str) -> None:
        """A try to tell a receiver something came to this."""
        self._deliveries.labels(receiver_kind, outcome).inc()

    def alert_delivered(self, seconds: float) -> None:
        """A receiver has an alert, so long after the record of its event was written."""
        self._alert_delay.observe(max(seconds, 0.0))

    def alerts_stand(self, *, active: int, pending: int, disabled: int) -> None:
        """How alerts stand."""
        self._alerts_active.set(active)
        self._alerts_pending.set(pending)
        self._targets_disabled.set(disabled)
