"""`streamclust evaluate multilingual`: the test set that comes with the package, and what it says of near-misses."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from command_line import run, together


@pytest.fixture(scope="module")
def evaluations(as_usual: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    place = tmp_path_factory.mktemp("built-in")
    (place / "multilingual").write_text('{"text": "a", "cluster": 1}\n{"text": "b", "cluster": 2}\n')
    return together(
        {
            "json": partial(run, "evaluate", "multilingual", "--json", *as_usual, cwd=place.parent),
            "text": partial(run, "evaluate", "multilingual", *as_usual, cwd=place.parent),
            "file": partial(run, "evaluate", "multilingual", "--json", *as_usual, cwd=place),
            "unknown": partial(run, "evaluate", "bilingual", *as_usual, code=2),
        }
    )


def test_the_built_in_set_is_evaluated_by_name(evaluations: dict[str, Any]) -> None:
    said = evaluations["json"].json
    assert said["data"]["name"] == "multilingual_claims.jsonl"
    assert said["scores"]["after merges"]["n_items"] == said["data"]["lines"] >= 600
    assert said["wholeness"]["claims"] >= 60
    assert {one["kind"] for one in said["confusions"]} == {"topic", "negated", "number", "place"}
    assert all(one["posts"] > 20 and 0 <= one["joined"] <= 1 for one in said["confusions"])


def test_the_page_says_how_many_near_misses_were_joined(evaluations: dict[str, Any]) -> None:
    assert "Near-misses" in evaluations["text"].text
    assert "negated: says the opposite" in evaluations["text"].text


def test_a_file_of_that_name_goes_before_and_says_nothing_of_near_misses(evaluations: dict[str, Any]) -> None:
    said = evaluations["file"].json
    assert said["data"]["lines"] == 2
    assert (said["confusions"], said["wholeness"]) == ([], None)


def test_any_other_name_without_a_file_is_a_mistake_in_the_command(evaluations: dict[str, Any]) -> None:
    assert "bilingual" in evaluations["unknown"].err
