"""`streamclust trends preview`: a backtest of trends and rules; and what a run and a look at its state show of a trend."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import orjson
import pytest
from bag_of_words import save_bag_of_words
from command_line import run, together, write_lines

from streamclust.evaluation.bursts import START, Background, burst, records
from workers.alert_rules import parse_rules
from workers.cli.trends import Backtest, _as_dict

AT = START + 4 * 3600.0
RULES = """
receivers:
  desk: {kind: webhook, url: "https://desk.example.org/hook", secret: whsec_c2l4dGVlbiBieXRlcyBvciBtb3Jl}
rules:
  - {name: TakesOff, on: trend_started, min_authors: 8, receivers: [desk]}
  - {name: Huge, on: trend_started, min_authors: 5000, receivers: [desk]}
  - {name: Cats, on: grew, keywords: {any: [cats]}, receivers: [desk]}
  - {name: Floods, on: grew, min_size: 5000, keywords: {any: [flood30]}, receivers: [desk]}
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A calm stream with one burst, gone through in several ways."""
    place = tmp_path_factory.mktemp("trends")
    posts = list(records(Background(clusters=8, days=0.3, busiest=0.5).arrivals(3).joined(burst(1, 30, AT, 20, 3))))
    stream = write_lines(place / "posts.jsonl", posts)
    bad = [{"id": "b1", "text": 5}, {"id": "b2", "text": "The dam has burst", "created_at": "soon"}]
    timeless = write_lines(place / "timeless.jsonl", [*bad, *({**post, "created_at": None} for post in posts)])
    rules, wrong = place / "rules.yaml", place / "wrong.yaml"
    rules.write_text(RULES)
    wrong.write_text("rules: [{name: Broken, on: nothing}]\n")
    usual = ("--model", save_bag_of_words(place / "bag-of-words", posts, seed=1))
    preview = partial(run, "trends", "preview")
    return {
        **together(
            {
                "json": partial(preview, stream, "--json", "--rule", rules, *usual),
                "text": partial(preview, stream, "--rule", rules, *usual),
                "timeless": partial(preview, timeless, "--set", "trend_start=90", *usual),
                "wrong": partial(preview, stream, "--rule", wrong, *usual, code=2),
                "run": partial(run, "run", stream, "--state", place / "state", "--events", place / "events.jsonl", *usual),
            }
        ),
        "clusters": run("clusters", "--state", place / "state", "--sort", "trend", "--json"),
        "events": (place / "events.jsonl").read_bytes().splitlines(),
    }


def test_a_preview_tells_the_trend_its_end_and_what_each_rule_makes_of_it(done: dict[str, Any]) -> None:
    (told,) = done["json"].json["told"]
    data = told["event"]["data"]
    assert told["event"]["type"] == "io.streamclust.cluster.trend.started.v1"
    assert "flood30" in data["text"]
    assert (told["ended"], data["coordinated"]) == ("faded", False)
    fires, silent, other, _ = told["rules"]
    assert "it is about grew" in other["why"]
    assert (fires["rule"], fires["fires"]) == ("TakesOff", True)
    assert (silent["rule"], silent["fires"]) == ("Huge", False)
    assert "5000" in silent["why"]


def test_a_preview_tells_each_trend_in_one_block(done: dict[str, Any]) -> None:
    what, ending, rules = done["text"].text.splitlines()
    assert "authors in 5 min, expected" in what
    assert "(faded)" in ending
    assert "flood30" in ending
    assert re.fullmatch(r"    FIRES TakesOff; silent Huge \(authors \d+, asked for 5000\)", rules)


def test_a_preview_says_of_each_rule_that_fires_on_nothing_what_came_nearest(done: dict[str, Any]) -> None:
    said = done["text"].err.splitlines()
    assert "1 trend, 1 event that a rule fires on" in said[-4]
    near = re.fullmatch(r"Huge fires on nothing; nearest at (\S+), (c\S+): authors \d+, asked for 5000", said[-3])
    assert near is not None
    assert done["text"].text.startswith(f"{near[1]}  {near[2]}  ")
    assert re.fullmatch(r"Cats fires on nothing; nearest at \S+, c\S+: .+", said[-2])
    assert re.fullmatch(r"Floods fires on nothing; nearest at \S+, c\S+: claims \d+, asked for 5000", said[-1]), "the keyword counts first"


def test_rules_that_fire_on_nothing_are_told_to_machines_as_to_people(done: dict[str, Any]) -> None:
    huge, cats, _ = done["json"].json["silent_rules"]
    near = huge["nearest"]
    assert f"Huge fires on nothing; nearest at {near['at']}, {near['cluster_id']}: {near['why']}" in done["text"].err
    assert (cats["rule"], cats["on"], bool(cats["nearest"])) == ("Cats", "grew", True)
    untold = _as_dict(Backtest(parse_rules(RULES).rules, "params", "encoder"))["silent_rules"]
    assert untold[0] == {"rule": "TakesOff", "on": "trend_started", "nearest": None}


def test_a_stream_without_times_says_so(done: dict[str, Any]) -> None:
    assert done["timeless"].text == ""
    assert "No post has a time" in done["timeless"].err


def test_a_preview_says_what_it_could_not_read(done: dict[str, Any]) -> None:
    said = done["timeless"].err
    assert re.search(r"1 record could not become claims, e\.g\. record 1: \w+, ", said)
    assert "records had no readable created_at, e.g. record 2 of timeless.jsonl: 'soon'" in said


def test_wrong_rules_are_refused_with_their_line(done: dict[str, Any]) -> None:
    assert "line 1" in done["wrong"].err


def test_a_run_tells_what_the_preview_promised(done: dict[str, Any]) -> None:
    told = [orjson.loads(line) for line in done["events"]]
    started = [event for event in told if event["type"].endswith("trend.started.v1")]
    promised = [event["event"]["id"] for event in done["json"].json["told"]]
    assert [event["id"] for event in started] == promised
    assert any("TRENDING" in line for line in done["run"].text.splitlines())
    assert "Trends: 1 started, 1 ended." in done["run"].text


def test_the_list_by_trend_begins_with_it(done: dict[str, Any]) -> None:
    first, *_ = done["clusters"].json
    assert first["trend"]["episodes"] == 1
    assert first["trend"]["score"] > 0.0
