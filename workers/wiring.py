"""The composition root: which implementation stands behind each port."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from streamclust.adapters.embedded_redis import EmbeddedRedis
from streamclust.adapters.hnsw_index import HnswIndex
from streamclust.adapters.memory import MemoryStore
from streamclust.adapters.redis_store import RedisStore
from streamclust.clusterer import StreamClusterer
from streamclust.encoders import open_encoder
from streamclust.errors import InputUnreadable, NotFound
from streamclust.params import Params
from streamclust.pipeline import Timed, untimed
from streamclust.ports import ClusterStore, Encoder
from workers.invocation import told
from workers.states import MEMORY, is_address, shown


@contextmanager
def writable_store(state: str) -> Iterator[ClusterStore]:
    """The store at `state`, for the one process that writes to it.

    Args:
        state: a directory (made if it is not there), `redis://…`, `rediss://…`, `unix://…`, or `memory`.
    """
    if state == MEMORY:
        yield MemoryStore()
    elif is_address(state):
        yield from _at_address(state)
    else:
        yield from _in_directory(Path(state), writer=True)


@contextmanager
def readable_store(state: str, shard: int = 0) -> Iterator[RedisStore]:
    """The store of a shard at `state`, for looking at it; a run may go on beside.

    Raises:
        InputUnreadable: there is no state there.
        NotFound: it has no such shard.
    """
    if state == MEMORY:
        raise InputUnreadable("a state in memory is gone when its run ends; use --state DIR or --state redis://… to look at it later")
    if is_address(state):
        yield from _at_address(state, shard)
        return
    if not Path(state).is_dir():
        raise InputUnreadable(f"there is no state in {state!r}; {told('run', 'FILE', state=state)} makes one")
    yield from _in_directory(Path(state), shard, writer=False)


@contextmanager
def quiet_store(state: str) -> Iterator[RedisStore]:
    """The store at `state` while nothing writes to it, as far as that can be held: a directory's other writer is refused.

    Raises:
        InputUnreadable: there is no state there.
        StoreUnavailable: a run is writing to the directory.
    """
    with readable_store(state) as store:
        if is_address(state):
            yield store
            return
        yield from _in_directory(Path(state), writer=True, instead="")


@contextmanager
def idle_store(state: str, *, take_over: bool) -> Iterator[RedisStore]:
    """The store at `state` for one who writes while no run does.

    Args:
        take_over: for an address, where nobody can tell whether something writes: become the writer, whoever was it before.

    Raises:
        InputUnreadable: there is no state there, or it is at an address and was not to be taken over.
        StoreUnavailable: a run is writing to the directory.
    """
    if is_address(state) and not take_over:
        raise InputUnreadable(
            f"nobody can tell whether a run or a worker writes to {shown(state)}, and it would be stopped. Beside workers, use --kafka; "
            "if nothing runs there, --take-over"
        )
    with quiet_store(state) as store:
        yield store


def has_state(state: str) -> bool:
    """Whether there is one in the directory `state`."""
    return state != MEMORY and EmbeddedRedis.has_data(Path(state))


def _at_address(state: str, shard: int = 0) -> Iterator[RedisStore]:
    store = RedisStore.connect(state, str(shard))
    try:
        if shard and not store.identity():
            there = ", ".join(store.shards())
            raise NotFound(f"there is no shard {shard} in this state; " + (f"it has: {there}" if there else "nothing is in it yet"))
        yield store
    finally:
        store.close()


def _in_directory(directory: Path, shard: int = 0, *, writer: bool, instead: str = "use another --state") -> Iterator[RedisStore]:
    server = EmbeddedRedis.open(directory, writer=writer, instead=instead)
    try:
        yield from _at_address(server.url, shard)
    finally:
        server.close()


def encoder(model: str | None) -> Encoder:
    """The model by name or path; the built-in one for None."""
    return open_encoder(model)


def clusterer(params: Params, dim: int, timed: Timed = untimed) -> StreamClusterer:
    """A new clusterer on HNSW; `timed` wraps its step `rebuild`."""
    return StreamClusterer(_TimedIndex(dim, params, timed), params)


class _TimedIndex(HnswIndex):
    """Has its fresh generations timed: nothing else can make a batch wait as long."""

    def __init__(self, dim: int, params: Params, timed: Timed) -> None:
        super().__init__(dim, params)
        self._timed = timed

    def rebuild(self, labels: Sequence[int], vectors: np.ndarray) -> None:
        with self._timed("rebuild"):
            super().rebuild(labels, vectors)
