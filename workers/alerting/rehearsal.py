"""An alert that nobody has to worry about: it goes the real way and says that it is a test."""

from __future__ import annotations

from streamclust.claims import isoformat
from streamclust.events import SOURCE
from workers.alerting.desk import Errand
from workers.alerting.episodes import Alert, Item, Message, alert_id
from workers.alerting.rules import Rule

_CLUSTER = "test"
_KIND = "io.streamclust.cluster.trend.started.v1"


def sample_errand(rule: Rule, receiver: str, now: float) -> Errand:
    """What a receiver would be told if the rule had matched just now."""
    alert = _sample(rule, receiver, now)
    item = Item(alert.id, "started", now)
    return Errand(Message.of([item], now), [(alert, "started")], [alert])


def _sample(rule: Rule, receiver: str, now: float) -> Alert:
    episode = int(now)
    data = {
        "cluster_id": _CLUSTER,
        "episode": episode,
        "text": f"This is a test of the alert rule {rule.name}. Nothing has happened.",
        "reason": "somebody asked for a test",
        "coordinated": False,
        "signs": [],
        "test": True,
    }
    return Alert(
        id=alert_id(rule.name, _CLUSTER, episode),
        rule=rule.name,
        kind="trend_started",
        cluster_id=_CLUSTER,
        episode=episode,
        event={
            "specversion": "1.0",
            "id": alert_id("test", _CLUSTER, episode),
            "source": SOURCE,
            "type": _KIND,
            "subject": f"cluster/{_CLUSTER}",
            "time": isoformat(now),
            "datacontenttype": "application/json",
            "data": data,
        },
        severity=rule.severity,
        labels={**rule.labels, "test": "true"},
        receivers=[receiver],
        recorded_at=now,
        started_at=now,
        tell_at=now,
        until=now,
        told=True,
    )
