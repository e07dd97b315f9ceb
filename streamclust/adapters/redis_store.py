"""`ClusterStore` on Redis 7 or Valkey: one hash tag per shard, one script call per batch."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any, ParamSpec, TypeVar

import msgpack
import numpy as np
import redis

from streamclust.errors import Fenced, Incompatible, StoreUnavailable
from streamclust.fencing import NOBODY, Batch, refuse_eviction, successor
from streamclust.ports import Changes, IndexWrite, Member, Partition, Snapshot
from streamclust.records import incompatibility, member_record, move
from streamclust.words import Commonness

_P = ParamSpec("_P")
_R = TypeVar("_R")
_COMMIT = (files("streamclust.adapters") / "commit.lua").read_text()
_LABEL_BYTES = 4
_SCAN = 2000


def _translated(method: Callable[_P, _R]) -> Callable[_P, _R]:
    """Turn what Redis says into `StoreUnavailable`."""

    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(*args, **kwargs)
        except redis.RedisError as error:
            if "FENCED" in str(error):
                raise Fenced("a newer writer, another run, has taken over this state; stop one of the two") from error
            raise StoreUnavailable(f"Redis: {error}. Nothing of this batch was saved; start again once Redis is well.") from error

    call.__doc__, call.__name__ = method.__doc__, method.__name__
    return call


class RedisStore:
    """State of one shard in Redis.

    Keys, all under `{streamclust:SHARD}:`. `writer`: number and nonce of the current writer; `commits`: batches applied;
    `identity`, `progress`: MessagePack; `clusters`: hash id → record;
    `redirects`: hash absorbed id → id; `claims`: hash claim id → member; `members:ID`: list of claim ids, but for the founder's;
    `index`: hash journal seq → label and float16 vector; `words`: hash word → texts; `copies`: hash fingerprint → seq, exemplar's number;
    `review`: hash name → record; `offsets`: hash input → next record; `outbox`: list of events.

    Args:
        client: a redis-py client with `decode_responses=False`. It must not retry writes by itself.
        shard: name of the shard.
    """

    def __init__(self, client: redis.Redis, shard: str = "0") -> None:
        self._client = client
        self._prefix = f"{{streamclust:{shard}}}:"
        self._commit = client.register_script(_COMMIT)
        self._writer = NOBODY
        self._commits = 0

    @classmethod
    def connect(cls, url: str, shard: str = "0", **options: Any) -> RedisStore:
        """A store at `redis://…`, `rediss://…` or `unix://…`.

        Args:
            url: the address.
            shard: name of the shard.
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
        return cls(client, shard)

    def _key(self, name: str) -> str:
        return self._prefix + name

    @_translated
    def claim_writer(self, identity: Mapping[str, Any]) -> None:
        """See `ClusterStore.claim_writer`."""
        memory: Any = self._client.info("memory")
        refuse_eviction(memory, "state")
        self._client.transaction(lambda pipe: self._claim(pipe, identity), self._key("identity"), self._key("writer"))
        self._commits = int(self._client.get(self._key("commits")) or 0)

    def _claim(self, pipe: Any, identity: Mapping[str, Any]) -> None:
        """Queue the take-over; the transaction runs it again if somebody else takes over meanwhile."""
        raw, before = pipe.get(self._key("identity")), pipe.get(self._key("writer"))
        problem = incompatibility(_unpack(raw) if raw else {}, identity)
        if problem:
            raise Incompatible(problem)
        self._writer = successor(before, secrets.token_hex(8))
        pipe.multi()
        pipe.set(self._key("identity"), _pack(dict(identity)))
        pipe.set(self._key("writer"), self._writer)

    @_translated
    def identity(self) -> dict[str, Any]:
        """See `ClusterStore.identity`."""
        raw = self._client.get(self._key("identity"))
        return _unpack(raw) if raw else {}

    @_translated
    def load(self) -> Snapshot:
        """See `ClusterStore.load`."""
        progress = self._client.get(self._key("progress"))
        copies = ((int(field), *_unpack(raw)) for field, raw in self._scan("copies"))
        return Snapshot(
            clusters=[_unpack(raw) for _, raw in self._scan("clusters")],
            redirects={field.decode(): raw.decode() for field, raw in self._scan("redirects")},
            index_writes=sorted((_journal_line(field, raw) for field, raw in self._scan("index")), key=lambda line: line.seq),
            words={field.decode(): int(raw) for field, raw in self._scan("words")},
            copies=sorted((seq, fingerprint, booked) for fingerprint, seq, booked in copies),
            review=self.review(),
            progress=_unpack(progress) if progress else {},
        )

    def _scan(self, name: str) -> Iterator[tuple[bytes, bytes]]:
        """All fields of a hash; each once, for there is one writer and it is us."""
        yield from dict(self._client.hscan_iter(self._key(name), count=_SCAN)).items()

    @_translated
    def offsets(self) -> dict[Partition, int]:
        """See `ClusterStore.offsets`."""
        saved = self._client.hgetall(self._key("offsets"))
        return {_partition(field): int(raw) for field, raw in saved.items()}

    @_translated
    def known(self, claim_ids: Sequence[str]) -> set[str]:
        """See `ClusterStore.known`."""
        if not claim_ids:
            return set()
        found = self._client.hmget(self._key("claims"), claim_ids)
        return {claim_id for claim_id, raw in zip(claim_ids, found, strict=True) if raw is not None}

    @_translated
    def save(self, changes: Changes, *, offsets: Mapping[Partition, int], outbox: Sequence[bytes] = ()) -> None:
        """See `ClusterStore.save`."""
        batch = Batch(self._prefix, self._writer, self._commits)
        batch.hash_set("clusters", {record["id"]: _pack(record) for record in changes.clusters})
        batch.hash_set("redirects", {r["id"]: r["merged_into"] for r in changes.clusters if r["merged_into"]})
        batch.hash_set("claims", {member.claim.id: _pack(member_record(member)) for member in changes.members})
        for cluster_id, claim_ids in _joined(changes.members).items():
            batch.add("RPUSH", f"members:{cluster_id}", claim_ids)
        batch.hash_set("index", {str(w.seq): _journal_bytes(w) for w in changes.index_writes})
        batch.add("HDEL", "index", [str(seq) for seq in changes.index_drops])
        batch.hash_set("words", {word: str(texts) for word, texts in changes.words.items() if texts})
        batch.add("HDEL", "words", [word for word, texts in changes.words.items() if not texts])
        batch.hash_set("copies", {str(fingerprint): _pack([seq, booked]) for seq, fingerprint, booked in changes.copies})
        batch.add("HDEL", "copies", [str(fingerprint) for fingerprint in changes.copies_forgotten])
        batch.hash_set("review", {name: _pack(record) for name, record in changes.review.items() if record is not None})
        batch.add("HDEL", "review", [name for name, record in changes.review.items() if record is None])
        rosters = self._rosters(changes)
        self._save_rosters(rosters, changes, batch)
        self._forget(changes, rosters, batch)
        batch.hash_set("offsets", _offset_fields(offsets))
        batch.add("SET", "progress", [_pack(changes.progress)])
        batch.add("RPUSH", "outbox", outbox)
        self._apply(batch)

    def _apply(self, batch: Batch) -> None:
        self._commit(keys=batch.keys, args=batch.args)
        self._commits += 1

    def _rosters(self, changes: Changes) -> dict[str, list[dict[str, Any]]]:
        """All members of the clusters that a split touches, by cluster id, as they stand after this batch. A split is rare; it reads."""
        named = dict.fromkeys(cluster_id for split in changes.splits for cluster_id in (*split.sources, split.new_id))
        rosters = {cluster_id: self.members(cluster_id) for cluster_id in named}
        done = 0
        for split in changes.splits:
            _join(rosters, changes.members[done : split.after])
            move(rosters, split)
            done = split.after
        _join(rosters, changes.members[done:])
        return rosters

    def _save_rosters(self, rosters: Mapping[str, list[dict[str, Any]]], changes: Changes, batch: Batch) -> None:
        """Queue whole lists, founders in them: a founder may have gone over as well."""
        if not rosters:
            return
        ours = {record["id"]: record for record in changes.clusters}
        records = {cluster_id: ours.get(cluster_id) or self.cluster(cluster_id) for cluster_id in rosters}
        batch.hash_set("clusters", {cluster_id: _pack({**record, "founder": ""}) for cluster_id, record in records.items() if record})
        for cluster_id, members in rosters.items():
            batch.delete(f"members:{cluster_id}")
            batch.add("RPUSH", f"members:{cluster_id}", [member["claim_id"] for member in members])
        moved = {member["claim_id"]: _pack(member) for split in changes.splits for member in rosters[split.new_id]}
        batch.hash_set("claims", moved)

    def _forget(self, changes: Changes, rosters: Mapping[str, list[dict[str, Any]]], batch: Batch) -> None:
        """Queue the removal of clusters and of all their members, those of this very batch included."""
        if not changes.forgotten:
            return
        going = [member["claim_id"] for cluster_id in changes.forgotten for member in rosters.get(cluster_id, [])]
        batch.add("HDEL", "claims", [*going, *self._claims_of([c for c in changes.forgotten if c not in rosters], changes.members)])
        batch.add("HDEL", "clusters", changes.forgotten)
        for cluster_id in changes.forgotten:
            batch.delete(f"members:{cluster_id}")

    def _claims_of(self, cluster_ids: Sequence[str], members: Sequence[Member]) -> list[str]:
        """Ids of all members these clusters have on record, and of those of this batch."""
        if not cluster_ids:
            return []
        saved = self._client.hmget(self._key("clusters"), cluster_ids)
        founders = [founder for raw in saved if raw and (founder := _unpack(raw)["founder"])]
        reads = self._client.pipeline(transaction=False)
        for cluster_id in cluster_ids:
            reads.lrange(self._key(f"members:{cluster_id}"), 0, -1)
        new = [member.claim.id for member in members if member.cluster_id in set(cluster_ids)]
        return [*founders, *new, *(claim_id for listed in reads.execute() for claim_id in listed)]

    @_translated
    def outbox(self) -> list[bytes]:
        """See `ClusterStore.outbox`."""
        saved: Any = self._client.lrange(self._key("outbox"), 0, -1)
        return list(saved)

    @_translated
    def mark_published(self, count: int) -> None:
        """See `ClusterStore.mark_published`."""
        if count:
            batch = Batch(self._prefix, self._writer, self._commits)
            batch.add("LTRIM", "outbox", [str(count), "-1"])
            self._apply(batch)

    @_translated
    def reset_offsets(self, offsets: Mapping[Partition, int]) -> None:
        """See `ClusterStore.reset_offsets`."""
        batch = Batch(self._prefix, self._writer, self._commits)
        batch.hash_set("offsets", _offset_fields(offsets))
        self._apply(batch)

    @_translated
    def discard(self) -> int:
        """Delete all the shard has, for good. The identity goes last, so that half a discarded state never looks like an empty one.

        Returns:
            How many keys there were.
        """
        last = self._key("identity").encode()
        keys = sorted(self._client.scan_iter(match=self._key("*"), count=_SCAN), key=lambda key: key == last)
        for start in range(0, len(keys), _SCAN):
            self._client.unlink(*keys[start : start + _SCAN])
        return len(keys)

    def beside(self, shard: str) -> RedisStore:
        """The store of another shard at the same server, over the same connections."""
        return RedisStore(self._client, shard)

    @_translated
    def shards(self) -> list[str]:
        """Names of all shards this server has state of, whichever this one is."""
        found = self._client.scan_iter(match="{streamclust:*}:identity", count=_SCAN)
        names = [key.decode().removeprefix("{streamclust:").removesuffix("}:identity") for key in found]
        return sorted(set(names), key=lambda name: (not name.isdigit(), int(name) if name.isdigit() else 0, name))

    @_translated
    def clusters(self) -> Iterator[dict[str, Any]]:
        """See `ClusterStore.clusters`."""
        seen = dict(self._client.hscan_iter(self._key("clusters"), count=_SCAN))
        return (_unpack(raw) for raw in seen.values())

    @_translated
    def cluster(self, cluster_id: str) -> dict[str, Any] | None:
        """See `ClusterStore.cluster`."""
        raw = self._client.hget(self._key("clusters"), cluster_id)
        return _unpack(raw) if raw else None

    @_translated
    def redirect(self, cluster_id: str) -> str | None:
        """See `ClusterStore.redirect`."""
        raw: Any = self._client.hget(self._key("redirects"), cluster_id)
        return raw.decode() if raw else None

    @_translated
    def members(self, cluster_id: str, *, start: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
        """See `ClusterStore.members`."""
        record = self.cluster(cluster_id)
        if record is None:
            return []
        ahead = [record["founder"]] if record["founder"] else []
        founder = ahead if start == 0 and limit != 0 else []
        first = max(start - len(ahead), 0)
        last = -1 if limit is None else first + limit - len(founder) - 1
        more = [] if limit is not None and last < first else self._client.lrange(self._key(f"members:{cluster_id}"), first, last)
        found = self._client.hmget(self._key("claims"), [*founder, *more]) if founder or more else []
        return [_unpack(raw) for raw in found if raw]

    @_translated
    def member(self, claim_id: str) -> dict[str, Any] | None:
        """See `ClusterStore.member`."""
        raw = self._client.hget(self._key("claims"), claim_id)
        return _unpack(raw) if raw else None

    @_translated
    def commonness(self, words: Sequence[str]) -> Commonness:
        """See `ClusterStore.commonness`."""
        reads = self._client.pipeline(transaction=False)
        reads.get(self._key("progress"))
        if words:
            reads.hmget(self._key("words"), list(words))
        progress, *found = reads.execute()
        counts = {word: int(raw) for word, raw in zip(words, found[0], strict=True) if raw} if words else {}
        return Commonness(_unpack(progress).get("texts", 0) if progress else 0, counts)

    @_translated
    def review(self) -> dict[str, Any]:
        """See `ClusterStore.review`."""
        return {name.decode(): _unpack(raw) for name, raw in self._scan("review")}

    @_translated
    def memory(self) -> tuple[int, int]:
        """See `ClusterStore.memory`."""
        told: Any = self._client.info("memory")
        return int(told.get("used_memory", 0)), int(told.get("maxmemory", 0))

    def close(self) -> None:
        """See `ClusterStore.close`."""
        self._client.close()


def _joined(members: Iterable[Member]) -> dict[str, list[str]]:
    """Claim ids by the cluster they joined; founders are on the cluster's own record."""
    joined: dict[str, list[str]] = {}
    for member in members:
        if member.rule != "founded":
            joined.setdefault(member.cluster_id, []).append(member.claim.id)
    return joined


def _join(rosters: dict[str, list[dict[str, Any]]], members: Iterable[Member]) -> None:
    for member in members:
        if member.cluster_id in rosters:
            rosters[member.cluster_id].append(member_record(member))


def _journal_bytes(line: IndexWrite) -> bytes:
    vector = b"" if line.vector is None else line.vector.astype(np.float16).tobytes()
    return line.label.to_bytes(_LABEL_BYTES, "little") + vector


def _journal_line(field: bytes, raw: bytes) -> IndexWrite:
    vector = np.frombuffer(raw, np.float16, offset=_LABEL_BYTES).astype(np.float32) if len(raw) > _LABEL_BYTES else None
    return IndexWrite(int(field), int.from_bytes(raw[:_LABEL_BYTES], "little"), vector)


def _offset_fields(offsets: Mapping[Partition, int]) -> dict[str, str | bytes]:
    return {f"{stream}\0{partition}": str(next_) for (stream, partition), next_ in offsets.items()}


def _partition(field: Any) -> Partition:
    stream, _, number = field.decode().rpartition("\0")
    return stream, int(number)


def _pack(value: Any) -> bytes:
    packed: bytes = msgpack.packb(value)
    return packed


def _unpack(raw: Any) -> Any:
    return msgpack.unpackb(raw, strict_map_key=False)
