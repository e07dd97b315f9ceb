"""Everything in this process: an exact index, a store that keeps nothing after exit, lists for events and dead letters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np

from streamclust.errors import Incompatible
from streamclust.ports import Changes, DeadLetter, IndexWrite, Member, Partition, Snapshot, Split
from streamclust.records import incompatibility, member_record, move
from streamclust.words import Commonness


class ExactIndex:
    """`CentroidIndex` by comparing with every live vector. Equal similarities: the lower label first."""

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}
        self._matrix = np.empty((0, 0), np.float32)
        self._labels = np.empty(0, np.int64)
        self._used = 0
        self._deleted = 0

    def write(self, label: int, vector: np.ndarray) -> None:
        """See `CentroidIndex.write`."""
        row = self._rows.get(label)
        if row is None:
            row = self._rows[label] = self._used
            self._used += 1
            self._make_room(self._used, len(vector))
            self._labels[row] = label
        self._matrix[row] = vector

    def _make_room(self, rows: int, dim: int) -> None:
        if rows <= len(self._matrix):
            return
        grown = np.zeros((max(64, 2 * rows), dim), np.float32)
        grown[: len(self._matrix)] = self._matrix if len(self._matrix) else 0.0
        labels = np.zeros(len(grown), np.int64)
        labels[: len(self._labels)] = self._labels
        self._matrix, self._labels = grown, labels

    def delete(self, label: int) -> None:
        """See `CentroidIndex.delete`."""
        row = self._rows.pop(label)
        self._used -= 1
        self._deleted += 1
        if row != self._used:
            self._matrix[row], self._labels[row] = self._matrix[self._used], self._labels[self._used]
            self._rows[int(self._labels[row])] = row

    def search(self, vector: np.ndarray, k: int) -> tuple[list[int], list[float]]:
        """See `CentroidIndex.search`."""
        if not self._used:
            return [], []
        similarities = self._matrix[: self._used] @ vector
        order = np.lexsort((self._labels[: self._used], -similarities))[:k]
        return self._labels[order].tolist(), similarities[order].tolist()

    def rebuild(self, labels: Sequence[int], vectors: np.ndarray) -> None:
        """See `CentroidIndex.rebuild`."""
        self.__init__()  # type: ignore[misc]  # a fresh generation is a fresh index
        for label, vector in zip(labels, vectors, strict=True):
            self.write(label, vector)

    @property
    def deleted(self) -> int:
        """Labels deleted since the last rebuild."""
        return self._deleted

    def __len__(self) -> int:
        return self._used


class MemoryStore:
    """`ClusterStore` for trials and tests: gone when the process ends."""

    def __init__(self) -> None:
        self._identity: dict[str, Any] = {}
        self._clusters: dict[str, dict[str, Any]] = {}
        self._redirects: dict[str, str] = {}
        self._members: dict[str, dict[str, Any]] = {}
        self._members_of: dict[str, list[str]] = {}
        self._journal: dict[int, IndexWrite] = {}
        self._words: dict[str, int] = {}
        self._copies: dict[int, tuple[int, int]] = {}
        self._review: dict[str, Any] = {}
        self._progress: dict[str, Any] = {}
        self._offsets: dict[Partition, int] = {}
        self._outbox: list[bytes] = []

    def claim_writer(self, identity: Mapping[str, Any]) -> None:
        """See `ClusterStore.claim_writer`."""
        problem = incompatibility(self._identity, identity)
        if problem:
            raise Incompatible(problem)
        self._identity = dict(identity)

    def identity(self) -> dict[str, Any]:
        """See `ClusterStore.identity`."""
        return dict(self._identity)

    def load(self) -> Snapshot:
        """See `ClusterStore.load`."""
        return Snapshot(
            clusters=list(self._clusters.values()),
            redirects=dict(self._redirects),
            index_writes=[self._journal[seq] for seq in sorted(self._journal)],
            words=dict(self._words),
            copies=sorted((seq, fingerprint, booked) for fingerprint, (seq, booked) in self._copies.items()),
            review=self.review(),
            progress=dict(self._progress),
        )

    def offsets(self) -> dict[Partition, int]:
        """See `ClusterStore.offsets`."""
        return dict(self._offsets)

    def known(self, claim_ids: Sequence[str]) -> set[str]:
        """See `ClusterStore.known`."""
        return {claim_id for claim_id in claim_ids if claim_id in self._members}

    def save(self, changes: Changes, *, offsets: Mapping[Partition, int], outbox: Sequence[bytes] = ()) -> None:
        """See `ClusterStore.save`."""
        for record in changes.clusters:
            self._clusters[record["id"]] = {name: copy(value) for name, value in record.items()}
            if record["merged_into"]:
                self._redirects[record["id"]] = record["merged_into"]
        self._save_members(changes)
        self._journal.update({write.seq: write for write in changes.index_writes})
        for seq in changes.index_drops:
            del self._journal[seq]
        self._save_words(changes.words)
        self._copies.update({fingerprint: (seq, booked) for seq, fingerprint, booked in changes.copies})
        for fingerprint in changes.copies_forgotten:
            self._copies.pop(fingerprint, None)
        self._review.update(changes.review)
        self._review = {name: record for name, record in self._review.items() if record is not None}
        for cluster_id in changes.forgotten:
            self._forget(cluster_id)
        self._progress = changes.progress
        self._offsets.update(offsets)
        self._outbox.extend(outbox)

    def _save_members(self, changes: Changes) -> None:
        """Members and splits in the order they happened."""
        done = 0
        for split in changes.splits:
            self._join(changes.members[done : split.after])
            self._move(split)
            done = split.after
        self._join(changes.members[done:])

    def _join(self, members: Iterable[Member]) -> None:
        for member in members:
            self._members[member.claim.id] = member_record(member)
            self._members_of.setdefault(member.cluster_id, []).append(member.claim.id)

    def _move(self, split: Split) -> None:
        rosters = {cluster_id: self.members(cluster_id) for cluster_id in (*split.sources, split.new_id)}
        move(rosters, split)
        for cluster_id, records in rosters.items():
            self._members_of[cluster_id] = [record["claim_id"] for record in records]
            self._members.update((record["claim_id"], record) for record in records)

    def _save_words(self, words: Mapping[str, int]) -> None:
        for word, texts in words.items():
            if texts:
                self._words[word] = texts
            else:
                self._words.pop(word, None)

    def _forget(self, cluster_id: str) -> None:
        self._clusters.pop(cluster_id, None)
        for claim_id in self._members_of.pop(cluster_id, []):
            del self._members[claim_id]

    def outbox(self) -> list[bytes]:
        """See `ClusterStore.outbox`."""
        return list(self._outbox)

    def mark_published(self, count: int) -> None:
        """See `ClusterStore.mark_published`."""
        del self._outbox[:count]

    def reset_offsets(self, offsets: Mapping[Partition, int]) -> None:
        """See `ClusterStore.reset_offsets`."""
        self._offsets.update(offsets)

    def clusters(self) -> Iterator[dict[str, Any]]:
        """See `ClusterStore.clusters`."""
        return iter(list(self._clusters.values()))

    def cluster(self, cluster_id: str) -> dict[str, Any] | None:
        """See `ClusterStore.cluster`."""
        return self._clusters.get(cluster_id)

    def redirect(self, cluster_id: str) -> str | None:
        """See `ClusterStore.redirect`."""
        return self._redirects.get(cluster_id)

    def members(self, cluster_id: str, *, start: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
        """See `ClusterStore.members`."""
        ids = self._members_of.get(cluster_id, [])
        return [self._members[claim_id] for claim_id in ids[start : None if limit is None else start + limit]]

    def member(self, claim_id: str) -> dict[str, Any] | None:
        """See `ClusterStore.member`."""
        return self._members.get(claim_id)

    def commonness(self, words: Sequence[str]) -> Commonness:
        """See `ClusterStore.commonness`."""
        return Commonness(self._progress.get("texts", 0), {word: self._words[word] for word in words if word in self._words})

    def review(self) -> dict[str, Any]:
        """See `ClusterStore.review`."""
        return dict(self._review)

    def memory(self) -> tuple[int, int]:
        """See `ClusterStore.memory`."""
        return 0, 0

    def close(self) -> None:
        """Nothing to let go of."""


class EventList:
    """`EventPublisher` into a list."""

    def __init__(self) -> None:
        self.events: list[bytes] = []

    def publish(self, events: Sequence[bytes]) -> None:
        """See `EventPublisher.publish`."""
        self.events.extend(events)

    def close(self) -> None:
        """Nothing to let go of."""


class DeadLetterList:
    """`DeadLetters` into a list."""

    def __init__(self) -> None:
        self.letters: list[DeadLetter] = []

    def put(self, letters: Iterable[DeadLetter]) -> None:
        """See `DeadLetters.put`."""
        self.letters.extend(letters)

    def close(self) -> None:
        """Nothing to let go of."""
