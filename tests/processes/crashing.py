"""A worker that kills itself at one step: `crashing.py ROLE STEP WHEN COUNT …`, before, after or in the middle of the COUNT-th call."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from kafka import KafkaConsumer

from streamclust.adapters.redis_alerts import RedisAlertStore
from streamclust.adapters.redis_store import RedisStore
from streamclust.testing import HashEncoder
from workers import alert, cluster, embed, wiring
from workers.alerting.desk import Desk
from workers.alerting.posting import Poster
from workers.brokers import KafkaDeadLetters, KafkaPublisher, Outlet

STEPS: dict[str, tuple[type, str]] = {
    "restore": (RedisStore, "load"),
    "known": (RedisStore, "known"),
    "save": (RedisStore, "save"),
    "publish": (KafkaPublisher, "publish"),
    "mark": (RedisStore, "mark_published"),
    "send": (Outlet, "send"),
    "set_aside": (KafkaDeadLetters, "put"),
    "commit": (KafkaConsumer, "commit"),
    "claim": (RedisAlertStore, "claim_writer"),
    "decide": (Desk, "handle"),
    "keep": (RedisAlertStore, "save"),
    "take": (Desk, "take"),
    "post": (Poster, "post"),
    "settle": (Desk, "settle"),
}
wiring.encoder = lambda model: HashEncoder(32)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crash_at(step: str, when: str, count: int) -> None:
    """Arrange it."""
    owner, name = STEPS[step]
    real: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def crashing(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls < count:
            return real(self, *args, **kwargs)
        if when == "before":
            die()
        if when == "middle":
            items = list(args[0])
            real(self, items[: len(items) // 2])
            die()
        real(self, *args, **kwargs)
        return die()

    setattr(owner, name, crashing)


if __name__ == "__main__":
    role, step, when, count, *rest = sys.argv[1:]
    crash_at(step, when, int(count))
    sys.argv = [role, *rest]
    {"embed": embed.main, "cluster": cluster.main, "alert": alert.main}[role]()
