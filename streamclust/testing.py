"""For tests, ours and yours: an encoder without a model, and claims without an input."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np

from streamclust.adapters.memory import DeadLetterList, EventList, ExactIndex, MemoryStore
from streamclust.claims import Claim, EmbeddedClaim, Origin, parse_claim
from streamclust.words import tokens

__all__ = ["DeadLetterList", "EventList", "ExactIndex", "HashEncoder", "MemoryStore", "claim", "embed"]


class HashEncoder:
    """`Encoder` that sums a fixed pseudo-random vector per word: texts that share words are near. No model, no downloads."""

    def __init__(self, dim: int = 64, name: str = "hash") -> None:
        self._dim = dim
        self._name = name

    @property
    def fingerprint(self) -> str:
        """See `Encoder.fingerprint`."""
        return f"{self._name}@{self._dim}"

    @property
    def dim(self) -> int:
        """See `Encoder.dim`."""
        return self._dim

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """See `Encoder.encode`."""
        rows = np.zeros((len(texts), self._dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in tokens(text) or [text]:
                row += self._vector(word)
            row /= np.linalg.norm(row)
        return rows.astype(np.float16).astype(np.float32)

    def _vector(self, word: str) -> np.ndarray:
        seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
        return np.random.default_rng(seed).standard_normal(self._dim).astype(np.float32)


def claim(text: str, number: int = 0, **fields: object) -> Claim:
    """A claim with an id and a place; other fields by name."""
    return parse_claim({"id": f"post-{number}", "text": text, **fields}, origin=Origin("test", 0, number))


def embed(texts: Iterable[str], encoder: HashEncoder | None = None) -> list[EmbeddedClaim]:
    """Numbered claims with vectors from `encoder`."""
    claims = [claim(text, number) for number, text in enumerate(texts)]
    vectors = (encoder or HashEncoder()).encode([c.comparison for c in claims])
    return [EmbeddedClaim(c, v) for c, v in zip(claims, vectors, strict=True)]
