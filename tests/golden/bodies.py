"""What receivers of alerts get over the wire, one file for each kind of receiver and message. The same commit gives the same bytes.

Everything it is made from stands here, so that only a change of the wire changes it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from workers.alert_rules import parse_rules
from workers.alerting.desk import Errand
from workers.alerting.episodes import Alert, Item, Message
from workers.alerting.guard import AllowList
from workers.alerting.letters import written
from workers.alerting.targets import targets_of

SECRET = "whsec_Z29sZGVuLWtleS1nb2xkZW4ta2V5LWdvbGRlbg=="
NOON = 1_772_452_800.0
"""2026-03-02T12:00:00Z."""

_LINK = "https://console.example/clusters/{cluster}"
_RULES = f"""
receivers:
  webhook: {{kind: webhook, url: "https://desk.example/hook", secret: "{SECRET}"}}
  slack: {{kind: slack, url: "https://chat.example/hook"}}
  alertmanager: {{kind: alertmanager, url: "https://am.example", token: "golden"}}
rules:
  - {{name: Rising, receivers: [webhook, slack, alertmanager]}}
"""
_STARTED: dict[str, Any] = {
    "cluster_id": "clu-golden1",
    "episode": 2,
    "kind": "burst",
    "coordinated": False,
    "signs": [],
    "authors": 23,
    "seconds": 600.0,
    "expected": 2.1,
    "deviation": 1.9,
    "score": 7.4,
    "authors_hour": 30,
    "size": 120,
    "distinct": 40,
    "sources": {"board": 100, "chat": 20},
    "langs": {"en": 90, "de": 30},
    "keywords": ["dam", "lund"],
    "text": "The dam at Lund has burst & 3 are dead, says <@mayor>",
    "reason": "23 authors in 10 min, expected 2.1 ± 1.9, z = 7.4, 2 sources, 2 languages",
    "version": 7,
    "params": "params-golden",
    "encoder": "encoder-golden",
}
_ENDED = {"started_at": NOON, "peak_score": 9.0, "peak_authors": 40, "size": 300, "version": 9, "reason": "faded"}


def bodies() -> dict[str, bytes]:
    """Files by name: headers and body of each kind of receiver and message."""
    plain, other, bots = _alert(1), _alert(2), _alert(3, coordinated=True, signs=["one text: 92 % of the authors repeat one word for word"])
    over = _over(plain)
    told: dict[str, list[tuple[Alert, str]]] = {
        "started": [(plain, "started")],
        "ended": [(over, "ended")],
        "digest": [(other, "started"), (bots, "started"), (over, "ended")],
        "coordinated": [(bots, "started")],
    }
    return {f"{name}.{what}.json": _kept(name, alerts) for name in ("webhook", "slack", "alertmanager") for what, alerts in told.items()}


def _kept(name: str, told: list[tuple[Alert, str]]) -> bytes:
    target = targets_of(parse_rules(_RULES), {}, AllowList())[name]
    message = Message.of((Item(alert.id, "started" if what == "started" else "ended", NOON) for alert, what in told), NOON)
    body, headers = written(target, Errand(message, told, []), _LINK, NOON + 5.0)
    return orjson.dumps({"headers": headers, "body": body.decode()}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _alert(number: int, **data: Any) -> Alert:
    said = {**_STARTED, **data, "cluster_id": f"clu-golden{number}"}
    event = _event("trend.started", number, said)
    labels = {"team": "desk"}
    times = {"recorded_at": NOON, "started_at": NOON, "tell_at": NOON, "until": NOON + 604_800.0}
    return Alert(
        f"alert-golden{number}", "Rising", "trend_started", said["cluster_id"], 2, event, "warning", labels, ["webhook"], **times, told=True
    )


def _over(alert: Alert) -> Alert:
    ending = _event("trend.ended", 9, {**_ENDED, "cluster_id": alert.cluster_id, "episode": 2, "params": "p", "encoder": "e"})
    return replace(alert, ended_at=NOON + 3600.0, reason="faded", ending=ending)


def _event(about: str, number: int, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"00000000-0000-5000-8000-{number:012d}",
        "source": "streamclust",
        "type": f"io.streamclust.cluster.{about}.v1",
        "subject": f"cluster/{data['cluster_id']}",
        "time": "2026-03-02T13:00:00Z" if about == "trend.ended" else "2026-03-02T12:00:00Z",
        "datacontenttype": "application/json",
        "data": data,
    }
