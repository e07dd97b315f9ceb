"""`streamclust evaluate`: figures, and all that is needed to get them again."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from command_line import Done, run, together, write_lines

from streamclust.evaluation.sample import generate


@pytest.fixture(scope="module")
def evaluations(
    posts: list[dict[str, Any]], stream: Path, as_usual: list[str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Done]:
    place = tmp_path_factory.mktemp("evaluate")
    bare = write_lines(place / "bare.jsonl", [{k: v for k, v in post.items() if k != "cluster"} for post in posts[:50]])
    return together(
        {
            "json": partial(run, "evaluate", stream, "--json", *as_usual),
            "text": partial(run, "evaluate", stream, "--exact", "--batch", 7, *as_usual),
            "unlabelled": partial(run, "evaluate", bare, *as_usual, code=1),
        }
    )


def test_the_report_says_data_order_params_and_model(evaluations: dict[str, Done], stream: Path, posts: list[dict[str, Any]]) -> None:
    said = evaluations["json"].json
    assert said["data"]["name"] == stream.name
    assert said["data"]["lines"] == len(posts)
    assert said["order"] == "file order, one pass"
    assert said["params"]["values"]["link_threshold"] == 0.5
    assert said["encoder"]["fingerprint"].startswith("bag-of-words@")
    assert (said["preset"], said["index"]) == ("claim", "hnsw")
    text = evaluations["text"].text
    assert all(word in text for word in (stream.name, said["data"]["sha256"], "link_threshold=0.5", "one pass", "exact", "bag-of-words"))


def test_the_figures_are_those_of_this_stream_at_both_stages(evaluations: dict[str, Done], posts: list[dict[str, Any]]) -> None:
    scores = evaluations["json"].json["scores"]
    assert set(scores) == {"at arrival", "after merges"}
    for figures in scores.values():
        assert figures["n_items"] == len(posts)
        assert figures["gold_clusters"] == len({post["cluster"] for post in posts})
        assert 0.3 < figures["ami"] < 1
        assert all(0 <= figures[name] <= 1 for name in ("nmi", "b3_f1", "pair_f1", "homogeneity", "completeness"))
    assert scores["after merges"]["found_clusters"] < scores["at arrival"]["found_clusters"]


def test_the_page_for_people_names_every_metric(evaluations: dict[str, Done]) -> None:
    text = evaluations["text"].text
    assert all(name in text for name in ("AMI", "ARI", "NMI", "B3", "F1", "homogeneity", "completeness", "found clusters"))
    assert "at arrival" in text
    assert "after merges" in text


def test_a_stream_without_labels_is_refused_with_what_to_do(evaluations: dict[str, Done]) -> None:
    said = evaluations["unlabelled"]
    assert said.out == b""
    assert "'cluster'" in said.err
    assert "name the field that holds it" in said.err
    assert "created_at" in said.err


def test_a_missing_file_is_a_wrong_command(tmp_path: Path) -> None:
    assert "does not exist" in run("evaluate", tmp_path / "none.jsonl", code=2).err


@pytest.mark.model
def test_the_built_in_model_finds_most_of_the_gold_clusters(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "english.jsonl", [post for post in generate(600, seed=5) if post["lang"] == "en"])
    figures = run("evaluate", path, "--json").json["scores"]["after merges"]
    assert figures["ami"] > 0.6
    assert figures["ari"] > 0.5
