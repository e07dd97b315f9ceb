"""`cluster.commands` as a shard reads it: from its own position on, each command when the shard has come to its time."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any, Protocol

from kafka import KafkaConsumer, TopicPartition

from workers.brokers import reader
from workers.settings import Settings

log = logging.getLogger(__name__)

_MOST = 500
_LOOK_EVERY = 30.0


class Feed(Protocol):
    """Where a shard's commands come from."""

    def due(self, reached: float | None) -> list[Any]:
        """Records whose turn it is, in order; each once.

        Args:
            reached: when the last claim that the shard has taken was written, seconds since 1970; None where it has taken all there is.
        """

    def caught_up(self, taken: int) -> bool:
        """Whether a command waits, and the shard has taken all claims there are.

        Args:
            taken: its next record of the claims.
        """

    def close(self) -> None:
        """Let go."""


class CommandFeed:
    """Commands for one shard, with a consumer of its own that belongs to no group.

    A command waits until the shard has taken the claims that were written before it: so a state that is made anew from the topics is told
    of clusters when it has them.

    Args:
        settings: of the worker.
        topic: `cluster.commands`, under its full name.
        start: the shard's next record of it; None for the oldest there is.
        claims: the partition that the shard takes claims from.
    """

    def __init__(self, settings: Settings, topic: str, start: int | None, claims: TopicPartition) -> None:
        self._consumer: KafkaConsumer = reader(settings, auto_offset_reset="earliest", max_poll_records=_MOST)
        self._place = TopicPartition(topic, 0)
        self._start = start
        self._claims = claims
        self._held: deque[Any] = deque()
        self._placed = False
        self._look_at = 0.0

    def due(self, reached: float | None) -> list[Any]:
        """See `Feed.due`."""
        if not self._there():
            return []
        if len(self._held) < _MOST:
            for records in self._consumer.poll(timeout_ms=0).values():
                self._held += records
        found = []
        while self._held and (reached is None or self._held[0].timestamp / 1000 <= reached):
            found.append(self._held.popleft())
        return found

    def caught_up(self, taken: int) -> bool:
        """See `Feed.caught_up`."""
        return bool(self._held) and bool(self._consumer.end_offsets([self._claims])[self._claims] <= taken)

    def close(self) -> None:
        """See `Feed.close`."""
        self._consumer.close()

    def _there(self) -> bool:
        """Whether the topic is there and the consumer placed; looked for now and then."""
        if self._placed or time.monotonic() < self._look_at:
            return self._placed
        self._look_at = time.monotonic() + _LOOK_EVERY
        if not self._consumer.partitions_for_topic(self._place.topic):
            log.warning(
                "no commands are read: the topic is not there; `streamclust topics create` makes it", extra={"topic": self._place.topic}
            )
            return False
        self._consumer.assign([self._place])
        first = self._consumer.beginning_offsets([self._place])[self._place]
        end = self._consumer.end_offsets([self._place])[self._place]
        self._consumer.seek(self._place, self._from(first, end))
        self._placed = True
        return True

    def _from(self, first: int, end: int) -> int:
        """Where to read from; commands that are gone are gone, those that come twice are known by their ids."""
        start = first if self._start is None else self._start
        if first <= start <= end:
            return start
        log.warning("commands were dropped before they were taken, or the topic was made anew", extra={"wanted": start, "oldest": first})
        return first
