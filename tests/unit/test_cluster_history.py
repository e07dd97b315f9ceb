"""A cluster's history is told in sentences, and says what a parted cluster's counts are of."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import streamclust
from streamclust.commands import KINDS
from workers.cli import history
from workers.cli.history import counted_apart, linked_with, sentence

BY = {"by": "ana", "role": "analyst"}


def kinds_noted() -> set[str]:
    """What the clusterer notes by name; answers of people are named after their command."""
    tree = ast.parse((Path(streamclust.__file__).parent / "clusterer.py").read_text())
    calls = [c for c in ast.walk(tree) if isinstance(c, ast.Call) and isinstance(c.func, ast.Attribute) and c.func.attr == "note"]
    return {c.args[0].value for c in calls if isinstance(c.args[0], ast.Constant)} | {f"{kind}ed" for kind in KINDS}


def test_whatever_is_noted_has_a_sentence() -> None:
    assert kinds_noted() == set(history._SENTENCES)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"what": "grew", "size": 5, "authors": 1}, "grew to 5 claims by 1 author"),
        ({"what": "confirmed", "other": "c2", **BY}, "confirmed as one with c2 by ana (analyst)"),
        ({"what": "split", "into": "c3", "size": 11, "reason": "two"}, "split: 11 claims went to c3 (two)"),
        ({"what": "split", "into": "c3", "size": 1, "reason": "two"}, "split: 1 claim went to c3 (two)"),
    ],
)
def test_a_sentence_names_who_whom_and_how_many(line: dict[str, object], said: str) -> None:
    assert sentence({"at": 0.0, **line}) == said


def test_a_link_names_all_that_were_linked_by_the_same_person() -> None:
    noted = [
        {"what": "linked", "other": "c2", **BY},
        {"what": "unlinked", "other": "c3", **BY},
        {"what": "confirmed", "other": "c4", "by": "bob", "role": "analyst"},
        {"what": "confirmed", "other": "c5", **BY},
    ]
    assert linked_with(noted, "ana") == ["c2", "c5"]


def test_counts_of_a_parted_cluster_say_what_they_are_of() -> None:
    off, split = {"what": "split off", "of": "c1"}, {"what": "split", "into": "c2"}
    assert counted_apart([{"what": "founded"}]) == ""
    assert counted_apart([split, {"what": "split", "into": "c3"}]).endswith("all that ever came in, also what is in c2, c3 now")
    assert counted_apart([off]).endswith("all that came in after it was split off from c1")
    assert counted_apart([off, split]).endswith("all that came in after it was split off from c1, also what is in c2 now")


def test_a_line_that_another_version_wrote_is_shown_as_it_stands() -> None:
    assert sentence({"what": "merged", "at": 0.0, "absorbed": "c2", "score": 0.9}) == "merged: absorbed c2, score 0.9"
