"""The index of centroids with a journal, so that a rebuilt index answers exactly as the one that was lost."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from streamclust.ports import CentroidIndex, IndexWrite

_SMALLEST_REBUILD = 64
_LONGEST_JOURNAL, _SHORTEST_JOURNAL = 4, 4096


def out_of_the_way(fingerprint: int, dim: int) -> np.ndarray:
    """(dim,) float32 unit vector, values representable in float16, far from all that mean something and from all others of its kind.

    For a text that nothing is to be compared with: models give one vector to all signs without words, and equal vectors ruin an HNSW.
    """
    drawn = np.frombuffer(hashlib.shake_256(str(fingerprint).encode()).digest(dim), np.int8).astype(np.float32) + np.float32(0.5)
    return (drawn / np.float32(np.sqrt(drawn.dot(drawn)))).astype(np.float16).astype(np.float32)


class JournaledIndex:
    """Writes through to a `CentroidIndex` and keeps the lines that rebuild it.

    An approximate index is a function of all its writes in their order, not of its content. The journal holds that
    order from the last fresh generation on: of older lines only each live label's last one, which is what the generation
    was started from.

    Args:
        index: an empty index.
        rebuild_deleted: share of deleted labels that starts a fresh generation; a journal of some lines per label does too.
    """

    def __init__(self, index: CentroidIndex, rebuild_deleted: float) -> None:
        self._index = index
        self._rebuild_deleted = rebuild_deleted
        self._next_seq = 1
        self._generation = 0
        self._kept: list[int] = []
        self._latest: dict[int, tuple[int, np.ndarray]] = {}
        self._writes: list[IndexWrite] = []
        self._drops: list[int] = []

    def __len__(self) -> int:
        return len(self._latest)

    def search(self, vector: np.ndarray, k: int) -> list[int]:
        """Up to `k` live labels, nearest first."""
        return self._index.search(vector, k)[0]

    def write(self, label: int, vector: np.ndarray) -> None:
        """Add or move a label; see `CentroidIndex.write`. Values must be representable in float16."""
        self._index.write(label, vector)
        self._latest[label] = (self._next_seq, vector)
        self._journal(label, vector)

    def delete(self, label: int) -> None:
        """Take a label out."""
        self._index.delete(label)
        del self._latest[label]
        self._journal(label, None)

    def _journal(self, label: int, vector: np.ndarray | None) -> None:
        self._writes.append(IndexWrite(self._next_seq, label, vector))
        self._kept.append(self._next_seq)
        self._next_seq += 1

    def rebuild_if_due(self) -> bool:
        """Start a fresh generation when too much of the index is deleted, or the journal has grown long."""
        if not (self._much_is_deleted() or len(self._kept) > _LONGEST_JOURNAL * len(self._latest) + _SHORTEST_JOURNAL):
            return False
        labels = sorted(self._latest)
        self._index.rebuild(labels, self._vectors(labels))
        self._generation = self._next_seq - 1
        needed = {seq for seq, _ in self._latest.values()}
        self._drops += [seq for seq in self._kept if seq not in needed]
        self._kept = sorted(needed)
        return True

    def _much_is_deleted(self) -> bool:
        deleted = self._index.deleted
        return deleted >= _SMALLEST_REBUILD and deleted >= self._rebuild_deleted * (deleted + len(self._latest))

    def _vectors(self, labels: Sequence[int]) -> np.ndarray:
        if not labels:
            return np.empty((0, 0), np.float32)
        return np.stack([self._latest[label][1] for label in labels])

    def take_changes(self) -> tuple[list[IndexWrite], list[int]]:
        """Journal lines added, and numbers of lines no longer needed, since the last call."""
        dropped = set(self._drops)
        writes = [w for w in self._writes if w.seq not in dropped]
        unsaved = {w.seq for w in self._writes}
        drops = [seq for seq in self._drops if seq not in unsaved]
        self._writes, self._drops = [], []
        return writes, drops

    def state(self) -> dict[str, Any]:
        """Plain values for saving."""
        return {"next_seq": self._next_seq, "generation": self._generation}

    def restore(self, lines: Iterable[IndexWrite], state: dict[str, Any]) -> dict[int, np.ndarray]:
        """Replay the journal into the empty index.

        Args:
            lines: by rising seq.

        Returns:
            Per live label the vector the index holds, (dim,) float32.
        """
        self._generation, self._next_seq = state["generation"], state["next_seq"]
        lines = list(lines)
        self._kept = [line.seq for line in lines]
        base = {line.label: line for line in lines if line.seq <= self._generation}
        labels = sorted(base)
        self._latest = {label: (base[label].seq, _vector_of(base[label])) for label in labels}
        if labels:
            self._index.rebuild(labels, self._vectors(labels))
        for line in lines[len(base) :]:
            self._replay(line)
        return {label: vector for label, (_, vector) in self._latest.items()}

    def _replay(self, line: IndexWrite) -> None:
        if line.vector is None:
            self._index.delete(line.label)
            del self._latest[line.label]
        else:
            self._index.write(line.label, line.vector)
            self._latest[line.label] = (line.seq, line.vector)


def _vector_of(line: IndexWrite) -> np.ndarray:
    if line.vector is None:
        raise ValueError(f"journal line {line.seq} deletes label {line.label} but lies before the current generation")
    return line.vector
