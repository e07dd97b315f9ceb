"""What an event of a cluster says that a rule can ask about, and words looked for in its claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import regex
from pydantic import BaseModel, Field, ValidationError

from streamclust.claims import normalise, parse_time
from streamclust.errors import InvalidClaim

_WORD = regex.compile(r"[\w\p{M}]+")
_UNSPACED = regex.compile(r"[\p{Thai}\p{Lao}\p{Myanmar}\p{Khmer}\p{Hiragana}\p{Katakana}\p{Han}]")


@dataclass(frozen=True, slots=True)
class Facts:
    """An event in the words of the rules; what its kind does not say is empty or 0.

    Args:
        kind: `trend_started`, `grew` or `founded`.
        cluster_id: the cluster.
        ordinal: which one of its kind in the cluster: number of the trend, or the milestone.
        at: event time, seconds since 1970; 0.0 where the stream has no times.
        text: the claim that stands for the cluster.
        words: all there is to look for keywords in, as `spread` gives it.
        size: claims.
        authors: distinct authors: of the last hour (a trend), or of the cluster.
        score: the trend's z.
        sources: claims by source.
        source_count: different sources.
        langs: claims by language.
        coordinated: whether it looks like the work of few.
        reason: why it is a trend, in a sentence.
    """

    kind: str
    cluster_id: str
    ordinal: int
    at: float
    text: str
    words: str
    size: int = 1
    authors: int = 0
    score: float = 0.0
    sources: Mapping[str, int] = field(default_factory=dict)
    source_count: int = 0
    langs: Mapping[str, int] = field(default_factory=dict)
    coordinated: bool = False
    reason: str = ""

    def share_of_langs(self, langs: Iterable[str]) -> float:
        """Share of the claims in any of these languages among those whose language is known."""
        counts = Counter({name.lower(): claims for name, claims in self.langs.items()})
        return sum(counts[name.lower()] for name in langs) / max(counts.total(), 1)


class Keyword(NamedTuple):
    """A word or phrase to look for.

    Args:
        needle: as it would stand in what `spread` gives.
    """

    needle: str

    @staticmethod
    @lru_cache(4096)
    def parse(text: str) -> Keyword:
        """As it is written in a rule; a `*` at the end stands for any ending.

        >>> Keyword.parse("Vaccin*").stands_in(spread("The VACCINES are here")), Keyword.parse("vac").stands_in(spread("vaccines"))
        (True, False)
        """
        words = spread(text.removesuffix("*")).strip()
        if _UNSPACED.search(words):
            return Keyword(words)
        return Keyword(f" {words}" if text.endswith("*") else f" {words} ")

    def stands_in(self, words: str) -> bool:
        """Whether it is there."""
        return self.needle in words


def spread(text: str) -> str:
    """The words of a text with one space around each, whatever their case; without links and leading mentions.

    >>> spread("Dam burst: 3 dead!")
    ' dam burst 3 dead '
    """
    return f" {' '.join(_WORD.findall(normalise(text).casefold()))} "


class _Founded(BaseModel):
    cluster_id: str = Field(min_length=1)
    text: str


class _Grew(_Founded):
    milestone: int = Field(ge=1)
    authors: int
    sources: int


class _TrendStarted(_Founded):
    episode: int = Field(ge=1)
    authors_hour: int
    authors: int
    score: float
    size: int
    coordinated: bool
    sources: dict[str, int]
    langs: dict[str, int]
    keywords: list[str]
    reason: str


class _TrendEnded(BaseModel):
    cluster_id: str = Field(min_length=1)
    episode: int
    reason: str


class _Retired(BaseModel):
    cluster_id: str = Field(min_length=1)


class _Merged(BaseModel):
    absorbed_id: str = Field(min_length=1)


class Ending(NamedTuple):
    """What an event says is over.

    Args:
        cluster_id: of which cluster.
        episode: up to which of its trends; None for all there is about the cluster.
        reason: why.
    """

    cluster_id: str
    episode: int | None
    reason: str


_CLUSTER = "io.streamclust.cluster."
_KINDS: dict[str, tuple[str, type[_Founded]]] = {
    f"{_CLUSTER}founded.v1": ("founded", _Founded),
    f"{_CLUSTER}grew.v1": ("grew", _Grew),
    f"{_CLUSTER}trend.started.v1": ("trend_started", _TrendStarted),
}


class Arrival(NamedTuple):
    """An event as it came, read.

    Args:
        event: a structured CloudEvent.
        recorded_at: when its record was written, seconds since 1970.
        ending: what it says is over, if anything.
        facts: what rules ask about, if they are about its kind.
    """

    event: Mapping[str, Any]
    recorded_at: float
    ending: Ending | None
    facts: Facts | None

    @classmethod
    def of(cls, event: Mapping[str, Any], recorded_at: float, kinds: Container[str | None]) -> Arrival:
        """Read an event; only of these kinds are facts asked for.

        Raises:
            InvalidClaim: its data are not those of its type.
        """
        return cls(event, recorded_at, ending_of(event), facts_of(event) if kind_of(event) in kinds else None)


def kind_of(event: Mapping[str, Any]) -> str | None:
    """`trend_started`, `grew` or `founded`; None if no rule can be about it."""
    return _KINDS[event["type"]][0] if event["type"] in _KINDS else None


def ending_of(event: Mapping[str, Any]) -> Ending | None:
    """What a structured CloudEvent says is over; None if nothing is.

    Raises:
        InvalidClaim: its data are not those of its kind.
    """
    kind = event["type"]
    if kind == f"{_CLUSTER}trend.ended.v1":
        ended = _read(_TrendEnded, event)
        return Ending(ended.cluster_id, ended.episode, ended.reason)
    if kind == f"{_CLUSTER}retired.v1":
        return Ending(_read(_Retired, event).cluster_id, None, "retired")
    if kind == f"{_CLUSTER}merged.v1":
        return Ending(_read(_Merged, event).absorbed_id, None, "merged")
    return None


_Data = TypeVar("_Data", bound=BaseModel)


def _read(model: type[_Data], event: Mapping[str, Any]) -> _Data:
    try:
        return model.model_validate(event["data"])
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors(include_input=False, include_url=False))
        raise InvalidClaim("not_json", f"not the data of a {event['type']}: {problems}") from None


def facts_of(event: Mapping[str, Any]) -> Facts | None:
    """What a structured CloudEvent says; None if no rule can be about its kind.

    Raises:
        InvalidClaim: its data are not those of its kind.
    """
    if event["type"] not in _KINDS:
        return None
    kind, model = _KINDS[event["type"]]
    said = _read(model, event)
    at = parse_time(event.get("time")) or 0.0
    if isinstance(said, _TrendStarted):
        return Facts(
            kind=kind,
            cluster_id=said.cluster_id,
            ordinal=said.episode,
            at=at,
            text=said.text,
            words=spread(" ".join([said.text, *said.keywords])),
            size=said.size,
            authors=max(said.authors, said.authors_hour),
            score=said.score,
            sources=said.sources,
            source_count=len(said.sources),
            langs=said.langs,
            coordinated=said.coordinated,
            reason=said.reason,
        )
    words = spread(said.text)
    if isinstance(said, _Grew):
        grown = Facts(kind, said.cluster_id, said.milestone, at, said.text, words, size=said.milestone)
        return replace(grown, authors=said.authors, source_count=said.sources)
    return Facts(kind, said.cluster_id, 1, at, said.text, words)
