"""With Kafka around it: the cluster worker against the clusterer with its commit alone, and two embed workers against one.

The first is processor time of the one process, on either side: broker and Redis have a core of their own.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from kafka import TopicPartition

from benchmarks.bench_clusterer import BATCH
from benchmarks.bench_pipeline import commit_rate, redis_server
from benchmarks.harness import Result, compare, timed
from benchmarks.vectors import Stream
from streamclust.adapters.redis_store import RedisStore
from streamclust.claims import EmbeddedClaim
from streamclust.params import Params
from streamclust.ports import Encoder
from tests.brokers import Noida
from workers.brokers import KafkaDeadLetters, KafkaPublisher, Outlet, admin, group_consumer, reader
from workers.cluster import ROLE, ClusterJob
from workers.health import Health
from workers.metrics import WorkerMetrics
from workers.runtime import Runtime
from workers.settings import Settings
from workers.topics import Message, Topics, embedded_message

WORKER_BAR = 0.5
SHARING_BAR = 1.7
_PATIENCE = 600.0
_runs = count()


def run(ready: Sequence[EmbeddedClaim], texts: Stream, encoder: Encoder, params: Params, *, repeats: int) -> Iterator[Result]:
    """Both measures, on a broker and a Redis of their own."""
    with redis_server() as url, broker() as bootstrap:
        yield compare(
            f"cluster worker, {len(ready)} records to committed state and published events",
            lambda: worker_rate(ready, encoder, params, bootstrap, url),
            lambda: commit_rate(ready, encoder, params, url, time.process_time),
            bar=WORKER_BAR,
            baseline="clusterer with Redis commit, no Kafka",
            repeats=repeats,
        )
        yield compare(
            f"two embed workers, {len(texts.lines)} texts",
            lambda: embed_rate(texts, bootstrap, workers=2),
            lambda: embed_rate(texts, bootstrap, workers=1),
            bar=SHARING_BAR,
            baseline="one embed worker",
            repeats=min(repeats, 2),
        )


@contextmanager
def broker() -> Iterator[str]:
    """Address of a broker with an empty directory of its own."""
    with TemporaryDirectory(prefix="streamclust-benchmark-") as folder:
        one = Noida(Path(folder))
        one.start()
        try:
            yield one.bootstrap
        finally:
            one.stop()


def _settings(bootstrap: str, **more: str) -> dict[str, str]:
    """The environment of a deployment that nobody used before."""
    name = f"run{next(_runs)}"
    values = {"kafka_bootstrap_servers": bootstrap, "topic_prefix": f"{name}.", "deployment": name, "assignment": "range", **more}
    return {f"STREAMCLUST_{field.upper()}": value for field, value in values.items()}


def _with_topics(environment: dict[str, str], raw_partitions: int = 1) -> Settings:
    settings = Settings.read(environment)
    plans = Topics(settings.topic_prefix).plans(settings.shards, raw_partitions)
    with closing(admin(settings)) as client:
        client.create_topics({p.name: {"num_partitions": p.partitions, "replication_factor": 1} for p in plans})
    return settings


def worker_rate(claims: Sequence[EmbeddedClaim], encoder: Encoder, params: Params, bootstrap: str, redis_url: str) -> float:
    """Records per second of processor time of the cluster worker, from a full topic to an empty lag."""
    settings = _with_topics(_settings(bootstrap, redis_url=redis_url, batch_records=str(BATCH)))
    topics = Topics(settings.topic_prefix)
    with closing(Outlet(settings)) as outlet:
        for start in range(0, len(claims), BATCH):
            part = claims[start : start + BATCH]
            messages = [
                embedded_message(c, topic=topics.embedded, shard=0, encoder=encoder.fingerprint, recorded_at=time.time()) for c in part
            ]
            outlet.send(messages)
        stop, metrics = Event(), WorkerMetrics()
        store = RedisStore.connect(redis_url, f"kafka-{settings.deployment}")
        job = _Counting(
            ClusterJob(
                topics.embedded, lambda _: store, params, KafkaPublisher(outlet, topics, metrics), KafkaDeadLetters(outlet, topics), metrics
            ),
            len(claims),
            stop,
        )
        runtime = Runtime(group_consumer(settings, ROLE), topics.embedded, job, settings, Health(_PATIENCE), metrics, stop)
        gc.collect()
        gc.freeze()
        runtime.run()
        gc.unfreeze()
        return len(claims) / (job.ended - job.opened)


class _Counting:
    """A job that asks the loop to stop when it has had so many records; joining and leaving the group are not on its bill.

    Attributes:
        opened, ended: processor time when its partition was open, and when the last batch was done.
    """

    def __init__(self, job: ClusterJob, wanted: int, stop: Event) -> None:
        self._job = job
        self._left = wanted
        self._stop = stop
        self.idle, self.close = job.idle, job.close
        self.opened = self.ended = 0.0

    def open(self, partition: int, committed: int | None) -> int | None:
        """Hand on and note when."""
        offset = self._job.open(partition, committed)
        self.opened = time.process_time()
        return offset

    def handle(self, records: Sequence[object]) -> None:
        """Hand on and count."""
        self._job.handle(records)
        self.ended = time.process_time()
        self._left -= len(records)
        if self._left <= 0:
            self._stop.set()


def embed_rate(texts: Stream, bootstrap: str, *, workers: int) -> float:
    """Texts per second of so many embed workers of one thread each, once they are ready."""
    environment = _settings(bootstrap, http_port="0", batch_records="64", log_level="WARNING")
    settings = _with_topics(environment, raw_partitions=4)
    topics = Topics(settings.topic_prefix)
    more = {**os.environ, **environment, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    processes = [subprocess.Popen([sys.executable, "-m", "workers.embed"], env=more) for _ in range(workers)]
    try:
        with closing(Outlet(settings)) as outlet:
            warm_up = [Message(topics.raw, None, b'{"text": "warm %d %d"}' % (n, workers), [], n % 4) for n in range(64)]
            outlet.send(warm_up)
            _wait_for(settings, topics.embedded, len(warm_up))
            time.sleep(5)  # for the last one to join
            outlet.send(Message(topics.raw, None, line, [], number % 4) for number, line in enumerate(texts.lines))
        return timed(len(texts.lines), lambda: _wait_for(settings, topics.embedded, len(warm_up) + len(texts.lines)))
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def _wait_for(settings: Settings, topic: str, records: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    with closing(reader(settings)) as consumer:
        partition = TopicPartition(topic, 0)
        while consumer.end_offsets([partition])[partition] < records:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{topic} has not got {records} records in {_PATIENCE:.0f} s")
            time.sleep(0.05)
