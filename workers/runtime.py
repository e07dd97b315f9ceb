"""The loop of every worker: take over partitions, poll, handle, commit. There is no other one.

One batch after the other goes to the job, in a thread of its own, so that the loop can go on polling when a batch takes long. In order:

    rebalance   partitions come paused; the job opens them, and says from which record on
    poll        until a batch is full, or its first record has waited long enough
    handle      all effects of the batch, in the job's order
    commit      the group's offsets, always last

A rebalance begins only in a poll, and while a batch is in hand nothing is polled for `batch_patience_seconds`: so it usually waits for
the batch and its commit. A batch that takes longer goes on while the loop polls with all partitions paused, which keeps the worker
in its group; if partitions are taken away meanwhile, what the batch did to them is not committed.

What goes wrong in the world (`retriable`) closes all partitions, waits, and opens them again: the same way as a start.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Protocol, TypeVar

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import IllegalStateError, KafkaError, OffsetOutOfRangeError
from kafka.structs import MemberState

from streamclust.errors import Fenced, RecordsLost, StreamclustError
from workers.health import Health
from workers.metrics import WorkerMetrics
from workers.settings import Settings, variable

log = logging.getLogger(__name__)

_LOOK = 0.1
_COMMIT_MS = 10_000
_ASK_EVERY = 3.0
_ANSWER_MS = 2_000
_FIRST_BACKOFF = 0.2
_HEARTBEATS = 2

T = TypeVar("T")


class DrainTimedOut(Exception):
    """Asked to stop, and the batch in hand does not end: it is read again at the next start."""


class Job(Protocol):
    """What a worker does with its records. It is called from one thread at a time."""

    def open(self, partition: int, committed: int | None) -> int | None:
        """Take a partition over.

        Args:
            partition: number of the input partition.
            committed: the group's offset, if it has one.

        Returns:
            The offset to read from; None for the group's, or the beginning where it has none.
        """

    def handle(self, records: Sequence[Any]) -> None:
        """Everything that is to be done with a batch (`ConsumerRecord`s, in order within a partition).

        Raises:
            StreamclustError: `retriable` ones are tried again from where the partitions are opened next; others end the worker.
        """

    def idle(self) -> None:
        """Nothing has come for a moment: what is to be done by the clock."""

    def close(self, partition: int) -> None:
        """Let go of a partition; what was handled stays, what was not is somebody else's."""


@dataclass(slots=True)
class _Rebalance:
    """What the group did since the loop last looked; written by the client's own thread.

    Args:
        changed: whether the loop has to look.
        taken: revoked in good order; may come back in the same breath.
        lost: somebody else has, or may have had them.
    """

    changed: bool = False
    taken: set[TopicPartition] = field(default_factory=set)
    lost: set[TopicPartition] = field(default_factory=set)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """Notes what happens and returns at once. New partitions wait, paused, until the loop has opened them.

    Args:
        eager: whether every rebalance takes all partitions first; then those given back at once were nobody else's meanwhile.
    """

    def __init__(self, consumer: KafkaConsumer, noted: _Rebalance, *, eager: bool) -> None:
        self._consumer = consumer
        self._noted = noted
        self._eager = eager

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """They are ours."""
        self._noted.changed = True
        self._noted.lost |= self._noted.taken - set(assigned)
        self._noted.taken.clear()
        for partition in assigned:
            self._consumer.seek(partition, 0)  # a position, so that none is looked up; the loop sets the right one
            self._consumer.pause(partition)

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """They go to somebody else, in good order."""
        self._noted.changed = True
        where = self._noted.taken if self._eager else self._noted.lost
        where |= set(revoked)

    def on_partitions_lost(self, lost: Sequence[TopicPartition]) -> None:
        """They went to somebody else some time ago."""
        self._noted.changed = True
        self._noted.lost |= set(lost)


class Runtime:
    """Feeds one job from one topic until it is asked to stop.

    Args:
        consumer: subscribed to nothing yet, without auto-commit.
        topic: to read.
        job: see `Job`.
        settings: batch sizes and patience.
        health, metrics: told how it goes.
        stop: set when the loop is to end: the batch in hand is finished and committed.
    """

    def __init__(
        self, consumer: KafkaConsumer, topic: str, job: Job, settings: Settings, health: Health, metrics: WorkerMetrics, stop: Event
    ) -> None:
        self._consumer = consumer
        self._topic = topic
        self._job = job
        self._settings = settings
        self._health = health
        self._metrics = metrics
        self._stop = stop
        self._noted = _Rebalance()
        self._next: dict[TopicPartition, int] = {}
        self._failures = 0
        self._drain_until: float | None = None
        self._ask_at = time.monotonic() + _ASK_EVERY
        self._in_hand: Future[Any] | None = None
        self._hands = ThreadPoolExecutor(1, thread_name_prefix="job")
        consumer.subscribe([topic], listener=_Listener(consumer, self._noted, eager=settings.assignment != "cooperative-sticky"))

    def run(self) -> None:
        """Until asked to stop.

        Raises:
            StreamclustError: one that does not pass by itself.
        """
        try:
            while not self._stop.is_set():
                self._turn()
        finally:
            self._leave()

    def _turn(self) -> None:
        try:
            self._settle()
            records = self._gather()
            if records:
                self._process(records)
            else:
                self._patiently(self._job.idle)
                self._ask_after_the_broker()
            self._measure()
        except Fenced as error:
            if self._stop.is_set():
                log.warning("somebody else has the state already", extra={"error": str(error)})
            elif self._group_has_changed():
                self._back_off(error)
            else:
                raise
        except StreamclustError as error:
            if not error.retriable:
                raise
            self._back_off(error)
        except IllegalStateError as error:
            if not self._noted.changed:
                raise
            log.info("the group changed in mid-turn", extra={"error": str(error)})
        except OffsetOutOfRangeError:
            for partition, position in self._next.items():
                _see_that_it_is_there(partition, position, *self._range(partition))
            raise
        except KafkaError as error:
            if not error.retriable:
                raise
            self._back_off(error)

    # rebalance

    def _settle(self) -> None:
        """Have open what is ours and nothing else. A partition taken and given back in the same breath stays open."""
        noted = self._noted
        if self._consumer.group_metadata().state == MemberState.STABLE:
            self._health.cleared("group")
        if not noted.changed:
            return
        lost, noted.lost, noted.changed = noted.lost, set(), False
        self._metrics.rebalanced()
        ours = self._consumer.assignment()
        for partition in sorted(self._next):
            if partition not in ours or partition in lost:
                self._close(partition)
        for partition in sorted(ours):
            self._take_over(partition)
        self._health.cleared("world")

    def _take_over(self, partition: TopicPartition) -> None:
        """Open it if it is not, and read on from where it stands: what was polled and not handled is read again."""
        start = self._next.get(partition)
        if start is None:
            start = self._next[partition] = self._open(partition)
            log.info("partition open", extra={"topic": partition.topic, "partition": partition.partition, "offset": start})
        self._consumer.seek(partition, start)
        self._consumer.resume(partition)

    def _open(self, partition: TopicPartition) -> int:
        """Where to read from, once the job has it open."""
        self._health.blocked("partitions", f"opening {partition.topic}/{partition.partition}")
        committed = self._consumer.committed(partition, timeout_ms=_COMMIT_MS)
        wanted = self._patiently(lambda: self._job.open(partition.partition, committed))
        start = wanted if wanted is not None else committed
        first, end = self._range(partition)
        start = first if start is None else start
        _see_that_it_is_there(partition, start, first, end)
        self._health.cleared("partitions")
        return start

    def _range(self, partition: TopicPartition) -> tuple[int, int]:
        """Offsets of the oldest record there is, and of the next one to come."""
        first = self._consumer.beginning_offsets([partition], timeout_ms=_COMMIT_MS)[partition]
        return first, self._consumer.end_offsets([partition], timeout_ms=_COMMIT_MS)[partition]

    def _close(self, partition: TopicPartition) -> None:
        if self._next.pop(partition, None) is not None:
            self._hands.submit(self._job.close, partition.partition).result()
            self._metrics.closed(partition.partition)
            log.info("partition closed", extra={"topic": partition.topic, "partition": partition.partition})

    def _close_all(self) -> None:
        for partition in sorted(self._next):
            self._close(partition)

    # a batch

    def _gather(self) -> list[Any]:
        """Records of partitions that are open, until the batch is full or its first record has waited long enough."""
        size, wait = self._settings.batch_records, self._settings.batch_wait_seconds
        records: list[Any] = []
        deadline = None
        while not self._stop.is_set() and len(records) < size:
            left = 0.5 if deadline is None else deadline - time.monotonic()
            if left <= 0:
                break
            came = self._poll(left, size - len(records))
            if self._noted.changed:
                return []  # the loop looks at the group first, and has all of it read again
            records += [record for part in came.values() for record in part]
            if not came and deadline is None:
                break
            if records and deadline is None:
                deadline = time.monotonic() + wait
        return records

    def _poll(self, seconds: float, most: int) -> dict[TopicPartition, list[Any]]:
        self._health.turned()
        found: dict[TopicPartition, list[Any]] = self._consumer.poll(timeout_ms=int(seconds * 1000), max_records=most)
        return found

    def _process(self, records: list[Any]) -> None:
        """Handle a batch, then commit it. What is not committed is read again."""
        began = time.perf_counter()
        self._patiently(lambda: self._job.handle(records))
        self._metrics.handled(len(records), time.perf_counter() - began)
        offsets = {TopicPartition(r.topic, r.partition): r.offset + 1 for r in records}
        ours = self._consumer.assignment() - self._noted.lost
        kept = {partition: offset for partition, offset in offsets.items() if partition in ours}
        self._next.update(kept)
        self._metrics.reached({r.partition: r.timestamp / 1000 for r in records})
        self._commit(kept)
        self._failures = 0
        self._health.cleared("broker")
        self._ask_at = time.monotonic() + _ASK_EVERY

    def _patiently(self, work: Callable[[], T]) -> T:
        """The result of some work of the job; if it takes long, the loop keeps polling with all partitions paused."""
        self._in_hand = result = self._hands.submit(work)
        still_until = time.monotonic() + self._settings.batch_patience_seconds
        paused: set[TopicPartition] | None = None
        while not wait([result], _LOOK).done:
            self._health.turned()
            self._see_that_it_drains()
            self._ask_after_the_broker()
            if time.monotonic() >= still_until:
                if paused is None:
                    paused = self._consumer.assignment() - self._consumer.paused()
                    self._consumer.pause(*paused)
                self._poll(0, 1)
        if paused:
            self._consumer.resume(*(paused & self._consumer.assignment()))
        return result.result()

    def _see_that_it_drains(self) -> None:
        """Once asked to stop, wait for the batch in hand, but not for ever."""
        if not self._stop.is_set():
            return
        self._drain_until = self._drain_until or time.monotonic() + self._settings.drain_seconds
        if time.monotonic() > self._drain_until:
            raise DrainTimedOut(f"the batch in hand took longer than {variable('drain_seconds')} ({self._settings.drain_seconds:g} s)")

    def _commit(self, offsets: dict[TopicPartition, int]) -> None:
        """Tell the group. A failure costs nothing but work done again: the next commit says more."""
        if not offsets:
            return
        try:
            with self._metrics.timed("commit"):
                self._consumer.commit({p: OffsetAndMetadata(offset, "", -1) for p, offset in offsets.items()}, timeout_ms=_COMMIT_MS)
        except KafkaError as error:
            log.warning("commit failed, the next one makes up for it", extra={"error": repr(error)})

    # the world

    def _group_has_changed(self) -> bool:
        """Whether a partition went to somebody else in good order: who has it now may know that some heartbeats before we do."""
        self._consumer.pause(*self._consumer.assignment())
        until = time.monotonic() + _HEARTBEATS * self._settings.heartbeat_seconds
        while not self._noted.changed and not self._stop.is_set() and (left := until - time.monotonic()) > 0:
            self._poll(min(left, _LOOK), 1)
        return self._noted.changed or self._stop.is_set()

    def _ask_after_the_broker(self) -> None:
        """When nothing has moved for a while: is there nothing, or nobody? The client alone waits for a lost broker without a word."""
        if time.monotonic() < self._ask_at or not self._next:
            return
        try:
            ends = self._consumer.end_offsets(list(self._next), timeout_ms=_ANSWER_MS)
        except KafkaError as error:
            self._health.blocked("broker", f"no answer from {self._settings.kafka_bootstrap_servers}: {error!r}")
        else:
            self._health.cleared("broker")
            self._measure(ends)
        self._ask_at = time.monotonic() + _ASK_EVERY

    def _back_off(self, error: Exception) -> None:
        """Close everything, wait with jitter while polling goes on, and have everything opened again."""
        self._failures += 1
        longest = min(_FIRST_BACKOFF * 2**self._failures, self._settings.backoff_max_seconds)
        seconds = longest * random.uniform(0.5, 1.0)
        self._health.blocked("world", str(error))
        self._metrics.backed_off(error)
        log.warning("backing off", extra={"error": str(error), "seconds": round(seconds, 2), "failures": self._failures})
        self._close_all()
        self._measure()
        self._consumer.pause(*self._consumer.assignment())
        until = time.monotonic() + seconds
        while not self._stop.is_set() and (left := until - time.monotonic()) > 0:
            self._poll(min(left, 0.5), 1)
        self._noted.changed = True

    def _measure(self, ends: Mapping[TopicPartition, int] | None = None) -> None:
        """Lag of each open partition, and how many are open.

        Args:
            ends: where they end, if the broker was asked; else as of the last records fetched, which is long ago when a batch takes long.
        """
        there = self._consumer.partitions_for_topic(self._topic) if self._next else ()
        self._metrics.reads(len(self._next), of=len(there))
        for partition, position in self._next.items():
            high = max(self._consumer.highwater(partition) or 0, (ends or {}).get(partition, 0))
            self._metrics.lags(partition.partition, max(high - position, 0))

    def _leave(self) -> None:
        """Close the partitions and leave the group; what was handled is committed."""
        try:
            if self._in_hand is None or self._in_hand.done():
                self._close_all()
        finally:
            self._hands.shutdown(wait=False, cancel_futures=True)
            self._consumer.close(autocommit=False, timeout_ms=5_000)


def _see_that_it_is_there(partition: TopicPartition, start: int, first: int, end: int) -> None:
    """Refuse to go on past records that nobody has seen.

    Raises:
        RecordsLost: the topic was cut off in front of `start`, or ends before it.
    """
    where = f"{partition.topic}/{partition.partition}"
    if start < first:
        raise RecordsLost(
            f"{first - start} records of {where} were dropped before they were taken: the next would be {start}, the oldest left is "
            f"{first}. Nothing was skipped. If they cannot be fed again, `streamclust topics accept-loss` goes on from the oldest."
        )
    if start > end:
        raise RecordsLost(
            f"{where} ends at {end}, but records up to {start} were taken: the topic was made anew, or its broker lost {start - end} "
            "records. What was taken is in the state; `streamclust topics accept-loss` goes on from the oldest that is there now."
        )
