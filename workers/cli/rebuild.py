"""`streamclust rebuild --from-kafka`: Redis is lost, the topic is not, and the state is a function of the topic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any

import click
import orjson
from kafka import KafkaConsumer

from streamclust.claims import Origin
from streamclust.counting import counted
from streamclust.errors import Incompatible, InvalidClaim, NotFound, RecordsLost
from streamclust.params import Params
from streamclust.ports import DeadLetter, EventPublisher, VectorSpace
from streamclust.records import Space
from workers.brokers import KafkaPublisher
from workers.cli.connections import Connections, connected
from workers.cli.options import json_option, params_model_option, params_options, read_params, see_that_it_fits_ready_made
from workers.cli.progress import ProgressLine
from workers.cluster import ROLE, ClusterJob, check_vector
from workers.metrics import WorkerMetrics
from workers.offsets import Span, existing_spans, records, refuse_members
from workers.topics import read_embedded

_WHY = "A worker beside it would write to the same state."
_UNFINISHED = (
    "shard {shard} is made from {taken} of {all} records. --discard-state starts it again; or start the cluster workers: they go on from "
    "there, and publish the events of the rest a second time, under the ids they had."
)


@click.command()
@click.option("--from-kafka", is_flag=True, required=True, help="The source: all of claims.embedded that there is.")
@click.option("--shard", type=click.IntRange(0), help="Only this shard; all of them if left out.")
@click.option("--discard-state", is_flag=True, help="Delete the state that is there first.")
@click.option("--publish", is_flag=True, help="Publish the events again, under the ids they had.")
@click.option("--accept-loss", is_flag=True, help="Do it although the topic no longer reaches back to its first record.")
@params_options
@params_model_option
@json_option
def rebuild(
    from_kafka: bool,
    shard: int | None,
    discard_state: bool,
    publish: bool,
    accept_loss: bool,
    preset: str,
    model: str | None,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make the state in Redis anew from claims.embedded; the cluster workers, stopped meanwhile, go on from its end.

    Params are those the workers have. Events are not published a second time.
    """
    params, fits = read_params(preset, overrides, model), partial(see_that_it_fits_ready_made, preset, model)
    with connected() as deployment:
        refuse_members(deployment.admin(), deployment.group(ROLE), _WHY)
        consumer = deployment.reader(max_poll_records=deployment.settings.batch_records)
        spans = _wanted(existing_spans(consumer, deployment.topics.embedded), shard)
        for number, span in spans.items():
            _see_that_it_can_be_done(deployment, number, span, discard=discard_state, accept_loss=accept_loss)
            _see_that_params_fit(records(consumer, deployment.topics.embedded, number, span.first, span.end), fits)
        for number in spans if discard_state else ():
            click.echo(f"shard {number}: {counted(deployment.store(number).discard(), 'key')} deleted", err=True)
        metrics = WorkerMetrics()
        publisher = KafkaPublisher(deployment.outlet(), deployment.topics, metrics) if publish else None
        done = [_rebuild(deployment, consumer, number, span, params, publisher, metrics, fits) for number, span in spans.items()]
    if as_json:
        click.echo(orjson.dumps(done, option=orjson.OPT_INDENT_2))
        return
    for line in done:
        made = f"{counted(line['records'], 'record')}, {counted(line['clusters'], 'live cluster')}"
        click.echo(f"shard {line['shard']}: {made}, goes on at {line['next']}")


def _wanted(spans: dict[int, Span], shard: int | None) -> dict[int, Span]:
    if shard is None:
        return spans
    if shard not in spans:
        raise NotFound(f"there is no shard {shard}; there are {', '.join(map(str, spans))}")
    return {shard: spans[shard]}


def _see_that_it_can_be_done(deployment: Connections, shard: int, span: Span, *, discard: bool, accept_loss: bool) -> None:
    """All shards are asked before one is touched."""
    if span.first and not accept_loss:
        raise RecordsLost(
            f"{span.first} records of {deployment.topics.embedded}/{shard} are no longer in the topic: the state would be another one than "
            "it was. --accept-loss makes it from what is left; clusters get other ids where their founders are gone."
        )
    if deployment.store(shard).identity() and not discard:
        raise Incompatible(f"shard {shard} has a state; nothing was changed. --discard-state deletes it first")


def _see_that_params_fit(found: Iterable[Any], fits: Callable[[VectorSpace], None]) -> None:
    """The first embedded claim among these records says which vectors the state will hold."""
    for record in found:
        try:
            arrival = read_embedded(record.value, record.headers, Origin(record.topic, record.partition, record.offset))
            check_vector(arrival.embedded)
        except InvalidClaim:
            continue
        fits(Space(arrival.encoder, len(arrival.embedded.vector)))
        return


class _SetAsideBefore:
    """`DeadLetters` for strangers on the topic, which the worker has put where they belong."""

    def put(self, letters: Iterable[DeadLetter]) -> None:
        """Not again."""

    def close(self) -> None:
        """Nothing to let go of."""


def _rebuild(
    deployment: Connections,
    consumer: KafkaConsumer,
    shard: int,
    span: Span,
    params: Params,
    publisher: EventPublisher | None,
    metrics: WorkerMetrics,
    fits: Callable[[VectorSpace], None],
) -> dict[str, Any]:
    """The shard as the worker would have made it."""
    topic = deployment.topics.embedded
    job = ClusterJob(topic, deployment.open_store, params, publisher, _SetAsideBefore(), metrics, fits=fits)
    job.open(shard, None)
    taken = 0
    progress = ProgressLine()
    try:
        for batch in _batches(records(consumer, topic, shard, span.first, span.end), deployment.settings.batch_records):
            job.handle(batch)
            taken += len(batch)
            progress.say(partial("shard {}: {} of {} records".format, shard, taken, span.end - span.first))
    except KeyboardInterrupt:
        progress.clear()
        click.echo(_UNFINISHED.format(shard=shard, taken=taken, all=span.end - span.first), err=True)
        raise
    finally:
        job.close(shard)
    progress.clear()
    store = deployment.store(shard)
    live = sum(record["status"] == "live" for record in store.clusters())
    return {"shard": shard, "records": taken, "clusters": live, "next": store.offsets().get((topic, shard), span.first)}


def _batches(found: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(found)
    while batch := list(islice(rest, size)):
        yield batch
