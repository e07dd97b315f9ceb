"""The operator's commands as they are run, without a process for each: what they print, what they say, their exit code."""

from __future__ import annotations

import signal
import sys
from typing import Any, NamedTuple

import orjson
from click.testing import CliRunner
from deployment import Deployment
from kafka import KafkaAdminClient, TopicPartition

from streamclust.adapters.memory import DeadLetterList
from streamclust.params import Params
from workers.brokers import KafkaPublisher, Outlet, reader
from workers.cli import main
from workers.cluster import ClusterJob
from workers.metrics import WorkerMetrics
from workers.offsets import Mark, commit, records, spans


class Done(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [orjson.loads(line) for line in self.out.splitlines()]


def operate(one: Deployment, *arguments: object, code: int = 0, stdin: str = "", **settings: object) -> Done:
    """A command from start to end under the settings of a deployment, and others by name; it ends with this exit code."""
    environment = {**one.environment, **{f"STREAMCLUST_{name.upper()}": str(value) for name, value in settings.items()}}
    before, handler = sys.argv, signal.getsignal(signal.SIGTERM)
    with CliRunner().isolation(input=stdin, env=environment) as (out, err, _):
        sys.argv = ["streamclust", *map(str, arguments)]
        try:
            main()
        except SystemExit as leaving:
            ended = leaving.code
        finally:
            sys.argv = before
            signal.signal(signal.SIGTERM, handler)
        done = Done(int(ended or 0), out.getvalue().decode(), err.getvalue().decode())
    assert done.code == code, f"exit code {done.code}\n{done.out}\n{done.err}"
    return done


def drop_before(one: Deployment, topic: str, offset: int, partition: int = 0) -> None:
    """Have the broker drop the oldest records, as retention does."""
    admin = KafkaAdminClient(**one.settings.kafka())
    admin.delete_records({TopicPartition(topic, partition): offset})
    admin.close()


def make_anew(one: Deployment, topic: str, **spec: object) -> None:
    """Delete a topic and make it again, empty; who has written to it starts anew too."""
    one.close_outlet()
    admin = KafkaAdminClient(**one.settings.kafka())
    admin.delete_topics([topic])
    admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1, **spec}})
    admin.close()


def clustered_here(one: Deployment, shard: int = 0, params: Params | None = None) -> int:
    """What a cluster worker does with all there is for a shard, in this process; the offset it started from."""
    consumer, metrics = reader(one.settings), WorkerMetrics()
    topic = one.topics.embedded
    publisher = KafkaPublisher(Outlet(one.settings), one.topics, metrics)
    job = ClusterJob(topic, one.store, params or Params.preset("claim"), publisher, DeadLetterList(), metrics)
    first, end = spans(consumer, topic)[shard]
    start = job.open(shard, None) or 0
    assert first <= start <= end or not start
    start = max(start, first)
    found = list(records(consumer, topic, shard, start, end))
    if found:
        job.handle(found)
    job.close(shard)
    publisher.close()
    consumer.close()
    return start


def settled(one: Deployment, group: str, topic: str, offset: int, partition: int = 0) -> None:
    """Have a group without members stand there."""
    admin = KafkaAdminClient(**one.settings.kafka())
    commit(admin, f"streamclust.{one.settings.deployment}.{group}", topic, {partition: Mark(offset, "")})
    admin.close()
