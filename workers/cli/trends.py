"""`streamclust trends preview`: what would have been told of a recorded stream, when, and why."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import click
import orjson

from streamclust.adapters.files import Input, RawRecord, batches, open_input
from streamclust.claims import Claim, FieldMap, Origin, isoformat, parse_claim
from streamclust.clusterer import StreamClusterer
from streamclust.counting import counted
from streamclust.errors import InvalidClaim
from streamclust.events import ClaimAssigned, CloudEvent, ClusterGrew, Event, TrendEnded, TrendStarted, cloud_event
from streamclust.pipeline import Embedding
from workers import wiring
from workers.alert_rules import Matched, Rule, load_rules
from workers.cli.options import json_option, map_option, model_option, params_options, read_map, read_params, see_that_it_fits
from workers.cli.progress import ProgressLine
from workers.cli.quoting import one_line
from workers.fields import FieldNotes

_AT_A_TIME = 512


class Verdict(NamedTuple):
    """What a rule makes of an event.

    Args:
        rule: its name.
        fires: whether it asks for the event.
        why: in words.
        lacks: how far it was from firing, as `Missed.lacks`; infinite where it is not about such events.
    """

    rule: str
    fires: bool
    why: str
    lacks: float


class Nearest(NamedTuple):
    """Of a rule that fires on nothing, the event it was nearest to firing on, by `Missed.distance`."""

    distance: tuple[float, float]
    why: str
    cluster_id: str
    at: float


_FAR = Nearest((math.inf, math.inf), "", "", 0.0)


@dataclass(slots=True)
class Told:
    """An event that is a trend's start, or that a rule asks for.

    Args:
        event: what happened.
        envelope: the same as a CloudEvent.
        verdicts: what each rule makes of it.
        end: of the trend; None while it goes on, and for other events.
    """

    event: Event
    envelope: CloudEvent
    verdicts: list[Verdict] = field(default_factory=list)
    end: TrendEnded | None = None

    @property
    def fires(self) -> bool:
        """Whether some rule asks for it."""
        return any(verdict.fires for verdict in self.verdicts)


class Backtest:
    """Events of a recorded stream, put before rules as they would have been.

    Args:
        rules: none tell of every trend.
        params, encoder: fingerprints in force.

    Attributes:
        told: what somebody would have heard of, and every trend.
        claims: so many were assigned.
        nearest: by rule, the event that it was nearest to firing on, of those it did not fire on.
    """

    def __init__(self, rules: Sequence[Rule], params: str, encoder: str) -> None:
        self.told: list[Told] = []
        self.claims = 0
        self._rules = rules
        self._params, self._encoder = params, encoder
        self._on: dict[tuple[str, int], Told] = {}
        self._fired: dict[tuple[str, str], float] = {}
        self.nearest: dict[str, Nearest] = {}

    def add(self, events: Iterable[Event]) -> None:
        """Take note of what happened, in order."""
        for event in events:
            if isinstance(event, ClaimAssigned):
                self.claims += 1
            elif isinstance(event, TrendEnded):
                self._on.pop((event.cluster_id, event.episode)).end = event
            else:
                self._judge(event)

    @property
    def has_rules(self) -> bool:
        """Whether there are any."""
        return bool(self._rules)

    def silent(self) -> Iterator[tuple[Rule, Nearest | None]]:
        """Each rule that fires on nothing, with the event it was nearest to firing on; None where none is what it is about."""
        fired = {name for name, _ in self._fired}
        yield from ((rule, self.nearest.get(rule.name)) for rule in self._rules if rule.name not in fired)

    def _judge(self, event: Event) -> None:
        told = Told(event, cloud_event(event, params=self._params, encoder=self._encoder))
        told.verdicts = [self._verdict(rule, told) for rule in self._rules]
        if isinstance(event, TrendStarted):
            self._on[event.cluster_id, event.episode] = told
        if isinstance(event, TrendStarted) or told.fires:
            self.told.append(told)

    def _verdict(self, rule: Rule, told: Told) -> Verdict:
        verdict, event = rule.verdict(told.envelope), told.event
        if not isinstance(verdict, Matched):
            if verdict.distance < self.nearest.get(rule.name, _FAR).distance:
                self.nearest[rule.name] = Nearest(verdict.distance, verdict.reason, event.cluster_id, event.at)
            return Verdict(rule.name, False, verdict.reason, verdict.lacks)
        key = (rule.name, event.cluster_id)
        if event.at - self._fired.get(key, -rule.cooldown) < rule.cooldown:
            return Verdict(rule.name, False, "within the cooldown of its last alert of this cluster", 0.0)
        self._fired[key] = event.at
        return Verdict(rule.name, True, str(verdict), 0.0)


@click.group()
def trends() -> None:
    """Look at what takes off."""


@trends.command()
@click.argument("path", metavar="FILE|-")
@params_options
@model_option
@map_option
@click.option("--rule", "rules", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Alert rules (YAML) to try on it.")
@click.option("--limit", type=click.IntRange(1), help="Stop after so many records.")
@json_option
def preview(
    path: str,
    preset: str,
    overrides: tuple[str, ...],
    model: str | None,
    mapping: str,
    rules: Path | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """Say which trends the recorded stream in FILE would have started, and which of them the rules would have told of.

    Nothing is kept. Try other thresholds with --set trend_start=6.
    """
    params, fields = read_params(preset, overrides, model), read_map(mapping)
    asked = load_rules(rules).rules if rules else ()
    with closing(open_input(path)) as source:
        source.check_columns(fields)
        encoder = wiring.encoder(model)
        see_that_it_fits(preset, model, encoder)
        test = Backtest(asked, params.fingerprint, encoder.fingerprint)
        clusterer = wiring.clusterer(params, encoder.dim)
        reading = Reading(source, fields)
        play(reading, Embedding(encoder), clusterer, test, limit)
    if as_json:
        click.echo(orjson.dumps(_as_dict(test), option=orjson.OPT_INDENT_2))
    else:
        _print(test)
    for line in reading.lines():
        click.echo(line, err=True)
    if test.claims and not clusterer.now:
        click.echo("No post has a time, so nothing can take off; see --map created_at=NAME.", err=True)


class Reading:
    """Claims of a recorded stream; what could not be read is told in the end.

    Args:
        source: the input.
        fields: which key feeds which field.
    """

    def __init__(self, source: Input, fields: FieldMap) -> None:
        self.source = source
        self._fields = fields
        self._notes = FieldNotes(fields, Path(source.name).name)
        self._dead = 0
        self._first_dead = ""

    def claims(self, records: Iterable[RawRecord]) -> Iterator[Claim]:
        """Of those records that are some."""
        for record in records:
            try:
                found = self.source.parse(record)
                self._notes.look(found)
                claim = parse_claim(found, fields=self._fields, origin=Origin(self.source.name, 0, record.number))
            except InvalidClaim as error:
                self._dead += 1
                self._first_dead = self._first_dead or f"record {record.number + 1}: {error.reason}, {error.detail}"
                continue
            self._notes.compare(found, claim, record.number, None)
            yield claim

    def lines(self) -> Iterator[str]:
        """For a person, in whole sentences."""
        if self._dead:
            yield f"{counted(self._dead, 'record')} could not become claims, e.g. {self._first_dead}."
        yield from self._notes.lines()


def play(reading: Reading, embedding: Embedding, clusterer: StreamClusterer, test: Backtest, limit: int | None) -> None:
    """All records, in order, through encoder and clusterer; ids that came before and bad records are passed over."""
    progress, seen, left = ProgressLine(), set[str](), limit
    for records in batches(reading.source, size=_AT_A_TIME, wait=1.0):
        claims = [c for c in reading.claims(islice(records, left)) if c.id not in seen]
        claims = list({c.id: c for c in reversed(claims)}.values())[::-1]
        seen.update(c.id for c in claims)
        test.add(clusterer.assign(embedding.run(claims)[0]))
        progress.say(lambda: f"{counted(test.claims, 'claim')}, {len(test.told)} told of")
        if left is not None:
            left -= len(records)
            if left <= 0:
                break
    progress.clear()


def _print(test: Backtest) -> None:
    for told in test.told:
        for line in _block(told):
            click.echo(line)
    fired = sum(told.fires for told in test.told)
    starts = sum(isinstance(told.event, TrendStarted) for told in test.told)
    rules = f", {counted(fired, 'event')} that a rule fires on" if test.has_rules else ""
    click.echo(f"{counted(test.claims, 'claim')}, {counted(starts, 'trend')}{rules}", err=True)
    for rule, near in test.silent():
        click.echo(_vain(rule, near), err=True)


def _vain(rule: Rule, near: Nearest | None) -> str:
    told = f"; nearest at {isoformat(near.at)}, {near.cluster_id}: {near.why}" if near else f": there was no event {rule.on}"
    return f"{rule.name} fires on nothing{told}"


def _block(told: Told) -> Iterator[str]:
    """When, what and why; how it ended, and the claim; what the rules that are about such events make of it."""
    event = told.event
    yield f"{isoformat(event.at) if event.at else '-'}  {event.cluster_id}  {_happened(event)}"
    yield f"    {_ending(told)}“{one_line(str(getattr(event, 'text', '')))}”"
    fires = [verdict.rule for verdict in told.verdicts if verdict.fires]
    silent = [f"{verdict.rule} ({verdict.why})" for verdict in told.verdicts if not verdict.fires and verdict.lacks < math.inf]
    if fires or silent:
        yield "    " + "; ".join(f"{name} {', '.join(rules)}" for name, rules in (("FIRES", fires), ("silent", silent)) if rules)


def _happened(event: Event) -> str:
    if isinstance(event, TrendStarted):
        return event.reason
    return f"reached {counted(event.milestone, 'claim')}" if isinstance(event, ClusterGrew) else "founded"


def _ending(told: Told) -> str:
    if not isinstance(told.event, TrendStarted):
        return ""
    return f"until {isoformat(told.end.at)} ({told.end.reason})  " if told.end else "still going on  "


def _as_dict(test: Backtest) -> dict[str, Any]:
    return {
        "claims": test.claims,
        "told": [
            {
                "event": told.envelope,
                "ended_at": isoformat(told.end.at) if told.end else None,
                "ended": told.end.reason if told.end else None,
                "rules": [{"rule": v.rule, "fires": v.fires, "why": v.why} for v in told.verdicts],
            }
            for told in test.told
        ],
        "silent_rules": [{"rule": rule.name, "on": rule.on, "nearest": _nearest(near)} for rule, near in test.silent()],
    }


def _nearest(near: Nearest | None) -> dict[str, Any] | None:
    return None if near is None else {"at": isoformat(near.at), "cluster_id": near.cluster_id, "why": near.why}
