"""Streams to measure on, and their vectors, encoded once and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import orjson

from streamclust.claims import Claim, EmbeddedClaim, Origin, parse_claim, parse_json
from streamclust.evaluation.sample import generate
from streamclust.ports import Encoder

CACHE = Path(__file__).parent / ".cache"
SEED = 7


@dataclass(frozen=True, slots=True)
class Stream:
    """Raw records in their order.

    Args:
        lines: JSON objects as bytes.
    """

    name: str
    lines: list[bytes]

    def claims(self) -> list[Claim]:
        """Every line as a claim."""
        return [parse(line, number) for number, line in enumerate(self.lines)]


def parse(line: bytes, number: int) -> Claim:
    """One line as a claim, the way a run reads it."""
    return parse_claim(parse_json(line), origin=Origin("benchmark", 0, number))


def generated(lines: int, *, copies: float, seed: int = SEED) -> Stream:
    """Our own stream."""
    posts = generate(lines, seed=seed, copies=copies)
    return Stream(f"generated {lines}, seed {seed}, copies {copies:g}", [orjson.dumps(post) for post in posts])


def read(path: Path, most: int) -> Stream:
    """The first lines of a JSONL file."""
    with path.open("rb") as file:
        lines = list(islice((line for line in file if line.strip()), most))
    return Stream(f"{path.name} {len(lines)}", lines)


def distinct(stream: Stream, most: int) -> Stream:
    """The first lines whose texts are all different once they are compared."""
    return Stream(f"{stream.name}, distinct", list(islice(_first_of_each(stream), most)))


def _first_of_each(stream: Stream) -> Iterator[bytes]:
    seen: set[int] = set()
    for number, line in enumerate(stream.lines):
        fingerprint = parse(line, number).fingerprint
        if fingerprint not in seen:
            seen.add(fingerprint)
            yield line


def doubled(stream: Stream, seed: int = SEED) -> Stream:
    """Every line and, some lines later, an exact copy under another id: half of the result are copies."""
    rng = np.random.default_rng(seed)
    count = len(stream.lines)
    places = np.concatenate([np.arange(count, dtype=np.float64), np.arange(count) + rng.uniform(0.5, count / 4, count)])
    records = [orjson.loads(line) for line in stream.lines]
    lines = [orjson.dumps({**records[i % count], "id": f"{i}"}) for i in np.argsort(places, kind="stable").tolist()]
    return Stream(f"{stream.name}, each twice", lines)


def embedded(claims: Sequence[Claim], encoder: Encoder) -> list[EmbeddedClaim]:
    """Claims with ready vectors, from the cache where they are there."""
    texts = {claim.fingerprint: claim.comparison for claim in claims}
    rows = dict(zip(texts, vectors_of(list(texts.values()), encoder), strict=True))
    return [EmbeddedClaim(claim, rows[claim.fingerprint]) for claim in claims]


class Ready:
    """An encoder that knows the texts of these claims already, and no others.

    Args:
        claims: from the cache where they are there, else encoded once.
        encoder: what made or makes their vectors.
    """

    def __init__(self, claims: Sequence[Claim], encoder: Encoder) -> None:
        self.fingerprint, self.dim = encoder.fingerprint, encoder.dim
        self._rows = {one.claim.comparison: one.vector for one in embedded(claims, encoder)}

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """(n, dim) float32 rows."""
        return np.stack([self._rows[text] for text in texts]) if texts else np.zeros((0, self.dim), np.float32)


def vectors_of(texts: list[str], encoder: Encoder) -> np.ndarray:
    """(n, dim) float32 rows; kept as float16, which loses nothing, for an encoder's values are representable in it."""
    digest = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    path = CACHE / f"{digest}-{encoder.fingerprint.replace('/', '-')}.npy"
    if not path.exists():
        CACHE.mkdir(exist_ok=True)
        np.save(path, encoder.encode(texts).astype(np.float16), allow_pickle=False)
    rows: np.ndarray = np.load(path, allow_pickle=False).astype(np.float32)
    return rows
