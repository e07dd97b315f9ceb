"""Rules of alerts: what they match and why not, and everything that can be wrong with their file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from alerts import NOON, RECEIVERS, event, grew, rules, trend, trend_ended
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from streamclust.errors import InvalidClaim
from streamclust.params import Params
from workers.alert_rules import InvalidRules, Matched, Missed, Receiver, Rule, load_rules, parse_rules
from workers.alerting.guard import AllowList
from workers.alerting.models import seconds
from workers.alerting.targets import targets_of

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
HOUR = 3600.0


def verdict(rule: str, of: dict[str, Any], at: float | None = None) -> Matched | Missed:
    (only,) = rules(rule).rules
    return only.verdict(of, at)


# what matches


@pytest.mark.parametrize(
    ("rule", "changed", "reason"),
    [
        ("{min_authors: 30}", {"authors_hour": 29}, "authors 29, asked for 30"),
        ("{min_score: 7.4}", {"score": 7.3}, "score 7.3, asked for 7.4"),
        ("{min_size: 120}", {"size": 119}, "claims 119, asked for 120"),
        ("{min_sources: 2}", {"sources": {"twitter": 9}}, "sources 1, asked for 2"),
        ("{langs: [de]}", {"langs": {"en": 90, "de": 5}}, "hardly any of it in de"),
        ("{langs: [no, DE]}", {"langs": {}}, "hardly any of it in no, DE"),
        ("{sources: [telegram, vk]}", {"sources": {"twitter": 9}}, "nothing of it from telegram, vk"),
        ("{coordinated: exclude}", {"coordinated": True}, "it looks coordinated"),
        ("{keywords: {any: [dam, levee]}}", {"text": "nothing", "keywords": []}, "none of the keywords dam, levee"),
        ("{keywords: {all: [dam, burst]}}", {"text": "the dam", "keywords": []}, "without the keyword burst"),
        ("{keywords: {none: [drill, exercise]}}", {"text": "The dam, a DRILL"}, "has the keyword drill"),
    ],
)
def test_each_condition_lets_a_trend_through_or_says_why_not(rule: str, changed: dict[str, Any], reason: str) -> None:
    assert isinstance(verdict(rule, trend()), Matched)
    missed = verdict(rule, trend(**changed))
    assert isinstance(missed, Missed)
    assert missed.reason == reason
    assert str(missed) == f"does not match R0: {reason}"


def test_only_coordinated_ones_can_be_asked_for() -> None:
    assert isinstance(verdict("{coordinated: only}", trend()), Missed)
    assert isinstance(verdict("{coordinated: only}", trend(coordinated=True)), Matched)


def test_a_rule_that_asks_nothing_matches_every_event_of_its_kind_and_no_other() -> None:
    founded = event("founded", claim_id="p1", text="x", version=1)
    of_kind = {"trend_started": trend(), "grew": grew(), "founded": founded}
    for kind, mine in of_kind.items():
        for other in of_kind.values():
            assert isinstance(verdict(f"{{on: {kind}}}", other), Matched) == (other is mine)
    for other in (trend_ended(), event("retired", reason="quiet", size=3, version=2), event("invented", whatever=1)):
        assert isinstance(verdict("{on: grew}", other), Missed)


def test_growth_is_matched_by_its_milestone_authors_and_sources() -> None:
    rule = "{on: grew, min_size: 100, min_authors: 50, min_sources: 3, keywords: {any: [dam]}}"
    assert isinstance(verdict(rule, grew()), Matched)
    assert isinstance(verdict(rule, grew(milestone=50)), Missed)
    assert isinstance(verdict(rule, grew(authors=49)), Missed)
    assert isinstance(verdict(rule, grew(sources=2)), Missed)


@pytest.mark.parametrize(
    ("keyword", "text", "there"),
    [
        ("dam", "Dam! broken", True),
        ("dam", "Amsterdam", False),
        ("dam", "dams", False),
        ("dam*", "dams", True),
        ("the dam has", "THE DAM, has burst", True),
        ("the has", "the dam has", False),
        ("größe", "GRÖSSE", True),
        ("straße", "STRASSE", True),
        ("ἀθῆναι", "Ἀθῆναι", True),
        ("地震", "東京で地震がありました", True),
        ("भूकंप", "आज भूकंप आया", True),
        ("5g", "5G towers", True),
        ("dam", "see https://dam.example/dam", False),
    ],
)
def test_keywords_are_words_or_phrases_whatever_their_case(keyword: str, text: str, there: bool) -> None:
    found = verdict(f"{{keywords: {{any: ['{keyword}']}}}}", trend(text=text, keywords=[]))
    assert isinstance(found, Matched) == there


@pytest.mark.parametrize("broken", [{"episode": "first"}, {"score": None}, {"langs": []}, {"cluster_id": ""}, {"size": "many"}])
def test_an_event_that_is_not_as_it_must_be_is_no_verdict(broken: dict[str, Any]) -> None:
    with pytest.raises(InvalidClaim, match=next(iter(broken))):
        verdict("{}", {**trend(), "data": {**trend()["data"], **broken}})


def test_fields_of_later_versions_are_passed_over() -> None:
    assert isinstance(verdict("{min_score: 7}", trend(mood="sour")), Matched)


# quiet hours: 2026-03-02 is a Monday; Vienna is at UTC+1 then, at UTC+2 from 29 March on

NIGHT = '{quiet: {from: "22:00", until: "07:00", zone: Europe/Vienna}}'


@pytest.mark.parametrize(
    ("hour", "end"),
    [(20.99, None), (21.0, 30.0), (23.5, 30.0), (29.99, 30.0), (30.0, None), (12.0, None)],
)
def test_what_falls_into_quiet_hours_is_told_when_they_end(hour: float, end: float | None) -> None:
    midnight = NOON - 12 * HOUR
    found = verdict(NIGHT, trend(at=midnight + hour * HOUR))
    assert isinstance(found, Matched)
    assert found.quiet_until == (None if end is None else midnight + end * HOUR)


def test_quiet_hours_go_by_the_moment_of_telling_if_one_is_given() -> None:
    found = verdict(NIGHT, trend(at=NOON), at=NOON + 10 * HOUR)
    assert isinstance(found, Matched)
    assert found.quiet_until == NOON + 18 * HOUR


def test_quiet_hours_follow_the_clock_on_the_wall_through_the_change_of_time() -> None:
    sunday = 1_774_738_800.0  # 2026-03-28 23:00 UTC: the night in which the clocks go forward
    found = verdict(NIGHT, trend(at=sunday))
    assert isinstance(found, Matched)
    assert found.quiet_until == sunday + 6 * HOUR


def test_spans_that_follow_each_other_are_one_and_days_are_those_of_their_beginning() -> None:
    weekend = '{quiet: [{from: "18:00", until: "00:00", days: [fri]}, {from: "00:00", until: "00:00", days: [sat, sun]}]}'
    friday = NOON + 4 * 24 * HOUR
    assert verdict(weekend, trend(at=friday)) == verdict("{}", trend(at=friday))
    found = verdict(weekend, trend(at=friday + 7 * HOUR))
    assert isinstance(found, Matched)
    assert found.quiet_until == friday + (12 + 48) * HOUR
    assert "told at the end of quiet hours (2026-03-09T00:00:00Z)" in str(found)


# files


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidRules) as caught:
        parse_rules(text, "rules.yaml")
    first, *each = str(caught.value).split("\n  line ")
    assert first == "rules.yaml: not right:"
    return [f"line {problem}" for problem in each]


def test_every_problem_is_told_at_once_with_its_line_and_whose_it_is() -> None:
    text = """\
stale_after: soon
colour: blue
receivers:
  desk: {kind: webhook, url: "https://desk.example"}
  chat:
    kind: slack
    url: {env: CHAT, file: chat.txt}
    secert: x
rules:
  - name: Dam
    min_autors: 3
    min_score: high
    receivers: [desk, chatt]
  - name: Dam
    on: grew
    langs: [en]
    quiet: {from: "25:00", until: "07:00", zone: Mars/Base}
    receivers: [desk]
  - {on: founded}
"""
    found = problems(text)
    assert [problem.split(":")[0] for problem in found] == [
        "line 1",
        "line 2",
        "line 4, receiver desk",
        "line 7, receiver chat",
        "line 8, receiver chat",
        "line 11, rule Dam",
        "line 12, rule Dam",
        "line 13, rule Dam",
        "line 14, rule Dam",
        "line 16, rule Dam",
        "line 17, rule Dam",
        "line 17, rule Dam",
        "line 19, rule 3",
        "line 19, rule 3",
    ]
    together = "\n".join(found)
    for part in (
        "colour: unknown; there are link,",
        "min_autors: unknown; there are name, on, min_authors",
        "no receiver chatt; there are desk",
    ):
        assert part in together
    assert "secret is missing" in together
    assert "another rule is called so, in line 10" in together
    assert "no such time zone" in together


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: the file is empty"),
        ("rules: [", "line 1: not YAML"),
        ("- a\n- b", "line 1: Input should be a valid dictionary"),
        ("rules: []\nrules: []", "line 2: 'rules' stands here for the second time, first in line 1"),
        ("a: &x 1\nb: *x", "line 2: *x: write it out"),
        ("? [a]\n: b", "line 1: a key must be a word"),
    ],
)
def test_what_is_no_rules_file_is_told_as_such(text: str, said: str) -> None:
    assert any(problem.startswith(said) for problem in problems(text)), problems(text)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{on: founded, min_score: 3}", "min_score: an event of the kind founded does not say"),
        ("{on: grew, coordinated: only, langs: [en]}", "coordinated: an event of the kind grew does not say"),
        ("{labels: {severity: high}}", "severity: set by streamclust itself"),
        ("{labels: {a-b: c}}", "a label's name has letters, digits and _ only"),
        ("{keywords: {any: ['!!!']}}", "nothing is left of"),
        ("{keywords: {anyy: [x]}}", "unknown; there are any, all, none"),
        ('{quiet: {from: "00:00", until: "00:00"}}', "they never end"),
        ("{cooldown: 1 fortnight}", "cooldown"),
        ("{cooldown: -1}", "cooldown"),
        ("{min_authors: -1}", "min_authors"),
        ("{receivers: []}", "receivers"),
        ("{name: 'a b'}", "name"),
        ("{severity: loud}", "severity"),
    ],
)
def test_what_cannot_be_meant_is_refused(rule: str, said: str) -> None:
    with pytest.raises(InvalidRules, match=r"line \d+, rule") as caught:
        rules(rule)
    assert said in str(caught.value)


def test_words_that_yaml_takes_for_something_else_stay_words() -> None:
    (rule,) = rules("{langs: [no, on], keywords: {any: [yes, 12, null]}}").rules
    assert rule.langs == ("no", "on")
    assert rule.keywords.any == ("yes", "12", "null")


@given(st.text(max_size=60))
def test_any_text_that_is_no_rules_is_a_list_of_problems(text: str) -> None:
    assert problems(text)


@given(
    st.recursive(st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3))
)
def test_anything_in_the_place_of_a_rule_is_a_list_of_problems(rule: Any) -> None:
    assert problems(f"{RECEIVERS}\nrules: [{orjson.dumps(rule).decode()}]")


def test_a_file_that_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidRules, match=r"cannot read the alert rules in .*none\.yaml: No such file"):
        load_rules(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("text", "value"), [("90s", 90.0), ("1h30m", 5400.0), ("2d", 172_800.0), ("0.5m", 30.0), ("12", "12"), ("1 h", "1 h"), ("h", "h")]
)
def test_durations_are_numbers_with_units(text: str, value: object) -> None:
    assert seconds(text) == value


# documents


def shown(info: FieldInfo) -> str:
    """A default as the tables of the README have it."""
    default = info.get_default(call_default_factory=True, validated_data={})
    if default is PydanticUndefined or default in (None, (), {}) or not isinstance(default, (str, int, float)):
        return ""
    if any(getattr(part, "func", None) is seconds for part in info.metadata):
        unit = next(unit for unit in "dhms" if default >= {"d": 86_400, "h": 3600, "m": 60, "s": 1}[unit])
        return f"{default / {'d': 86_400, 'h': 3600, 'm': 60, 's': 1}[unit]:g}{unit}"
    return f"`{str(default).lower()}`" if isinstance(default, (str, bool)) else f"{default:g}"


@pytest.mark.parametrize(("model", "name"), [(model, name) for model in (Rule, Receiver) for name in model.model_fields])
def test_every_key_stands_in_the_readme(model: type[BaseModel], name: str) -> None:
    info = model.model_fields[name]
    assert f"\n| `{name}` | {shown(info)} | {info.description} |\n" in README


def test_the_example_is_right_and_needs_no_secret() -> None:
    found = load_rules(ROOT / "ops" / "alert-rules.yaml")
    assert list(targets_of(found, {}, AllowList.parse("alertmanager"))) == ["alertmanager"]
    said = [rule.explained() for rule in found.rules]
    assert said[0] == (
        "when a trend starts: 2 sources or more; not if it looks coordinated; warning, cooldown 3600 s, told to alertmanager"
    )
    assert "quiet 22:00 to 07:00 Europe/Vienna" in said[1]


@pytest.mark.parametrize("folder", ["ops", "ops/kubernetes"])
def test_the_example_tells_of_trends_as_they_start(folder: str) -> None:
    """On a generated stream they start with z of 5.5 to 5.9 and 8 to 14 authors, all of whose posts the cluster then has."""
    people, *few = load_rules(ROOT / folder / "alert-rules.yaml").rules
    start = {"score": 5.5, "authors": 8, "authors_hour": Params().trend_authors, "size": 8, "sources": {"a": 6, "b": 2}}
    assert isinstance(people.verdict(trend(**start)), Matched)
    assert all(isinstance(rule.verdict(trend(**start, coordinated=True)), Matched) for rule in few if rule.coordinated == "only")


def test_what_lacks_less_is_nearer() -> None:
    def lacks(**changed: Any) -> float:
        missed = verdict("{min_size: 120, min_score: 7}", trend(**changed))
        return missed.lacks if isinstance(missed, Missed) else 0.0

    assert lacks() == 0.0 < lacks(size=114) < lacks(size=60) < lacks(size=60, score=6.0)
    assert lacks(size=60) == 0.5


def test_an_event_that_fails_one_condition_is_nearer_than_one_that_fails_two_by_little() -> None:
    def missed(**changed: Any) -> Missed:
        found = verdict("{min_size: 100, min_score: 7, keywords: {any: [dam]}}", trend(**changed))
        assert isinstance(found, Missed)
        return found

    without, small = missed(text="x", keywords=[], size=99), missed(size=2)
    assert small.distance < without.distance < missed(text="x", keywords=[], size=50).distance
    assert missed(size=99).distance < small.distance


def test_every_condition_that_fails_is_told() -> None:
    missed = verdict("{min_size: 500, langs: [eo], keywords: {any: [cats]}}", trend())
    assert isinstance(missed, Missed)
    assert missed.reason.split("; ")[1:] == ["hardly any of it in eo", "none of the keywords cats"]
    assert missed.unmet == 3


def test_an_event_of_another_kind_is_the_farthest() -> None:
    other, failed = verdict("{on: grew}", trend()), verdict("{min_size: 500, min_score: 50, min_authors: 500}", trend())
    assert isinstance(other, Missed)
    assert isinstance(failed, Missed)
    assert failed.distance < other.distance


def test_what_is_commented_out_in_the_example_is_right_too() -> None:
    text = (ROOT / "ops" / "alert-rules.yaml").read_text()
    opened = re.sub(r"^( *)# ( *(?:link|desk|chat|kind|url|secret|ends):)", r"\1\2", text, flags=re.MULTILINE)
    assert list(parse_rules(opened).receivers) == ["alertmanager", "desk", "chat"]
