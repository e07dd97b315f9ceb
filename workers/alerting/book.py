"""The book of alerts of one partition: what starts and ends them, and what each receiver is still to be told. No I/O, no clock.

    event ──verdict──▶ alert ──▶ items that wait, by receiver ──▶ one message a receiver ──▶ taken
                         │            gathered for a moment          sent until taken, dropped,
                       quiet hours    (many make a digest)           or its receiver is gone

Every step notes which records it has changed; `take_changes` hands them over, to be saved before anything is sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from workers.alerting.episodes import Alert, Changes, Gone, Item, Message, Seen, What, alert_id
from workers.alerting.facts import Arrival, Ending, Facts
from workers.alerting.rules import Missed, Rule, Rules

_LARGEST_DIGEST = 100
_REMEMBERED = 30 * 86_400.0
_PRUNE_EVERY = 3600.0

Counts = Counter[str]
"""How many alerts have `started`, `ended` or been `suppressed`."""


class AlertBook:
    """See the module.

    Args:
        rules: what is asked for, and who is told.
        addresses: fingerprint of each receiver's address.
    """

    def __init__(self, rules: Rules, addresses: Mapping[str, str] | None = None) -> None:
        self._rules = rules
        self._addresses = dict(addresses or {})
        self._alerts: dict[str, Alert] = {}
        self._open: dict[str, dict[str, Alert]] = {}
        self._seen: dict[tuple[str, str], Seen] = {}
        self._waiting: dict[str, dict[tuple[str, str], Item]] = {name: {} for name in rules.receivers}
        self._messages: dict[str, Message] = {}
        self._gone: dict[str, Gone] = {}
        self._mentions: Counter[str] = Counter()
        self._dirty: dict[str, None] = {}
        self._number = 0
        self._pruned_at = 0.0

    # what is known

    @property
    def active(self) -> int:
        """Alerts that receivers know of and that go on."""
        return sum(alert.active for alert in self._alerts.values())

    @property
    def pending(self) -> int:
        """Things that receivers are still to be told."""
        return sum(map(len, self._waiting.values())) + sum(len(message.items) for message in self._messages.values())

    @property
    def gone(self) -> Mapping[str, Gone]:
        """Receivers that are told nothing more."""
        return self._gone

    def alert(self, id_: str) -> Alert:
        """An alert by its id."""
        return self._alerts[id_]

    def standing(self, receiver: str) -> list[Alert]:
        """Alerts that go on and that a receiver is told of, oldest first."""
        return [alert for alert in self._alerts.values() if alert.active and receiver in alert.receivers]

    # what happens

    def apply(self, arrival: Arrival, now: float) -> Counts:
        """An event of a cluster; `now` in seconds since 1970."""
        counts: Counts = Counter()
        if arrival.ending is not None:
            for alert in self._over(arrival.ending):
                counts[self._end(alert, arrival.ending.reason, now, arrival.event)] += 1
        if arrival.facts is not None:
            for rule in self._rules.rules:
                counts.update(self._weigh(rule, arrival, arrival.facts, now))
        return counts

    def _over(self, ending: Ending) -> list[Alert]:
        """Open alerts that are over with it."""
        there = self._open.get(ending.cluster_id, {}).values()
        if ending.episode is None:
            return list(there)
        return [alert for alert in there if alert.kind == "trend_started" and alert.episode <= ending.episode]

    def _weigh(self, rule: Rule, arrival: Arrival, facts: Facts, now: float) -> Counts:
        """What one rule makes of an event, once."""
        verdict = rule.judge(facts, now)
        if isinstance(verdict, Missed):
            return Counter()
        if now - arrival.recorded_at > self._rules.stale_after:
            return Counter(suppressed=1)  # nothing to remember: it is as stale when it comes again
        key = (rule.name, facts.cluster_id)
        seen = self._seen.setdefault(key, Seen(0, 0.0, now))
        if facts.ordinal <= seen.ordinal:
            return Counter()
        seen.ordinal, seen.touched_at = facts.ordinal, now
        self._touch("seen", *key)
        cooling = seen.alerted_at > 0.0 and now < seen.alerted_at + rule.cooldown
        going_on = any(alert.rule == rule.name for alert in self._open.get(facts.cluster_id, {}).values())
        if cooling or going_on:
            return Counter(suppressed=1)
        seen.alerted_at = now
        alert = _alert(rule, arrival, facts, now, verdict.quiet_until)
        self._keep(alert)
        return self._tell(alert, now) if alert.tell_at <= now else Counter()

    def _tell(self, alert: Alert, now: float) -> Counts:
        """Receivers are to hear that it has started."""
        alert.told = True
        self._touch("alert", alert.id)
        self._queue(alert, "started", now)
        return Counter(started=1)

    def _end(self, alert: Alert, reason: str, now: float, event: Mapping[str, Any] | None) -> str:
        """It is over; whoever was told that it began is to hear of it. What became of it."""
        alert.ended_at, alert.reason, alert.ending = now, reason, event
        self._open[alert.cluster_id].pop(alert.id)
        if not self._open[alert.cluster_id]:
            del self._open[alert.cluster_id]
        self._touch("alert", alert.id)
        if alert.told:
            self._queue(alert, "ended", now)
        self._forget_if_done(alert.id)
        return "ended" if alert.told else "suppressed"

    def tick(self, now: float) -> Counts:
        """What is to be done by the clock: quiet hours end, and so do alerts that nothing else has ended."""
        counts: Counts = Counter()
        for alert in [alert for alerts in self._open.values() for alert in alerts.values()]:
            if alert.until <= now:
                counts[self._end(alert, "hold", now, None)] += 1
            elif not alert.told and alert.tell_at <= now:
                counts.update(self._tell(alert, now))
        if now >= self._pruned_at + _PRUNE_EVERY:
            self._prune(now)
        return counts

    def _prune(self, now: float) -> None:
        """Forget clusters that no rule has matched for long."""
        self._pruned_at = now
        kept = max([_REMEMBERED, *(rule.cooldown for rule in self._rules.rules)])
        for key in [key for key, seen in self._seen.items() if seen.touched_at + kept < now]:
            del self._seen[key]
            self._touch("seen", *key)

    # what is told

    def message(self, receiver: str, now: float) -> Message | None:
        """What a receiver is to be told now: always the same until it is settled.

        An Alertmanager is told how things stand, so there is nothing to keep: each alert's first item.
        """
        waiting = self._waiting[receiver]
        if receiver in self._messages or not waiting:
            return self._messages.get(receiver)
        if self._rules.receivers[receiver].kind == "alertmanager":
            first: dict[str, Item] = {}
            for item in waiting.values():
                first.setdefault(item.alert_id, item)
            return Message.of(first.values(), now)
        if now < self.due_at(receiver):
            return None
        size = min(len(waiting), _LARGEST_DIGEST) if len(waiting) > self._rules.digest.over else 1
        message = self._messages[receiver] = Message.of([waiting.pop(key) for key in list(waiting)[:size]], now)
        self._touch("message", receiver)
        for item in message.items:
            self._touch("item", receiver, *item.key)
        return message

    def due_at(self, receiver: str) -> float:
        """When there is something to tell a receiver; infinity if nothing waits."""
        if receiver in self._messages:
            return 0.0
        waiting = self._waiting[receiver]
        if not waiting:
            return float("inf")
        gather = 0.0 if self._rules.receivers[receiver].kind == "alertmanager" else self._rules.digest.gather
        return next(iter(waiting.values())).since + gather

    def settle(self, receiver: str, message: Message) -> None:
        """The receiver has it, or never will."""
        if self._messages.pop(receiver, None) is not None:
            self._touch("message", receiver)
        else:
            for item in message.items:
                del self._waiting[receiver][item.key]
                self._touch("item", receiver, *item.key)
        self._unmention(item.alert_id for item in message.items)

    def disable(self, receiver: str, why: str, now: float) -> int:
        """Tell a receiver nothing more; how many things it was still to be told."""
        self._gone[receiver] = Gone(why, now, self._addresses.get(receiver, ""))
        self._touch("gone", receiver)
        return self._drop_all(receiver)

    def enable(self, receiver: str) -> None:
        """Tell it what happens from now on."""
        if self._gone.pop(receiver, None) is not None:
            self._touch("gone", receiver)

    def _drop_all(self, receiver: str) -> int:
        message = self._messages.get(receiver)
        waiting = tuple(self._waiting.get(receiver, {}).values())
        if message is not None:
            self.settle(receiver, message)
        if waiting:
            self.settle(receiver, Message.of(waiting, 0.0))
        return len(waiting) + (len(message.items) if message else 0)

    def _queue(self, alert: Alert, what: What, now: float) -> None:
        for name in alert.receivers:
            receiver = self._rules.receivers.get(name)
            if receiver is None or name in self._gone:
                continue
            if what == "started" or receiver.ends or receiver.kind == "alertmanager":
                self._number += 1
                item = Item(alert.id, what, now, self._number)
                self._waiting[name][item.key] = item
                self._mentions[alert.id] += 1
                self._touch("item", name, *item.key)

    def _unmention(self, ids: Iterable[str]) -> None:
        for id_ in ids:
            self._mentions[id_] -= 1
            self._forget_if_done(id_)

    def _forget_if_done(self, id_: str) -> None:
        """An alert that is over and of which nobody is to be told any more."""
        if self._alerts[id_].ended_at is not None and self._mentions[id_] <= 0:
            del self._alerts[id_], self._mentions[id_]
            self._touch("alert", id_)

    def _keep(self, alert: Alert) -> None:
        self._alerts[alert.id] = alert
        if alert.ended_at is None:
            self._open.setdefault(alert.cluster_id, {})[alert.id] = alert
        self._touch("alert", alert.id)

    # what is saved

    def _touch(self, *name: str) -> None:
        self._dirty["/".join(name)] = None

    def take_changes(self) -> Changes:
        """Records changed since the last call."""
        dirty, self._dirty = self._dirty, {}
        changes = Changes()
        for name in dirty:
            record = self._record(name)
            if record is None:
                changes.drops.append(name)
            else:
                changes.puts[name] = record
        return changes

    def _record(self, name: str) -> Any:
        """A record as it stands; None if it is no more."""
        kind, _, key = name.partition("/")
        if kind == "item":
            receiver, id_, what = key.split("/")
            item = self._waiting.get(receiver, {}).get((id_, what))
            return None if item is None else [item.since, item.number]
        if kind == "message":
            return _message_record(self._messages[key]) if key in self._messages else None
        rule, _, cluster_id = key.partition("/")
        found: Any = {"alert": self._alerts.get(key), "gone": self._gone.get(key), "seen": self._seen.get((rule, cluster_id))}[kind]
        return None if found is None else asdict(found)

    def restore(self, records: Mapping[str, Any]) -> int:
        """Go on from saved records; how many things were to be told to receivers that are no longer in the rules."""
        by_kind: dict[str, dict[str, Any]] = {kind: {} for kind in ("alert", "seen", "item", "message", "gone")}
        for name, record in records.items():
            kind, _, key = name.partition("/")
            by_kind[kind][key] = record
        for record in sorted(by_kind["alert"].values(), key=lambda record: (record["started_at"], record["id"])):
            self._keep(Alert(**record))
        for key, record in by_kind["seen"].items():
            rule, _, cluster_id = key.partition("/")
            self._seen[rule, cluster_id] = Seen(**record)
        self._restore_telling(by_kind)
        self._dirty.clear()
        return self._drop_strangers()

    def _restore_telling(self, by_kind: Mapping[str, Mapping[str, Any]]) -> None:
        for key, (since, number) in sorted(by_kind["item"].items(), key=lambda item: item[1][1]):
            receiver, id_, what = key.split("/")
            self._waiting.setdefault(receiver, {})[id_, what] = Item(id_, what, since, number)
            self._mentions[id_] += 1
            self._number = number
        for receiver, record in by_kind["message"].items():
            told = tuple(Item(*item) for item in record["items"])
            self._messages[receiver] = Message(record["id"], told, record["made_at"])
            self._mentions.update(item.alert_id for item in told)
        self._gone = {receiver: Gone(**record) for receiver, record in by_kind["gone"].items()}

    def _drop_strangers(self) -> int:
        """What was kept for receivers that are no longer there, or have another address now."""
        known = self._rules.receivers
        for receiver in [name for name, gone in self._gone.items() if name not in known or gone.address != self._addresses.get(name, "")]:
            self.enable(receiver)
        strangers = {*self._waiting, *self._messages} - set(known)
        dropped = sum(self._drop_all(receiver) for receiver in strangers)
        for receiver in strangers:
            self._waiting.pop(receiver, None)
        for id_ in list(self._alerts):
            self._forget_if_done(id_)
        return dropped


def _alert(rule: Rule, arrival: Arrival, facts: Facts, now: float, quiet_until: float | None) -> Alert:
    return Alert(
        id=alert_id(rule.name, facts.cluster_id, facts.ordinal),
        rule=rule.name,
        kind=facts.kind,
        cluster_id=facts.cluster_id,
        episode=facts.ordinal,
        event=arrival.event,
        severity=rule.severity,
        labels=rule.labels,
        receivers=list(dict.fromkeys(rule.receivers)),
        recorded_at=arrival.recorded_at,
        started_at=now,
        tell_at=now if quiet_until is None else quiet_until,
        until=now + rule.lasts,
    )


def _message_record(message: Message) -> dict[str, Any]:
    return {"id": message.id, "items": [list(item) for item in message.items], "made_at": message.made_at}
