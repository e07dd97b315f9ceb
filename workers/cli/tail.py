"""`streamclust tail`: what happens to clusters, as it happens."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import click
import orjson
from kafka import KafkaConsumer, TopicPartition

from streamclust.errors import InvalidClaim
from streamclust.events import ALL, ClaimAssigned
from workers.cli.connections import connected
from workers.cli.dlq import escaped
from workers.cli.options import json_option
from workers.cli.quoting import one_line
from workers.offsets import existing_spans
from workers.topics import read_event

_PREFIX, _OF_CLUSTERS, _SUFFIX = "io.streamclust.", "cluster.", ".v1"
_KINDS = {k.type.removeprefix(_PREFIX).removeprefix(_OF_CLUSTERS).removesuffix(_SUFFIX): k.type for k in ALL if k is not ClaimAssigned}
_POLL_MS = 500
_FIRST = ("absorbed_id", "other_id", "by", "claim_id", "milestone", "reason", "rule", "size", "authors", "distinct", "sources", "score")


@click.command()
@click.option("--from-beginning", is_flag=True, help="All that the topic still has, then what comes.")
@click.option("--assigned", is_flag=True, help="Also which cluster each claim goes to.")
@click.option("--type", "kinds", type=click.Choice(list(_KINDS)), multiple=True, help="Only these events of clusters; may be repeated.")
@click.option("--limit", type=click.IntRange(1), help="End after so many events.")
@json_option
def tail(from_beginning: bool, assigned: bool, kinds: tuple[str, ...], limit: int | None, as_json: bool) -> None:
    """Print events as they come, a line each; with --json as CloudEvents. Ctrl-C ends it."""
    wanted = {_KINDS[kind] for kind in kinds or _KINDS} | ({ClaimAssigned.type} if assigned else set())
    left = limit
    with suppress(KeyboardInterrupt), connected() as deployment:
        names = [deployment.topics.events, *([deployment.topics.assigned] if assigned else [])]
        consumer = deployment.reader()
        _point(consumer, names, from_beginning=from_beginning)
        click.echo(f"listening to {', '.join(names)}; Ctrl-C ends it", err=True)
        for event in _events(consumer):
            if event["type"] not in wanted:
                continue
            if not _printed(orjson.dumps(event).decode() if as_json else line_of(event)):
                return
            left = None if left is None else left - 1
            if left == 0:
                return


def line_of(event: dict[str, Any]) -> str:
    """An event in one line that is safe to print.

    >>> data = {"absorbed_id": "c2", "size": 7, "score": 0.8125}
    >>> line_of({"type": "io.streamclust.cluster.merged.v1", "subject": "cluster/c1", "time": "2026-03-02T10:00:00Z", "data": data})
    '2026-03-02T10:00:00Z  merged    c1  absorbed_id c2, size 7, score 0.81'
    """
    kind = event["type"].removesuffix(_SUFFIX).rpartition(".")[2]
    data = event["data"] or {}
    numbers = [f"{name} {data[name]:.2f}" if name == "score" else f"{name} {data[name]}" for name in _FIRST if name in data]
    text = one_line(str(data["text"])) if "text" in data else ""
    said = ", ".join(numbers) + (f"  “{text}”" if text else "")
    return escaped(f"{event.get('time', '-'):<20}  {kind:<8}  {event['subject'].removeprefix('cluster/')}  {said}")


def _point(consumer: KafkaConsumer, names: list[str], *, from_beginning: bool) -> None:
    """Have it read these topics from their beginnings, or from now on."""
    places = {TopicPartition(name, number): span for name in names for number, span in existing_spans(consumer, name).items()}
    consumer.assign(list(places))
    for place, span in places.items():
        consumer.seek(place, span.first if from_beginning else span.end)


def _events(consumer: KafkaConsumer) -> Iterator[dict[str, Any]]:
    """For ever."""
    while True:
        for record in (record for part in consumer.poll(timeout_ms=_POLL_MS).values() for record in part):
            try:
                yield read_event(record.value, record.headers)
            except InvalidClaim as error:
                click.echo(f"{record.topic}/{record.partition} at {record.offset}: {error}", err=True)


def _printed(line: str) -> bool:
    """Whether somebody still listens on standard output."""
    try:
        click.echo(line)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains when it leaves
        return False
    return True
