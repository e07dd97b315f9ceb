"""`streamclust topics accept-loss`: go on although records are gone. Nothing else ever passes over a record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import click
import orjson
from kafka import KafkaAdminClient, KafkaConsumer

from streamclust.counting import counted
from workers.cli.connections import Connections, connected
from workers.cli.options import json_option
from workers.offsets import Mark, Span, commit, existing_spans, forget, marks, refuse_members

_WHY = "The offsets of a group at work cannot be set."


@dataclass(frozen=True, slots=True)
class Move:
    """Somebody has to go on from another record than the next.

    Args:
        who: the embed group, a shard, or the alerts of a partition.
        topic, partition: of the input.
        at: the next record as it stands.
        to: the oldest left; from there too in a topic that was made anew: what is in it nobody has taken, and an id counts once.
        records: how many are given up, or were taken from a topic that no longer has them.
    """

    who: str
    topic: str
    partition: int
    at: int
    to: int
    records: int

    @property
    def line(self) -> str:
        """For a person."""
        where = f"{self.topic}/{self.partition}, {self.who}"
        if self.to > self.at:
            return f"{where}: {self.records} records were dropped before they were taken (next {self.at}, oldest left {self.to})"
        return (
            f"{where}: {self.records} records were taken that the topic no longer has (next {self.at}, goes on from its oldest, {self.to})"
        )


@click.command(name="accept-loss")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def accept_loss(yes: bool, as_json: bool) -> None:
    """Go on from the oldest record left, also in a topic that was made anew. Says what that gives up, and asks.

    For workers that refuse to start because records of claims.raw, claims.embedded or cluster.events are gone. Stop all workers first.
    """
    with connected() as deployment:
        broker, consumer = deployment.admin(), deployment.reader()
        for role in ("embed", "cluster", "alert"):
            refuse_members(broker, deployment.group(role), _WHY)
        moves = [*_of_embed(deployment, broker, consumer), *_of_shards(deployment, broker, consumer)]
        moves += _of_alerts(deployment, broker, consumer)
        for move in moves:
            click.echo(move.line, err=as_json)
        if moves and not yes:
            click.confirm("Give them up for good?", abort=True, err=True)
        for move in moves:
            _apply(deployment, broker, move)
    if as_json:
        click.echo(orjson.dumps([asdict(move) for move in moves], option=orjson.OPT_INDENT_2))
    given_up = sum(move.records for move in moves if move.to > move.at)
    click.echo(f"{counted(given_up, 'record')} given up; start the workers" if moves else "nothing is lost; nothing was changed", err=True)


def _of_embed(deployment: Connections, broker: KafkaAdminClient, consumer: KafkaConsumer) -> Iterator[Move]:
    topic = deployment.topics.raw
    committed = marks(broker, deployment.group("embed"), topic)
    for partition, span in existing_spans(consumer, topic).items():
        if partition in committed:
            yield from _move("embed group", topic, partition, committed[partition].offset, span)


def _of_shards(deployment: Connections, broker: KafkaAdminClient, consumer: KafkaConsumer) -> Iterator[Move]:
    """Shards go by their own offset; one whose state is gone starts at 0, if its group has ever been there."""
    topic = deployment.topics.embedded
    committed = marks(broker, deployment.group("cluster"), topic)
    for shard, span in existing_spans(consumer, topic).items():
        store = deployment.store(shard)
        if store.identity():
            yield from _move(f"shard {shard}", topic, shard, store.offsets().get((topic, shard), 0), span)
        elif shard in committed:
            yield from _move(f"shard {shard}, which has no state", topic, shard, 0, span)


def _of_alerts(deployment: Connections, broker: KafkaAdminClient, consumer: KafkaConsumer) -> Iterator[Move]:
    """Alerts go by their own offset; where there are none, by the group's."""
    topic = deployment.topics.events
    committed = marks(broker, deployment.group("alert"), topic)
    for partition, span in existing_spans(consumer, topic).items():
        if partition in committed:
            applied = deployment.alert_store(partition).applied()
            yield from _move("alerts", topic, partition, committed[partition].offset if applied is None else applied, span)


def _move(who: str, topic: str, partition: int, at: int, span: Span) -> Iterator[Move]:
    if at < span.first:
        yield Move(who, topic, partition, at, span.first, span.first - at)
    elif at > span.end:
        yield Move(who, topic, partition, at, span.first, at - span.end)


def _apply(deployment: Connections, broker: KafkaAdminClient, move: Move) -> None:
    if move.topic == deployment.topics.raw:
        commit(broker, deployment.group("embed"), move.topic, {move.partition: Mark(move.to, "")})
        return
    if move.topic == deployment.topics.events:
        _apply_to_alerts(deployment, broker, move)
        return
    store = deployment.store(move.partition)
    identity = store.identity()
    if identity:
        store.claim_writer(identity)
        store.reset_offsets({(move.topic, move.partition): move.to})
    else:
        forget(broker, deployment.group("cluster"), move.topic, move.partition)


def _apply_to_alerts(deployment: Connections, broker: KafkaAdminClient, move: Move) -> None:
    """Both offsets: a worker takes the group's where it finds no alerts."""
    store = deployment.alert_store(move.partition)
    if store.applied() is not None:
        store.claim_writer()
        store.reset_applied(move.to)
    commit(broker, deployment.group("alert"), move.topic, {move.partition: Mark(move.to, "")})
