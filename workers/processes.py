"""One worker process from start to end: settings, logs, health, metrics, the loop, and an exit code."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Event
from types import FrameType
from typing import Protocol, TypeVar

import click
from kafka.errors import KafkaError

from streamclust.errors import Incompatible, InvalidParams, StreamclustError
from workers import logs
from workers.brokers import group_consumer
from workers.health import Health, HealthServer
from workers.metrics import WorkerMetrics
from workers.runtime import DrainTimedOut, Job, Runtime
from workers.settings import Settings, variable

log = logging.getLogger(__name__)


class Closable(Protocol):
    """Something to let go of in the end."""

    def close(self) -> None:
        """Let go."""


C = TypeVar("C", bound=Closable)


class Worker:
    """What every worker has.

    Attributes:
        settings, metrics, health: of this process.
    """

    def __init__(self, role: str, settings: Settings, stack: ExitStack) -> None:
        self._stop = _stop_on_signals()
        self.role = role
        self.settings = settings
        self.metrics = WorkerMetrics(role, settings.deployment)
        self.health = Health(patience=settings.max_poll_interval_seconds)
        self.metrics.watches(lambda: self.health.obstacles)
        self._stack = stack
        server = self.keep(HealthServer(self.health, self.metrics.registry, settings.http_host, settings.http_port))
        log.info("started", extra={"role": role, "pid": os.getpid(), "http": f"{settings.http_host}:{server.port}"})

    def keep(self, thing: C) -> C:
        """Have it closed when the worker ends."""
        self._stack.callback(thing.close)
        return thing

    @contextmanager
    def seen_to_stop(self) -> Iterator[None]:
        """What ends the worker inside is in its metrics for a while, so that Prometheus sees it and the alarm says it."""
        try:
            yield
        except StreamclustError as error:
            self.metrics.stopped(error)
            self.health.blocked("stopped", str(error))
            if self.settings.linger_seconds and not self._stop.is_set():
                log.warning("ends soon", extra={"error": str(error), "seconds": self.settings.linger_seconds})
                self._stop.wait(self.settings.linger_seconds)
            raise

    def run(self, job: Job, topic: str, *, partitions: int | None = None) -> None:
        """The loop, until asked to stop.

        Args:
            job: what to do.
            topic: what to read.
            partitions: how many the topic must have; None asks nothing.

        Raises:
            StreamclustError: what does not pass by itself.
        """
        consumer = group_consumer(self.settings, self.role)
        found = consumer.partitions_for_topic(topic)
        if partitions is not None and found and len(found) != partitions:
            consumer.close(autocommit=False)
            raise Incompatible(
                f"{topic} has {len(found)} partitions, {variable('shards')} is {partitions}: a shard is a partition. Set it to "
                f"{len(found)}, or make a new deployment with another number of shards and replay into it."
            )
        if not found:
            log.warning("the topic is not there yet; `streamclust topics create` makes it", extra={"topic": topic})
        Runtime(consumer, topic, job, self.settings, self.health, self.metrics, self._stop).run()


def _stop_on_signals() -> Event:
    """Set by SIGTERM or Ctrl-C; a second one does not wait."""
    stop = Event()

    def ask(number: int, frame: FrameType | None) -> None:
        log.info("stopping", extra={"signal": signal.Signals(number).name})
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    return stop


@contextmanager
def worker(role: str) -> Iterator[Worker]:
    """A worker; what ends it becomes a log line and the exit code: 0 asked to, 1 it could not go on, 2 set up wrongly."""
    try:
        settings = Settings.read(os.environ)
    except InvalidParams as error:
        click.echo(f"streamclust {role}: {error}", err=True)
        sys.exit(2)
    logs.start(settings.log_format, settings.log_level)
    try:
        with ExitStack() as stack:
            one = Worker(role, settings, stack)
            with one.seen_to_stop():
                yield one
    except StreamclustError as error:
        log.error("cannot go on", extra={"error": str(error), "kind": type(error).__name__})
        sys.exit(2 if isinstance(error, InvalidParams) else 1)
    except DrainTimedOut as error:
        log.error("stopped without the batch in hand; it is read again at the next start", extra={"error": str(error)})
        os._exit(1)  # its thread would keep the process alive
    except KafkaError as error:
        log.exception("cannot go on", extra={"error": repr(error), "kind": type(error).__name__})
        sys.exit(1)
    log.info("stopped", extra={"role": role})
