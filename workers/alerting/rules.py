"""Rules of alerts: which events of clusters somebody wants to hear of, when, and who is told."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from streamclust.claims import isoformat
from workers.alerting.episodes import Severity
from workers.alerting.facts import Facts, Keyword, facts_of
from workers.alerting.models import Duration, Model, Name
from workers.alerting.quiet import Quiet, never_end, quiet_until
from workers.alerting.receivers import Receiver

Kind = Literal["trend_started", "grew", "founded"]
ASKS: dict[str, frozenset[str]] = {
    "founded": frozenset({"keywords"}),
    "grew": frozenset({"keywords", "min_authors", "min_size", "min_sources"}),
    "trend_started": frozenset({"keywords", "min_authors", "min_size", "min_sources", "min_score", "langs", "sources", "coordinated"}),
}
"""What may be asked of each kind of event: the others do not say."""

_ABOUT = {"trend_started": "a trend starts", "grew": "a cluster reaches a milestone", "founded": "a cluster is founded"}
_MINIMA = (
    ("authors", "min_authors", "authors"),
    ("score", "min_score", "score"),
    ("claims", "min_size", "size"),
    ("sources", "min_sources", "source_count"),
)
"""What is counted, the key that asks for it, and the fact that tells it."""

_RESERVED = frozenset({"alertname", "cluster", "episode", "severity", "streamclust"})
_LEAST_SHARE = 0.2
_MOST_RECEIVERS = 50
_HOUR = 3600.0
_WEEK = 7 * 24 * _HOUR


@dataclass(frozen=True, slots=True)
class Matched:
    """The rule wants somebody to hear of the event.

    Args:
        rule: its name.
        facts: what the event says.
        quiet_until: end of the quiet hours it falls into, seconds since 1970; None outside of them.
    """

    rule: str
    facts: Facts
    quiet_until: float | None = None

    def __str__(self) -> str:
        later = "" if self.quiet_until is None else f", told at the end of quiet hours ({isoformat(self.quiet_until)})"
        return f"matches {self.rule}{later}"


@dataclass(frozen=True, slots=True)
class Missed:
    """The rule does not ask for the event.

    Args:
        rule: its name.
        reason: why not, in words: each condition that fails.
        unmet: how many fail; 0 where the rule is not about such events.
        lacks: 1 for each of them, of a number the missing share; infinite where the rule is not about such events.
    """

    rule: str
    reason: str
    unmet: int = 0
    lacks: float = math.inf

    @property
    def distance(self) -> tuple[float, float]:
        """How far the event was from what the rule asks for: conditions that fail count first, then by how much."""
        return (self.unmet or math.inf, self.lacks)

    def __str__(self) -> str:
        return f"does not match {self.rule}: {self.reason}"


class Keywords(Model):
    """Words or phrases of the cluster's claim, whatever their case; `vaccin*` stands for all that begin so."""

    any: tuple[str, ...] = Field(default=(), description="At least one of these stands in it")
    all: tuple[str, ...] = Field(default=(), description="Each of these stands in it")
    none: tuple[str, ...] = Field(default=(), description="None of these stands in it")

    @field_validator("any", "all", "none")
    @classmethod
    def _say_something(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        empty = [word for word in words if not Keyword.parse(word).needle.strip()]
        if empty:
            raise ValueError(f"nothing is left of {', '.join(map(repr, empty))} to look for (only letters and digits count)")
        return words

    def missing(self, facts: Facts) -> str | None:
        """Why the facts are not what is asked for; None if they are."""
        here = {word: Keyword.parse(word).stands_in(facts.words) for word in (*self.any, *self.all, *self.none)}
        if self.any and not any(here[word] for word in self.any):
            return f"none of the keywords {', '.join(self.any)}"
        absent = [word for word in self.all if not here[word]]
        if absent:
            return f"without the keyword {', '.join(absent)}"
        unwanted = [word for word in self.none if here[word]]
        return f"has the keyword {', '.join(unwanted)}" if unwanted else None


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


class Rule(Model):
    """What has to be true of an event for somebody to be told; what is not asked for does not matter."""

    name: Name = Field(description="Name of the alert")
    on: Kind = Field("trend_started", description="Event it is about: `trend_started`, `grew` or `founded`")
    min_authors: int = Field(0, ge=0, description="Least authors: of the last hour (a trend), or of the cluster (`grew`)")
    min_score: float = Field(0.0, ge=0.0, description="Least score z of the trend")
    min_size: int = Field(0, ge=0, description="Least claims in the cluster")
    min_sources: int = Field(0, ge=0, description="Least different sources of the cluster")
    langs: tuple[str, ...] = Field((), description="A fifth of the claims whose language is known are in one of these")
    sources: tuple[str, ...] = Field((), description="At least one claim comes from one of these")
    keywords: Keywords = Field(Keywords(), description="`any`, `all`, `none`: words or phrases of the claim; `vaccin*` for a beginning")
    coordinated: Literal["include", "exclude", "only"] = Field(
        "include", description="Trends that look like the work of few: `include`, `exclude` or `only`"
    )
    quiet: Annotated[tuple[Quiet, ...], BeforeValidator(_listed)] = Field(
        (), description="Hours (`from`, `until`, `zone`, `days`) in which nobody is told; afterwards, if it still goes on"
    )
    cooldown: Duration = Field(3600.0, description="How long after an alert the same cluster starts no other one of this rule")
    hold: Duration | None = Field(
        None, gt=0.0, description="When an alert ends that nothing else has ended: 1h, for a trend 7d after it started"
    )
    severity: Severity = Field("warning", description="`info`, `warning` or `critical`")
    labels: dict[str, str] = Field(default_factory=dict, description="More labels, for routing")
    receivers: tuple[Name, ...] = Field(min_length=1, description="Who is told")

    @field_validator("labels")
    @classmethod
    def _are_labels(cls, labels: dict[str, str]) -> dict[str, str]:
        bad = [name for name in labels if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) or name.startswith("__")]
        if bad:
            raise ValueError(f"{', '.join(map(repr, bad))}: a label's name has letters, digits and _ only")
        taken = sorted(_RESERVED & labels.keys())
        if taken:
            raise ValueError(f"{', '.join(taken)}: set by streamclust itself")
        return labels

    @field_validator("quiet")
    @classmethod
    def _end_sometimes(cls, spans: tuple[Quiet, ...]) -> tuple[Quiet, ...]:
        if never_end(spans):
            raise ValueError("they never end: nobody would ever be told")
        return spans

    @property
    def lasts(self) -> float:
        """Seconds after which an alert ends by itself."""
        if self.hold is not None:
            return self.hold
        return _WEEK if self.on == "trend_started" else _HOUR

    def verdict(self, event: Mapping[str, Any], at: float | None = None) -> Matched | Missed:
        """What this rule makes of an event.

        Args:
            event: a structured CloudEvent.
            at: when somebody would be told, for quiet hours, seconds since 1970; the event's own time if left out.

        Raises:
            InvalidClaim: it is an event of clusters, but not as it must be.
        """
        facts = facts_of(event)
        if facts is None:
            return Missed(self.name, f"rules are not about {str(event['type']).removeprefix('io.streamclust.')}")
        return self.judge(facts, at)

    def judge(self, facts: Facts, at: float | None = None) -> Matched | Missed:
        """As `verdict`, of an event that was read already."""
        if facts.kind != self.on:
            return Missed(self.name, f"it is about {self.on}, this is {facts.kind}")
        objections = list(self._objections(facts))
        if objections:
            return Missed(self.name, "; ".join(why for why, _ in objections), len(objections), sum(lacks for _, lacks in objections))
        return Matched(self.name, facts, quiet_until(self.quiet, facts.at if at is None else at))

    def explained(self) -> str:
        """In words: when it matches, who is told, and when not."""
        words = self.keywords
        asked = [f"{getattr(self, name):g} {what} or more" for what, name, _ in _MINIMA if getattr(self, name)]
        asked += [f"{how} {' or '.join(these)}" for how, these in (("in", self.langs), ("from", self.sources)) if these]
        asked += [
            f"{how} {', '.join(these)}" for how, these in (("any of", words.any), ("all of", words.all), ("none of", words.none)) if these
        ]
        asked += {"include": [], "exclude": ["not if it looks coordinated"], "only": ["only if it looks coordinated"]}[self.coordinated]
        asked += [f"quiet {q.start:%H:%M} to {q.until:%H:%M} {q.zone}, {' '.join(q.days)}" for q in self.quiet]
        about = _ABOUT[self.on] + (": " + "; ".join(asked) if asked else "")
        return f"when {about}; {self.severity}, cooldown {self.cooldown:g} s, told to {', '.join(self.receivers)}"

    def _objections(self, facts: Facts) -> Iterator[tuple[str, float]]:
        """Why not, one after the other, and by how much."""
        if self.coordinated == "exclude" and facts.coordinated:
            yield "it looks coordinated", 1.0
        if self.coordinated == "only" and not facts.coordinated:
            yield "it does not look coordinated", 1.0
        for what, name, fact in _MINIMA:
            found, asked = getattr(facts, fact), getattr(self, name)
            if found < asked:
                yield f"{what} {found:g}, asked for {asked:g}", 1.0 - found / asked
        if self.langs and facts.share_of_langs(self.langs) < _LEAST_SHARE:
            yield f"hardly any of it in {', '.join(self.langs)}", 1.0
        if self.sources and not set(self.sources) & facts.sources.keys():
            yield f"nothing of it from {', '.join(self.sources)}", 1.0
        missing = self.keywords.missing(facts)
        if missing:
            yield missing, 1.0


class Digest(Model):
    """When many alerts come at once, a receiver other than an Alertmanager gets one message that lists them."""

    gather: Duration = Field(default=10.0, le=3600.0, description="How long a first alert waits for others")
    over: int = Field(default=5, ge=1, description="More than so many make a list")


class Top(Model):
    """A rules file, its parts as they stand there."""

    link: str = Field("", pattern=r"^(https?://[!-~]*)?$", description="Address of a cluster's page, with `{cluster}` in it")
    stale_after: Duration = Field(21_600.0, gt=0.0, description="Events that were published so long ago start no alert")
    digest: Digest = Field(Digest(), description="`gather` (10s): how long a first alert waits for others; `over` (5): more make one list")
    receivers: dict[str, Any] = Field(min_length=1, max_length=_MOST_RECEIVERS, description="Who can be told, by name")
    rules: list[Any] = Field(min_length=1, description="What they are told of")


@dataclass(frozen=True, slots=True)
class Rules:
    """All that a file says.

    Args:
        rules: in their order.
        receivers: by name.
        link: address of a cluster's page, with `{cluster}` in it; empty for none.
        stale_after: seconds after which an event starts no alert any more.
        digest: when alerts are put together.
    """

    rules: tuple[Rule, ...]
    receivers: Mapping[str, Receiver]
    link: str = ""
    stale_after: float = 21_600.0
    digest: Digest = field(default_factory=Digest)
