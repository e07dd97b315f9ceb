"""What a command on a deployment has open: Kafka and Redis at the addresses that the environment names."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer
from kafka.errors import KafkaError

from streamclust.adapters.redis_alerts import RedisAlertStore
from streamclust.adapters.redis_store import RedisStore
from workers import brokers
from workers.brokers import BrokerUnavailable, Outlet
from workers.settings import Settings, variable
from workers.topics import Topics, group


class Connections:
    """Opened when asked for, closed when the command ends.

    Attributes:
        settings, topics: of the deployment.
    """

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        self.settings = settings
        self.topics = Topics(settings.topic_prefix)
        self._stack = stack

    def group(self, role: str) -> str:
        """The consumer group of a role in this deployment."""
        return group(self.settings.deployment, role)

    def admin(self) -> KafkaAdminClient:
        """For topics and groups."""
        made = brokers.admin(self.settings)
        self._stack.callback(made.close)
        return made

    def reader(self, **more: Any) -> KafkaConsumer:
        """A consumer of no group."""
        made = brokers.reader(self.settings, **more)
        self._stack.callback(made.close)
        return made

    def outlet(self) -> Outlet:
        """For messages."""
        made = Outlet(self.settings)
        self._stack.callback(made.close)
        return made

    def store(self, shard: int) -> RedisStore:
        """The state of a shard."""
        made = self.open_store(shard)
        self._stack.callback(made.close)
        return made

    def alert_store(self, partition: int) -> RedisAlertStore:
        """The alerts of a partition of `cluster.events`."""
        made = RedisAlertStore.connect(self.settings.redis_url.get_secret_value(), partition, **self.settings.redis())
        self._stack.callback(made.close)
        return made

    def open_store(self, shard: int) -> RedisStore:
        """The state of a shard, for whoever closes it."""
        return RedisStore.connect(self.settings.redis_url.get_secret_value(), str(shard), **self.settings.redis())


@contextmanager
def connected() -> Iterator[Connections]:
    """The deployment that the environment names.

    Raises:
        InvalidSettings: it names none.
        BrokerUnavailable: a broker does not answer, or not as it should.
    """
    settings = Settings.read(os.environ)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what matters arrives as an error
    try:
        with ExitStack() as stack:
            yield Connections(settings, stack)
    except KafkaError as error:
        where = settings.kafka_bootstrap_servers
        raise BrokerUnavailable(
            f"Kafka at {where}: {error!r}; check {variable('kafka_bootstrap_servers')} and that its broker is well"
        ) from error
