"""`python -m workers.cluster`: `claims.embedded` → clusters in Redis → events. One writer a shard; a shard is a partition."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

import click
from kafka import TopicPartition

from streamclust.adapters.redis_store import RedisStore
from streamclust.claims import EmbeddedClaim, Origin
from streamclust.commands import Command, Expel
from streamclust.errors import Incompatible, InvalidClaim
from streamclust.params import Params
from streamclust.pipeline import Clustering
from streamclust.ports import ClusterStore, DeadLetter, DeadLetters, EventPublisher, VectorSpace
from streamclust.records import Space, merged_id
from workers import wiring
from workers.brokers import KafkaDeadLetters, KafkaPublisher, Outlet
from workers.cli.options import params_model_option, params_options, read_params, see_that_it_fits_ready_made
from workers.commands import CommandFeed, Feed
from workers.limits import DeadLetterLimit
from workers.metrics import WorkerMetrics
from workers.processes import worker
from workers.survey import Survey
from workers.topics import Arrival, Topics, read_command, read_embedded

ROLE = "cluster"
_UNIT_WITHIN = 1e-2
_ADVICE = "Stopped before more is set aside. Do embed and cluster workers have the same version? Does anybody else write to this topic?"


@dataclass(slots=True)
class Shard:
    """One partition's clusters; a new one has no clusterer until its first claim says which vectors there are.

    Args:
        taken: its next record of the claims.
        feed: where its commands come from.
    """

    store: ClusterStore
    taken: int = 0
    feed: Feed | None = None
    space: Space | None = None
    clustering: Clustering | None = None


class ClusterJob:
    """Embedded claims to clusters, by shard.

    Args:
        topic: `claims.embedded`, under its full name.
        open_store: the store of a shard.
        params: the numbers that decide.
        publisher: takes the events.
        letters: takes records that are no embedded claims.
        metrics: told how it goes.
        limit: says when strangers are too many; None for a topic that was gone through before.
        open_feed: where a shard's commands come from, given the shard and its next record of them; None where none are read.
        commands: `cluster.commands`, under its full name.
        alone: whether there is no other shard: a cluster that is not here is nowhere.
        fits: given the vectors of a shard, raises `Incompatible` where the params were made for others.
    """

    def __init__(
        self,
        topic: str,
        open_store: Callable[[int], ClusterStore],
        params: Params,
        publisher: EventPublisher | None,
        letters: DeadLetters,
        metrics: WorkerMetrics,
        limit: DeadLetterLimit | None = None,
        *,
        open_feed: Callable[[int, int | None], Feed] | None = None,
        commands: str = "",
        alone: bool = True,
        fits: Callable[[VectorSpace], None] = lambda _: None,
    ) -> None:
        self._fits = fits
        self._open_feed = open_feed
        self._commands = commands
        self._alone = alone
        self._limit = limit
        self._topic = topic
        self._open_store = open_store
        self._params = params
        self._publisher = publisher
        self._letters = letters
        self._metrics = metrics
        self._shards: dict[int, Shard] = {}
        self._survey = Survey(metrics)
        metrics.waits(self._unpublished)

    def open(self, partition: int, committed: int | None) -> int | None:
        """Become the shard's writer and restore it. The store's offset counts, whatever the group says."""
        self.close(partition)
        shard = self._shards[partition] = Shard(self._open_store(partition))
        if self._open_feed is not None:
            shard.feed = self._open_feed(partition, shard.store.offsets().get((self._commands, 0)))
        identity = shard.store.identity()
        if not identity:
            return None if committed is None else 0  # the group has been here, the state is gone: all over again
        shard.taken = self._start(shard, Space(identity["encoder"], identity["dim"])).get((self._topic, partition), 0)
        return shard.taken

    def _start(self, shard: Shard, space: Space) -> dict[tuple[str, int], int]:
        self._fits(space)
        timed = self._metrics.timed
        clusterer = wiring.clusterer(self._params, space.dim, timed)
        clustering = Clustering(clusterer, shard.store, space, self._publisher, states=True, timed=timed)
        shard.space, shard.clustering = space, clustering
        return clustering.start()

    def idle(self) -> None:
        """Obey what waits for there being nothing else to take. Nothing is done by the clock: all time is the claims'."""
        for partition, shard in self._shards.items():
            self._obey(partition, shard, None if shard.feed is not None and shard.feed.caught_up(shard.taken) else 0.0)

    def close(self, partition: int) -> None:
        """Let go of the shard; its state is in the store."""
        shard = self._shards.pop(partition, None)
        if shard is not None:
            shard.store.close()
            if shard.feed is not None:
                shard.feed.close()

    def handle(self, records: Sequence[Any]) -> None:
        """Shard by shard: read, set strangers aside, assign, save in one write, publish."""
        by_partition = defaultdict(list)
        for record in records:
            by_partition[record.partition].append(record)
        for partition, part in by_partition.items():
            self._handle(partition, self._shards[partition], part)
            self._obey(partition, self._shards[partition], part[-1].timestamp / 1000)
        self._stand()

    def _stand(self) -> None:
        """Tell how things stand."""
        begun = [s for s in self._shards.values() if s.clustering]
        clusterers = [s.clustering.clusterer for s in begun if s.clustering]
        self._metrics.stands(
            live=sum(len(c.clusters) for c in clusterers),
            limit=self._params.max_clusters * len(clusterers),
            watermark=max((c.now for c in clusterers), default=0.0),
        )
        self._metrics.suggests(sum(len(c.suggestions) for c in clusterers))
        self._survey.look(clusterers, [s.store for s in begun])

    def _unpublished(self) -> int:
        """Events in the outboxes. Asked for by another thread."""
        return sum(s.clustering.unpublished for s in list(self._shards.values()) if s.clustering)

    def _handle(self, partition: int, shard: Shard, records: Sequence[Any]) -> None:
        with self._metrics.timed("read"):
            arrivals, letters = self._read(shard, records)
        limit = self._counted(records, letters)
        self._letters.put(letters)
        self._metrics.dead_lettered(letter.reason for letter in letters)
        shard.taken = records[-1].offset + 1
        if shard.clustering is None:
            self._limit = limit
            return  # nothing but strangers so far
        events = shard.clustering.run([a.embedded for a in arrivals], {(self._topic, partition): records[-1].offset + 1})
        self._metrics.clustered(events, sent=[a.embedded.claim for a in arrivals])
        self._metrics.delayed((a.recorded_at, a.embedded.claim.origin) for a in arrivals)
        self._limit = limit

    def _obey(self, partition: int, shard: Shard, reached: float | None) -> None:
        """Take the commands whose turn it is, with their position in the same write as what they do."""
        if shard.feed is None or shard.clustering is None:
            return
        records = shard.feed.due(reached)
        if not records:
            return
        commands, letters = _read_commands(records)
        if partition == 0:  # every shard reads all of them; one tells of those that are none
            self._letters.put(letters)
            self._metrics.dead_lettered(letter.reason for letter in letters)
        ours = [command for command in commands if self._alone or _concerns(command, shard.store)]
        events = shard.clustering.obey(ours, {(self._commands, 0): records[-1].offset + 1})
        self._metrics.clustered(events, sent=())
        counts = {"taken": len(ours), "ignored": len(commands) - len(ours), "unreadable": len(letters)}
        for outcome, count in counts.items():
            self._metrics.commanded(outcome, count)

    def _counted(self, records: Sequence[Any], letters: Sequence[DeadLetter]) -> DeadLetterLimit | None:
        """The limit after these records; it holds once they are through, for a batch may be tried again.

        Raises:
            TooManyDeadLetters: before any of them is set aside.
        """
        if self._limit is None:
            return None
        by_offset = {letter.offset: letter for letter in letters}
        limit = deepcopy(self._limit)
        limit.count_all(by_offset.get(record.offset) for record in records)
        return limit

    def _read(self, shard: Shard, records: Sequence[Any]) -> tuple[list[Arrival], list[DeadLetter]]:
        arrivals, letters = [], []
        for record in records:
            origin = Origin(record.topic, record.partition, record.offset)
            try:
                arrival = read_embedded(record.value, record.headers, origin)
                check_vector(arrival.embedded)
                self._check_space(shard, arrival)
            except InvalidClaim as error:
                place = (record.topic, record.partition, record.offset, record.key, tuple(record.headers))
                letters.append(DeadLetter(record.value, error.reason, error.detail, *place))
                continue
            arrivals.append(arrival)
        return arrivals, letters

    def _check_space(self, shard: Shard, arrival: Arrival) -> None:
        """The shard's vectors and this one may be compared; a new shard takes its first one's.

        Raises:
            InvalidClaim: it is not as long as the encoder it names makes them.
            Incompatible: another encoder made it.
        """
        space = Space(arrival.encoder, len(arrival.embedded.vector))
        if shard.space is None:
            self._start(shard, space)
        elif space.fingerprint == shard.space.fingerprint and space.dim != shard.space.dim:
            raise InvalidClaim("bad_vector", f"{space.dim} numbers, those of {space.fingerprint} have {shard.space.dim}")
        elif space != shard.space:
            origin = arrival.embedded.claim.origin
            raise Incompatible(
                f"offset {origin and origin.offset} of {self._topic} has a vector of encoder {space.fingerprint} ({space.dim} numbers), "
                f"the state was made with {shard.space.fingerprint} ({shard.space.dim}). Vectors of two models cannot be compared: give "
                "the embed workers the old model again, or start a new deployment (STREAMCLUST_DEPLOYMENT, STREAMCLUST_TOPIC_PREFIX and "
                "another Redis database) and replay claims.raw into it."
            )


def _read_commands(records: Sequence[Any]) -> tuple[list[Command], list[DeadLetter]]:
    commands, letters = [], []
    for record in records:
        try:
            commands.append(read_command(record.value, Origin(record.topic, record.partition, record.offset)))
        except InvalidClaim as error:
            place = (record.topic, record.partition, record.offset, record.key, tuple(record.headers))
            letters.append(DeadLetter(record.value, error.reason, error.detail, *place))
    return commands, letters


def _concerns(command: Command, store: ClusterStore) -> bool:
    """Whether a shard has, or had, a cluster that a command is about."""
    if isinstance(command, Expel):
        return store.member(command.other) is not None
    return any(store.cluster(merged_id(store, asked)) is not None for asked in (command.one, command.other))


def check_vector(embedded: EmbeddedClaim) -> None:
    """See that a claim's vector is one that clusters take.

    Raises:
        InvalidClaim: it is not of unit length.
    """
    length = math.sqrt(embedded.vector.dot(embedded.vector))
    if not abs(length - 1.0) <= _UNIT_WITHIN:  # a length that is not a number is no length either
        raise InvalidClaim("bad_vector", f"a vector of length {length}, expected 1")


@click.command()
@params_options
@params_model_option
def main(preset: str, model: str | None, overrides: tuple[str, ...]) -> None:
    """Cluster embedded claims, until SIGTERM. Addresses and limits come from STREAMCLUST_* variables."""
    params = read_params(preset, overrides, model)
    with worker(ROLE) as work:
        settings, topics = work.settings, Topics(work.settings.topic_prefix)
        outlet = work.keep(Outlet(settings))
        publisher = KafkaPublisher(outlet, topics, work.metrics)

        def open_store(partition: int) -> RedisStore:
            return RedisStore.connect(settings.redis_url.get_secret_value(), str(partition), **settings.redis())

        limit = DeadLetterLimit(settings.dead_letters_in_a_row, settings.dead_letter_share, _ADVICE)

        def open_feed(partition: int, start: int | None) -> CommandFeed:
            return CommandFeed(settings, topics.commands, start, TopicPartition(topics.embedded, partition))

        job = ClusterJob(
            topics.embedded, open_store, params, publisher, KafkaDeadLetters(outlet, topics), work.metrics, limit,
            open_feed=open_feed, commands=topics.commands, alone=settings.shards == 1,
            fits=partial(see_that_it_fits_ready_made, preset, model),
        )  # fmt: skip
        work.run(job, topics.embedded, partitions=settings.shards)


if __name__ == "__main__":
    main()
