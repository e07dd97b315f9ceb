"""What people read of an alert, each kind of receiver in its own escaping. Texts of claims are strangers' words.

Slack takes `&`, `<` and `>` for its own markup; what stands in its place there also reads markdown and `@here`. Alertmanager hands
annotations on to receivers of any kind, most of which do not escape them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from workers.alerting.episodes import Alert

_SHOWN = 300
_LISTED = 20
_BREAK = "\u200b"
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_HIDDEN = re.compile(r"[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_CALL = re.compile(r"[@<](?=\S)")


def one_line(text: str, length: int = _SHOWN) -> str:
    """A text without line breaks and invisible characters, cut.

    >>> one_line("a" + chr(10) + chr(9) + "b" + chr(0x202E))
    'a b'
    """
    plain = _HIDDEN.sub("", _SPACE.sub(" ", text)).strip()
    return plain if len(plain) <= length else plain[: length - 1].rstrip() + "…"


def calm(text: str, length: int = _SHOWN) -> str:
    """A text that calls nobody wherever it is shown: an invisible break after each `@` and `<`, and within `](`.

    >>> calm("<!channel> @here").replace(chr(0x200B), "|")
    '<|!channel> @|here'
    """
    return _CALL.sub(lambda found: found[0] + _BREAK, one_line(text, length)).replace("](", f"]{_BREAK}(")


def for_slack(text: str, length: int = _SHOWN) -> str:
    """A stranger's text in a Slack message.

    >>> for_slack("a & <!here>").replace(chr(0x200B), "|")
    'a &amp; &lt;|!here&gt;'
    """
    return calm(text, length).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def claim_of(alert: Alert) -> str:
    """The claim that stands for the cluster."""
    return str(alert.event["data"].get("text", ""))


def why(alert: Alert) -> str:
    """In a sentence: what the event says of the cluster."""
    data = alert.event["data"]
    if alert.kind == "trend_started":
        signs = ", ".join(map(str, data.get("signs") or ()))
        return str(data.get("reason", "")) + (f"; looks coordinated: {signs}" if data.get("coordinated") else "")
    if alert.kind == "grew":
        return f"{data.get('milestone')} claims by {data.get('authors')} authors from {data.get('sources')} sources"
    return "a new claim"


def summary(alert: Alert) -> str:
    """The claim in a line that calls nobody."""
    return calm(claim_of(alert)) or "(no text)"


def link_of(template: str, alert: Alert) -> str:
    """Address of the cluster's page; empty if there is none."""
    return template.replace("{cluster}", quote(alert.cluster_id, safe=""))


def slack_text(told: Sequence[tuple[Alert, str]], link: str) -> str:
    """One message: a single alert at length, or several in a list."""
    if len(told) == 1:
        return _alone(*told[0], link)
    started = sum(what == "started" for _, what in told)
    head = f"*{len(told)} alerts*: {started} started, {len(told) - started} ended"
    lines = [f"• {_headline(alert, what, link)}: {for_slack(claim_of(alert), 120)}" for alert, what in told[:_LISTED]]
    more = [f"and {len(told) - _LISTED} more"] if len(told) > _LISTED else []
    return "\n".join([head, *lines, *more])


def _alone(alert: Alert, what: str, link: str) -> str:
    said = [_headline(alert, what, link), f"> {for_slack(claim_of(alert))}"]
    if what == "started":
        said.append(for_slack(why(alert)))
    return "\n".join(said)


def _headline(alert: Alert, what: str, link: str) -> str:
    """Everything in it is ours: names and ids are letters, digits and `_-`."""
    address = link_of(link, alert)
    cluster = f"<{address}|{for_slack(alert.cluster_id)}>" if address else for_slack(alert.cluster_id)
    how = alert.severity if what == "started" else f"ended: {for_slack(alert.reason)}"
    return f"*{alert.rule}* ({how}) {cluster}"
