"""The dashboards say what they should, of metrics that there are."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from files import README, ROOT, run
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from promql import exposed, named, problems
from test_rules import RECORDED

GRAFANA = ROOT / "ops" / "grafana"
FILES = sorted((GRAFANA / "dashboards").glob("*.json"))
DASHBOARDS: dict[str, dict[str, Any]] = {path.name: json.loads(path.read_text()) for path in FILES}
PANELS = [(name, panel) for name, model in DASHBOARDS.items() for panel in model["panels"] if panel["type"] != "row"]
UNITS = {"short", "cps", "s", "bytes", "percentunit"}
KINDS = {"timeseries", "stat", "bargauge", "state-timeline", "table"}


def name_of(value: Any) -> str:
    return str(value["title"]) if isinstance(value, dict) else str(value).removesuffix(".json")


def test_the_files_are_what_the_code_writes(tmp_path: Path) -> None:
    outcome = run(sys.executable, GRAFANA / "build.py", tmp_path)
    assert outcome.code == 0, outcome.err
    assert {path.name for path in tmp_path.iterdir()} == set(DASHBOARDS) == {"pipeline.json", "claims.json"}
    for name in DASHBOARDS:
        assert (tmp_path / name).read_text() == (GRAFANA / "dashboards" / name).read_text(), "run python ops/grafana/build.py"


def lost(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Where theirs does not have what ours has."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, content in ours.items():
            yield from lost(content, theirs[key], f"{path}.{key}") if key in theirs else [f"{path}.{key}"]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for one, other in zip(ours, theirs, strict=True):
            yield from lost(one, other, path)
    elif ours != theirs:
        yield path


def lost_on_grafana(model: dict[str, Any]) -> list[str]:
    """What Grafana 11's schema does not take over from a dashboard."""
    register_default_plugins()
    return sorted(set(lost(model, json.loads(json.dumps(Dashboard.from_json(model), cls=JSONEncoder)))))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_the_schema_of_grafana_11_knows_every_field(name: str) -> None:
    assert lost_on_grafana(DASHBOARDS[name]) == []


def test_a_field_that_grafana_does_not_know_would_be_noticed() -> None:
    panel = PANELS[0][1]
    wrong = {**panel, "fieldConfig": {**panel["fieldConfig"], "unit": "s"}}
    model = {**DASHBOARDS["claims.json"], "refreshes": "30s", "panels": [wrong]}
    assert lost_on_grafana(model) == [".panels.fieldConfig.unit", ".refreshes"]


@pytest.mark.parametrize(("name", "panel"), PANELS, ids=name_of)
def test_every_panel_has_a_title_a_description_a_unit_and_a_source(name: str, panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert panel["type"] in KINDS
    assert panel["targets"]
    for part in (panel, *panel["targets"]):
        assert part["datasource"] == {"type": "prometheus", "uid": "prometheus"}


@pytest.mark.parametrize(("name", "panel"), PANELS, ids=name_of)
def test_metrics_and_labels_in_queries_exist(name: str, panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        assert problems(target["expr"], RECORDED) == []
        there = {"job", "instance"} | named(target["expr"]).labels
        there |= frozenset().union(*(exposed().get(metric, frozenset()) for metric in named(target["expr"]).metrics))
        assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= there


@pytest.mark.parametrize(("name", "panel"), PANELS, ids=name_of)
def test_every_query_keeps_to_what_was_chosen(name: str, panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        for metric, labels in named(target["expr"]).metrics.items():
            assert metric == "ALERTS" or labels >= ({"job"} if ":" in metric else {"job", "instance"}), target["expr"]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_one_can_choose_deployment_job_and_instance(name: str) -> None:
    choices = {variable["name"]: variable["query"]["query"] for variable in DASHBOARDS[name]["templating"]["list"]}
    assert list(choices) == ["deployment", "job", "instance"]
    for label, query in choices.items():
        metric, selector, values = re.fullmatch(r"label_values\((\w+)(\{.*\})?, (\w+)\)", query).groups("")  # type: ignore[union-attr]
        assert problems(metric + selector) == []
        assert values == label
        assert label in exposed()[metric] | {"job", "instance"}


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_do_not_lie_on_each_other(name: str) -> None:
    places = [panel["gridPos"] for panel in DASHBOARDS[name]["panels"]]
    ids = [panel["id"] for panel in DASHBOARDS[name]["panels"]]
    assert len(set(ids)) == len(ids)
    for a, b in combinations(places, 2):
        assert a["x"] + a["w"] <= 24
        apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"] or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert apart, (a, b)


def test_the_two_have_names_of_their_own_and_lead_to_each_other() -> None:
    assert len({model["uid"] for model in DASHBOARDS.values()}) == 2
    assert all(model["links"][0]["tags"] == model["tags"] == ["streamclust"] for model in DASHBOARDS.values())


@pytest.mark.parametrize("metric", sorted(name for name in exposed() if name.startswith("streamclust_")))
def test_every_metric_of_ours_is_drawn_or_watched(metric: str) -> None:
    text = " ".join(target["expr"] for _, panel in PANELS for target in panel["targets"])
    text += " ".join(rule["expr"] for rule in RECORDED.values())
    base = re.sub(r"_(bucket|sum|count)$", "", metric)
    assert re.search(rf"\b{base}(_bucket|_sum|_count)?\b", text), metric


def test_metrics_named_in_the_readme_exist() -> None:
    named_there = set(re.findall(r"`(streamclust_[a-z_]+)`", README))
    assert {name for name in named_there if name not in exposed() and f"{name}_total" not in exposed()} == set()
