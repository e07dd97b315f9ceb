"""`streamclust alerts`: check rules, try receivers, see what is going on, have a receiver told again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import orjson

from streamclust.adapters.redis_alerts import RedisAlertStore
from streamclust.claims import isoformat, normalise
from streamclust.errors import InvalidParams, NotFound, StreamclustError
from workers.alert import read_rules
from workers.alert_rules import Rule, Rules, load_rules
from workers.alerting.guard import AllowList, Refused, judge, resolve
from workers.alerting.letters import written
from workers.alerting.posting import NoAnswer, Poster
from workers.alerting.rehearsal import sample_errand
from workers.alerting.targets import Target, target_of
from workers.cli.checks import FAIL, OK, WARN, Check, report
from workers.cli.dlq import escaped
from workers.cli.options import json_option
from workers.cli.quoting import one_line
from workers.invocation import told
from workers.settings import Settings

_QUOTE = 60
_RULES = click.argument("rules", required=False, type=click.Path(path_type=Path))


@click.group()
def alerts() -> None:
    """Check and try the rules of alerts and their receivers; see which alerts go on."""


@alerts.command()
@_RULES
@json_option
def check(rules: Path | None, as_json: bool) -> None:
    """Hold a file of rules against what there can be, say what each rule does, and look at each receiver's address and secrets.

    RULES is the file that STREAMCLUST_ALERT_RULES names if left out. Nothing is sent. Exit code 1 if a receiver could not be told, 2 if
    the rules are not right.
    """
    settings, found = _read(rules)
    report([*_of_rules(found), *_of_receivers(found, settings)], as_json=as_json)


@alerts.command()
@_RULES
@click.option("--rule", "name", metavar="NAME", help="As if this rule had matched; the first that names a receiver if left out.")
@click.option("--to", "receiver", metavar="RECEIVER", help="Only this receiver.")
@json_option
def test(rules: Path | None, name: str | None, receiver: str | None, as_json: bool) -> None:
    """Send each receiver an alert that says it is a test, as the worker sends its own, and show what came back.

    Exit code 1 if one of them did not take it.
    """
    settings, found = _read(rules)
    tried = _tried(found, name, receiver)
    report([_test(found, rule, to, settings) for to, rule in tried.items()], as_json=as_json)


@alerts.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """Alerts that go on, what receivers are still to be told, and receivers that are told nothing more."""
    settings = Settings.read(os.environ)
    store = _store(settings)
    found = [record for number in store.partitions() for record in _listed(number, store.beside(number).load())]
    store.close()
    if as_json:
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2))
        return
    for record in found:
        click.echo(escaped(_line(record)))
    if not found:
        click.echo("no alert goes on, and nobody waits for one", err=True)


@alerts.command()
@click.argument("receiver")
def enable(receiver: str) -> None:
    """Have a receiver told again that was told nothing more since it answered 410. What it missed is not made up for."""
    store = _store(Settings.read(os.environ))
    gone = [number for number in store.partitions() if f"gone/{receiver}" in store.beside(number).load()]
    for number in gone:
        store.beside(number).wish(receiver)
    store.close()
    if not gone:
        raise NotFound(f"no receiver {receiver!r} is told nothing more; {told('alerts', 'list')} shows those that are")
    click.echo(f"{receiver} is told what happens from now on; the worker takes a moment to notice", err=True)


def _read(path: Path | None) -> tuple[Settings, Rules]:
    settings = Settings.read(os.environ)
    return settings, read_rules(settings) if path is None else load_rules(path)


def _store(settings: Settings) -> RedisAlertStore:
    return RedisAlertStore.connect(settings.redis_url.get_secret_value(), 0, **settings.redis())


# check


def _of_rules(rules: Rules) -> Iterator[Check]:
    for rule in rules.rules:
        yield Check(rule.name, OK, rule.explained())


def _of_receivers(rules: Rules, settings: Settings) -> Iterator[Check]:
    allowed = AllowList.parse(settings.alert_allow)
    named = {name for rule in rules.rules for name in rule.receivers}
    for name in rules.receivers:
        if name not in named:
            yield Check(name, WARN, "no rule tells it anything")
            continue
        try:
            target = target_of(name, rules.receivers[name], os.environ, allowed)
            addresses = judge(target.place, resolve(target.place.host, target.place.port), allowed)
        except StreamclustError as error:
            yield Check(name, FAIL, str(error))
        except OSError as error:
            yield Check(name, WARN, f"cannot look its host up from here: {error.strerror or error}")
        else:
            yield Check(name, OK, f"{target.receiver.kind} at {target.place.shown} ({', '.join(addresses)})")


# test


def _tried(rules: Rules, name: str | None, receiver: str | None) -> dict[str, Rule]:
    """Which receivers are tried, each with the rule it is told of.

    Raises:
        NotFound: there is no such rule, or it does not tell that receiver.
    """
    asked = [rule for rule in rules.rules if name in (None, rule.name)]
    if not asked:
        raise NotFound(f"no rule is called {name}; there are {', '.join(rule.name for rule in rules.rules)}")
    first = {to: rule for rule in reversed(asked) for to in rule.receivers}
    tried = {to: rule for to, rule in first.items() if receiver in (None, to)}
    if not tried:
        raise NotFound(f"{receiver} is told nothing by {name or 'any rule'}; there are {', '.join(sorted(first))}")
    return tried


def _test(rules: Rules, rule: Rule, name: str, settings: Settings) -> Check:
    try:
        allowed = AllowList.parse(settings.alert_allow)
        target = target_of(name, rules.receivers[name], os.environ, allowed)
        return _sent(target, rule, rules.link, Poster(allowed))
    except (InvalidParams, Refused, NoAnswer) as error:
        return Check(name, FAIL, str(error))


def _sent(target: Target, rule: Rule, link: str, poster: Poster) -> Check:
    now = time.time()
    body, headers = written(target, sample_errand(rule, target.name, now), link, now)
    answer = poster.post(target.place, headers, body, timeout=target.receiver.timeout, tls=target.tls)
    took = time.time() - now
    said = f": {escaped(normalise(answer.text))}" if answer.text else ""
    state = OK if 200 <= answer.status < 300 else FAIL
    return Check(target.name, state, f"{target.place.shown} answered {answer.status} in {took:.2f} s{said}")


# list


def _listed(partition: int, records: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Records for people, alerts first."""
    waiting: dict[str, int] = {}
    for name, record in sorted(records.items()):
        kind, _, key = name.partition("/")
        if kind == "item":
            waiting[key.partition("/")[0]] = waiting.get(key.partition("/")[0], 0) + 1
        elif kind == "message":
            waiting[key] = waiting.get(key, 0) + len(record["items"])
        elif kind == "alert" and record["ended_at"] is None:
            yield _alert(partition, record)
    for receiver, things in sorted(waiting.items()):
        yield {"what": "pending", "receiver": receiver, "things": things, "partition": partition}
    for name, record in sorted(records.items()):
        if name.startswith("gone/"):
            since = isoformat(record["at"])
            yield {"what": "disabled", "receiver": name[5:], "why": record["why"], "since": since, "partition": partition}


def _alert(partition: int, record: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: record[name] for name in ("id", "rule", "cluster_id", "episode", "severity", "receivers")}
    times = {"since": isoformat(record["started_at"]), "told": record["told"], "tell_at": isoformat(record["tell_at"])}
    return {"what": "alert", **kept, **times, "text": record["event"]["data"].get("text", ""), "partition": partition}


def _line(record: Mapping[str, Any]) -> str:
    if record["what"] == "pending":
        return f"pending   {record['things']:>5}  for {record['receiver']}"
    if record["what"] == "disabled":
        cure = told("alerts", "enable", record["receiver"])
        return f"disabled  {record['receiver']} since {record['since']}: {record['why']}; {cure}"
    later = "" if record["told"] else f", told at {record['tell_at']}"
    what = f"{record['rule']}  {record['cluster_id']}/{record['episode']}{later}  “{one_line(record['text'], _QUOTE)}”"
    return f"{record['severity']:<8}  {record['since']}  {what}"
