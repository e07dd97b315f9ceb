"""The report as pictures: figures over time, sizes of clusters, confusion of the largest, and the comparison."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from pathlib import Path

from streamclust.claims import isoformat
from streamclust.errors import InputUnreadable
from streamclust.evaluation.baselines.base import ONE_PASS
from streamclust.evaluation.comparison import BEST, Played, System
from streamclust.evaluation.parts import truth
from streamclust.evaluation.report import AFTER_MERGES, AT_ARRIVAL, Report
from streamclust.evaluation.svg import COLORS, Drawing, Scale, apart
from streamclust.evaluation.windows import POSTS, Window

LARGEST = 12
_SHOWN = {"ami": "AMI", "ari": "ARI", "b3_f1": "B³ F1"}
_LABEL = 24
_LEGEND = "#888"


def draw(folder: Path, played: Played, report: Report) -> list[Path]:
    """Write the pictures into a folder, which is made if it is not there.

    Returns:
        The files.

    Raises:
        InputUnreadable: the folder cannot be written to.
    """
    gold, found = truth(played.labels), played.history.at_end()
    drawings = {"over-time": over_time(report.windows, report.windows_by), "sizes": sizes(gold, found), "confusion": confusion(gold, found)}
    if report.systems:
        drawings["comparison"] = comparison(report.systems)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / f"{name}.svg" for name in drawings]
        for path, drawing in zip(paths, drawings.values(), strict=True):
            path.write_text(str(drawing), encoding="utf-8")
    except OSError as error:
        raise InputUnreadable(f"cannot write the pictures into {folder}: {error.strerror}; name another folder") from None
    return paths


def over_time(windows: Sequence[Window], by: str = POSTS) -> Drawing:
    """For each figure a line after merges and a dashed one at arrival; a point for each window."""
    drawing = Drawing(760, 400, "Agreement over time")
    lines = {name: _stages(windows, metric) for metric, name in _SHOWN.items()}
    lowest = min(value for stages in lines.values() for values in stages.values() for value in values)
    up = Scale(min(0.0, math.floor(10 * lowest) / 10), 1, 350, 56)
    _grid(drawing, up, 64, 670, "{:.1f}")
    middles = _along(drawing, windows, by)
    heights = apart([up(stages[AFTER_MERGES][-1]) for stages in lines.values()], 15)
    for (name, stages), height, color in zip(lines.items(), heights, COLORS, strict=False):
        for stage, values in stages.items():
            points = [(x, up(value)) for x, value in zip(middles, values, strict=True)]
            drawing.path(points, color, dashed=stage == AT_ARRIVAL)
            for point, value, window in zip(points, values, windows, strict=True):
                drawing.dot(point, color, f"{name} {stage} {value:.3f}, posts {window.first} to {window.last}")
        drawing.text(680, height + 4, name, color=color)
    _legend(drawing)
    return drawing


def _stages(windows: Sequence[Window], metric: str) -> dict[str, list[float]]:
    """Values of one figure, by stage."""
    return {
        AT_ARRIVAL: [getattr(window.at_arrival, metric) for window in windows],
        AFTER_MERGES: [getattr(window.scores, metric) for window in windows],
    }


def _along(drawing: Drawing, windows: Sequence[Window], by: str) -> list[float]:
    """Name the windows below the axis: last post or, by time, number of posts; and when they begin.

    Returns:
        Where the middle of each is.
    """
    spans = [(w.first, w.last) if by == POSTS else (w.begins or 0.0, w.ends or 0.0) for w in windows]
    across = Scale(spans[0][0], spans[-1][1], 64, 670)
    middles = [across((start + stop) / 2) for start, stop in spans]
    for at, window in zip(middles, windows, strict=True):
        drawing.text(at, 370, str(window.last if by == POSTS else window.scores.n_items), kind="soft", anchor="middle")
        if window.begins is not None and len(windows) <= LARGEST:
            drawing.text(at, 386, isoformat(window.begins)[:10][2:], kind="soft", anchor="middle")
    drawing.text(680, 370, "posts", kind="soft")
    return middles


def _legend(drawing: Drawing) -> None:
    for x, stage in ((440, AFTER_MERGES), (570, AT_ARRIVAL)):
        drawing.path([(x, 28), (x + 28, 28)], _LEGEND, dashed=stage == AT_ARRIVAL)
        drawing.text(x + 34, 32, stage, kind="soft")


def sizes(gold: Sequence[Hashable], found: Sequence[Hashable]) -> Drawing:
    """How many clusters have at least so many posts, both axes by powers of ten."""
    drawing = Drawing(760, 400, "Clusters with at least so many posts")
    both = {"by the labels": sorted(Counter(gold).values()), "found": sorted(Counter(found).values())}
    most, widest = max(map(len, both.values())), max(values[-1] for values in both.values())
    across, up = Scale(1, widest, 64, 640, True), Scale(1, max(most, 2), 350, 56, True)
    _grid(drawing, up, 64, 640, "{:,.0f}")
    for value in across.ticks():
        drawing.text(across(value), 370, f"{value:,.0f}", kind="soft", anchor="middle")
    drawing.text(650, 370, "posts or more", kind="soft")
    for number, ((name, values), color) in enumerate(zip(both.items(), COLORS, strict=False)):
        drawing.path(_steps(values, across, up), color)
        drawing.text(630, 76 + 18 * number, f"{name}: {len(values):,}", anchor="end", color=color)
    return drawing


def confusion(gold: Sequence[Hashable], found: Sequence[Hashable]) -> Drawing:
    """Where the posts of the largest gold clusters lie: one row each, in percent of the row."""
    shared = Counter(zip(gold, found, strict=True))
    rows = [label for label, _ in Counter(gold).most_common(LARGEST)]
    columns = list(dict.fromkeys(max(_inside(shared, row), key=lambda pair: (pair[1], str(pair[0])))[0] for row in rows))
    drawing = Drawing(280 + 46 * (len(columns) + 1), 110 + 30 * (len(rows) + 1), "Where the largest gold clusters lie, percent")
    amounts, held = Counter(gold), Counter(found)
    for place, column in enumerate([*columns, None]):
        x = 240 + 46 * place
        head = "else" if column is None else f"{place + 1}"
        drawing.text(x + 21, 66, head, kind="soft", anchor="middle")
        for line, row in enumerate(rows):
            part = shared[row, column] if column is not None else amounts[row] - sum(shared[row, one] for one in columns)
            _cell(
                drawing, (x, 76 + 30 * line), part / amounts[row], f"{row}: {part} of {amounts[row]} posts in {column or 'other clusters'}"
            )
        if column is not None:
            drawing.text(x + 21, 94 + 30 * len(rows), f"{held[column]:,}", kind="soft", anchor="middle")
    for line, row in enumerate(rows):
        drawing.text(228, 95 + 30 * line, f"{_short(row)} ({amounts[row]:,})", anchor="end")
    drawing.text(228, 66, "gold cluster (posts), found cluster:", kind="soft", anchor="end")
    drawing.text(228, 94 + 30 * len(rows), "posts of the found cluster:", kind="soft", anchor="end")
    return drawing


def comparison(systems: Sequence[System]) -> Drawing:
    """A bar for each line of the comparison: full for a fixed setting, hollow for the best here."""
    drawing = Drawing(760, 92 + 26 * len(systems), "Agreement (AMI) on the same vectors")
    across = Scale(0, 1, 300, 690)
    for place, one in enumerate(systems):
        y, color = 52 + 26 * place, COLORS[0] if one.kind == ONE_PASS else COLORS[1]
        ami = max(one.scores.ami, 0.0)
        drawing.text(290, y + 14, f"{one.name}, {one.setting}" + (f" (first {one.posts:,})" if one.limited else ""), anchor="end")
        drawing.box((300, y), (across(ami) - 300, 18), color, hollow=one.chosen == BEST, said=f"{one.title}: {one.scores.ami:.3f}")
        drawing.text(across(ami) + 6, y + 14, f"{one.scores.ami:.3f}")
    foot = 78 + 26 * len(systems)
    drawing.text(300, foot, "one pass", color=COLORS[0])
    drawing.text(366, foot, "sees all at once", color=COLORS[1])
    drawing.text(474, foot, "hollow: best of its settings on these labels", kind="soft")
    return drawing


def _grid(drawing: Drawing, up: Scale, left: float, right: float, form: str) -> None:
    for value in up.ticks():
        drawing.line((left, up(value)), (right, up(value)))
        drawing.text(left - 8, up(value) + 4, form.format(value), kind="soft", anchor="end")
    drawing.line((left, up.start), (right, up.start), "axis")


def _steps(ascending: Sequence[int], across: Scale, up: Scale) -> list[tuple[float, float]]:
    """Corners of the line that says how many are at least so large."""
    points = []
    for size, count in sorted(Counter(ascending).items()):
        at_least = len(ascending)
        points.append((across(size), up(at_least)))
        ascending = ascending[count:]
        points.append((across(size), up(max(len(ascending), 1))))
    return points


def _inside(shared: Counter[tuple[Hashable, Hashable]], row: Hashable) -> list[tuple[Hashable, int]]:
    return [(column, part) for (label, column), part in shared.items() if label == row]


def _cell(drawing: Drawing, at: tuple[float, float], share: float, said: str) -> None:
    drawing.box(at, (42, 26), COLORS[0], opacity=0.06 + 0.94 * share if share else 0.03, said=said)
    if share >= 0.005:
        drawing.text(at[0] + 21, at[1] + 17, f"{100 * share:.0f}", anchor="middle", kind="light" if share > 0.6 else "")


def _short(label: Hashable) -> str:
    text = str(label)
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 1]}…"
