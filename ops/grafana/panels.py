"""Panels and dashboards as Grafana has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SOURCE = {"type": "prometheus", "uid": "prometheus"}
ONE = 'job=~"$job", instance=~"$instance"'
JOB = 'job=~"$job"'
WIDTH = 24


@dataclass(frozen=True)
class Query:
    """An expression and what its lines are called; `ONE` and `JOB` at the beginning of a selector stand for what was chosen."""

    expr: str
    legend: str = ""
    exemplars: bool = False

    def target(self, ref: str, kind: str) -> dict[str, Any]:
        """As Grafana has it, for this kind of panel."""
        instant = kind in ("table", "bargauge")
        expr = self.expr.replace("{ONE", "{" + ONE).replace("{JOB", "{" + JOB)
        return {
            "refId": ref,
            "datasource": SOURCE,
            "expr": expr,
            "legendFormat": self.legend or "__auto",
            "editorMode": "code",
            "instant": instant,
            "range": not instant,
            "exemplar": self.exemplars,
            "format": "table" if kind == "table" else "time_series",
        }


@dataclass(frozen=True)
class Panel:
    """One panel.

    Args:
        about: what it says, and when to worry.
        unit: Grafana's name for it.
        kind: Grafana's name for the kind of panel.
        width: of 24.
        height: in rows of 30 pixels.
        least, most: where the axis ends; None leaves it open.
        steps: (from, colour) of the thresholds.
        stacked: whether lines stand on each other.
    """

    title: str
    about: str
    unit: str
    queries: Sequence[Query]
    kind: str = "timeseries"
    width: int = 8
    height: int = 8
    least: float | None = 0
    most: float | None = None
    steps: Sequence[tuple[float | None, str]] = ()
    stacked: bool = False

    def model(self, number: int, x: int, y: int) -> dict[str, Any]:
        """As Grafana has it."""
        limits = {"min": self.least, "max": self.most}
        defaults = {"unit": self.unit, "custom": self._custom(), **{name: end for name, end in limits.items() if end is not None}}
        if self.steps:
            steps = [{"value": value, "color": colour} for value, colour in self.steps]
            defaults |= {"thresholds": {"mode": "absolute", "steps": steps}, "color": {"mode": "thresholds"}}
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.about,
            "datasource": SOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "fieldConfig": {"defaults": defaults, "overrides": []},
            "options": _OPTIONS[self.kind],
            "targets": [query.target(chr(ord("A") + i), self.kind) for i, query in enumerate(self.queries)],
        } | ({"transformations": [{"id": "organize", "options": {"excludeByName": _NO_COLUMNS}}]} if self.kind == "table" else {})

    def _custom(self) -> dict[str, Any]:
        if self.kind != "timeseries":
            return {}
        stacking = {"mode": "normal" if self.stacked else "none", "group": "A"}
        return {"lineWidth": 1, "fillOpacity": 30 if self.stacked else 8, "showPoints": "never", "spanNulls": False, "stacking": stacking}


_OPTIONS: dict[str, dict[str, Any]] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "value",
        "graphMode": "area",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "auto",
        "wideLayout": True,
    },
    "bargauge": {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "displayMode": "basic",
        "orientation": "horizontal",
        "showUnfilled": True,
        "valueMode": "color",
        "namePlacement": "auto",
        "sizing": "auto",
        "minVizWidth": 8,
        "minVizHeight": 16,
        "maxVizHeight": 300,
    },
    "state-timeline": {
        "mergeValues": True,
        "showValue": "never",
        "alignValue": "left",
        "rowHeight": 0.9,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False},
        "tooltip": {"mode": "single", "sort": "none"},
    },
    "table": {"showHeader": True, "cellHeight": "sm", "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""}},
}
_NO_COLUMNS = {"Time": True, "Value": True, "__name__": True, "alertstate": True}


def dashboard(uid: str, title: str, about: str, rows: Sequence[str | Panel]) -> dict[str, Any]:
    """A whole dashboard; strings begin rows."""
    return {
        "uid": uid,
        "title": title,
        "description": about,
        "tags": ["streamclust"],
        "schemaVersion": 41,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "",
        "links": [{"type": "dashboards", "title": "streamclust", "tags": ["streamclust"], "asDropdown": False, "includeVars": True}],
        "annotations": {"list": []},
        "templating": {
            "list": [
                variable("deployment", "label_values(streamclust_build_info, deployment)"),
                variable("job", 'label_values(streamclust_build_info{deployment=~"$deployment"}, job)'),
                variable("instance", 'label_values(streamclust_build_info{deployment=~"$deployment", job=~"$job"}, instance)'),
            ]
        },
        "panels": placed(rows),
    }


def variable(name: str, query: str) -> dict[str, Any]:
    """Something to choose from; everything is chosen at first."""
    return {
        "name": name,
        "label": name.capitalize(),
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": name},
        "includeAll": True,
        "multi": True,
        "current": {"text": ["All"], "value": ["$__all"]},
        "refresh": 2,
        "sort": 1,
        "hide": 0,
        "regex": "",
        "options": [],
    }


def placed(rows: Sequence[str | Panel]) -> list[dict[str, Any]]:
    """Panels from left to right, and a new line where the next one has no room."""
    found: list[dict[str, Any]] = []
    x = y = tallest = 0
    for number, item in enumerate(rows, 1):
        if isinstance(item, str) or x + item.width > WIDTH:
            x, y, tallest = 0, y + tallest, 0
        if isinstance(item, str):
            place = {"x": 0, "y": y, "w": WIDTH, "h": 1}
            found.append({"id": number, "type": "row", "title": item, "collapsed": False, "gridPos": place, "panels": []})
            y += 1
            continue
        found.append(item.model(number, x, y))
        x, tallest = x + item.width, max(tallest, item.height)
    return found
