"""What is sent: a CloudEvent to webhooks, a text to Slack, how alerts stand to an Alertmanager."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import orjson
from typing_extensions import TypedDict

from streamclust.claims import isoformat
from streamclust.events import SOURCE
from workers.alerting.episodes import Alert, Severity
from workers.alerting.wording import calm, link_of, slack_text, summary, why

_PREFIX = "io.streamclust.alert."
_STILL = 4.0
"""So many times in a row an Alertmanager may miss an alert before it takes it for ended."""

_LABEL = 200


class AlertStarted(TypedDict):
    """An alert has started: the data of its CloudEvent.

    Args:
        alert_id: of the episode, the same in start and end.
        rule: name of the rule.
        severity: `info`, `warning` or `critical`.
        labels: the rule's own.
        cluster_id: the cluster.
        episode: which one of its kind in the cluster: number of the trend, or the milestone.
        started_at: when it was matched, RFC 3339 in UTC.
        link: address of the cluster's page; empty if there is none.
        event: what was matched, a structured CloudEvent.
    """

    alert_id: str
    rule: str
    severity: Severity
    labels: Mapping[str, str]
    cluster_id: str
    episode: int
    started_at: str
    link: str
    event: Mapping[str, Any]


class AlertEnded(TypedDict):
    """An alert has ended: the data of its CloudEvent.

    Args:
        alert_id: of the episode, the same in start and end.
        rule: name of the rule.
        severity: `info`, `warning` or `critical`.
        labels: the rule's own.
        cluster_id: the cluster.
        episode: which one of its kind in the cluster: number of the trend, or the milestone.
        started_at: when it was matched, RFC 3339 in UTC.
        link: address of the cluster's page; empty if there is none.
        ended_at: when it ended, RFC 3339 in UTC.
        reason: why: `faded`, `retired`, `merged`, or `hold` where its time was over.
        event: what ended it, a structured CloudEvent; null if that was the clock.
    """

    alert_id: str
    rule: str
    severity: Severity
    labels: Mapping[str, str]
    cluster_id: str
    episode: int
    started_at: str
    link: str
    ended_at: str
    reason: str
    event: Mapping[str, Any] | None


class AlertDigest(TypedDict):
    """Several alerts at once: the data of their CloudEvent.

    Args:
        count: how many.
        alerts: the data of each, and beside them its `state`: `started` or `ended`.
    """

    count: int
    alerts: Sequence[Mapping[str, Any]]


class AlertEvent(TypedDict):
    """A structured CloudEvent 1.0 to a webhook.

    Args:
        specversion: version of CloudEvents.
        id: of the message, as in the header `webhook-id`: the same over all tries.
        source: who tells.
        type: what is told, with the version of its data.
        subject: `cluster/` and the cluster's id, or `alerts`.
        time: when the alert, or the last of several, started or ended; RFC 3339 in UTC.
        datacontenttype: media type of the data.
        data: the particulars.
    """

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: Literal["application/json"]
    data: AlertStarted | AlertEnded | AlertDigest


KINDS: dict[str, type] = {f"{_PREFIX}started.v1": AlertStarted, f"{_PREFIX}ended.v1": AlertEnded, f"{_PREFIX}digest.v1": AlertDigest}
"""What is told to webhooks, by type of event."""


def cloud_event_body(id_: str, told: Sequence[tuple[Alert, str]], link: str) -> bytes:
    """One alert, or a digest of several. The same for every try.

    Args:
        id_: of the message.
        told: alerts, each with `started` or `ended`.
        link: address of a cluster's page, with `{cluster}` in it.
    """
    each = [_started(alert, link) if what == "started" else _ended(alert, link) for alert, what in told]
    kind, subject, data = _gathered(told, each)
    event: AlertEvent = {
        "specversion": "1.0",
        "id": id_,
        "source": SOURCE,
        "type": f"{_PREFIX}{kind}.v1",
        "subject": subject,
        "time": isoformat(max(_at(alert, what) for alert, what in told)),
        "datacontenttype": "application/json",
        "data": data,
    }
    return orjson.dumps(event)


def _gathered(
    told: Sequence[tuple[Alert, str]], each: Sequence[AlertStarted | AlertEnded]
) -> tuple[str, str, AlertStarted | AlertEnded | AlertDigest]:
    """Kind, subject and data of one message."""
    if len(told) == 1:
        alert, what = told[0]
        return what, f"cluster/{alert.cluster_id}", each[0]
    alerts = [{"state": what, **data} for (_, what), data in zip(told, each, strict=True)]
    return "digest", "alerts", {"count": len(told), "alerts": alerts}


def _at(alert: Alert, what: str) -> float:
    return alert.started_at if what == "started" or alert.ended_at is None else alert.ended_at


def _started(alert: Alert, link: str) -> AlertStarted:
    return {
        "alert_id": alert.id,
        "rule": alert.rule,
        "severity": alert.severity,
        "labels": dict(alert.labels),
        "cluster_id": alert.cluster_id,
        "episode": alert.episode,
        "started_at": isoformat(alert.started_at),
        "link": link_of(link, alert),
        "event": alert.event,
    }


def _ended(alert: Alert, link: str) -> AlertEnded:
    return {**_started(alert, link), "ended_at": isoformat(_at(alert, "ended")), "reason": alert.reason, "event": alert.ending}


def slack_body(told: Sequence[tuple[Alert, str]], link: str) -> bytes:
    """A message for an incoming webhook of Slack, or of what understands the same."""
    return orjson.dumps({"text": slack_text(told, link), "unfurl_links": False, "unfurl_media": False})


def alertmanager_body(active: Iterable[Alert], ended: Iterable[Alert], link: str, *, now: float, resend: float) -> bytes:
    """How alerts stand, for `/api/v2/alerts`.

    Args:
        active: alerts that go on; they end by themselves if the next few messages do not come.
        ended: alerts that are over.
        link: address of a cluster's page, with `{cluster}` in it.
        now: seconds since 1970.
        resend: seconds between two messages.
    """
    ahead = isoformat(now + _STILL * resend)
    posted = [{**_standing(alert, link), "endsAt": ahead} for alert in active]
    posted += [{**_standing(alert, link), "endsAt": isoformat(_at(alert, "ended"))} for alert in ended]
    return orjson.dumps(posted)


def _standing(alert: Alert, link: str) -> dict[str, Any]:
    address = link_of(link, alert)
    standing: dict[str, Any] = {
        "labels": labels_of(alert),
        "annotations": {"summary": summary(alert), "description": calm(why(alert)), "cluster": calm(alert.cluster_id)},
        "startsAt": isoformat(alert.started_at),
    }
    return {**standing, "generatorURL": address} if address else standing


def labels_of(alert: Alert) -> Mapping[str, str]:
    """What an Alertmanager routes and groups by; an episode is an alert of its own."""
    ours = {
        "alertname": alert.rule,
        "streamclust": "claim",
        "severity": alert.severity,
        "cluster": calm(alert.cluster_id, _LABEL),
        "episode": str(alert.episode),
    }
    return {**{name: calm(text, _LABEL) for name, text in alert.labels.items()}, **ours}
