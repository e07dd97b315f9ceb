"""`streamclust evaluate`: figures, and all that is needed to get them again."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from command_line import run, together, write_lines

from streamclust.evaluation.sample import generate


@pytest.fixture(scope="module")
def evaluations(posts: list[dict[str, Any]], stream: Path, as_usual: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    place = tmp_path_factory.mktemp("evaluate")
    bare = write_lines(place / "bare.jsonl", [{k: v for k, v in post.items() if k != "cluster"} for post in posts[:50]])
    untimed = write_lines(place / "untimed.jsonl", [{k: v for k, v in post.items() if k != "created_at"} for post in posts[:50]])
    pictures = tmp_path_factory.mktemp("pictures")
    beside = ("--compare", "average-link,first-story,dbstream", "--order", "shuffled:3", "--limit", 600, "--pictures", pictures)
    return together(
        {
            "json": partial(run, "evaluate", stream, "--json", *as_usual),
            "beside": partial(run, "evaluate", stream, *beside, "--json", *as_usual),
            "text": partial(run, "evaluate", stream, "--exact", "--batch", 7, *as_usual),
            "by time": partial(run, "evaluate", stream, "--windows-by", "time", "--limit", 400, "--json", *as_usual),
            "without times": partial(run, "evaluate", untimed, "--windows-by", "time", *as_usual, code=1),
            "unlabelled": partial(run, "evaluate", bare, *as_usual, code=1),
            "another form": partial(run, "evaluate", stream, "--format", "mstream", *as_usual, code=1),
            "pictures": lambda: pictures,
        }
    )


def test_the_report_says_data_order_params_and_model(evaluations: dict[str, Any], stream: Path, posts: list[dict[str, Any]]) -> None:
    said = evaluations["json"].json
    assert said["data"]["name"] == stream.name
    assert said["data"]["lines"] == len(posts)
    assert said["order"] == "file order, one pass"
    assert said["params"]["values"]["link_threshold"] == 0.5
    assert said["encoder"]["fingerprint"].startswith("bag-of-words@")
    assert (said["preset"], said["index"]) == ("claim", "hnsw")
    text = evaluations["text"].text
    assert all(word in text for word in (stream.name, said["data"]["sha256"], "link_threshold=0.5", "one pass", "exact", "bag-of-words"))


def test_the_figures_are_those_of_this_stream_at_both_stages(evaluations: dict[str, Any], posts: list[dict[str, Any]]) -> None:
    scores = evaluations["json"].json["scores"]
    assert set(scores) == {"at arrival", "after merges"}
    for figures in scores.values():
        assert figures["n_items"] == len(posts)
        assert figures["gold_clusters"] == len({post["cluster"] for post in posts})
        assert 0.3 < figures["ami"] < 1
        assert all(0 <= figures[name] <= 1 for name in ("nmi", "b3_f1", "pair_f1", "homogeneity", "completeness"))
    assert scores["after merges"]["found_clusters"] < scores["at arrival"]["found_clusters"]


def test_the_page_for_people_names_every_metric(evaluations: dict[str, Any]) -> None:
    text = evaluations["text"].text
    assert all(name in text for name in ("AMI", "ARI", "NMI", "B3", "F1", "homogeneity", "completeness", "found clusters"))
    assert "at arrival" in text
    assert "after merges" in text


def test_beside_others_each_gets_the_same_posts_and_ours_stands_first(evaluations: dict[str, Any]) -> None:
    said = evaluations["beside"].json
    systems = said["systems"]
    assert list(dict.fromkeys(one["name"] for one in systems)) == ["streamclust", "first-story", "dbstream", "average-link"]
    assert {one["posts"] for one in systems} == {said["data"]["lines"]} == {600}
    assert [one["scores"] for one in systems[:2]] == [said["scores"]["at arrival"], said["scores"]["after merges"]]
    assert all(one["ours"] == said["scores"]["after merges"] for one in systems)
    for name in ("first-story", "average-link"):
        fixed, best = [one["scores"]["ami"] for one in systems if one["name"] == name]
        assert 0.2 < fixed <= best < 1


def test_a_shuffled_order_is_said_and_gives_other_clusters_of_the_same_posts(evaluations: dict[str, Any]) -> None:
    said = evaluations["beside"].json
    assert said["order"] == "shuffled with seed 3, one pass"
    assert len(said["windows"]) == 10
    assert said["windows"][-1]["last"] == 600
    assert {one["begins"] for one in said["windows"]} == {one["seconds"] for one in said["delays"]} == {None}


def test_windows_by_time_are_equally_long_and_hold_all_posts(evaluations: dict[str, Any]) -> None:
    said = evaluations["by time"].json
    assert said["windows_by"] == "time"
    lengths = [one["ends"] - one["begins"] for one in said["windows"]]
    assert lengths == pytest.approx([lengths[0]] * len(lengths))
    assert lengths[0] > 0
    assert sum(one["at_arrival"]["n_items"] for one in said["windows"]) == 400
    assert evaluations["json"].json["windows_by"] == "posts"


def test_windows_by_time_of_what_has_none_are_refused(evaluations: dict[str, Any], stream: Path) -> None:
    assert "has no time" in evaluations["without times"].err
    assert evaluations["without times"].out == b""
    shuffled = run("evaluate", stream, "--windows-by", "time", "--order", "shuffled:1", code=2)
    assert "take --order time or file" in shuffled.err


def test_pictures_are_drawn_into_the_folder(evaluations: dict[str, Any]) -> None:
    drawn = sorted(evaluations["pictures"].iterdir())
    assert [path.name for path in drawn] == ["comparison.svg", "confusion.svg", "over-time.svg", "sizes.svg"]
    assert all(ElementTree.parse(path).getroot().tag.endswith("svg") for path in drawn)


def test_delays_are_told_in_posts_and_in_event_time(evaluations: dict[str, Any]) -> None:
    second, *_ = evaluations["json"].json["delays"]
    assert second["k"] == 2
    assert 0.5 < second["at_once"] <= second["ever"] <= 1
    assert "seen at once" in evaluations["text"].text


def test_a_file_of_another_form_is_refused_before_a_model_is_loaded(evaluations: dict[str, Any]) -> None:
    said = evaluations["another form"]
    assert said.out == b""
    assert "is not mstream" in said.err
    assert "it has no 'textCleaned'" in said.err


def test_a_baseline_that_is_not_there_is_a_wrong_command_that_says_which_are(stream: Path) -> None:
    assert "first-story, leader" in run("evaluate", stream, "--compare", "kmeans", code=2).err


def test_a_stream_without_labels_is_refused_with_what_to_do(evaluations: dict[str, Any]) -> None:
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
