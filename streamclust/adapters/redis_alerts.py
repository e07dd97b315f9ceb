"""Alerts of the alert worker on Redis 7 or Valkey: one hash tag a partition, one script call a step."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from typing import Any, ParamSpec, TypeVar

import msgpack
import redis

from streamclust.errors import Fenced, StoreUnavailable
from streamclust.fencing import NOBODY, Batch, refuse_eviction, successor

_P = ParamSpec("_P")
_R = TypeVar("_R")
_COMMIT = (files("streamclust.adapters") / "commit.lua").read_text()
_SCAN = 2000
_TAG = "{streamclust:alert-"


def _translated(method: Callable[_P, _R]) -> Callable[_P, _R]:
    """Turn what Redis says into `StoreUnavailable`."""

    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(*args, **kwargs)
        except redis.RedisError as error:
            if "FENCED" in str(error):
                raise Fenced("another alert worker has taken over these alerts; this one must not go on") from error
            raise StoreUnavailable(f"Redis: {error}. Alerts wait until it is well again.") from error

    call.__doc__, call.__name__ = method.__doc__, method.__name__
    return call


class RedisAlertStore:
    """Alerts of one partition of `cluster.events` in Redis.

    Keys, all under `{streamclust:alert-PARTITION}:`. `writer`, `commits`: as in the store of clusters; `records`: hash name → MessagePack;
    `applied`: offset of the next record; `wishes`: set of receivers that an operator wants to be told again.

    Args:
        client: a redis-py client with `decode_responses=False`. It must not retry writes by itself.
        partition: of the input.
    """

    def __init__(self, client: redis.Redis, partition: int) -> None:
        self._client = client
        self._prefix = f"{_TAG}{partition}}}:"
        self._commit = client.register_script(_COMMIT)
        self._writer = NOBODY
        self._commits = 0

    @classmethod
    def connect(cls, url: str, partition: int, **options: Any) -> RedisAlertStore:
        """A store at `redis://…`, `rediss://…` or `unix://…`.

        Args:
            url: the address.
            partition: of the input.
            options: more for the client: `username`, `password`, `ssl_ca_certs`.

        Raises:
            StoreUnavailable: the address is malformed or nothing answers there.
        """
        try:
            client = redis.Redis.from_url(url, socket_timeout=30.0, socket_connect_timeout=5.0, retry=None, **options)
            client.ping()
        except ValueError:  # its words quote the address, password and all
            forms = "redis://, rediss:// or unix://"
            raise StoreUnavailable(
                f"the address of Redis is malformed: it begins with {forms}, and a password with /, # or @ in it is percent-encoded"
            ) from None
        except (redis.RedisError, OSError) as error:
            raise StoreUnavailable(f"cannot reach Redis: {str(error).rstrip('.')}. Check the address and that the server runs.") from error
        return cls(client, partition)

    def _key(self, name: str) -> str:
        return self._prefix + name

    @_translated
    def claim_writer(self) -> None:
        """Become the writer; the one before writes nothing more.

        Raises:
            Incompatible: the server drops keys when its memory is full.
        """
        memory: Any = self._client.info("memory")
        refuse_eviction(memory, "alerts")
        self._client.transaction(self._claim, self._key("writer"))
        self._commits = int(self._client.get(self._key("commits")) or 0)

    def _claim(self, pipe: Any) -> None:
        """Queue the take-over; the transaction runs it again if somebody else takes over meanwhile."""
        self._writer = successor(pipe.get(self._key("writer")), secrets.token_hex(8))
        pipe.multi()
        pipe.set(self._key("writer"), self._writer)

    @_translated
    def load(self) -> dict[str, Any]:
        """All records by name."""
        found = dict(self._client.hscan_iter(self._key("records"), count=_SCAN))
        return {name.decode(): msgpack.unpackb(raw, strict_map_key=False) for name, raw in found.items()}

    @_translated
    def applied(self) -> int | None:
        """Offset of the next record of the input; None if nothing was ever saved."""
        raw: Any = self._client.get(self._key("applied"))
        return None if raw is None else int(raw)

    @_translated
    def save(self, puts: Mapping[str, Any], drops: Iterable[str], *, applied: int | None = None) -> None:
        """Write and remove records and move the offset: all or nothing."""
        batch = Batch(self._prefix, self._writer, self._commits)
        batch.hash_set("records", {name: msgpack.packb(record) for name, record in puts.items()})
        batch.add("HDEL", "records", list(drops))
        batch.add("SET", "applied", [] if applied is None else [str(applied)])
        self._commit(keys=batch.keys, args=batch.args)
        self._commits += 1

    @_translated
    def reset_applied(self, applied: int) -> None:
        """Go on from another record, for whoever is the writer."""
        self.save({}, (), applied=applied)

    @_translated
    def wish(self, receiver: str) -> None:
        """Have the worker tell a receiver again that was gone."""
        self._client.sadd(self._key("wishes"), receiver)

    @_translated
    def wishes(self) -> list[str]:
        """Receivers that an operator wants to be told again, once each."""
        with self._client.pipeline(transaction=True) as pipe:
            pipe.smembers(self._key("wishes"))
            pipe.delete(self._key("wishes"))
            found, _ = pipe.execute()
        return sorted(name.decode() for name in found)

    def beside(self, partition: int) -> RedisAlertStore:
        """The store of another partition at the same server, over the same connections."""
        return RedisAlertStore(self._client, partition)

    @_translated
    def partitions(self) -> list[int]:
        """All partitions this server has alerts of, whichever this one is."""
        found = self._client.scan_iter(match=f"{_TAG}*}}:writer", count=_SCAN)
        return sorted({int(key.decode().removeprefix(_TAG).removesuffix("}:writer")) for key in found})

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()
