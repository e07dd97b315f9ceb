"""`streamclust fit` and `calibrate`: params for streams of one's own, and how they are used."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from command_line import run, together, write_lines

from streamclust.claims import parse_claim
from streamclust.evaluation.fitting import Labelled
from streamclust.evaluation.sample import generate
from streamclust.evaluation.streams import NOISE
from workers.cli.fit import _read, _too_few
from workers.cli.labelled import How


@pytest.fixture(scope="module")
def fitted(as_usual: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    place = tmp_path_factory.mktemp("fit")
    small = [write_lines(place / f"posts{seed}.jsonl", list(generate(160, seed=seed))) for seed in (1, 2)]
    bare = write_lines(place / "bare.jsonl", [{k: v for k, v in post.items() if k != "cluster"} for post in generate(20, seed=1)])
    usual = [*as_usual, "--set=link_bias=-8"]
    place_of = place / "mine.json"
    return {
        "stream": small[0],
        "params": place_of,
        **together(
            {
                "fit": partial(run, "fit", small[0], "--tries", 1, "--test", small[1], "--output", place_of, "--json", *usual),
                "calibrate": partial(run, "calibrate", small[0], *usual),
                "unlabelled": partial(run, "fit", bare, *usual, code=1),
            }
        ),
    }


def test_a_fit_is_better_on_its_stream_and_scored_on_another(fitted: dict[str, Any]) -> None:
    mine, unseen = fitted["fit"].json["streams"]
    assert (mine["fitted_on"], unseen["fitted_on"]) == (True, False)
    assert sum(mine["after"].values()) > sum(mine["before"].values())
    assert set(unseen["after"]) == {"ami", "ari", "b3_f1"}


def test_the_file_it_writes_is_a_preset(fitted: dict[str, Any], as_usual: list[str]) -> None:
    written = json.loads(fitted["params"].read_bytes())
    assert written["params"] == fitted["fit"].json["params"]
    assert written["encoder"].startswith("bag-of-words@")
    said = run("evaluate", fitted["stream"], "--preset", fitted["params"], "--json", *as_usual[:2]).json
    assert said["params"]["values"] == written["params"]
    assert said["scores"]["after merges"]["ami"] == pytest.approx(fitted["fit"].json["streams"][0]["after"]["ami"], abs=1e-4)


def test_params_fitted_for_another_model_are_refused_with_both_names(
    fitted: dict[str, Any], other_model: Path, stream: Path, tmp_path: Path
) -> None:
    options = ("--preset", fitted["params"], "--model", other_model)
    for command in (("evaluate", fitted["stream"]), ("run", stream, "--state", "memory"), ("trends", "preview", stream)):
        said = run(*command, *options, code=1, cwd=tmp_path).err
        assert said.count("bag-of-words@") == 2
        assert f"calibrate FILE --preset {fitted['params']} --model" in said


def test_a_fit_to_very_few_claims_says_what_it_is_worth(as_usual: list[str], tmp_path: Path) -> None:
    few = [{"id": f"p{n}", "text": f"the dam has burst {n // 2}", "cluster": f"c{n // 2}", "created_at": "soon"} for n in range(6)]
    stream = write_lines(tmp_path / "few.jsonl", few)
    done = run("calibrate", stream, *as_usual, "--json")
    (warning,) = done.json["warnings"]
    assert warning.startswith("only 3 claims in few.jsonl have two posts or more")
    assert f"warning: {warning}" in done.err
    for said in (done.err, run("evaluate", stream, *as_usual, "--json").err):
        assert "6 of 6 records had no readable created_at, e.g. record 1 of few.jsonl: 'soon'" in said


def test_claims_of_two_streams_are_told_apart_though_their_files_have_one_name() -> None:
    streams = [Labelled("posts.jsonl", [parse_claim({"id": f"p{n}", "text": f"text {n}"})], {f"p{n}": "dam"}) for n in (1, 2)]
    (warning,) = _too_few(streams, "so")
    assert warning.startswith("only 0 claims in posts.jsonl, posts.jsonl have two posts or more")


def test_noise_is_no_claim_with_several_posts() -> None:
    posts = [parse_claim({"id": f"p{n}", "text": f"text {n}"}) for n in range(50)]
    gold = {post.id: f"c{n // 2}" if n < 38 else NOISE for n, post in enumerate(posts)}
    (warning,) = _too_few([Labelled("posts.jsonl", posts, gold)], "so")
    assert warning.startswith("only 19 claims in posts.jsonl have two posts or more")


def test_of_an_id_that_comes_again_the_first_record_and_its_label_count(tmp_path: Path) -> None:
    posts = [{"id": "p1", "text": "first words", "cluster": "a"}, {"id": "p1", "text": "second words", "cluster": "b"}]
    read = _read(write_lines(tmp_path / "again.jsonl", posts), How())
    assert [(claim.text, read.gold[claim.id]) for claim in read.claims] == [("first words", "a")]


def test_baselines_beside_params_of_a_file_have_the_grain_it_was_fitted_from(fitted: dict[str, Any], as_usual: list[str]) -> None:
    options = ("--preset", fitted["params"], "--compare", "leader", "--limit", 60, "--json", *as_usual[:2])
    assert [s["name"] for s in run("evaluate", fitted["stream"], *options).json["systems"]][-1] == "leader"


def test_calibrating_says_what_it_moved(fitted: dict[str, Any]) -> None:
    text = fitted["calibrate"].text
    assert "link_bias -8 ->" in text
    assert "link_overlap" not in text
    assert "posts1.jsonl" in text
    assert "warning" not in fitted["calibrate"].err


def test_a_stream_without_labels_and_a_file_without_params_are_refused(fitted: dict[str, Any], tmp_path: Path) -> None:
    assert "label" in fitted["unlabelled"].err
    other = tmp_path / "other.json"
    other.write_text("[1, 2]")
    assert "holds no params" in run("evaluate", fitted["stream"], "--preset", other, code=2).err
    assert "there are: claim, topic" in run("evaluate", fitted["stream"], "--preset", tmp_path / "missing", code=2).err
