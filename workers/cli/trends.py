"""`streamclust trends preview`: what would have been told of a recorded stream, when, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import click
import orjson

from streamclust.adapters.files import Input, RawRecord, batches, open_input
from streamclust.claims import Claim, FieldMap, Origin, isoformat, normalise, parse_claim
from streamclust.clusterer import StreamClusterer
from streamclust.errors import InvalidClaim
from streamclust.events import ClaimAssigned, CloudEvent, Event, TrendEnded, TrendStarted, cloud_event
from streamclust.pipeline import Embedding
from workers import wiring
from workers.alert_rules import Matched, Rule, load_rules
from workers.cli.options import json_option, map_option, model_option, params_options, read_map, read_params
from workers.cli.progress import ProgressLine

_AT_A_TIME = 512
_QUOTE = 90


@dataclass(slots=True)
class Told:
    """An event that is a trend's start, or that a rule asks for.

    Args:
        event: what happened.
        envelope: the same as a CloudEvent.
        verdicts: what each rule makes of it: (name, whether it fires, why).
        end: of the trend; None while it goes on, and for other events.
    """

    event: Event
    envelope: CloudEvent
    verdicts: list[tuple[str, bool, str]] = field(default_factory=list)
    end: TrendEnded | None = None

    @property
    def fires(self) -> bool:
        """Whether some rule asks for it."""
        return any(matched for _, matched, _ in self.verdicts)


class Backtest:
    """Events of a recorded stream, put before rules as they would have been.

    Args:
        rules: none tell of every trend.
        params, encoder: fingerprints in force.
    """

    def __init__(self, rules: Sequence[Rule], params: str, encoder: str) -> None:
        self.told: list[Told] = []
        self.claims = 0
        self._rules = rules
        self._params, self._encoder = params, encoder
        self._on: dict[tuple[str, int], Told] = {}
        self._fired: dict[tuple[str, str], float] = {}

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

    def _judge(self, event: Event) -> None:
        told = Told(event, cloud_event(event, params=self._params, encoder=self._encoder))
        told.verdicts = [self._verdict(rule, told) for rule in self._rules]
        if isinstance(event, TrendStarted):
            self._on[event.cluster_id, event.episode] = told
        if isinstance(event, TrendStarted) or told.fires:
            self.told.append(told)

    def _verdict(self, rule: Rule, told: Told) -> tuple[str, bool, str]:
        verdict = rule.verdict(told.envelope)
        if not isinstance(verdict, Matched):
            return rule.name, False, verdict.reason
        key, at = (rule.name, told.event.cluster_id), told.event.at
        if at - self._fired.get(key, -rule.cooldown) < rule.cooldown:
            return rule.name, False, "within the cooldown of its last alert of this cluster"
        self._fired[key] = at
        return rule.name, True, str(verdict)


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
        test = Backtest(asked, params.fingerprint, encoder.fingerprint)
        clusterer = wiring.clusterer(params, encoder.dim)
        play(source, fields, Embedding(encoder), clusterer, test, limit)
    if as_json:
        click.echo(orjson.dumps(_as_dict(test), option=orjson.OPT_INDENT_2))
    else:
        _print(test)
    if test.claims and not clusterer.now:
        click.echo("No post has a time, so nothing can take off; see --map created_at=NAME.", err=True)


def play(source: Input, fields: FieldMap, embedding: Embedding, clusterer: StreamClusterer, test: Backtest, limit: int | None) -> None:
    """All records, in order, through encoder and clusterer; ids that came before and bad records are passed over."""
    progress, seen, left = ProgressLine(), set[str](), limit
    for records in batches(source, size=_AT_A_TIME, wait=1.0):
        claims = [c for c in _claims(source, fields, islice(records, left)) if c.id not in seen]
        claims = list({c.id: c for c in reversed(claims)}.values())[::-1]
        seen.update(c.id for c in claims)
        test.add(clusterer.assign(embedding.run(claims)[0]))
        progress.say(lambda: f"{test.claims} claims, {len(test.told)} told of")
        if left is not None:
            left -= len(records)
            if left <= 0:
                break
    progress.clear()


def _claims(source: Input, fields: FieldMap, records: Iterable[RawRecord]) -> Iterator[Claim]:
    for record in records:
        try:
            yield parse_claim(source.parse(record), fields=fields, origin=Origin(source.name, 0, record.number))
        except InvalidClaim:
            continue


def _print(test: Backtest) -> None:
    for told in test.told:
        event, end = told.event, told.end
        about = normalise(str(getattr(event, "text", "")))[:_QUOTE]
        why = event.reason if isinstance(event, TrendStarted) else type(event).__name__
        over = "" if not isinstance(event, TrendStarted) else f", until {isoformat(end.at)} ({end.reason})" if end else ", still going on"
        click.echo(f"{isoformat(event.at) if event.at else '-'}  {event.cluster_id}  {why}{over}  “{about}”")
        for name, fires, reason in told.verdicts:
            if fires or isinstance(event, TrendStarted):
                click.echo(f"    {'FIRES' if fires else 'silent'}  {name}" + ("" if fires else f": {reason}"))
    fired = sum(told.fires for told in test.told)
    starts = sum(isinstance(told.event, TrendStarted) for told in test.told)
    click.echo(f"{test.claims} claims, {starts} trends" + (f", {fired} events that a rule fires on" if test.has_rules else ""), err=True)


def _as_dict(test: Backtest) -> dict[str, Any]:
    return {
        "claims": test.claims,
        "told": [
            {
                "event": told.envelope,
                "ended_at": isoformat(told.end.at) if told.end else None,
                "ended": told.end.reason if told.end else None,
                "rules": [{"rule": name, "fires": fires, "why": why} for name, fires, why in told.verdicts],
            }
            for told in test.told
        ],
    }
