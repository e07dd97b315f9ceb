"""The book of one partition with its store and a lock: the job writes into it, couriers take from it. Nothing is sent under the lock."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from threading import Condition
from typing import Any, NamedTuple, Protocol

from streamclust.errors import StoreUnavailable
from workers.alerting.book import AlertBook, Counts
from workers.alerting.episodes import Alert, Message
from workers.alerting.facts import Arrival
from workers.metrics import WorkerMetrics

log = logging.getLogger(__name__)


class AlertStore(Protocol):
    """Where a book is kept. One writer a partition; a newer one shuts the older one out."""

    def claim_writer(self) -> None:
        """Become the writer.

        Raises:
            StoreUnavailable: it does not answer.
        """

    def load(self) -> dict[str, Any]:
        """All records by name."""

    def applied(self) -> int | None:
        """Offset of the next record of the input; None if nothing was ever saved."""

    def save(self, puts: Mapping[str, Any], drops: Iterable[str], *, applied: int | None = None) -> None:
        """Write and remove records and move the offset: all or nothing.

        Raises:
            Fenced: a newer writer has taken over.
            StoreUnavailable: it was not saved, or nobody can tell.
        """

    def wishes(self) -> list[str]:
        """Receivers that an operator wants to be told again, once each."""

    def close(self) -> None:
        """Let go."""


class Errand(NamedTuple):
    """A message on its way, with the alerts it tells of.

    Args:
        message: what is to be settled afterwards; None where how things stand is only said again.
        told: the alerts, each with `started` or `ended`.
        standing: alerts of the receiver that go on.
    """

    message: Message | None
    told: list[tuple[Alert, str]]
    standing: list[Alert]


class Desk:
    """See the module.

    What is not saved is not sent; what could not be saved makes the desk useless, until its partition is opened anew from the store.

    Args:
        store: of which we are the writer.
        book: as it is in the store.
        metrics: told what becomes of alerts.
    """

    def __init__(self, store: AlertStore, book: AlertBook, metrics: WorkerMetrics) -> None:
        self._store = store
        self._book = book
        self._metrics = metrics
        self._lock = Condition()
        self._under_way = 0
        self._closing = False
        self._failure: StoreUnavailable | None = None

    # the job's side

    def handle(self, arrivals: Iterable[Arrival], *, applied: int, now: float) -> None:
        """Decide on some events, then save alerts, what is to be told, and the offset in one write."""
        with self._lock:
            self._check()
            counts: Counts = Counter()
            for arrival in arrivals:
                counts.update(self._book.apply(arrival, now))
            counts.update(self._book.tick(now))
            self._save(applied)
            self._count(counts)

    def tick(self, now: float) -> None:
        """Do what is due by the clock."""
        with self._lock:
            self._check()
            counts = self._book.tick(now)
            wanted = self._store.wishes() if self._book.gone else []
            for receiver in wanted:
                self._book.enable(receiver)
                log.info("receiver is told again", extra={"receiver": receiver})
            self._save()
            self._count(counts)

    def close(self, patience: float) -> None:
        """Let no more messages go, wait for those on their way, let go of the store."""
        with self._lock:
            self._closing = True
            self._lock.wait_for(lambda: self._under_way == 0, patience)
            self._store.close()

    @property
    def stands(self) -> tuple[int, int, set[str]]:
        """Active alerts, things pending, receivers that are gone."""
        with self._lock:
            return self._book.active, self._book.pending, set(self._book.gone)

    # the couriers' side

    def due_at(self, receiver: str) -> float:
        """When there is something to tell a receiver."""
        with self._lock:
            return float("inf") if self._shut else self._book.due_at(receiver)

    def take(self, receiver: str, now: float, *, again: bool = False) -> Errand | None:
        """What a receiver is to be told, put together and saved; it must be given back with `settle` or `put_off`.

        Args:
            receiver: its name.
            now: seconds since 1970.
            again: whether to say again how things stand although nothing is new.
        """
        with self._lock:
            if self._shut:
                return None
            message = self._book.message(receiver, now)
            standing = self._book.standing(receiver)
            if (message is None and not (again and standing)) or not self._saved():
                return None
            self._under_way += 1
            items = message.items if message else ()
            return Errand(message, [(self._book.alert(item.alert_id), item.what) for item in items], standing)

    def settle(self, receiver: str, errand: Errand) -> bool:
        """It is done with: taken, or never to be. Whether that was saved."""
        with self._lock:
            if errand.message is not None and not self._failure:
                self._book.settle(receiver, errand.message)
            self._given_back()
            return self._saved()

    def put_off(self, errand: Errand) -> None:
        """It is to be tried again."""
        with self._lock:
            self._given_back()

    def disable(self, receiver: str, errand: Errand, why: str, now: float) -> int:
        """The receiver is gone; how many things it was still to be told."""
        with self._lock:
            dropped = 0 if self._failure else self._book.disable(receiver, why, now)
            self._given_back()
            self._saved()
            return dropped

    def _given_back(self) -> None:
        self._under_way -= 1
        self._lock.notify_all()

    # both

    @property
    def _shut(self) -> bool:
        return self._closing or self._failure is not None

    def _check(self) -> None:
        """Raise what a courier ran into."""
        if self._failure is not None:
            raise self._failure

    def _saved(self) -> bool:
        """Save what has changed; a failure is kept for the job, whose loop knows what to do."""
        if self._failure is not None:
            return False
        try:
            self._save()
        except StoreUnavailable:
            return False
        return True

    def _save(self, applied: int | None = None) -> None:
        changes = self._book.take_changes()
        if not changes and applied is None:
            return
        try:
            self._store.save(changes.puts, changes.drops, applied=applied)
        except StoreUnavailable as error:
            self._failure = error
            raise

    def _count(self, counts: Counts) -> None:
        for state, alerts in counts.items():
            self._metrics.alerted(state, alerts)
        if counts:
            log.info("alerts", extra=dict(counts))
