"""What is sent, in each receiver's own escaping. Texts of claims are strangers' words."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from alerts import NOON, came, grew, rules, trend, trend_ended
from hypothesis import given
from hypothesis import strategies as st
from messages import mutants, problems, unnamed

from workers.alerting.bodies import alertmanager_body, cloud_event_body, labels_of, slack_body
from workers.alerting.book import AlertBook
from workers.alerting.episodes import Alert
from workers.alerting.wording import for_slack

LINK = "https://console.example/clusters/{cluster}"
PAYLOADS = [
    "<!channel> look",
    "<!here|here>",
    "<!everyone>",
    "<@U024BE7LH>",
    "<#C024BE7LR|general>",
    "<!subteam^SAZ94GDB8>",
    "<https://evil.example|your bank>",
    "<mailto:a@b.example|mail>",
    "@channel @here @everyone @all",
    "[click](https://evil.example)",
    "![x](https://evil.example/pixel.gif)",
    "&lt;!channel&gt;",
    "a & b < c > d",
    "<script>alert(1)</script>",
    "line\nbreak\r\n> quote\u2028sep",
    "\u202eevil\u2066 bidi \u200b\ufeff",
    "tab\tbell\x07 esc\x1b[31m",
    '=HYPERLINK("https://evil.example")',
    '{{ .Labels }} {{ template "x" }}',
    "",
]


def alert(text: str = "The dam has burst", labels: str = "", **data: Any) -> Alert:
    """One that has started."""
    book = AlertBook(rules(f"{{labels: {{{labels}}}}}" if labels else "{}"))
    book.apply(came(trend(text=text, **data)), NOON)
    (only,) = book.standing("desk")
    return only


def ended(one: Alert) -> Alert:
    one.ended_at, one.reason, one.ending = NOON + 60, "faded", trend_ended()
    return one


def slack(text: str) -> str:
    return str(orjson.loads(slack_body([(alert(text), "started")], LINK))["text"])


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_in_a_claim_is_markup_of_slack(payload: str) -> None:
    said = slack(payload)
    ours = "<https://console.example/clusters/c1|c1>"
    assert said.count(ours) == 1
    rest = said.replace(ours, "")
    assert "<" not in rest
    assert not re.search(r"@\w|\]\(", rest)
    assert not re.search(r"&(?!amp;|lt;|gt;)", rest)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u2028\u202a-\u202e\u2066-\u2069]", rest)
    assert said.count("\n") == 2
    assert [line for line in rest.split("\n") if ">" in line.removeprefix("> ")] == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_annotations_call_nobody_wherever_an_alertmanager_hands_them_on(payload: str) -> None:
    (posted,) = orjson.loads(alertmanager_body([alert(payload, reason=payload)], [], LINK, now=NOON, resend=60))
    for text in posted["annotations"].values():
        assert not re.search(r"<[^\s\u200b]|@\w|\]\(", text)
        assert "\n" not in text
    assert posted["annotations"]["summary"]


@given(st.text())
def test_any_text_is_quoted_for_slack(text: str) -> None:
    quoted = for_slack(text)
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)|[\r\n]", quoted)


def test_long_claims_are_cut_for_people_and_whole_for_programs() -> None:
    long = "dam " * 2000
    assert len(slack(long)) < 600
    body = orjson.loads(cloud_event_body("m1", [(alert(long), "started")], ""))
    assert body["data"]["event"]["data"]["text"] == long


def test_a_webhook_gets_a_cloud_event_that_holds_the_one_it_is_about() -> None:
    one = alert()
    body = orjson.loads(cloud_event_body("m1", [(one, "started")], LINK))
    assert {name: body[name] for name in ("specversion", "id", "source", "type", "subject", "time")} == {
        "specversion": "1.0",
        "id": "m1",
        "source": "streamclust",
        "type": "io.streamclust.alert.started.v1",
        "subject": "cluster/c1",
        "time": "2026-03-02T12:00:00Z",
    }
    assert body["data"]["event"] == trend(text="The dam has burst")
    assert body["data"]["link"] == "https://console.example/clusters/c1"
    before = cloud_event_body("m1", [(one, "started")], LINK)
    assert cloud_event_body("m1", [(ended(one), "started")], LINK) == before  # a later try says the same
    over = orjson.loads(cloud_event_body("m2", [(one, "ended")], LINK))
    assert (over["type"], over["data"]["reason"], over["data"]["ended_at"]) == (
        "io.streamclust.alert.ended.v1",
        "faded",
        "2026-03-02T12:01:00Z",
    )
    assert over["data"]["event"] == trend_ended()


def test_a_digest_lists_them_all_to_programs_and_the_first_to_people() -> None:
    told = [(alert(cluster_id=f"c{number}"), "started") for number in range(30)] + [(ended(alert()), "ended")]
    body = orjson.loads(cloud_event_body("m1", told, ""))
    assert (body["type"], body["data"]["count"]) == ("io.streamclust.alert.digest.v1", 31)
    assert [(one["state"], one["cluster_id"]) for one in body["data"]["alerts"]] == [(what, a.cluster_id) for a, what in told]
    text = orjson.loads(slack_body(told, ""))["text"]
    assert text.startswith("*31 alerts*: 30 started, 1 ended")
    assert text.endswith("and 11 more")


ID = "00000000-0000-5000-8000-000000000000"


@pytest.mark.parametrize("told", [["started"], ["ended"], ["started", "ended"]])
def test_what_a_webhook_gets_is_as_its_schema_says(told: list[str]) -> None:
    alerts = {"started": alert(), "ended": ended(alert())}
    for one in alerts.values():  # ids of the tests' events are none
        one.event = {**one.event, "id": ID, "data": {**one.event["data"], "params": "p", "encoder": "e"}}
        one.ending = one.ending and {**one.ending, "id": ID, "data": {**one.ending["data"], "params": "p", "encoder": "e"}}
    body = orjson.loads(cloud_event_body(ID, [(alerts[what], what) for what in told], LINK))
    assert not problems("alert", body)
    assert not unnamed("alert", body)
    name = body["type"].removeprefix("io.streamclust.")
    assert not unnamed(name, body["data"])
    for mutant in mutants(name, body["data"]):
        assert problems("alert", {**body, "data": mutant})


def test_an_alertmanager_is_told_how_long_to_believe_it_and_when_it_was_over() -> None:
    posted = orjson.loads(alertmanager_body([alert(labels="team: desk")], [ended(alert())], LINK, now=NOON + 30, resend=60))
    going_on, over = posted
    assert going_on["labels"] == {
        "alertname": "R0",
        "streamclust": "claim",
        "severity": "warning",
        "cluster": "c1",
        "episode": "1",
        "team": "desk",
    }
    assert (going_on["startsAt"], going_on["endsAt"]) == ("2026-03-02T12:00:00Z", "2026-03-02T12:04:30Z")
    assert over["endsAt"] == "2026-03-02T12:01:00Z"
    assert going_on["generatorURL"] == "https://console.example/clusters/c1"
    assert going_on["annotations"]["description"].startswith("23 authors in 10 min")


def test_an_id_is_quoted_in_a_link() -> None:
    text = orjson.loads(slack_body([(alert(cluster_id="c1|x> <!here>"), "started")], LINK))["text"]
    assert "<https://console.example/clusters/c1%7Cx%3E%20%3C%21here%3E|" in text
    assert "<!" not in text


def test_what_looks_coordinated_is_said() -> None:
    one = alert(coordinated=True, signs=["one text from 40 accounts"])
    assert "looks coordinated: one text from 40 accounts" in orjson.loads(slack_body([(one, "started")], ""))["text"]


def test_growth_is_told_in_its_own_words() -> None:
    book = AlertBook(rules("{on: grew}"))
    book.apply(came(grew()), NOON)
    (one,) = book.standing("desk")
    assert "100 claims by 60 authors from 3 sources" in orjson.loads(slack_body([(one, "started")], ""))["text"]
    assert labels_of(one)["episode"] == "100"
