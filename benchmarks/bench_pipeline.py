"""With the commit to a real Redis: the clusterer with it against the clusterer alone, and text to committed against the bare encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.bench_clusterer import BATCH, clusterer_rate
from benchmarks.harness import Clock, Result, compare, timed
from benchmarks.vectors import Stream, doubled, parse
from streamclust.adapters.embedded_redis import EmbeddedRedis
from streamclust.adapters.hnsw_index import HnswIndex
from streamclust.adapters.redis_store import RedisStore
from streamclust.claims import EmbeddedClaim
from streamclust.clusterer import StreamClusterer
from streamclust.params import Params
from streamclust.pipeline import Clustering, Embedding
from streamclust.ports import Encoder
from workers.relay import relay

COMMIT_BAR = 0.6
DISTINCT_BAR = 0.9
COPIES_BAR = 1.8

_shards = count()


def run(ready: Sequence[EmbeddedClaim], texts: Stream, encoder: Encoder, params: Params, *, repeats: int) -> Iterator[Result]:
    """The three measures.

    Args:
        ready: claims with vectors, for the commit.
        texts: lines with distinct texts, for the way from text to committed.
        encoder: encodes them.
        params: of the clusterer.
        repeats: turns of each measure.
    """
    with redis_server() as url:
        yield with_commit(ready, encoder, params, url, repeats)
        yield _from_text("text to committed, distinct texts", texts, texts, encoder, params, url, DISTINCT_BAR, repeats)
        yield _from_text("text to committed, half exact copies", doubled(texts), texts, encoder, params, url, COPIES_BAR, repeats)


@contextmanager
def redis_server() -> Iterator[str]:
    """Address of an embedded server with an empty directory of its own."""
    with TemporaryDirectory(prefix="streamclust-benchmark-") as folder, EmbeddedRedis.open(Path(folder), writer=True) as server:
        yield server.url


def with_commit(claims: Sequence[EmbeddedClaim], encoder: Encoder, params: Params, url: str, repeats: int) -> Result:
    """Assign and save each batch, against assigning alone."""
    return compare(
        f"clusterer with Redis commit, batches of {BATCH}",
        lambda: commit_rate(claims, encoder, params, url),
        lambda: clusterer_rate(claims, params),
        bar=COMMIT_BAR,
        baseline="clusterer alone",
        repeats=repeats,
    )


def commit_rate(claims: Sequence[EmbeddedClaim], encoder: Encoder, params: Params, url: str, clock: Clock = perf_counter) -> float:
    """Claims per second through a new clusterer into an empty shard."""
    clustering = new_clustering(encoder, params, url)
    return timed(len(claims), partial(commit_all, clustering, claims), clock)


def new_clustering(encoder: Encoder, params: Params, url: str) -> Clustering:
    """The real thing on a shard that nobody used before."""
    clusterer = StreamClusterer(HnswIndex(encoder.dim, params), params)
    clustering = Clustering(clusterer, RedisStore.connect(url, shard=f"benchmark-{next(_shards)}"), encoder)
    clustering.start()
    return clustering


def commit_all(clustering: Clustering, claims: Sequence[EmbeddedClaim]) -> None:
    """All claims, one save a batch."""
    for start in range(0, len(claims), BATCH):
        part = claims[start : start + BATCH]
        clustering.run(part, {("benchmark", 0): start + len(part)})


def _from_text(name: str, stream: Stream, texts: Stream, encoder: Encoder, params: Params, url: str, bar: float, repeats: int) -> Result:
    """Lines per second from bytes to committed, against the encoder's texts per second in one call."""
    bare = [claim.comparison for claim in texts.claims()]
    return compare(
        f"{name} ({len(stream.lines)} lines)",
        lambda: text_rate(stream, encoder, params, url),
        lambda: timed(len(bare), partial(encoder.encode, bare)),
        bar=bar,
        baseline=f"bare encoder on the {len(bare)} distinct texts, one call",
        repeats=repeats,
    )


def text_rate(stream: Stream, encoder: Encoder, params: Params, url: str) -> float:
    """Lines per second: parse, encode, cluster, save."""
    clustering, embedding = new_clustering(encoder, params, url), Embedding(encoder)
    return timed(len(stream.lines), partial(_text_to_committed, stream.lines, embedding, clustering))


def _text_to_committed(lines: Sequence[bytes], embedding: Embedding, clustering: Clustering) -> None:
    """Two stages at once, as `streamclust run` does it."""

    def finish(batch: tuple[Sequence[EmbeddedClaim], int]) -> None:
        embedded, done = batch
        clustering.run(embedded, {("benchmark", 0): done})

    relay(_encoded(lines, embedding), finish)


def _encoded(lines: Sequence[bytes], embedding: Embedding) -> Iterator[tuple[Sequence[EmbeddedClaim], int]]:
    """Batches with vectors, and how many lines are through with each."""
    for start in range(0, len(lines), BATCH):
        claims = [parse(line, number) for number, line in enumerate(lines[start : start + BATCH], start)]
        yield embedding.run(claims)[0], start + len(claims)
