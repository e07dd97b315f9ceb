"""Draws the dashboards without Grafana: `python ops/grafana/draw.py PROMETHEUS DIRECTORY [MINUTES]`.

Each panel's own queries are put to that Prometheus, and what it answers is drawn as a page of SVG, and of which Chromium makes a picture.
For the README and for review; Grafana draws nicer.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from panels import WIDTH

HERE = Path(__file__).parent
COLUMN, ROW, GAP = 44, 24, 6
COLOURS = ("#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#705da0", "#508642", "#cca300")
NAMED = {"red": "#e24d42", "green": "#56a64b"}
SAMPLES = 80
STYLE = """
body{margin:0;background:#111217;color:#ccccdc;font:11px sans-serif} div{position:absolute;box-sizing:border-box;overflow:hidden}
.panel{background:#181b1f;border:1px solid #2c3235;border-radius:3px;padding:5px 8px} .row{font-size:14px;font-weight:600;padding:5px 2px}
h2{font-size:15px;margin:2px 0} h3{font-size:12px;margin:0 0 3px;font-weight:600} .big{font-size:30px;text-align:center;font-weight:600}
small{color:#9a9aa5;margin-right:9px;white-space:nowrap} i{display:inline-block;width:9px;height:3px;margin:2px 3px}
table{border-collapse:collapse;font-size:11px} td,th{text-align:left;padding:1px 12px 1px 0} text{fill:#9a9aa5;font-size:9px}
"""

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A series: its name, labels and (time, value) pairs."""

    name: str
    labels: dict[str, str]
    points: list[Point]

    @property
    def last(self) -> float:
        """The latest value; 0 without any."""
        return self.points[-1][1] if self.points else 0.0


class Prometheus:
    """Answers queries over the last so many minutes."""

    def __init__(self, address: str, minutes: float) -> None:
        self._address = address
        self.end = time.time()
        self.start = self.end - 60 * minutes
        self._minutes = minutes

    def ask(self, target: dict[str, Any]) -> list[Line]:
        """All series of one query."""
        step = (self.end - self.start) / SAMPLES
        chosen = {"$__rate_interval": "30s", "$__range": f"{self._minutes:g}m", "$deployment": ".*", "$job": ".*", "$instance": ".*"}
        expr = target["expr"]
        for name, content in chosen.items():
            expr = expr.replace(name, content)
        asked = urllib.parse.urlencode({"query": expr, "start": self.start, "end": self.end, "step": step})
        with urllib.request.urlopen(f"{self._address}/api/v1/query_range?{asked}", timeout=30) as answer:
            found = json.loads(answer.read())["data"]["result"]
        lines = [_line(target["legendFormat"], series) for series in found]
        return sorted(lines, key=lambda line: (not line.name.isdecimal(), len(line.name) if line.name.isdecimal() else 0, line.name))


def _line(legend: str, series: dict[str, Any]) -> Line:
    labels, name = series["metric"], legend
    for label, content in labels.items():
        name = name.replace("{{" + label + "}}", content)
    points = [(float(at), float(value)) for at, value in series["values"] if math.isfinite(float(value))]
    return Line("" if name == "__auto" else name, labels, points)


def shown(value: float, unit: str) -> str:
    """A value as people write it.

    >>> [shown(v, u) for v, u in [(0.951, "percentunit"), (0.0042, "s"), (7200, "s"), (3 << 20, "bytes"), (12345, "short"), (2.5, "cps")]]
    ['95.1 %', '4.2 ms', '2 h', '3 MiB', '12.3 k', '2.5/s']
    """
    if unit == "percentunit":
        return f"{100 * value:.3g} %"
    if unit == "s":
        scales = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s"), (0.001, "ms")]
    elif unit == "bytes":
        scales = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B")]
    else:
        scales = [(1e6, "M"), (1e3, "k"), (1, "")]
    size, name = next(((s, n) for s, n in scales if abs(value) >= s), scales[-1])
    text = f"{value / size if value else 0:.3g} {name}".strip()
    return text + "/s" if unit == "cps" else text


def colour(value: float, defaults: dict[str, Any], otherwise: str) -> str:
    """What the thresholds say."""
    found = otherwise
    for step in defaults.get("thresholds", {}).get("steps", ()):
        if step["value"] is None or value >= step["value"]:
            found = NAMED[step["color"]]
    return found


# kinds of panels: each gets its lines, width and height, and gives HTML


def chart(panel: dict[str, Any], lines: Sequence[Line], span: Point, size: tuple[int, int]) -> str:
    """Lines over time, or areas on each other."""
    defaults = panel["fieldConfig"]["defaults"]
    stacked = defaults["custom"]["stacking"]["mode"] == "normal"
    drawn = _stack(lines) if stacked else [(line.points, None) for line in lines]
    values = [value for points, _ in drawn for _, value in points]
    low = min([defaults.get("min", min(values, default=0.0)), *([] if "min" in defaults else values)])
    high = defaults.get("max") or max(values, default=1.0)
    high = high if high > low else low + 1
    width, height = size
    left, bottom = 48, height - 14

    def place(at: float, value: float) -> str:
        x = left + (width - left - 4) * (at - span[0]) / (span[1] - span[0])
        return f"{x:.1f},{4 + (bottom - 4) * (1 - (value - low) / (high - low)):.1f}"

    parts = []
    for share in (0.0, 0.5, 1.0):
        y, label = 4 + (bottom - 4) * (1 - share), shown(low + share * (high - low), defaults["unit"])
        parts.append(
            f'<path d="M{left} {y:.1f}H{width - 4}" stroke="#2c3235"/><text x="{left - 4}" y="{y + 3:.1f}" text-anchor="end">{label}</text>'
        )
    for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        clock = time.strftime("%H:%M", time.gmtime(span[0] + share * (span[1] - span[0])))
        parts.append(f'<text x="{left + (width - left - 4) * share:.0f}" y="{height - 2}" text-anchor="{anchor}">{clock}</text>')
    for number, (points, floor) in enumerate(drawn):
        paint = COLOURS[number % len(COLOURS)]
        path = " ".join(place(*point) for point in points)
        if floor is not None:
            back = " ".join(place(*point) for point in reversed(floor))
            parts.append(f'<polygon points="{path} {back}" fill="{paint}" fill-opacity=".45"/>')
        parts.append(f'<polyline points="{path}" fill="none" stroke="{paint}" stroke-width="1" shape-rendering="crispEdges"/>')
    return f'<svg width="{width}" height="{height}">{"".join(parts)}</svg>{_legend(lines)}'


def _stack(lines: Sequence[Line]) -> list[tuple[list[Point], list[Point]]]:
    """Each line upon those before it, with what it stands on."""
    base: dict[float, float] = {}
    stacked = []
    for line in lines:
        floor = [(at, base.get(at, 0.0)) for at, _ in line.points]
        top = [(at, base.get(at, 0.0) + value) for at, value in line.points]
        base.update(top)
        stacked.append((top, floor))
    return stacked


def _legend(lines: Sequence[Line]) -> str:
    names = [f'<i style="background:{COLOURS[n % len(COLOURS)]}"></i><small>{escape(line.name)}</small>' for n, line in enumerate(lines)]
    return f"<p style='margin:1px 0;line-height:13px'>{''.join(names)}</p>" if any(line.name for line in lines) else ""


def stat(panel: dict[str, Any], lines: Sequence[Line], span: Point, size: tuple[int, int]) -> str:
    """The latest value."""
    defaults = panel["fieldConfig"]["defaults"]
    value = lines[0].last if lines else 0.0
    text = shown(value, defaults["unit"]) if lines else "no data"
    return f'<p class="big" style="margin:{max(size[1] // 2 - 24, 0)}px 0;color:{colour(value, defaults, "#7eb26d")}">{text}</p>'


def bars(panel: dict[str, Any], lines: Sequence[Line], span: Point, size: tuple[int, int]) -> str:
    """A bar for the latest value of each line."""
    lines = sorted(lines, key=lambda line: -line.last)
    unit, most = panel["fieldConfig"]["defaults"]["unit"], max((line.last for line in lines), default=0.0) or 1.0
    step = min(size[1] // max(len(lines), 1), 20)
    parts = []
    for number, line in enumerate(lines):
        y, long = number * step, (size[0] - 100) * line.last / most
        bar = f'<rect x="46" y="{y + 2}" width="{max(long, 0):.0f}" height="{step - 4}" fill="#56a64b"/>'
        name = f'<text x="42" y="{y + step - 5}" text-anchor="end">{escape(line.name)}</text>'
        parts.append(f'{name}{bar}<text x="{50 + long:.0f}" y="{y + step - 5}">{shown(line.last, unit)}</text>')
    return f'<svg width="{size[0]}" height="{size[1]}">{"".join(parts)}</svg>'


def states(panel: dict[str, Any], lines: Sequence[Line], span: Point, size: tuple[int, int]) -> str:
    """A band for each line, coloured by value."""
    step, left = min(size[1] // max(len(lines), 1), 24), 180
    defaults, parts = panel["fieldConfig"]["defaults"], []

    def place(at: float) -> int:
        return left + 6 + round((at - span[0]) / (span[1] - span[0]) * (size[0] - left - 10))

    for number, line in enumerate(lines):
        for paint, stretch in groupby(line.points, lambda point: colour(point[1], defaults, NAMED["green"])):
            x = place(next(stretch)[0])
            parts.append(f'<rect x="{x}" y="{number * step + 2}" width="{size[0] - 4 - x}" height="{step - 4}" fill="{paint}"/>')
        parts.append(f'<text x="{left}" y="{number * step + step - 7}" text-anchor="end">{escape(line.name)}</text>')
    return f'<svg width="{size[0]}" height="{size[1]}">{"".join(parts)}</svg>'


def table(panel: dict[str, Any], lines: Sequence[Line], span: Point, size: tuple[int, int]) -> str:
    """The labels of what is there at the end."""
    hidden = panel["transformations"][0]["options"]["excludeByName"]
    rows = [line.labels for line in lines if line.points and line.points[-1][0] > span[1] - 30]
    columns = sorted({name for row in rows for name in row if name not in hidden})
    head = "".join(f"<th>{name}</th>" for name in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(row.get(name, ''))}</td>" for name in columns) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>" if rows else "<small>nothing</small>"


KINDS = {"timeseries": chart, "stat": stat, "bargauge": bars, "state-timeline": states, "table": table}


def drawn(panel: dict[str, Any], prometheus: Prometheus) -> str:
    """One panel in its place."""
    place = panel["gridPos"]
    width, height = place["w"] * COLUMN - GAP, place["h"] * ROW - GAP
    style = f"left:{place['x'] * COLUMN + GAP}px;top:{place['y'] * ROW + 34}px;width:{width}px;height:{height}px"
    if panel["type"] == "row":
        return f'<div class="row" style="{style}">▾ {panel["title"]}</div>'
    lines = [line for target in panel["targets"] for line in prometheus.ask(target)]
    named = 1 + sum(6 * len(line.name) + 25 for line in lines) // (width - 18) if panel["type"] == "timeseries" else 0
    room = (width - 18, height - 32 - 14 * min(named, 4))
    content = KINDS[panel["type"]](panel, lines, (prometheus.start, prometheus.end), room)
    return f'<div class="panel" style="{style}"><h3>{panel["title"]}</h3>{content}</div>'


def page(model: dict[str, Any], panels: Iterable[str]) -> tuple[str, int]:
    """The page, and how high it is."""
    height = max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in model["panels"]) * ROW + 40
    title = f"<h2 style='position:absolute;left:8px;top:4px'>{model['title']}</h2>"
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{title}{''.join(panels)}", height


def photograph(source: Path, height: int) -> None:
    """A picture beside the page, if there is a Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print(f"no chromium here; the page is {source}", file=sys.stderr)
        return
    picture, size = f"--screenshot={source.with_suffix('.png')}", f"--window-size={WIDTH * COLUMN + GAP},{height}"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", picture, size, source.as_uri()]
    subprocess.run([chromium, *options], check=True, capture_output=True, timeout=60)


def main(address: str, directory: str, minutes: str = "15") -> None:
    """Draw every dashboard."""
    prometheus = Prometheus(address, float(minutes))
    for path in sorted((HERE / "dashboards").glob("*.json")):
        model = json.loads(path.read_text())
        html, height = page(model, [drawn(panel, prometheus) for panel in model["panels"]])
        source = Path(directory).resolve() / f"{path.stem}.html"
        source.write_text(html)
        photograph(source, height)


if __name__ == "__main__":
    main(*sys.argv[1:])
