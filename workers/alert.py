"""`python -m workers.alert`: `cluster.events` → alerts by rules → Alertmanager, webhooks, Slack.

Each batch: decide, then save alerts, what is to be told and the offset in one write. Couriers, a thread a receiver, tell what was
saved and have it marked when it was taken.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from copy import deepcopy
from pathlib import Path
from typing import Any

import click

from streamclust.adapters.redis_alerts import RedisAlertStore
from streamclust.claims import parse_time
from streamclust.errors import InvalidClaim
from streamclust.ports import DeadLetter, DeadLetters
from workers.alert_rules import Rules, load_rules
from workers.alerting.book import AlertBook
from workers.alerting.courier import Courier
from workers.alerting.desk import AlertStore, Desk
from workers.alerting.facts import Arrival
from workers.alerting.guard import AllowList
from workers.alerting.posting import Poster
from workers.alerting.reloading import Reading, RulesWatch
from workers.alerting.retries import Jitter
from workers.alerting.targets import Target, targets_of
from workers.brokers import KafkaDeadLetters, Outlet
from workers.limits import DeadLetterLimit
from workers.metrics import WorkerMetrics
from workers.processes import worker
from workers.settings import InvalidSettings, Settings, variable
from workers.topics import Topics, read_event

log = logging.getLogger(__name__)

ROLE = "alert"
_ADVICE = "Stopped before more is set aside. Does anybody but the cluster worker write to this topic?"


class AlertJob:
    """Events of clusters to alerts, by partition.

    Args:
        rules: what is asked for, and who is told.
        targets: every receiver of the rules.
        open_store: where the alerts of a partition are kept.
        poster: sends to receivers.
        letters: takes records that are no events.
        limit: says when they are too many.
        metrics: told how it goes.
        clock: seconds since 1970.
        jitter: spreads pauses between tries.
        look: other rules, if there are any by then; it is asked in every turn.
    """

    def __init__(
        self,
        rules: Rules,
        targets: Mapping[str, Target],
        open_store: Callable[[int], AlertStore],
        poster: Poster,
        letters: DeadLetters,
        limit: DeadLetterLimit,
        metrics: WorkerMetrics,
        clock: Callable[[], float] = time.time,
        jitter: Jitter = random.random,
        look: Callable[[float], Reading | None] = lambda now: None,
    ) -> None:
        self._open_store = open_store
        self._poster = poster
        self._letters = letters
        self._limit = limit
        self._metrics = metrics
        self._clock = clock
        self._jitter = jitter
        self._look = look
        self._desks: dict[int, Desk] = {}
        self._employ(rules, targets)

    def _employ(self, rules: Rules, targets: Mapping[str, Target]) -> None:
        """Work by these rules, with a courier for each of their receivers."""
        self._rules = rules
        self._kinds = {rule.on for rule in rules.rules}
        self._addresses = {name: target.address for name, target in targets.items()}
        self._longest = max(target.receiver.timeout for target in targets.values())
        self._couriers = [self._courier(target) for target in targets.values()]
        for courier in self._couriers:
            courier.start()

    def _courier(self, target: Target) -> Courier:
        return Courier(target, lambda: list(self._desks.values()), self._rules.link, self._poster, self._metrics, self._clock, self._jitter)

    def _follow_rules(self) -> None:
        """Where there are other rules, let go of all partitions and open them again under those: the same way as a start."""
        reading = self._look(self._clock())
        if reading is None:
            return
        partitions = list(self._desks)
        for partition in partitions:
            self.close(partition)
        self.stop()
        self._employ(reading.rules, reading.targets)
        for partition in partitions:
            self.open(partition, None)

    def open(self, partition: int, committed: int | None) -> int | None:
        """Become the writer of the partition's alerts and go on with them. The store's offset counts, whatever the group says."""
        store = self._open_store(partition)
        store.claim_writer()
        book = AlertBook(self._rules, self._addresses)
        dropped = book.restore(store.load())
        if dropped:
            log.warning("dropped what was kept for receivers that the rules no longer name", extra={"things": dropped})
        self._desks = {**self._desks, partition: Desk(store, book, self._metrics)}  # a new one: couriers may be going through the old
        self._look_round()
        return store.applied()

    def close(self, partition: int) -> None:
        """Let go of the partition; messages on their way are waited for, all others are in the store."""
        desk = self._desks.get(partition)
        self._desks = {number: other for number, other in self._desks.items() if number != partition}
        if desk is not None:
            desk.close(self._longest + 1.0)

    def handle(self, records: Sequence[Any]) -> None:
        """Partition by partition: read, set strangers aside, decide and save in one write."""
        self._follow_rules()
        for partition in {record.partition: None for record in records}:
            self._handle(partition, [record for record in records if record.partition == partition])
        self._look_round()

    def idle(self) -> None:
        """What is due by the clock."""
        self._follow_rules()
        for desk in self._desks.values():
            desk.tick(self._clock())
        self._look_round()

    def stop(self) -> None:
        """End the couriers."""
        for courier in self._couriers:
            courier.close()

    def _handle(self, partition: int, records: Sequence[Any]) -> None:
        arrivals, letters = self._read(records)
        limit = deepcopy(self._limit)  # counts only once the batch is through
        limit.count_all(letters.get(record.offset) for record in records)
        self._letters.put(list(letters.values()))
        self._metrics.dead_lettered(letter.reason for letter in letters.values())
        self._desks[partition].handle(arrivals, applied=records[-1].offset + 1, now=self._clock())
        self._limit = limit

    def _read(self, records: Sequence[Any]) -> tuple[list[Arrival], dict[int, DeadLetter]]:
        arrivals, letters = [], {}
        for record in records:
            try:
                recorded_at = parse_time(record.timestamp) or self._clock()
                arrivals.append(Arrival.of(read_event(record.value, record.headers), recorded_at, self._kinds))
            except InvalidClaim as error:
                place = (record.topic, record.partition, record.offset, record.key, tuple(record.headers))
                letters[record.offset] = DeadLetter(record.value, error.reason, error.detail, *place)
        return arrivals, letters

    def _look_round(self) -> None:
        """Wake the couriers, and say how alerts stand."""
        for courier in self._couriers:
            if not courier.alive:
                raise RuntimeError(f"the courier of receiver {courier.name} has died; without it nobody tells that receiver anything")
            courier.ring()
        stands = [desk.stands for desk in self._desks.values()]
        self._metrics.alerts_stand(
            active=sum(active for active, _, _ in stands),
            pending=sum(pending for _, pending, _ in stands),
            disabled=len({name for _, _, gone in stands for name in gone}),
        )


def read_rules(settings: Settings) -> Rules:
    """The rules that the settings name.

    Raises:
        InvalidSettings: they name none.
        InvalidRules: the rules are not as they must be.
    """
    if settings.alert_rules is None:
        raise InvalidSettings(f"{variable('alert_rules')} is not set: it names the file of rules; ops/alert-rules.yaml is an example")
    return load_rules(settings.alert_rules)


def reader(settings: Settings, environment: Mapping[str, str]) -> Callable[[], Reading]:
    """Reads the rules that the settings name, and addresses and secrets of their receivers."""

    def read() -> Reading:
        rules = read_rules(settings)
        return Reading(rules, targets_of(rules, environment, AllowList.parse(settings.alert_allow)))

    return read


def job(settings: Settings, read: Callable[[], Reading], letters: DeadLetters, metrics: WorkerMetrics) -> AlertJob:
    """The job as these settings want it. SIGHUP has it read its rules again."""
    limit = DeadLetterLimit(settings.dead_letters_in_a_row, settings.dead_letter_share, _ADVICE)

    def open_store(partition: int) -> RedisAlertStore:
        return RedisAlertStore.connect(settings.redis_url.get_secret_value(), partition, **settings.redis())

    watch = RulesWatch(settings.alert_rules or Path(), read, metrics)
    rules, targets = watch.first()
    signal.signal(signal.SIGHUP, lambda number, frame: watch.ask())
    return AlertJob(rules, targets, open_store, Poster(AllowList.parse(settings.alert_allow)), letters, limit, metrics, look=watch.look)


@click.command()
def main() -> None:
    """Tell people what is taking off, until SIGTERM. Rules and addresses come from STREAMCLUST_* variables."""
    with worker(ROLE) as work, ExitStack() as ends:
        topics, read = Topics(work.settings.topic_prefix), reader(work.settings, os.environ)
        read()  # what is wrong with them is said before anything is connected to
        letters = KafkaDeadLetters(work.keep(Outlet(work.settings)), topics)
        alerting = job(work.settings, read, letters, work.metrics)
        ends.callback(alerting.stop)
        work.run(alerting, topics.events)


if __name__ == "__main__":
    main()
