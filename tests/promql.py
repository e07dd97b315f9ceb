"""What PromQL expressions name, and what there is to name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from workers.metrics import WorkerMetrics

_KEYWORDS = frozenset({"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring", "group_left", "group_right"})
_FROM_PROMETHEUS = {"up": frozenset[str](), "ALERTS": frozenset({"alertname", "alertstate", "severity"})}
_ADDED = frozenset({"job", "instance", "le", "__name__"})


class Named(NamedTuple):
    """What an expression names.

    Args:
        metrics: series, by the labels that their selectors ask for.
        labels: labels that it groups or matches by.
    """

    metrics: dict[str, set[str]]
    labels: set[str]


def named(expr: str) -> Named:
    """What is named in an expression.

    >>> found = named('sum by (job) (rate(a_total{x="b", job=~"$job"}[5m] offset 1d)) / on (y) group_left (z) b > 0')
    >>> sorted(found.metrics), sorted(found.metrics["a_total"]), sorted(found.labels)
    (['a_total', 'b'], ['job', 'x'], ['job', 'y', 'z'])
    """
    expr = re.sub(r'"[^"]*"', '""', expr)
    grouped = re.findall(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)", expr)
    expr = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", expr)
    expr = re.sub(r"\[[^\]]*\]|\boffset\s+\w+", " ", expr)
    metrics: dict[str, set[str]] = defaultdict(set)
    for name, selector, call in re.findall(r"(?<![\w.$])([A-Za-z_:][\w:]*)\s*(\{[^}]*\})?\s*(\()?", expr):
        if not call and name not in _KEYWORDS:
            metrics[name] |= set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
    return Named(dict(metrics), {label.strip() for group in grouped for label in group.split(",") if label.strip()})


def exposed() -> dict[str, frozenset[str]]:
    """Names of all series a process can have, with their labels."""
    metrics = WorkerMetrics("cluster", "default")
    metrics.lags(0, 0)
    found: dict[str, frozenset[str]] = {}
    for family in metrics.registry.collect():
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, frozenset()) | set(sample.labels)
    return found


def problems(expr: str, recorded: Iterable[str] = ()) -> list[str]:
    """Names in an expression that nothing has.

    Args:
        expr: PromQL; Grafana's variables may stand in it.
        recorded: names of recording rules.
    """
    there = exposed() | _FROM_PROMETHEUS | dict.fromkeys(recorded, frozenset())
    found = named(expr)
    wrong = [f"there is no metric {name}" for name in found.metrics if name not in there]
    if wrong or not found.metrics:
        return wrong or [f"no metric is named in {expr}"]
    for name, labels in found.metrics.items():
        wrong += [f"{name} has no label {label}" for label in labels - there[name] - _ADDED]
    known = frozenset[str]().union(_ADDED, *(there[name] for name in found.metrics))
    return wrong + [f"nothing in {expr} has a label {label}" for label in found.labels - known]
