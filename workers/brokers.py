"""Kafka clients: how records are taken, and how messages are handed on so that none is lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from kafka.errors import (
    AuthorizationError,
    InvalidTopicError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)

from streamclust.errors import PublishFailed
from streamclust.ports import DeadLetter
from workers.metrics import WorkerMetrics
from workers.settings import Settings, variable
from workers.topics import LARGEST_RECORD, Message, Topics, dead_letter_message, event_message, group

_ASSIGNORS = {"cooperative-sticky": CooperativeStickyAssignor, "sticky": StickyPartitionAssignor, "range": RangePartitionAssignor}
_ROOM = 1 << 20
_BATCH_BYTES = 1 << 18
_LINGER_MS = 20
_DELIVERY_SECONDS = 30.0
_BOOTSTRAP_MS = _REQUEST_MS = 10_000
_FINAL = (MessageSizeTooLargeError, RecordListTooLargeError, InvalidTopicError, AuthorizationError)
"""What no other try will mend. All else may: a broker that lost its memory of a producer, say, greets the next one as new."""


class BrokerUnavailable(PublishFailed):
    """No broker answers."""


def group_consumer(settings: Settings, role: str) -> KafkaConsumer:
    """A member of the group of a role; offsets are committed by hand, and never made up.

    Raises:
        BrokerUnavailable: no broker answers.
    """
    return _connected(
        settings,
        KafkaConsumer,
        group_id=group(settings.deployment, role),
        group_instance_id=settings.instance_id and f"{settings.instance_id}-{role}",
        enable_auto_commit=False,
        auto_offset_reset="none",
        allow_auto_create_topics=False,
        partition_assignment_strategy=[_ASSIGNORS[settings.assignment]],
        session_timeout_ms=int(settings.session_timeout_seconds * 1000),
        heartbeat_interval_ms=int(settings.heartbeat_seconds * 1000),
        max_poll_interval_ms=int(settings.max_poll_interval_seconds * 1000),
        max_partition_fetch_bytes=LARGEST_RECORD + _ROOM,
        max_poll_records=settings.batch_records,
    )


def reader(settings: Settings, **more: Any) -> KafkaConsumer:
    """A consumer of no group: it reads what it is pointed at and commits nothing.

    Raises:
        BrokerUnavailable: no broker answers.
    """
    return _connected(
        settings,
        KafkaConsumer,
        enable_auto_commit=False,
        allow_auto_create_topics=False,
        max_partition_fetch_bytes=LARGEST_RECORD + _ROOM,
        **more,
    )


def admin(settings: Settings) -> KafkaAdminClient:
    """For topics and groups.

    Raises:
        BrokerUnavailable: no broker answers.
    """
    return _connected(settings, KafkaAdminClient)


def _connected(settings: Settings, kind: Any, **options: Any) -> Any:
    try:
        patience = {"bootstrap_timeout_ms": _BOOTSTRAP_MS, "reconnect_backoff_max_ms": int(settings.backoff_max_seconds * 1000)}
        return kind(**patience, **settings.kafka(), **options)
    except KafkaError as error:
        if not error.retriable:
            raise
        where = settings.kafka_bootstrap_servers
        raise BrokerUnavailable(f"no Kafka broker answers at {where} ({error}); check {variable('kafka_bootstrap_servers')}") from error


class Outlet:
    """A producer whose messages are with the broker, in order and once each, when `send` returns.

    After a failure it starts afresh: a producer that has given up on a message cannot tell what became of those after it.

    Raises:
        BrokerUnavailable: no broker answers.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: KafkaProducer | None = None
        self._open()

    def _open(self) -> KafkaProducer:
        if self._producer is None:
            self._producer = _connected(
                self._settings,
                KafkaProducer,
                acks="all",
                enable_idempotence=True,
                compression_type="lz4",
                linger_ms=_LINGER_MS,
                batch_size=_BATCH_BYTES,
                max_request_size=LARGEST_RECORD + 2 * _ROOM,
                max_block_ms=int(_DELIVERY_SECONDS * 1000),
                request_timeout_ms=_REQUEST_MS,
                delivery_timeout_ms=int(_DELIVERY_SECONDS * 1000),
                allow_auto_create_topics=False,
            )
        return self._producer

    def send(self, messages: Iterable[Message]) -> int:
        """Hand on all of them.

        Returns:
            How many there were.

        Raises:
            PublishFailed: not all are with the broker; some may be.
        """
        producer = self._open()
        try:
            futures = [producer.send(m.topic, m.value, m.key, m.headers, m.partition) for m in messages]
            producer.flush(_DELIVERY_SECONDS)
            for future in futures:
                if not future.succeeded():
                    raise future.exception or KafkaTimeoutError("not acknowledged in time")
        except KafkaError as error:
            self._producer = None
            producer.close(timeout=0)
            failure = PublishFailed(f"Kafka did not take all messages: {error!r}; `streamclust topics check` compares topics and limits")
            failure.retriable = not isinstance(error, _FINAL)
            raise failure from error
        return len(futures)

    def close(self) -> None:
        """Let go; everything was sent."""
        if self._producer is not None:
            self._producer.close(timeout=5)


class KafkaPublisher:
    """`EventPublisher` to the event topics: CloudEvents in binary mode, in order by key.

    Args:
        outlet: where they go.
        topics: which goes where.
        metrics: told how many.
    """

    def __init__(self, outlet: Outlet, topics: Topics, metrics: WorkerMetrics) -> None:
        self._outlet = outlet
        self._topics = topics
        self._metrics = metrics

    def publish(self, events: Sequence[bytes]) -> None:
        """See `EventPublisher.publish`."""
        self._metrics.published(self._outlet.send([event_message(line, self._topics) for line in events]))

    def close(self) -> None:
        """See `EventPublisher.close`."""
        self._outlet.close()


class KafkaDeadLetters:
    """`DeadLetters` to the dead-letter topic: the record as it came, the reason in headers."""

    def __init__(self, outlet: Outlet, topics: Topics) -> None:
        self._outlet = outlet
        self._topics = topics

    def put(self, letters: Iterable[DeadLetter]) -> None:
        """See `DeadLetters.put`."""
        self._outlet.send([dead_letter_message(letter, self._topics) for letter in letters])

    def close(self) -> None:
        """The outlet is closed by whoever made it."""
