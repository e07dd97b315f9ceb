"""What `streamclust doctor` looks at in a Redis server of the user's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import redis

from streamclust.counting import counted
from workers.cli.checks import FAIL, OK, WARN, Check

_LOOPBACK = ("127.0.0.1", "localhost", "::1", None)


def examined(url: str, **options: Any) -> Iterator[Check]:
    """It answers, keeps what it has, and is guarded."""
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5.0, socket_timeout=5.0, retry=None, **options) as client:
            about: Any = client.info()
    except ValueError:  # its words quote the address, password and all
        yield Check("redis", FAIL, "the address is malformed; a password with /, # or @ in it must be percent-encoded")
        return
    except (redis.RedisError, OSError) as error:
        yield Check("redis", FAIL, f"{error}; check the address, the password and that the server runs")
        return
    yield Check("redis", OK, f"{about.get('server_name', 'redis')} {about['redis_version']}, {about['used_memory_human']} used")
    yield from (_eviction(about), _durability(about), *_replication(about), _access(url, options))


def _eviction(about: Mapping[str, Any]) -> Check:
    policy = about.get("maxmemory_policy", "noeviction")
    evicts = policy != "noeviction" and about.get("maxmemory", 0)
    cure = "; set noeviction, or state is lost unnoticed" if evicts else ""
    return Check("eviction", FAIL if evicts else OK, f"maxmemory-policy {policy}{cure}")


def _durability(about: Mapping[str, Any]) -> Check:
    if about.get("aof_enabled"):
        return Check("durability", OK, "AOF on")
    return Check("durability", WARN, "AOF off: a crash of the server loses state; set appendonly yes")


def _replication(about: Mapping[str, Any]) -> Iterator[Check]:
    """Where there are replicas, a primary that is cut off from them must not go on acknowledging."""
    if about.get("role") == "slave":
        yield Check("replication", FAIL, "this server is a replica and takes no writes; give the address of its primary")
    elif replicas := about.get("connected_slaves", 0):
        held = "min_slaves_good_slaves" in about  # told only where a number is asked for
        cure = "" if held else "; set min-replicas-to-write 1, or a failover loses what the old primary acknowledged meanwhile"
        yield Check("replication", OK if held else WARN, f"{counted(replicas, 'replica')} connected{cure}")


def _access(url: str, options: Mapping[str, Any]) -> Check:
    address = urlsplit(url)
    guarded = address.password or options.get("password")
    exposed = address.scheme != "unix" and address.hostname not in _LOOPBACK and not guarded
    said = "a server beyond this machine without a password; set one" if exposed else "closed to strangers"
    return Check("access", FAIL if exposed else OK, said)
