"""Recording rules, alarms, their tests, the runbook and Alertmanager's routes agree with each other and with the code."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from typing import Any

import click
import pytest
import yaml
from files import ROOT, check_command, run, tool
from promql import exposed, named, problems

from workers import metrics as m
from workers.metrics import WorkerMetrics
from workers.settings import Settings, variable

OPS = ROOT / "ops"
RULES = [OPS / "prometheus" / "rules" / f"{name}.yml" for name in ("objectives", "workers", "claims", "deliveries")]
TESTS = sorted((OPS / "prometheus" / "tests").glob("*.yml"))
RUNBOOK = (OPS / "runbook.md").read_text()
ALERTMANAGER = OPS / "alertmanager" / "alertmanager.yml"
HOW = "apt-get install prometheus prometheus-alertmanager"
Rule = dict[str, Any]


def all_rules() -> Iterator[Rule]:
    for path in RULES:
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


ALARMS = {rule["alert"]: rule for rule in all_rules() if "alert" in rule}
RECORDED = {rule["record"]: rule for rule in all_rules() if "record" in rule}
EXPRESSIONS = {**{name: rule["expr"] for name, rule in ALARMS.items()}, **{name: rule["expr"] for name, rule in RECORDED.items()}}


@pytest.mark.prometheus
def test_promtool_takes_every_rule() -> None:
    outcome = run(tool("promtool", HOW), "check", "rules", *RULES)
    assert outcome.code == 0, outcome.out + outcome.err


@pytest.mark.prometheus
def test_every_test_of_the_rules_passes() -> None:
    promtool = tool("promtool", HOW)
    running = [subprocess.Popen([promtool, "test", "rules", path], stdout=-1, stderr=-2, text=True) for path in TESTS]
    ended = [(process.communicate(timeout=120)[0], process.returncode) for process in running]
    assert [out for out, code in ended if code] == []


@pytest.mark.parametrize("name", ALARMS)
def test_every_alarm_has_a_test_that_fires_and_one_that_does_not(name: str) -> None:
    cases = [case for path in TESTS for case in yaml.safe_load(path.read_text())["tests"]]
    expected = {True: False, False: False}
    for case in cases:
        if case["name"].startswith(f"{name} "):
            fires = case["name"].startswith(f"{name} fires")
            assert fires or case["name"].startswith(f"{name} does not fire"), case["name"]
            shown = [sample["labels"] for query in case["promql_expr_test"] for sample in query["exp_samples"]]
            assert fires == any(f'alertname="{name}"' in labels for labels in shown), case["name"]
            assert any("ALERTS" in query["expr"] for query in case["promql_expr_test"]), case["name"]
            expected[fires] = True
    assert expected == {True: True, False: True}


def test_no_alarm_is_tested_that_is_not_there() -> None:
    cases = [case["name"] for path in TESTS for case in yaml.safe_load(path.read_text())["tests"]]
    assert {name.split()[0] for name in cases if name.split()[1] in ("fires", "does")} == set(ALARMS)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_metrics_and_labels_in_rules_exist(name: str) -> None:
    assert problems(EXPRESSIONS[name], RECORDED) == []


def test_a_metric_that_does_not_exist_would_be_noticed() -> None:
    assert problems("rate(streamclust_records_totals[5m])") == ["there is no metric streamclust_records_totals"]
    assert problems('streamclust_backoffs_total{why="store"}') == ["streamclust_backoffs_total has no label why"]
    assert problems("sum by (shard) (streamclust_lag_records)") == ["nothing in sum by (shard) (streamclust_lag_records) has a label shard"]


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_values_that_rules_ask_for_are_in_the_closed_sets(name: str) -> None:
    values = {
        "cause": {*m.CAUSES.values(), m.BROKER},
        "reason": {*m.STOPS.values(), m.OTHER_STOP},
        "what": set(m.OBSTACLES),
        "rule": set(m.RULES),
        "role": {"embed", "cluster"},
        "outcome": set(m.DELIVERY_OUTCOMES),
        "receiver_kind": set(m.RECEIVER_KINDS),
        "le": {"60.0"},
    }
    for label, value in re.findall(r'(\w+)(?:=~|!~|!=|=)"([^"]*)"', EXPRESSIONS[name]):
        assert label == "job" or set(value.split("|")) <= values[label], f"{label}={value}"


def test_the_bucket_of_the_freshness_objective_is_there() -> None:
    families = {family.name: family for family in WorkerMetrics().registry.collect()}
    assert "60.0" in {sample.labels.get("le") for sample in families["streamclust_event_delay_seconds"].samples}


@pytest.mark.parametrize("name", ALARMS)
def test_every_alarm_says_what_is_wrong_how_bad_it_is_and_where_to_read_on(name: str) -> None:
    rule = ALARMS[name]
    assert re.fullmatch(r"([A-Z][a-z]+)+", name)
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"ops/runbook.md#{name.lower()}"
    assert len(rule["annotations"]["summary"]) < 120


@pytest.mark.parametrize("name", ALARMS)
def test_labels_in_texts_are_there_when_it_fires(name: str) -> None:
    rule = ALARMS[name]
    found = named(rule["expr"])
    there = found.labels or {"job", "instance"}.union(*(exposed().get(metric, frozenset()) for metric in found.metrics))
    for label in re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())):
        assert label in there | {"job"}, label


def test_the_runbook_has_a_heading_for_every_alarm_in_their_order_and_no_other() -> None:
    assert re.findall(r"^## (.*)$", RUNBOOK, re.MULTILINE) == list(ALARMS)


def test_every_file_of_rules_is_looked_at() -> None:
    assert sorted(RULES) == sorted((OPS / "prometheus" / "rules").glob("*.yml"))


def test_links_in_the_runbook_lead_somewhere() -> None:
    anchors = {name.lower() for name in ALARMS}
    assert set(re.findall(r"\]\(#(\w+)\)", RUNBOOK)) <= anchors
    assert [name for name in re.findall(r"`((?:ops|tests)/[\w./-]+)`", RUNBOOK) if not (ROOT / name).exists()] == []


def commands_in_the_runbook() -> list[str]:
    blocks = re.findall(r"```\n(.*?)```", RUNBOOK, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [c for c in [*lines, *re.findall(r"`([^`]+)`", RUNBOOK)] if c.startswith("streamclust ")]


@pytest.mark.parametrize("command", sorted(set(commands_in_the_runbook())))
def test_commands_in_the_runbook_would_start(command: str) -> None:
    stand_ins = {"FILE": str(ROOT / "README.md"), "OFFSET": "1"}
    try:
        check_command([stand_ins.get(word, word) for word in command.split()])
    except click.UsageError as error:
        pytest.fail(f"{command}: {error.format_message()}")


def test_settings_and_metrics_in_the_runbook_are_real() -> None:
    assert set(re.findall(r"STREAMCLUST_[A-Z_]*[A-Z]", RUNBOOK)) <= {variable(name) for name in Settings.model_fields}
    assert set(re.findall(r"`(streamclust_[a-z_]+)`", RUNBOOK)) <= set(exposed())


# Alertmanager


def route(**labels: str) -> str:
    given = [f"{name}={value}" for name, value in labels.items()]
    outcome = run(tool("amtool", HOW), "config", "routes", "test", f"--config.file={ALERTMANAGER}", *given)
    assert outcome.code == 0, outcome.err
    return outcome.out.strip()


@pytest.mark.prometheus
def test_claims_go_to_the_desk_and_alarms_to_whoever_is_on_call() -> None:
    assert route(streamclust="claim", alertname="Burst", severity="critical") == "claims-desk"
    assert route(alertname="WorkerDown", severity="critical") == "on-call-now"
    assert route(alertname="LagHigh", severity="warning") == "on-call-later"


def inhibitions() -> list[dict[str, Any]]:
    return list(yaml.safe_load(ALERTMANAGER.read_text())["inhibit_rules"])


def matching(matchers: list[str]) -> set[str]:
    """Alarms that matchers on the name alone let through."""
    (matcher,) = matchers
    found = re.fullmatch(r'alertname(=~?)"([^"]*)"', matcher)
    assert found, matcher
    return {name for name in ALARMS if re.fullmatch(found[2] if found[1] == "=~" else re.escape(found[2]), name)}


def test_inhibitions_name_alarms_that_exist() -> None:
    for inhibition in inhibitions():
        for matchers in (inhibition["source_matchers"], inhibition["target_matchers"]):
            (matcher,) = matchers
            for pattern in matcher.partition('"')[2].rstrip('"').split("|"):
                assert any(re.fullmatch(pattern, name) for name in ALARMS), pattern


def test_a_worker_that_is_down_is_told_of_before_its_lag() -> None:
    silenced = {(s, t) for i in inhibitions() for s in matching(i["source_matchers"]) for t in matching(i["target_matchers"])}
    assert ("WorkerDown", "LagHigh") in silenced
    assert ("StoreUnavailable", "ProgressStalled") in silenced
    assert not [(s, t) for s, t in silenced if (t, s) in silenced], "two alarms would silence each other"


def test_both_sides_of_an_inhibition_carry_the_label_it_compares() -> None:
    for inhibition in inhibitions():
        assert inhibition["equal"] == ["job"]
        for name in matching(inhibition["source_matchers"]) | matching(inhibition["target_matchers"]):
            grouped = named(ALARMS[name]["expr"]).labels
            assert not grouped or "job" in grouped or name == "NoWorker", name
