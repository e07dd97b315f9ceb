"""A deployment under test: topics on a broker, state in a Redis, workers as processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from brokers import free_port
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from streamclust.adapters.redis_store import RedisStore
from streamclust.claims import EmbeddedClaim
from streamclust.commands import Command
from workers.brokers import Outlet
from workers.settings import Settings
from workers.topics import Message, Topics, command_message, embedded_message, read_event

PATIENCE = 60.0
PROCESSES = Path(__file__).parent / "processes"


class WorkerProcess:
    """One worker.

    Args:
        command: after the interpreter.
        environment: the settings.
        log: where standard error goes.
    """

    def __init__(self, command: Sequence[str], environment: dict[str, str], log: Path) -> None:
        self.log = log
        self.port = int(environment["STREAMCLUST_HTTP_PORT"])
        with log.open("ab") as file:
            self.process = subprocess.Popen([sys.executable, *command], env=environment, stdout=file, stderr=subprocess.STDOUT)

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of `/livez`, `/readyz` or `/metrics`; (0, "") where nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name: str) -> float:
        """The sum of a metric's samples."""
        _, text = self.get("/metrics")
        lines = [line for line in text.splitlines() if line.startswith((name + " ", name + "{"))]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    @property
    def ready(self) -> bool:
        return self.get("/readyz")[0] == 200

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It neither sends nor hears anything meanwhile."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.wait()

    def terminate(self, seconds: float = PATIENCE) -> int:
        """SIGTERM; its exit code."""
        if self.alive:
            self.process.terminate()
        return self.wait(seconds)

    def wait(self, seconds: float = PATIENCE) -> int:
        return self.process.wait(seconds)

    @property
    def said(self) -> str:
        """What it logged."""
        return self.log.read_text(errors="replace")


class Deployment:
    """See the module. Every topic carries `prefix`, so that deployments share a broker.

    Args:
        bootstrap: of the broker.
        redis_url: of the Redis.
        directory: for logs.
        prefix: unique.
        settings: more `STREAMCLUST_*`, without the prefix, by lower-case name.
    """

    def __init__(self, bootstrap: str, redis_url: str, directory: Path, prefix: str, **settings: object) -> None:
        self.environment = {
            "STREAMCLUST_KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "STREAMCLUST_REDIS_URL": redis_url,
            "STREAMCLUST_TOPIC_PREFIX": prefix,
            "STREAMCLUST_DEPLOYMENT": prefix.strip("."),
            "STREAMCLUST_ASSIGNMENT": "range",
            "STREAMCLUST_BACKOFF_MAX_SECONDS": "1",
            "STREAMCLUST_BATCH_WAIT_SECONDS": "0.05",
            **{f"STREAMCLUST_{name.upper()}": str(value) for name, value in settings.items()},
        }
        self.redis_url = redis_url
        self.directory = directory
        self.settings = Settings.read(self.environment)
        self.topics = Topics(prefix)
        self.workers: list[WorkerProcess] = []
        self._outlet: Outlet | None = None

    # topics

    def create_topics(self, raw_partitions: int = 1) -> None:
        admin = KafkaAdminClient(**self.settings.kafka())
        plans = self.topics.plans(self.settings.shards, raw_partitions)
        admin.create_topics({p.name: {"num_partitions": p.partitions, "replication_factor": 1, "configs": dict(p.config)} for p in plans})
        admin.close()

    @property
    def outlet(self) -> Outlet:
        if self._outlet is None:
            self._outlet = Outlet(self.settings)
        return self._outlet

    def close_outlet(self) -> None:
        """The next message goes through a new producer."""
        if self._outlet is not None:
            self._outlet.close()
            self._outlet = None

    def send_raw(self, values: Iterable[bytes | None], partitions: int = 1) -> None:
        """Raw records, round robin over the partitions."""
        self.outlet.send(
            Message(self.topics.raw, None if value else b"", value, [], number % partitions) for number, value in enumerate(values)
        )

    def send_embedded(self, claims: Iterable[EmbeddedClaim], encoder: str, shard: int = 0) -> None:
        """Claims with vectors, as an embed worker sends them."""
        self.outlet.send(
            embedded_message(claim, topic=self.topics.embedded, shard=shard, encoder=encoder, recorded_at=time.time()) for claim in claims
        )

    def send_commands(self, commands: Iterable[Command]) -> None:
        """As people and judges send them."""
        self.outlet.send(command_message(command, self.topics.commands) for command in commands)

    def end(self, topic: str) -> int:
        """Records ever written to the topic, over all partitions."""
        consumer = KafkaConsumer(**self.settings.kafka())
        try:
            partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
            return sum(consumer.end_offsets(partitions).values())
        finally:
            consumer.close()

    def records(self, topic: str) -> list[Any]:
        """Everything in the topic, partition by partition."""
        consumer = KafkaConsumer(**self.settings.kafka(), enable_auto_commit=False, max_partition_fetch_bytes=20 << 20)
        try:
            partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
            wanted = sum(consumer.end_offsets(partitions).values())
            consumer.assign(partitions)
            consumer.seek_to_beginning(*partitions)
            found: list[Any] = []
            deadline = time.monotonic() + PATIENCE
            while len(found) < wanted and time.monotonic() < deadline:
                found += [record for part in consumer.poll(500).values() for record in part]
            return sorted(found, key=lambda record: (record.partition, record.offset))
        finally:
            consumer.close()

    def events(self) -> list[dict[str, Any]]:
        """Cluster events and assignments, as they stand in their topics."""
        return [read_event(r.value, r.headers) for topic in (self.topics.events, self.topics.assigned) for r in self.records(topic)]

    def event_ids(self) -> set[str]:
        return {event["id"] for event in self.events()}

    def dead_letters(self) -> list[Any]:
        return self.records(self.topics.dead_letters)

    # workers

    def start(self, role: str, *arguments: str, script: str | None = None, **settings: object) -> WorkerProcess:
        """A worker; `script` names a file of `tests/processes` that stands in for the module."""
        environment = {
            **os.environ,
            **self.environment,
            "STREAMCLUST_HTTP_PORT": str(free_port()),
            "OMP_NUM_THREADS": "1",
            "HF_HUB_OFFLINE": "1",
            **{f"STREAMCLUST_{name.upper()}": str(value) for name, value in settings.items()},
        }
        command = [str(PROCESSES / script), *arguments] if script else ["-m", f"workers.{role}", *arguments]
        worker = WorkerProcess(command, environment, self.directory / f"{role}-{len(self.workers)}.log")
        self.workers.append(worker)
        return worker

    def close(self) -> None:
        """End every worker."""
        for worker in self.workers:
            if worker.alive:
                worker.kill()
        self.close_outlet()

    # state

    def store(self, shard: int = 0, redis_url: str | None = None) -> RedisStore:
        return RedisStore.connect(redis_url or self.redis_url, str(shard))

    def clusters(self, shard: int = 0) -> list[dict[str, Any]]:
        """Records of all clusters, by id, without what a replay may change: nothing."""
        store = self.store(shard)
        try:
            return sorted(store.clusters(), key=lambda record: str(record["id"]))
        finally:
            store.close()

    def applied(self, shard: int = 0, redis_url: str | None = None) -> int:
        """Records of the shard's partition that are in the state, of this Redis or another."""
        store = self.store(shard, redis_url)
        try:
            return store.offsets().get((self.topics.embedded, shard), 0)
        finally:
            store.close()

    def obeyed(self, shard: int = 0) -> int:
        """Records of the commands that the shard has taken."""
        store = self.store(shard)
        try:
            return store.offsets().get((self.topics.commands, 0), 0)
        finally:
            store.close()

    def published(self, shard: int = 0) -> bool:
        """Whether no event waits to be published."""
        store = self.store(shard)
        try:
            return not store.outbox()
        finally:
            store.close()


def wait_until(reached: Callable[[], bool], *, seconds: float = PATIENCE, every: float = 0.1, why: Callable[[], str] = str) -> None:
    """Wait for it, or fail with `why`."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, f"nothing after {seconds:.0f} s\n{why()}"
        time.sleep(every)


def json_lines(records: Iterable[dict[str, Any]]) -> list[bytes]:
    return [orjson.dumps(record) for record in records]
