"""The contracts between the engine and the world. Implementations live in `adapters/`; each contract has one shared test suite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from streamclust.claims import Claim
from streamclust.words import Commonness

Partition = tuple[str, int]
"""An ordered input: (stream, partition)."""


class VectorSpace(Protocol):
    """Which vectors may be compared."""

    @property
    def fingerprint(self) -> str:
        """Names model and weights; two encoders with one fingerprint give vectors that may be compared."""

    @property
    def dim(self) -> int:
        """Length of a vector."""


class Encoder(VectorSpace, Protocol):
    """Turns texts into vectors."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors in the order of the texts.

        Args:
            texts: any number, repeats allowed; an empty sequence gives a (0, dim) array.

        Returns:
            (n, dim) float32. A row depends on its text alone, bit for bit, not on the others in the call.
            Rows should have unit length; one that is not finite or has no length marks a text that cannot be encoded.
        """


class CentroidIndex(Protocol):
    """Nearest neighbors among cluster centroids, by cosine similarity.

    A plain data structure with one writer. Its answers are a function of the writes since the last `rebuild`, in their order.
    """

    def write(self, label: int, vector: np.ndarray) -> None:
        """Add a label, or move one that is there.

        Args:
            label: 0 or more; not one that was deleted since the last rebuild.
            vector: (dim,) float32, finite, unit length.
        """

    def delete(self, label: int) -> None:
        """Take a live label out of all answers. Raises KeyError if it is not live."""

    def search(self, vector: np.ndarray, k: int) -> tuple[list[int], list[float]]:
        """The nearest live labels, best first.

        Args:
            vector: (dim,) float32 unit vector.
            k: how many at most; fewer come back when fewer live. An empty index gives two empty lists.

        Returns:
            Labels, and cosine similarities to the vectors last written (1 = same).
        """

    def rebuild(self, labels: Sequence[int], vectors: np.ndarray) -> None:
        """Start a fresh generation that holds just these, in this order.

        Args:
            labels: n distinct labels.
            vectors: (n, dim) float32 unit vectors.
        """

    @property
    def deleted(self) -> int:
        """Labels deleted since the last rebuild that still take room."""

    def __len__(self) -> int:
        """Live labels."""


@dataclass(frozen=True, slots=True)
class IndexWrite:
    """One line of the index journal.

    Args:
        seq: number of the write, rising by one.
        vector: (dim,) float32 with values representable in float16; None for a deletion.
    """

    seq: int
    label: int
    vector: np.ndarray | None = field(repr=False, compare=False)


class Considered(NamedTuple):
    """A cluster as it stood when a claim was decided. Kept as a plain tuple, which the garbage collector need not look after.

    Args:
        score: link score.
        similarity: cosine of the claim to the centroid.
        nearest: cosine to the nearest exemplar.
        overlap: cosine of the words.
        wordings: distinct texts in the cluster.
        gap: claims since the cluster last took one.
        clash: 1.0 where both named numbers and shared none, else 0.0.
    """

    cluster_id: str
    score: float
    similarity: float
    nearest: float
    overlap: float
    wordings: int
    gap: int
    clash: float


class Member(NamedTuple):
    """One claim in one cluster, with what was decided and on which grounds.

    Args:
        cluster_id: the cluster it joined at arrival (which may have merged since).
        seen_at: event time it was booked under, seconds.
        rule: `founded`, `linked` or `copy`.
        booked: number of the exemplar it was booked to, which may have been folded into another since.
        candidates: the clusters considered, best first, each as the values of a `Considered`; empty for a copy.
    """

    claim: Claim
    cluster_id: str
    seen_at: float
    rule: str
    booked: int
    candidates: tuple[tuple[str, float, float, float, float, int, int, float], ...] = ()


class Split(NamedTuple):
    """Members that go over from one cluster to a new one.

    Args:
        sources: the cluster that was split, and those it had absorbed.
        new_id: where the members go.
        booked: numbers of the exemplars whose members go.
        texts: (fingerprint, number of an exemplar) of single texts whose members go, to be booked there.
        after: of the members in the same `Changes`, so many came before it; later ones stay where they are.
    """

    sources: tuple[str, ...]
    new_id: str
    booked: frozenset[int]
    after: int
    texts: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Changes:
    """What a clusterer did since it was last asked, in plain values, ready to be saved.

    Args:
        clusters: records (`Cluster.to_record`) of every cluster that changed.
        members: claims assigned, in order.
        index_writes: journal lines, in order.
        index_drops: journal lines no longer needed.
        words: document frequency by word, new value; 0 means forgotten.
        copies: (seq, fingerprint, cluster id) of texts to recognise when they come again.
        copies_forgotten: fingerprints no longer recognised.
        review: records by name of what people and judges decide, new value; None means gone.
        forgotten: ids of clusters whose record and members go, after all else is written. What they redirected from stays.
        progress: the clusterer's counters and clock.
    """

    clusters: list[dict[str, Any]] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    index_writes: list[IndexWrite] = field(default_factory=list)
    index_drops: list[int] = field(default_factory=list)
    words: dict[str, int] = field(default_factory=dict)
    copies: list[tuple[int, int, int]] = field(default_factory=list)
    copies_forgotten: list[int] = field(default_factory=list)
    review: dict[str, Any] = field(default_factory=dict)
    forgotten: list[str] = field(default_factory=list)
    progress: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Snapshot:
    """All a clusterer needs to go on as if it had never stopped.

    Args:
        clusters: records of live clusters, and of retired and merged ones not yet forgotten.
        redirects: absorbed id → the id that absorbed it, for ever.
        index_writes: journal lines by rising seq.
        copies: (seq, fingerprint, number of the exemplar it is booked to) by rising seq.
        review: records by name of what people and judges decide.
        progress: as last saved; empty for a fresh start.
    """

    clusters: list[dict[str, Any]] = field(default_factory=list)
    redirects: dict[str, str] = field(default_factory=dict)
    index_writes: list[IndexWrite] = field(default_factory=list)
    words: dict[str, int] = field(default_factory=dict)
    copies: list[tuple[int, int, int]] = field(default_factory=list)
    review: dict[str, Any] = field(default_factory=dict)
    progress: dict[str, Any] = field(default_factory=dict)


class ClusterStore(Protocol):
    """Where state is kept. One writer at a time; any number of readers.

    Every method raises `StoreUnavailable` when the store does not answer, refuses a write, or has a newer writer.
    """

    def claim_writer(self, identity: Mapping[str, Any]) -> None:
        """Become the one writer: older writers are refused from here on.

        Args:
            identity: params, encoder fingerprint and dimension. Saved with a fresh store; compared with what is saved in an old one.

        Raises:
            Incompatible: the saved state was made under another identity.
        """

    def identity(self) -> dict[str, Any]:
        """What the state was made under; empty for a fresh store."""

    def load(self) -> Snapshot:
        """The state as of the last save."""

    def offsets(self) -> dict[Partition, int]:
        """Per input, the number of the next record to read."""

    def known(self, claim_ids: Sequence[str]) -> set[str]:
        """Which of these claims were assigned before. One round trip."""

    def save(self, changes: Changes, *, offsets: Mapping[Partition, int], outbox: Sequence[bytes] = ()) -> None:
        """Write all of it, or nothing, in one step.

        Args:
            changes: from the clusterer.
            offsets: next record per input; others stay.
            outbox: events to be published, in order.
        """

    def outbox(self) -> list[bytes]:
        """Events saved and not yet marked as published, oldest first."""

    def mark_published(self, count: int) -> None:
        """Drop the oldest `count` events from the outbox."""

    def reset_offsets(self, offsets: Mapping[Partition, int]) -> None:
        """Have these inputs go on from these records, further back too; others stay. Nothing of the state is undone.

        Args:
            offsets: next record per input.
        """

    def clusters(self) -> Iterator[dict[str, Any]]:
        """Records of all clusters on record, in no particular order."""

    def cluster(self, cluster_id: str) -> dict[str, Any] | None:
        """One cluster's record."""

    def redirect(self, cluster_id: str) -> str | None:
        """The id that absorbed this one; None if none did. Kept for ever."""

    def members(self, cluster_id: str, *, start: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
        """Member records of exactly this cluster (not of those it absorbed), founder first, then in order of arrival."""

    def member(self, claim_id: str) -> dict[str, Any] | None:
        """One claim's record: claim fields, cluster_id, seen_at, rule, candidates; `joined`, its first cluster, if a split moved it."""

    def commonness(self, words: Sequence[str]) -> Commonness:
        """How common these words were in the stream as of the last save. One round trip."""

    def review(self) -> dict[str, Any]:
        """Records by name of what people and judges decide; `streamclust.review` reads them."""

    def memory(self) -> tuple[int, int]:
        """Bytes the whole store uses, and may use at most; 0 where there is no limit, or no telling."""

    def close(self) -> None:
        """Let go of connections. The store can be opened again."""


ANSWERS = ("same", "different", "unsure")


class Verdict(NamedTuple):
    """What a judge says of two texts.

    Args:
        answer: one of `ANSWERS`.
        tokens: what the try that was answered took, where that is counted.
        nonsense: whether what came was no answer, and is taken for `unsure`.
        tries: how often the question was sent, up to the answer.
    """

    answer: str
    tokens: int = 0
    nonsense: bool = False
    tries: int = 1


NONSENSE = Verdict("unsure", nonsense=True)


class Unanswered(NamedTuple):
    """A question that got no verdict.

    Args:
        tries: how often it was sent all the same; 0: never.
    """

    tries: int


class Judge(Protocol):
    """Says whether two texts make the same claim."""

    @property
    def name(self) -> str:
        """Names the judge: its verdicts are kept under it, and what they bring about carries it."""

    @property
    def version(self) -> str:
        """What its verdicts hang on beside its name, in a few characters; may be empty. Verdicts are kept under both."""

    def cost(self, question: tuple[str, str]) -> int:
        """How many tokens a question may take; 0 where none are counted."""

    def judge(self, questions: Sequence[tuple[str, str]]) -> Iterator[Verdict | Unanswered]:
        """Verdicts in the order of the questions, one each; `Unanswered` in place of one, where a later question may have got one.

        Args:
            questions: pairs of texts, any number. The texts are data: what they say is no instruction.

        Raises:
            JudgeUnavailable: it did not answer all; verdicts given before that stand. A question it gave no word of counts as sent.
        """


class EventPublisher(Protocol):
    """Where events go. Takes CloudEvents as JSON bytes."""

    def publish(self, events: Sequence[bytes]) -> None:
        """Hand on, in order. May be called again with events it has had; must then keep duplicates recognisable by id.

        Raises:
            PublishFailed: not all could be handed on.
        """

    def close(self) -> None:
        """Flush and let go."""


class DeadLetters(Protocol):
    """Where records that can never become claims are kept."""

    def put(self, letters: Iterable[DeadLetter]) -> None:
        """Keep them. Returns only when they are kept."""

    def close(self) -> None:
        """Flush and let go."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A bad record as it came, and why it is bad.

    Args:
        raw: original bytes, whole; None where the record had no value.
        reason: one of `InvalidClaim.REASONS`.
        detail: what was found and what was expected.
        stream, partition, offset: where it stood.
        key, headers: what came with it, where the input has such things.
    """

    raw: bytes | None = field(repr=False)
    reason: str
    detail: str
    stream: str
    partition: int
    offset: int
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
