"""Pictures are well-formed, say what the figures say, and need nothing but themselves."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from evaluations import Fake, lines, report, stream

from streamclust.errors import InputUnreadable
from streamclust.evaluation import pictures
from streamclust.evaluation.history import Arrived, History, Merged
from streamclust.evaluation.svg import Scale, apart
from streamclust.evaluation.windows import TIME, over_time

GOLD = ["<b>&\"'"] * 30 + ["b"] * 20 + ["c"] * 5 + list(range(5))
FOUND = ["x"] * 25 + ["y"] * 30 + list("abcde")
PUT = History.of_labels(FOUND)


def words(drawing: object) -> list[str]:
    root = ElementTree.fromstring(str(drawing))
    return [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]


def test_a_folder_is_made_and_holds_a_picture_of_each_kind(tmp_path: Path) -> None:
    systems = lines(Fake([0, 0, 0, 0], [0, 0, 1, 2]))
    measured = report(windows=over_time(GOLD, PUT, count=2), systems=systems)
    paths = pictures.draw(tmp_path / "new" / "place", stream(), measured)
    assert [path.name for path in paths] == ["over-time.svg", "sizes.svg", "confusion.svg", "comparison.svg"]
    for path in paths:
        text = path.read_text()
        assert ElementTree.fromstring(text).tag.endswith("svg")
        assert not re.findall(r"<script|<image|href=|url\(|@import", text)
        assert "nan" not in text.lower().replace("nance", "")


def test_without_a_comparison_there_is_no_picture_of_one(tmp_path: Path) -> None:
    paths = pictures.draw(tmp_path, stream(), report(windows=over_time(GOLD, PUT, count=2)))
    assert not [path for path in paths if path.name == "comparison.svg"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputUnreadable, match="cannot write the pictures"):
        pictures.draw(tmp_path / "file" / "in", stream(), report(windows=over_time(GOLD, PUT)))


def test_labels_are_text_whatever_is_in_them_and_cells_are_percent_of_the_row() -> None:
    said = words(pictures.confusion(GOLD, FOUND))
    assert "<b>&\"' (30)" in said
    assert "83" in said
    assert "17" in said
    assert "b (20)" in said


def test_sizes_name_both_and_count_their_clusters() -> None:
    said = words(pictures.sizes(GOLD, FOUND))
    assert "by the labels: 8" in said
    assert "found: 7" in said


def test_lone_posts_alone_can_be_drawn() -> None:
    assert words(pictures.sizes([1, 2], [3, 4]))
    assert words(pictures.confusion([1], [3]))
    assert words(pictures.over_time(over_time([1], History.of_labels([3]))))


def test_lines_over_time_are_named_at_their_ends_without_overlap() -> None:
    drawing = pictures.over_time(over_time(GOLD, PUT, times=[1.7e9] * len(GOLD), count=3))
    assert {"AMI", "ARI", "B³ F1", "23-11-14"} <= set(words(drawing))


def test_a_figure_below_chance_lies_within_the_picture() -> None:
    windows = over_time([0, 1] * 20 + [2, 3] * 20, History.of_labels([0, 0, 1, 1] * 10 + [0] * 40), count=2)
    assert min(window.scores.ari for window in windows) < 0
    drawing = pictures.over_time(windows)
    root = ElementTree.fromstring(str(drawing))
    heights = [float(dot.attrib["cy"]) for dot in root.iter("{http://www.w3.org/2000/svg}circle")]
    assert all(56 <= height <= 350 for height in heights)
    assert "-0.0" not in words(drawing)


def test_figures_at_arrival_are_dashed_beside_those_after_merges_and_a_legend_says_so() -> None:
    history = History([*(Arrived(n % 2) for n in range(40)), Merged(1, 0)])
    text = str(drawing := pictures.over_time(over_time([0] * 40, history, count=2)))
    assert {"at arrival", "after merges"} <= set(words(drawing))
    assert (text.count("<polyline"), text.count("stroke-dasharray")) == (2 * 3 + 2, 3 + 1)
    assert "ARI at arrival 0.000, posts 1 to 20" in text
    assert "ARI after merges 1.000, posts 1 to 20" in text


def test_windows_by_time_lie_where_their_time_is_and_say_how_many_posts_they_have() -> None:
    times = [1.7e9 + (86_400.0 if n < 45 else 30 * 86_400.0) * (n > 0) for n in range(60)]
    drawing = pictures.over_time(windows := over_time(GOLD, PUT, times=times, count=3, by=TIME), TIME)
    said = words(drawing)
    assert len(windows) == 2
    assert {"45", "15", "23-11-14", "23-12-04"} <= set(said)
    dots = {float(dot.attrib["cx"]) for dot in ElementTree.fromstring(str(drawing)).iter("{http://www.w3.org/2000/svg}circle")}
    assert dots == {165.0, 569.0}


def test_ticks_are_round_and_inside() -> None:
    assert Scale(0, 1, 0, 1).ticks() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert Scale(1, 2500, 0, 1, logarithmic=True).ticks() == [1, 10, 100, 1000]
    assert Scale(3, 3, 0, 100)(3) == 50


def test_labels_keep_their_order_and_a_gap() -> None:
    assert apart([30, 10, 12], 10) == [30, 10, 20]
    assert apart([5, 5, 5], 4) == [5, 9, 13]
