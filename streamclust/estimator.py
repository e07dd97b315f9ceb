"""The clusterer as an estimator, for programs built on river or scikit-learn."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from itertools import islice
from numbers import Real
from typing import Any, Self

import numpy as np
from river import base
from sklearn.base import BaseEstimator, ClusterMixin

from streamclust.adapters.hnsw_index import HnswIndex
from streamclust.adapters.memory import ExactIndex, MemoryStore
from streamclust.claims import Claim, EmbeddedClaim, FieldMap, Origin, kind_of, parse_claim
from streamclust.clusterer import StreamClusterer
from streamclust.clusters import Cluster
from streamclust.encoders import open_encoder
from streamclust.errors import Incompatible, InvalidClaim, InvalidParams
from streamclust.events import ClaimAssigned, ClustersMerged, ClusterSplit, Event
from streamclust.linking import Join
from streamclust.params import Params
from streamclust.pipeline import Embedding
from streamclust.ports import Changes, Encoder, Snapshot

NO_CLUSTER = -1
_CLAIMS_A_BATCH = 512
_CLAIMS_BETWEEN_SAVES = 256
_PLACES = 4
_LISTED = 12

Input = str | Mapping[Any, Any]
"""A text, a record with a text, or a feature dict."""


class ClaimClusterer(base.Clusterer, ClusterMixin, BaseEstimator):  # type: ignore[misc]  # neither package has types for mypy here
    """Groups claims as they arrive: a river clusterer, and a scikit-learn one.

    One input is a text, a record with a text (and `id`, `created_at`, `author`, `source` where known), or a dict of numeric
    features. The first one learned decides whether the model is about texts or about features; the two do not mix.

    *Texts* go the way of `streamclust run`: the encoder's vector and the words decide. *Features* count by direction alone: each
    dict is hashed into `dim` numbers and scaled to unit length, so names may come and go and their order does not matter. They have
    no words and no habits, so the cosine decides alone: it takes over the weight of `link_overlap`, and `link_size` and `link_gap` are 0.
    The presets are made for sentence vectors: give `params` of your own, and center the features
    (`StandardScaler() | ClaimClusterer(...)`), or all point the same way.

    Labels are cluster numbers (`Cluster.label`): never reused, and a merged cluster's claims go by the number of the one that
    absorbed it. -1 is no cluster: nothing alive is near enough, or there is nothing to compare (a blank text, features all zero, a
    vector that is no direction; such an input is not learned). Predicting changes nothing.

    Pickles and copies carry on exactly where the original stands. Where `encoder` is None or a name the model's weights stay out
    of them and are loaded again at the first text.

    Args:
        preset: `claim` (tight) or `topic` (loose).
        params: the numbers that decide, in place of the preset's.
        encoder: what makes vectors of texts; the name or folder of a sentence-transformers model; None is the default model.
        exact: compare with every cluster instead of searching an approximate index.
        on: the key that holds the text of a record; `post.text` looks inside `post`.
        dim: how many numbers feature dicts are hashed into, at least 4; texts have their encoder's.

    Attributes:
        labels_: (n,) int64, the labels of the last `fit`, `partial_fit` or `fit_predict`, in their order, as of its end.

    >>> from streamclust.testing import HashEncoder
    >>> model = ClaimClusterer(encoder=HashEncoder())
    >>> model.fit_predict(["the dam has burst", "Breaking: the dam has burst", "the mayor resigns"])
    array([0, 0, 1])
    >>> model.predict_one("has the dam burst?")
    0
    >>> model.predict_one("school strike on friday")
    -1
    >>> model.learn_one({"text": "school strike on friday", "author": "ann"})
    >>> [(cluster.label, cluster.size) for cluster in model.clusters_]
    [(0, 2), (1, 1), (2, 1)]

    Features, in a river pipeline:

    >>> from river import feature_extraction
    >>> words = feature_extraction.BagOfWords() | ClaimClusterer()
    >>> for text in ["the dam has burst", "the dam has burst now", "mayor resigns"]:
    ...     words.learn_one(text)
    >>> words.predict_one("the dam burst"), words.predict_one("mayor resigns today")
    (0, 1)
    """

    def __init__(
        self,
        preset: str = "claim",
        *,
        params: Params | None = None,
        encoder: Encoder | str | None = None,
        exact: bool = False,
        on: str = "text",
        dim: int = 512,
    ) -> None:
        self.preset = preset
        self.params = params
        self.encoder = encoder
        self.exact = exact
        self.on = on
        self.dim = dim
        self._learned: _Learned | None = None
        self._events: list[Event] = []

    # river

    def learn_one(self, x: Input) -> None:
        """Take in one claim.

        Raises:
            InvalidClaim: neither a text nor a dict of finite numbers, or not of the kind this model learned before.
        """
        self._learn([x], self._learned)

    def predict_one(self, x: Input) -> int:
        """The number of the cluster `learn_one` would put it in, or -1 where it would found one. Raises as `learn_one` does."""
        return int(self.predict([x])[0])

    # scikit-learn

    def fit(self, texts: Iterable[Input], y: None = None) -> Self:
        """Forget all and learn these, in order. Raises as `learn_one` does; then nothing is forgotten or learned."""
        self.labels_ = self._learn(_listed(texts), None)
        return self

    def partial_fit(self, texts: Iterable[Input], y: None = None) -> Self:
        """Learn these too, in order. Raises as `learn_one` does; then nothing is learned."""
        self.labels_ = self._learn(_listed(texts), self._learned)
        return self

    def fit_predict(self, texts: Iterable[Input], y: None = None) -> np.ndarray:
        """Forget all, learn these in one pass, and say where each ended up: (n,) int64, -1 for no cluster."""
        labels: np.ndarray = self.fit(texts).labels_
        return labels

    def predict(self, texts: Iterable[Input]) -> np.ndarray:
        """What `predict_one` says of each: (n,) int64."""
        inputs = _listed(texts)
        return self._learned.predict(inputs) if self._learned else np.full(len(inputs), NO_CLUSTER)

    # what came of it

    @property
    def events_(self) -> list[Event]:
        """What happened in the last call that learned, in order."""
        return list(self._events)

    @property
    def clusters_(self) -> list[Cluster]:
        """Live clusters, oldest first; read, do not change."""
        return self._learned.clusterer.clusters if self._learned else []

    @property
    def clusterer(self) -> StreamClusterer | None:
        """The engine; None before anything was learned. A claim it is given directly is missing from pickles and copies."""
        return self._learned.clusterer if self._learned else None

    def _learn(self, inputs: Sequence[Input], learned: _Learned | None) -> np.ndarray:
        learned = learned or self._new(inputs)
        labels, self._events = learned.learn(inputs)
        self._learned = learned
        return labels

    def _new(self, inputs: Sequence[Input]) -> _Learned:
        params = self.params or Params.preset(self.preset)
        texts = _Texts(self.encoder, self.on)
        if not inputs or texts.knows(inputs[0]):
            return _Learned(texts, params, self.exact)
        return _Learned(_Features(self.dim, texts), _by_cosine_alone(params), self.exact)

    def _more_tags(self) -> set[str]:
        return {base.tags.TEXT_INPUT}

    def __sklearn_is_fitted__(self) -> bool:
        return self._learned is not None


def _by_cosine_alone(params: Params) -> Params:
    weight = params.link_similarity + params.link_overlap
    return params.with_values(link_similarity=weight, link_overlap=0.0, link_size=0.0, link_gap=0.0)


class _Learned:
    """What a model has learned: the engine, the reader of its inputs, and a store from which copies are made."""

    def __init__(self, reader: _Texts | _Features, params: Params, exact: bool) -> None:
        self.reader = reader
        self.count = 0
        self._params = params
        self._exact = exact
        self._store = MemoryStore()
        self._unsaved = 0

    @cached_property
    def clusterer(self) -> StreamClusterer:
        index = ExactIndex() if self._exact else HnswIndex(self.reader.dim, self._params)
        return StreamClusterer(index, self._params)

    def learn(self, inputs: Sequence[Input]) -> tuple[np.ndarray, list[Event]]:
        """Labels as of the end of the call, and all that happened."""
        claims = self.reader.read(inputs, self.count)
        events, numbers = [], _Numbers(self.clusterer)
        for claim in claims:
            happened = self.clusterer.assign([claim]) if claim else []
            numbers.note(claim, happened)
            events += happened
            self.count += 1
            self._unsaved += 1
            if self._unsaved == _CLAIMS_BETWEEN_SAVES:
                self._save()
        return np.array(numbers.found(), np.int64), events

    def predict(self, inputs: Sequence[Input]) -> np.ndarray:
        decisions = [self.clusterer.nearest(claim) if claim else None for claim in self.reader.read(inputs, self.count)]
        return np.array([d.best.cluster.label if isinstance(d, Join) else NO_CLUSTER for d in decisions], np.int64)

    def _save(self) -> None:
        """Move what changed into the store, but for the members: those would grow without bound."""
        changes = self.clusterer.take_changes()
        changes.members, changes.splits = [], []
        self._store.save(changes, offsets={})
        self._unsaved = 0

    def __getstate__(self) -> dict[str, Any]:
        self._save()
        return {
            "reader": self.reader,
            "params": self._params.as_dict(),
            "exact": self._exact,
            "count": self.count,
            "snapshot": self._store.load(),
        }

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__init__(state["reader"], Params(**state["params"]), state["exact"])  # type: ignore[misc]  # a copy starts as a new one
        self.count = state["count"]
        snapshot: Snapshot = state["snapshot"]
        self.clusterer.restore(snapshot)
        saved = Changes(
            clusters=snapshot.clusters,
            index_writes=snapshot.index_writes,
            words=snapshot.words,
            copies=snapshot.copies,
            review=snapshot.review,
            progress=snapshot.progress,
        )
        self._store.save(saved, offsets={})


class _Numbers:
    """Under which number each claim of one call ended up, whatever merged, split or retired since it came."""

    def __init__(self, clusterer: StreamClusterer) -> None:
        self._clusterer = clusterer
        self._homes: list[str | None] = []
        self._texts: list[int] = []
        self._numbers: dict[str, int] = {}
        self._merged: dict[str, str] = {}

    def note(self, embedded: EmbeddedClaim | None, events: Iterable[Event]) -> None:
        """Follow one claim's events."""
        self._homes.append(None)
        self._texts.append(embedded.claim.fingerprint if embedded else 0)
        for event in events:
            if isinstance(event, ClaimAssigned):
                self._homes[-1] = event.cluster_id
            elif isinstance(event, ClustersMerged):
                self._merged[event.absorbed_id] = event.cluster_id
            elif isinstance(event, ClusterSplit):
                self._part(event.cluster_id)
            self._know(self._clusterer.find(event.cluster_id))

    def _part(self, cluster_id: str) -> None:
        """Ask again for each claim of a cluster that was split which half holds its text."""
        for place, home in enumerate(self._homes):
            if home is not None and self._leads_to(home) == cluster_id:
                half = self._clusterer.holding(self._texts[place])
                self._know(half)
                self._homes[place] = half.id if half else home

    def _know(self, cluster: Cluster | None) -> None:
        if cluster is not None:
            self._numbers[cluster.id] = cluster.label

    def found(self) -> list[int]:
        """The number of each claim's cluster, in their order."""
        return [NO_CLUSTER if home is None else self._numbers[self._leads_to(home)] for home in self._homes]

    def _leads_to(self, cluster_id: str) -> str:
        while cluster_id in self._merged:
            cluster_id = self._merged[cluster_id]
        return cluster_id


class _Texts:
    """Reads texts and records with a text; asks for the encoder when it meets the first.

    Args:
        learned_with: the encoder's fingerprint and dimension, of a model that was learned before; None for a new one.
    """

    def __init__(self, encoder: Encoder | str | None, on: str, learned_with: tuple[str, int] | None = None) -> None:
        self._given = encoder
        self.on = on
        self._fields = FieldMap({"text": on})
        self._learned_with = learned_with

    def __reduce__(self) -> tuple[Any, ...]:
        return _Texts, (self._given, self.on, self._learned_with)

    @cached_property
    def _encoder(self) -> Encoder:
        encoder = _load(self._given) if self._given is None or isinstance(self._given, str) else self._given
        found = (encoder.fingerprint, encoder.dim)
        if self._learned_with not in (None, found):
            raise Incompatible(
                f"this model was learned with encoder {self._learned_with}, not with {found}; give it the encoder it had, or fit it again"
            )
        self._learned_with = found
        return encoder

    @cached_property
    def _embedding(self) -> Embedding:
        return Embedding(self._encoder)

    @property
    def dim(self) -> int:
        return self._learned_with[1] if self._learned_with else self._encoder.dim

    def knows(self, x: object) -> bool:
        return isinstance(x, str) or (isinstance(x, Mapping) and isinstance(self._fields.get(x, "text"), str))

    def _wrong(self, x: object) -> str:
        """What is wrong with what is no text."""
        if not isinstance(x, Mapping):
            return f"this is {_brief(x)}"
        if not x:
            return f"this dict is empty, so the key {self.on!r} is missing"
        text = self._fields.get(x, "text")
        if text is not None:
            return f"this dict has {kind_of(text)} there"
        return f"this dict has nothing there, only {', '.join(repr(str(name)) for name in islice(x, 5))}"

    def read(self, inputs: Sequence[Input], first: int) -> Iterator[EmbeddedClaim | None]:
        """Claims with vectors, None for a blank text. All are parsed before the first comes out; vectors are made as they are asked for.

        Args:
            inputs: in order.
            first: number of the first one in all that the model learned.
        """
        return self._embedded([self._claim(x, number) for number, x in enumerate(inputs, first)])

    def _embedded(self, claims: Sequence[Claim | None]) -> Iterator[EmbeddedClaim | None]:
        for start in range(0, len(claims), _CLAIMS_A_BATCH):
            batch = claims[start : start + _CLAIMS_A_BATCH]
            embedded, _ = self._embedding.run([claim for claim in batch if claim])
            found = {id(e.claim): e for e in embedded}
            yield from (found.get(id(claim)) for claim in batch)

    def _claim(self, x: Input, number: int) -> Claim | None:
        if not self.knows(x):
            raise InvalidClaim("no_text", f"this model is about texts: give a text, or a dict with one under {self.on!r}; {self._wrong(x)}")
        record = {self.on: x} if isinstance(x, str) else x
        try:
            return parse_claim(record, fields=self._fields, origin=Origin("learned", 0, number))
        except InvalidClaim as error:
            if error.reason == "no_text":
                return None
            raise


class _Features:
    """Reads dicts of numbers as directions.

    Each name goes to four places in `dim`, each with a sign, all told by a hash of the name: cosines are kept to within
    about 1 / sqrt(dim), whatever names are still to come (the block construction of Kane and Nelson, "Sparser
    Johnson-Lindenstrauss Transforms", JACM 2014).
    """

    def __init__(self, dim: int, texts: _Texts) -> None:
        if dim < _PLACES:
            raise InvalidParams(f"dim={dim} is too small to hash features into: at least {_PLACES}")
        self.dim = dim
        self._texts = texts

    def read(self, inputs: Sequence[Input], first: int) -> Iterator[EmbeddedClaim | None]:
        """Claims with vectors, None where all features are zero. As for texts, all are parsed before the first comes out."""
        return iter([self._embedded(x, number) for number, x in enumerate(inputs, first)])

    def _embedded(self, x: Input, number: int) -> EmbeddedClaim | None:
        if not isinstance(x, Mapping) or self._texts.knows(x):
            raise InvalidClaim("bad_vector", f"this model is about features: give a dict of numbers, not {_brief(x)}; {self._hint}")
        features = {str(name): self._number(name, value) for name, value in x.items()}
        vector = _direction(features, self.dim)
        if vector is None:
            return None
        fingerprint = int.from_bytes(hashlib.blake2b(vector.tobytes(), digest_size=8).digest(), "big")
        origin = Origin("learned", 0, number)
        return EmbeddedClaim(Claim(f"features-{number}", _listing(features), "", fingerprint, (), origin=origin), vector)

    def _number(self, name: object, value: object) -> float:
        if not isinstance(value, (Real, np.bool_)):
            raise InvalidClaim("bad_vector", f"feature {name!r} is {_brief(value)}, not a number; {self._hint}")
        number = float(value)
        if not math.isfinite(number):
            raise InvalidClaim("bad_vector", f"feature {name!r} is {number}")
        return number

    @property
    def _hint(self) -> str:
        return f"a claim is a text, or a dict with a text under {self._texts.on!r}"


def _direction(features: Mapping[str, float], dim: int) -> np.ndarray | None:
    """(dim,) float32 unit vector with values representable in float16; None if all features are zero."""
    names = sorted(name for name, value in features.items() if value)
    if not names:
        return None
    values = np.array([features[name] for name in names])
    values /= np.abs(values).max()
    places, signs = (np.stack(rows) for rows in zip(*(_places(name, dim) for name in names), strict=True))
    vector = np.zeros(dim)
    np.add.at(vector, places, signs * values[:, None])
    length = np.linalg.norm(vector)
    return (vector / length).astype(np.float16).astype(np.float32) if length else None


@lru_cache(maxsize=1 << 16)
def _places(name: str, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """(4,) places, each in a quarter of its own, and (4,) signs."""
    bits = np.frombuffer(hashlib.blake2b(name.encode(), digest_size=4 * _PLACES).digest(), "<u4")
    block = dim // _PLACES
    return np.arange(_PLACES) * block + (bits >> 1) % block, 1.0 - 2.0 * (bits & 1)


def _listing(features: Mapping[str, float]) -> str:
    """The weightiest features, to be read by a person."""
    heaviest = sorted(features.items(), key=lambda item: (-abs(item[1]), item[0]))[:_LISTED]
    return ", ".join(f"{name}={value:.6g}" for name, value in heaviest)


def _listed(texts: Iterable[Input]) -> list[Input]:
    """Several inputs as a list. One text, a matrix and a table are iterable too, and never what is meant."""
    if isinstance(texts, (str, Mapping)) or getattr(texts, "ndim", 1) != 1:
        raise TypeError(f"expected several texts or dicts, for example a list or a column, not one {type(texts).__name__}")
    return list(texts)


def _brief(x: object) -> str:
    return f"a text ({x[:40]!r})" if isinstance(x, str) else kind_of(x)


@cache
def _load(model: str | None) -> Encoder:
    """A model, shared by all estimators of this process; torch is imported only when it is needed."""
    return open_encoder(model)
