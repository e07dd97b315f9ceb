"""What is sent: a CloudEvent to webhooks, a text to Slack, how alerts stand to an Alertmanager."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from streamclust.claims import isoformat
from streamclust.events import SOURCE
from workers.alerting.episodes import Alert
from workers.alerting.wording import calm, link_of, slack_text, summary, why

_PREFIX = "io.streamclust.alert."
_STILL = 4.0
"""So many times in a row an Alertmanager may miss an alert before it takes it for ended."""

_LABEL = 200


def cloud_event_body(id_: str, told: Sequence[tuple[Alert, str]], link: str) -> bytes:
    """A structured CloudEvent: one alert, or a digest of several. The same for every try.

    Args:
        id_: of the message.
        told: alerts, each with `started` or `ended`.
        link: address of a cluster's page, with `{cluster}` in it.
    """
    if len(told) == 1:
        alert, what = told[0]
        kind, subject, data = what, f"cluster/{alert.cluster_id}", _data(alert, what, link)
    else:
        kind, subject = "digest", "alerts"
        data = {"count": len(told), "alerts": [{"state": what, **_data(alert, what, link)} for alert, what in told]}
    at = max(_at(alert, what) for alert, what in told)
    envelope = {"specversion": "1.0", "id": id_, "source": SOURCE, "type": f"{_PREFIX}{kind}.v1", "subject": subject}
    return orjson.dumps({**envelope, "time": isoformat(at), "datacontenttype": "application/json", "data": data})


def _at(alert: Alert, what: str) -> float:
    return alert.started_at if what == "started" or alert.ended_at is None else alert.ended_at


def _data(alert: Alert, what: str, link: str) -> dict[str, Any]:
    data: dict[str, Any] = {
        "alert_id": alert.id,
        "rule": alert.rule,
        "severity": alert.severity,
        "labels": dict(alert.labels),
        "cluster_id": alert.cluster_id,
        "episode": alert.episode,
        "started_at": isoformat(alert.started_at),
        "link": link_of(link, alert),
    }
    if what == "started":
        return {**data, "event": alert.event}
    return {**data, "ended_at": isoformat(_at(alert, what)), "reason": alert.reason, "event": alert.ending}


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
