"""What goes over the wire in one try: body and headers, as the kind of the receiver has it."""

from __future__ import annotations

from workers.alerting.bodies import alertmanager_body, cloud_event_body, slack_body
from workers.alerting.desk import Errand
from workers.alerting.signing import signed_headers
from workers.alerting.targets import Target


def written(target: Target, errand: Errand, link: str, now: float) -> tuple[bytes, dict[str, str]]:
    """Body and headers.

    Args:
        target: the receiver.
        errand: what it is told.
        link: address of a cluster's page, with `{cluster}` in it.
        now: when it is sent, seconds since 1970.
    """
    headers = {"Authorization": f"Bearer {target.token}"} if target.token else {}
    if target.receiver.kind == "alertmanager":
        return _standing(target, errand, link, now), {**headers, "Content-Type": "application/json"}
    assert errand.message is not None
    if target.receiver.kind == "slack":
        return slack_body(errand.told, link), {**headers, "Content-Type": "application/json; charset=utf-8"}
    body = cloud_event_body(errand.message.id, errand.told, link)
    signed = signed_headers(errand.message.id, now, body, target.keys)
    return body, {**headers, **signed, "Content-Type": "application/cloudevents+json; charset=utf-8"}


def _standing(target: Target, errand: Errand, link: str, now: float) -> bytes:
    starting = [alert for alert, what in errand.told if what == "started"]
    ended = [alert for alert, what in errand.told if what == "ended"]
    active = {alert.id: alert for alert in [*errand.standing, *starting]}
    return alertmanager_body(active.values(), ended, link, now=now, resend=target.receiver.resend)
