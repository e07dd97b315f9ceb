"""Every metric, and one function per kind of thing that happens. No id is ever a label; every label is there from the start at 0."""

from __future__ import annotations

import time
from collections import Counter as Counts
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import zip_longest

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)

import streamclust
from streamclust.claims import Claim, Origin
from streamclust.errors import (
    Fenced,
    Incompatible,
    InvalidClaim,
    PublishFailed,
    RecordsLost,
    StoreUnavailable,
    StreamclustError,
    TooManyDeadLetters,
)
from streamclust.events import (
    ClaimAssigned,
    ClaimExpelled,
    ClusterFounded,
    ClusterGrew,
    ClusterRetired,
    ClusterRevived,
    ClustersLinked,
    ClustersMerged,
    ClusterSplit,
    ClustersUnlinked,
    CommandRefused,
    Event,
    LinkSuggested,
    TrendEnded,
    TrendStarted,
)
from workers.fields import READABLE

RULES = ("founded", "linked", "copy")
CLUSTER_EVENTS: dict[type[Event], str] = {
    ClusterFounded: "founded",
    ClusterGrew: "grew",
    ClustersMerged: "merged",
    ClusterSplit: "split",
    ClusterRetired: "retired",
    ClusterRevived: "revived",
    LinkSuggested: "link_suggested",
    ClustersLinked: "linked",
    ClustersUnlinked: "unlinked",
    ClaimExpelled: "expelled",
    CommandRefused: "refused",
    TrendStarted: "trend_started",
    TrendEnded: "trend_ended",
}
COMMAND_OUTCOMES = ("taken", "ignored", "unreadable")
STEPS = ("read", "encode", "send", "known", "assign", "rebuild", "save", "publish", "commit")
LANGUAGES = (
    "ar", "bn", "cs", "de", "el", "en", "es", "fa", "fr", "he", "hi", "hu", "id", "it", "ja", "ko",
    "nl", "pl", "pt", "ro", "ru", "sv", "sw", "ta", "th", "tr", "uk", "ur", "vi", "zh",
)  # fmt: skip
OTHER_LANGUAGE, NO_LANGUAGE = "other", "none"
RANKS = tuple(str(rank) for rank in range(1, 11))
OBSTACLES = ("group", "partitions", "broker", "world", "stopped")
CAUSES: dict[type[StreamclustError], str] = {Fenced: "fenced", StoreUnavailable: "store", PublishFailed: "publish"}
BROKER = "broker"
STOPS: dict[type[StreamclustError], str] = {
    TooManyDeadLetters: "dead_letters",
    RecordsLost: "records_lost",
    Incompatible: "incompatible",
    Fenced: "fenced",
}
OTHER_STOP = "other"
ALERT_STATES = ("started", "ended", "suppressed")
RECEIVER_KINDS = ("alertmanager", "webhook", "slack")
DELIVERY_OUTCOMES = ("delivered", "retried", "failed")
_DELAYS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)
_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a third of all series, and nobody asked for them


class Metrics:
    """The metrics of one process, in a registry of their own.

    Args:
        role: `embed`, `cluster`, …, or `run`.
        deployment: its name; empty where there is none.
    """

    def __init__(self, role: str = "run", deployment: str = "") -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        built = Gauge("streamclust_build_info", "What runs here.", ["version", "role", "deployment"], registry=registry)
        built.labels(streamclust.__version__, role, deployment).set(1)
        self._records = Counter("streamclust_records", "Records read from the input.", registry=registry)
        self._assigned = Counter("streamclust_claims_assigned", "Claims assigned, by rule.", ["rule"], registry=registry)
        self._languages = Counter(
            "streamclust_claims_by_language", "Claims assigned, by the language their platform gave.", ["lang"], registry=registry
        )
        self._duplicates = Counter("streamclust_duplicates", "Claims skipped because they were assigned before.", registry=registry)
        self._letters = Counter("streamclust_dead_letters", "Records that cannot become claims.", ["reason"], registry=registry)
        self._left_out = Counter(
            "streamclust_unreadable_fields",
            "Values that cannot be read, of claims that go without them.",
            ["field"],
            registry=registry,
        )
        self._events = Counter("streamclust_cluster_events", "What happened to clusters.", ["event"], registry=registry)
        self._commands = Counter("streamclust_commands", "Commands read, by what became of them.", ["outcome"], registry=registry)
        self._suggestions = Gauge("streamclust_suggestions_open", "Pairs of clusters that wait for somebody to say.", registry=registry)
        self._live = Gauge("streamclust_clusters_live", "Clusters that take claims.", registry=registry)
        self._limit = Gauge("streamclust_clusters_limit", "Clusters there may be alive at most (`max_clusters`).", registry=registry)
        self._trending = Gauge("streamclust_clusters_trending", "Clusters whose trend has started and not ended.", registry=registry)
        self._scores = Gauge("streamclust_trend_score", "The highest trend scores, the first is the highest.", ["rank"], registry=registry)
        self._watermark = Gauge("streamclust_watermark_timestamp_seconds", "The stream's clock.", registry=registry)
        self._memory = Gauge("streamclust_store_memory_bytes", "Memory that Redis uses.", registry=registry)
        self._memory_limit = Gauge("streamclust_store_memory_limit_bytes", "Memory Redis may use; 0 = no limit.", registry=registry)
        self._recall = Gauge(
            "streamclust_index_recall_ratio", "Share of some live clusters that the index finds by their own vector.", registry=registry
        )
        self._steps = Histogram("streamclust_step_seconds", "Time per batch and step.", ["step"], buckets=_SECONDS, registry=registry)
        _start_at_zero(self._assigned, RULES)
        _start_at_zero(self._languages, (*LANGUAGES, OTHER_LANGUAGE, NO_LANGUAGE))
        _start_at_zero(self._letters, InvalidClaim.REASONS)
        _start_at_zero(self._left_out, READABLE)
        _start_at_zero(self._events, CLUSTER_EVENTS.values())
        _start_at_zero(self._commands, COMMAND_OUTCOMES)
        _start_at_zero(self._steps, STEPS)
        _start_at_zero(self._scores, RANKS)
        self._recall.set(1.0)

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

    def left_out(self, fields: Iterable[str]) -> None:
        """Values of these fields could not be read; their claims go without."""
        for field in fields:
            self._left_out.labels(field).inc()

    def read(self, records: int) -> None:
        """So many records were taken from the input."""
        self._records.inc(records)

    def clustered(self, events: Sequence[Event], *, sent: Sequence[Claim]) -> None:
        """A batch was saved: these claims were sent to the clusterer, and this is what it said it did."""
        assigned = {event.claim_id: event.rule for event in events if isinstance(event, ClaimAssigned)}
        for rule, times in Counts(assigned.values()).items():
            self._assigned.labels(rule).inc(times)
        for name, times in Counts(CLUSTER_EVENTS[type(event)] for event in events if not isinstance(event, ClaimAssigned)).items():
            self._events.labels(name).inc(times)
        languages = {claim.id: language(claim.lang) for claim in sent if claim.id in assigned}
        for lang, times in Counts(languages.values()).items():
            self._languages.labels(lang).inc(times)
        self._duplicates.inc(len(sent) - len(assigned))

    def stands(self, *, live: int, limit: int, watermark: float) -> None:
        """How things stand after a batch."""
        self._live.set(live)
        self._limit.set(limit)
        self._watermark.set(watermark)

    def suggests(self, pairs: int) -> None:
        """So many suggestions are open."""
        self._suggestions.set(pairs)

    def commanded(self, outcome: str, commands: int = 1) -> None:
        """So many commands were taken (done, refused, or known from before), are of no shard here, or could not be read."""
        self._commands.labels(outcome).inc(commands)

    def trends(self, *, trending: int, scores: Sequence[float]) -> None:
        """So many clusters trend, and these are the highest scores, the highest first."""
        self._trending.set(trending)
        for rank, score in zip_longest(RANKS, scores[: len(RANKS)], fillvalue=0.0):
            self._scores.labels(rank).set(score)

    def remembers(self, *, used: int, limit: int) -> None:
        """How much memory Redis uses, and may use; bytes."""
        self._memory.set(used)
        self._memory_limit.set(limit)

    def recalls(self, share: float) -> None:
        """How many live clusters the index finds."""
        self._recall.set(share)

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Count how long a step of a batch takes, if it ends well."""
        started = time.perf_counter()
        yield
        self._steps.labels(step).observe(time.perf_counter() - started)


class WorkerMetrics(Metrics):
    """What a worker on Kafka has to tell beside."""

    def __init__(self, role: str = "", deployment: str = "") -> None:
        super().__init__(role, deployment)
        registry = self.registry
        self._ready = Gauge("streamclust_ready", "1 while nothing is in the way of taking records.", registry=registry)
        self._obstacles = Gauge("streamclust_obstacle", "1 while this is in the way of taking records.", ["what"], registry=registry)
        self._stopped = Gauge(
            "streamclust_stopped", "1 once the worker cannot go on for this reason; it ends soon.", ["reason"], registry=registry
        )
        self._lag = Gauge("streamclust_lag_records", "Records not yet taken, by input partition.", ["partition"], registry=registry)
        self._behind = Gauge(
            "streamclust_lag_seconds",
            "Age of the last record taken while others wait, by input partition.",
            ["partition"],
            registry=registry,
        )
        self._open = Gauge("streamclust_partitions_open", "Input partitions this worker reads.", registry=registry)
        self._partitions = Gauge("streamclust_partitions", "Input partitions there are, for all workers together.", registry=registry)
        self._delay = Histogram(
            "streamclust_event_delay_seconds", "From a post's record to its published events.", buckets=_DELAYS, registry=registry
        )
        self._batches = Histogram("streamclust_batch_seconds", "Time per batch, all of it.", buckets=_SECONDS, registry=registry)
        self._encoded = Counter("streamclust_texts_encoded", "Texts that went through the model; copies do not.", registry=registry)
        self._backoffs = Counter("streamclust_backoffs", "Pauses because Redis or a broker was away.", ["cause"], registry=registry)
        self._rebalances = Counter("streamclust_rebalances", "Times the group shared out its partitions anew.", registry=registry)
        self._published = Counter("streamclust_messages_published", "Messages written to Kafka.", registry=registry)
        self._outbox = Gauge("streamclust_outbox_events", "Events saved and not yet known to be published.", registry=registry)
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
        self._rules_right = Gauge(
            "streamclust_alert_rules_reload_successful",
            "1 if the alert rules were right when last read; 0 if the old ones are kept since.",
            registry=registry,
        )
        self._rules_right.set(1)
        self._alert_delay = Histogram(
            "streamclust_alert_delivery_delay_seconds",
            "From an event's record to the receiver's having taken its alert.",
            buckets=_DELAYS,
            registry=registry,
        )
        _start_at_zero(self._alerts, ALERT_STATES)
        for kind in RECEIVER_KINDS:
            for outcome in DELIVERY_OUTCOMES:
                self._deliveries.labels(kind, outcome)
        self._last: dict[int, float] = {}
        _start_at_zero(self._obstacles, OBSTACLES)
        _start_at_zero(self._stopped, (*STOPS.values(), OTHER_STOP))
        _start_at_zero(self._backoffs, (*CAUSES.values(), BROKER))

    def watches(self, obstacles: Callable[[], Mapping[str, str]]) -> None:
        """Tell, whenever asked, what is in the way at that moment."""
        self._ready.set_function(lambda: not obstacles())
        for what in OBSTACLES:
            self._obstacles.labels(what).set_function(partial(_is_there, what, obstacles))

    def waits(self, unpublished: Callable[[], int]) -> None:
        """Tell, whenever asked, how many events wait in the outbox at that moment."""
        self._outbox.set_function(unpublished)

    def stopped(self, error: StreamclustError) -> None:
        """The worker cannot go on."""
        self._stopped.labels(_named(error, STOPS, OTHER_STOP)).set(1)

    def handled(self, records: int, seconds: float) -> None:
        """A batch of so many records is done, and took so long."""
        self.read(records)
        self._batches.observe(seconds)

    def encoded(self, texts: int) -> None:
        """So many texts went through the model."""
        self._encoded.inc(texts)

    def reached(self, recorded: Mapping[int, float]) -> None:
        """When the last record taken of each partition was written, seconds since 1970."""
        self._last.update(recorded)

    def lags(self, partition: int, records: int) -> None:
        """So many records of a partition wait."""
        label = str(partition)
        self._lag.labels(label).set(records)
        at = self._last.get(partition)
        self._behind.labels(label).set(max(time.time() - at, 0.0) if records and at is not None else 0.0)

    def reads(self, partitions: int, *, of: int) -> None:
        """So many partitions of the input are open here, of so many there are."""
        self._open.set(partitions)
        self._partitions.set(of)

    def closed(self, partition: int) -> None:
        """A partition is no longer ours: somebody else tells of it."""
        self._last.pop(partition, None)
        for gauge in (self._lag, self._behind):
            gauge.remove_by_labels({"partition": str(partition)})

    def published(self, messages: int) -> None:
        """So many messages are with the broker."""
        self._published.inc(messages)

    def delayed(self, recorded: Iterable[tuple[float, Origin | None]]) -> None:
        """Events of claims whose records were written then (0.0: nobody knows) are out now. The slowest leaves its place as exemplar."""
        now = time.time()
        known = sorted((max(now - at, 0.0), number, origin) for number, (at, origin) in enumerate(recorded) if at)
        for delay, _, _ in known[:-1]:
            self._delay.observe(delay)
        for delay, _, origin in known[-1:]:
            self._delay.observe(delay, {"partition": str(origin.partition), "offset": str(origin.offset)} if origin else None)

    def backed_off(self, error: Exception) -> None:
        """The world was not there."""
        self._backoffs.labels(_named(error, CAUSES, BROKER)).inc()

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

    def alert_rules_read(self, *, right: bool) -> None:
        """The file of alert rules was read, and is right or not."""
        self._rules_right.set(right)

    def alerts_stand(self, *, active: int, pending: int, disabled: int) -> None:
        """How alerts stand."""
        self._alerts_active.set(active)
        self._alerts_pending.set(pending)
        self._targets_disabled.set(disabled)


def language(lang: str | None) -> str:
    """The label of a claim's language.

    >>> [language(lang) for lang in ("en", "PT-br", "zh_Hans", "tlh", "", None)]
    ['en', 'pt', 'zh', 'other', 'none', 'none']
    """
    if not lang:
        return NO_LANGUAGE
    base = lang.replace("_", "-").partition("-")[0].lower()
    return base if base in LANGUAGES else OTHER_LANGUAGE


def _named(error: Exception, names: Mapping[type[StreamclustError], str], other: str) -> str:
    """The name of the first kind that fits; narrower kinds stand first."""
    return next((name for kind, name in names.items() if isinstance(error, kind)), other)


def _is_there(what: str, asked: Callable[[], Mapping[str, str]]) -> float:
    return float(what in asked())


def _start_at_zero(metric: Counter | Gauge | Histogram, labels: Iterable[str]) -> None:
    for label in labels:
        metric.labels(label)
