"""Memory of a long run: a generated stream with half exact copies through the embedded default, with a stand-in for the encoder.

The subject is state, so the model is left out: a text's vector is the sum of fixed pseudo-random word vectors, which makes a million
claims a matter of minutes. Sizes are MiB. Linux only: it reads /proc.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import orjson
import redis

from benchmarks.bench_clusterer import BATCH
from benchmarks.vectors import SEED, parse
from streamclust.adapters.embedded_redis import EmbeddedRedis
from streamclust.adapters.hnsw_index import HnswIndex
from streamclust.adapters.redis_store import RedisStore
from streamclust.clusterer import StreamClusterer
from streamclust.evaluation.sample import generate
from streamclust.params import Params
from streamclust.pipeline import Clustering, Embedding
from streamclust.testing import HashEncoder
from streamclust.words import tokens

COPIES = 0.5
_DIM = 384
_WORDS_KEPT = 20_000
_MIB = 1 << 20
_HASHES = ("claims", "clusters", "copies", "index", "words", "redirects")
_ROW = "{:>9} {:>8} {:>8} {:>10} {:>9} {:>8} {:>10} {:>9} {:>9} {:>8} {:>8}"
_HEAD = _ROW.format(
    "claims", "claims/s", "live", "on record", "member", "process", "redis used", "redis rss", "AOF disk", "days", "journal"
)


class WordSums:
    """`Encoder` stand-in: the sum of `HashEncoder`'s vectors of a text's words, the vectors of the last 20,000 words kept."""

    fingerprint = f"word-sums@{_DIM}"
    dim = _DIM

    def __init__(self) -> None:
        words = HashEncoder(_DIM)
        self._vector = lru_cache(_WORDS_KEPT)(lambda word: words.encode([word])[0])

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """(n, dim) float32, unit length, values representable in float16."""
        rows = np.stack([sum((self._vector(word) for word in tokens(text) or [text]), np.zeros(_DIM, np.float32)) for text in texts])
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows.astype(np.float16).astype(np.float32)


class Gauge:
    """Sizes of one run, as they are now.

    Args:
        directory: the state's.
        client: reads what the server says of itself.
    """

    def __init__(self, clustering: Clustering, directory: Path, client: redis.Redis) -> None:
        self._clustering = clustering
        self._directory = directory
        self._client = client
        self._started = perf_counter()
        self._first: float | None = None
        self.process_before, self.redis_before = process_bytes(), self.redis("used_memory")

    def redis(self, name: str) -> int:
        """A number from the server's INFO memory."""
        info: dict[str, Any] = self._client.info("memory")
        return int(info[name])

    def length(self, name: str) -> int:
        """Fields of one of the state's hashes."""
        return int(self._client.hlen(_key(name)))

    @property
    def live(self) -> int:
        """Live clusters."""
        return len(self._clustering.clusterer.clusters)

    def line(self, claims: int) -> str:
        """One row of the table."""
        now = self._clustering.clusterer.now
        self._first = (now or None) if self._first is None else self._first
        sizes = (process_bytes(), self.redis("used_memory"), self.redis("used_memory_rss"), self._on_disk())
        rate = claims / (perf_counter() - self._started)
        days = f"{(now - (self._first or now)) / 86_400:.1f}"
        counts = (self.live, self.length("clusters"), self.length("claims"))
        return _ROW.format(claims, f"{rate:.0f}", *counts, *(f"{s / _MIB:.0f}" for s in sizes), days, self.length("index"))

    def _on_disk(self) -> int:
        return sum(file.stat().st_size for file in (self._directory / "appendonlydir").iterdir())

    def keys(self) -> str:
        """What the server's memory goes into, in MiB; lists of members are the rest."""
        sizes = {name: self._client.memory_usage(_key(name), samples=1000) or 0 for name in _HASHES}
        rest = self.redis("used_memory") - self.redis_before - sum(sizes.values())
        lists = int(self._client.dbsize())
        parts = [f"{name} {size / _MIB:.1f} ({self.length(name)})" for name, size in sizes.items()]
        return f"redis by key, MiB (fields): {', '.join(parts)}, member lists and the rest {rest / _MIB:.1f} ({lists} keys)"

    def last_line(self) -> str:
        """What a live cluster costs this process and what a claim on record costs the server, all things counted."""
        process, server = process_bytes() - self.process_before, self.redis("used_memory") - self.redis_before
        members = self.length("claims")
        return (
            f"process: {process / max(self.live, 1):.0f} bytes for each of {self.live} live clusters; "
            f"redis: {server / max(members, 1):.0f} bytes for each of {members} claims on record"
        )


def run(lines: int, every: int, params: Params) -> None:
    """Print one row every so many claims, then what the memory went into."""
    print(f"{lines} generated claims, half of them exact copies, seed {SEED}; the encoder is a stand-in; sizes in MiB")
    with TemporaryDirectory(prefix="streamclust-memory-") as folder, EmbeddedRedis.open(Path(folder), writer=True) as server:
        encoder = WordSums()
        clusterer = StreamClusterer(HnswIndex(encoder.dim, params), params)
        clustering = Clustering(clusterer, RedisStore.connect(server.url), encoder)
        clustering.start()
        gauge = Gauge(clustering, Path(folder), redis.Redis.from_url(server.url))
        print(_HEAD)
        print(gauge.line(0), flush=True)
        for claims in _fed(clustering, Embedding(encoder), lines, every):
            print(gauge.line(claims), flush=True)
        print(gauge.keys())
        print(gauge.last_line())


def _fed(clustering: Clustering, embedding: Embedding, lines: int, every: int) -> Iterator[int]:
    """Feed the stream; yields the number of claims so far whenever another `every` are through."""
    done, due = 0, every
    records = (orjson.dumps(post) for post in generate(lines, seed=SEED, copies=COPIES))
    while batch := list(islice(records, BATCH)):
        embedded, _ = embedding.run([parse(line, number) for number, line in enumerate(batch, done)])
        done += len(batch)
        clustering.run(embedded, {("benchmark", 0): done})
        if done >= due or done == lines:
            due += every
            yield done


def process_bytes() -> int:
    """Resident memory of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS:"))


def _key(name: str) -> str:
    return f"{{streamclust:0}}:{name}"
