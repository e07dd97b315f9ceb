"""Looking at a state: lists, one cluster, one claim, and whether all is sound."""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgpack
import orjson
import pytest
import redis
from command_line import Done, events_in, finish, run, start, together
from conftest import Undisturbed, free_port
from rich.cells import cell_len

from streamclust.adapters.embedded_redis import EmbeddedRedis
from streamclust.evaluation.sample import generate
from workers.cli.look import print_explanation

CLUSTERS = b"{streamclust:0}:clusters"
WITHIN = 1e-6


def look(undisturbed: Undisturbed, *command: object) -> Any:
    """What a command says as JSON."""
    return run(*command, "--state", undisturbed.state, "--json").json


def assigned_by(rule: str, undisturbed: Undisturbed) -> list[dict[str, Any]]:
    """Data of the assignments by a rule, in order."""
    events = [event["data"] for event in events_in(undisturbed.events) if event["type"].endswith("claim.assigned.v1")]
    return [data for data in events if data["rule"] == rule]


def merge(undisturbed: Undisturbed) -> dict[str, Any]:
    """Data of the first merge."""
    return next(event["data"] for event in events_in(undisturbed.events) if event["type"].endswith("cluster.merged.v1"))


def test_clusters_are_sorted_filtered_and_limited(undisturbed: Undisturbed) -> None:
    ways: dict[str, list[object]] = {
        "all": ["--limit", 100_000],
        "three": ["--limit", 3],
        "large": ["--limit", 100_000, "--min-size", 10],
        "newest": ["--sort", "newest", "--limit", 1],
        **{status: ["--limit", 100_000, "--status", status] for status in ("live", "retired", "merged")},
    }
    listed = together({name: partial(look, undisturbed, "clusters", "--status", "all", *options) for name, options in ways.items()})
    everything = listed["all"]
    sizes = [cluster["size"] for cluster in everything]
    assert sizes == sorted(sizes, reverse=True)
    assert listed["three"] == everything[:3]
    assert listed["large"] == [cluster for cluster in everything if cluster["size"] >= 10] != []
    for status in ("live", "retired", "merged"):
        assert listed[status] == [cluster for cluster in everything if cluster["status"] == status] != []
    assert listed["newest"][0]["first_at"] == max(cluster["first_at"] for cluster in everything)


def test_a_word_finds_the_clusters_that_have_it(undisturbed: Undisturbed) -> None:
    top = look(undisturbed, "clusters", "--limit", 1)[0]
    found = look(undisturbed, "clusters", "--contains", max(top["keywords"], key=len).upper(), "--limit", 100_000)
    assert top["id"] in {cluster["id"] for cluster in found}
    assert len(found) < len(undisturbed.clusters)


def test_clusters_without_json_are_lines_that_go_through_a_pipe(undisturbed: Undisturbed) -> None:
    text = run("clusters", "--state", undisturbed.state, "--limit", 5).text
    assert "\x1b" not in text
    top = look(undisturbed, "clusters", "--limit", 5)
    assert all(any(cluster["id"] in line for line in text.splitlines()) for cluster in top)


@pytest.mark.parametrize("command", [("clusters",), ("suggestions",), ("show", "c2"), ("explain", "p1")], ids=lambda command: command[0])
def test_a_shard_that_is_not_there_is_named_beside_those_that_are(command: tuple[str, ...], undisturbed: Undisturbed) -> None:
    said = run(*command, "--state", undisturbed.state, "--shard", 3, code=1)
    assert (said.out, said.err) == (b"", "streamclust: there is no shard 3 in this state; it has: 0\n")


@pytest.mark.parametrize(
    ("sort", "column", "value"),
    [
        ("ambiguity", "ambiguity", lambda c: f"{c['ambiguity']:.3f}"),
        ("growth", "per hour", lambda c: f"{c['per_hour']:.1f}"),
        ("trend", "score", lambda c: f"{c['trend_score_now']:.1f}"),
        ("newest", "first", lambda c: c["first_at"]),
    ],
    ids=["ambiguity", "growth", "trend", "newest"],
)
def test_a_list_through_a_pipe_names_its_columns_and_shows_what_it_is_sorted_by(
    sort: str, column: str, value: Callable[[dict[str, Any]], str], undisturbed: Undisturbed
) -> None:
    listed = look(undisturbed, "clusters", "--sort", sort, "--limit", 3)
    names, *rows = [
        line.split("\t") for line in run("clusters", "--state", undisturbed.state, "--sort", sort, "--limit", 3).text.splitlines()
    ]
    assert names == ["claims", "authors", "cluster", "status", "last", column, "claim"]
    assert [row[2] for row in rows] == [cluster["id"] for cluster in listed]
    for row, cluster in zip(rows, listed, strict=True):
        assert float(row[5]) == pytest.approx(float(value(cluster)), abs=0.1) if sort != "newest" else row[5] == value(cluster)


def test_history_is_told_in_sentences_and_says_how_much_of_it_is_shown(undisturbed: Undisturbed) -> None:
    merged = look(undisturbed, "show", merge(undisturbed)["cluster_id"])
    told = run("show", merged["id"], "--state", undisturbed.state).text
    assert re.search(r"Z  took in c[a-z2-7]{12}: .* link score of \d\.\d{3}\n", told)
    count = len(merged["history"])
    assert (f"history (the last 12 of {count})" in told) == (count > 12)


def test_keywords_keep_to_the_width_of_the_terminal(undisturbed: Undisturbed) -> None:
    top = look(undisturbed, "clusters", "--limit", 1)[0]["id"]
    lines = {width: _keyword_line(top, undisturbed, width) for width in ("40", "200")}
    assert cell_len(lines["40"]) <= 40
    assert lines["40"].endswith("…")
    assert lines["200"].startswith(lines["40"].removesuffix("…"))


def _keyword_line(cluster: str, undisturbed: Undisturbed, width: str) -> str:
    told = run("show", cluster, "--state", undisturbed.state, more={"COLUMNS": width}).text
    return next(line for line in told.splitlines() if line.startswith("  keywords"))


def test_show_has_every_member_with_its_rule_and_the_history(undisturbed: Undisturbed) -> None:
    top = look(undisturbed, "clusters")[0]
    shown = look(undisturbed, "show", top["id"], "--limit", 100_000)
    assert {name: shown[name] for name in top} == top
    assert len(shown["members"]) == shown["size"]
    assert {member["rule"] for member in shown["members"]} <= {"founded", "linked", "copy"}
    assert shown["history"][0]["what"] == "founded"
    text = run("show", top["id"], "--state", undisturbed.state).text
    assert all(part in text for part in (top["id"], "keywords", "timeline", "history", f"{top['size']} claims"))


def test_a_merged_id_leads_to_the_one_that_took_it_in(undisturbed: Undisturbed) -> None:
    merged = merge(undisturbed)
    shown = look(undisturbed, "show", merged["absorbed_id"])
    assert shown["asked_for"] == merged["absorbed_id"]
    assert shown["id"] == look(undisturbed, "show", merged["cluster_id"])["id"]
    assert merged["absorbed_id"] in shown["absorbed"]
    assert f"{merged['absorbed_id']} was merged into {shown['id']}" in run("show", merged["absorbed_id"], "--state", undisturbed.state).text


def test_the_beginning_of_an_id_is_enough_where_it_is_the_only_one(undisturbed: Undisturbed) -> None:
    ids = [cluster["id"] for cluster in undisturbed.clusters]
    live = look(undisturbed, "clusters", "--limit", 1)[0]["id"]
    beginning = next(live[:length] for length in range(1, 14) if sum(other.startswith(live[:length]) for other in ids) == 1)
    assert look(undisturbed, "show", beginning)["id"] == live
    assert "was merged" not in run("show", beginning, "--state", undisturbed.state).text
    said = run("show", "c", "--state", undisturbed.state, code=1).err
    assert f"beginning of {len(ids)} ids" in said


def test_unknown_ids_are_named_and_exit_with_1(undisturbed: Undisturbed) -> None:
    assert "'nobody'" in run("show", "nobody", "--state", undisturbed.state, code=1).err
    assert "'nobody'" in run("explain", "nobody", "--state", undisturbed.state, code=1).err


def test_a_linked_claim_is_explained_by_scores_that_reach_the_threshold(undisturbed: Undisturbed) -> None:
    for data in assigned_by("linked", undisturbed)[:60:30]:
        said = look(undisturbed, "explain", data["claim_id"])
        best = said["candidates"][0]
        assert (said["rule"], said["cluster_id"], said["link_threshold"]) == ("linked", data["cluster_id"], 0.5)
        assert said["cluster_id"] == best["cluster_id"]
        assert best["score"] == pytest.approx(data["score"], abs=WITHIN)
        assert best["score"] >= 0.5
        assert best["similarity"] >= said["min_similarity"] == 0.3
        for candidate in said["candidates"]:
            assert candidate["score"] == pytest.approx(score_of(candidate, said["weights"]), abs=WITHIN)
        assert [c["score"] for c in said["candidates"]] == sorted((c["score"] for c in said["candidates"]), reverse=True)


def score_of(candidate: dict[str, float], weights: dict[str, float]) -> float:
    """The documented model."""
    z = weights["bias"] + sum(weights[name] * candidate[name] for name in ("similarity", "nearest", "overlap"))
    z += (
        weights["size"] * math.log(candidate["wordings"])
        - weights["gap"] * math.log(1 + candidate["gap"])
        - weights["clash"] * candidate["clash"]
    )
    return 1 / (1 + math.exp(-z))


def test_a_founding_claim_is_explained_by_candidates_that_do_not_reach(undisturbed: Undisturbed) -> None:
    founders = assigned_by("founded", undisturbed)
    assert look(undisturbed, "explain", founders[0]["claim_id"])["candidates"] == []
    for data in founders[20:100:50]:
        said = look(undisturbed, "explain", data["claim_id"])
        assert said["candidates"]
        assert not any(c["score"] >= 0.5 and c["similarity"] >= 0.3 for c in said["candidates"])
    text = run("explain", founders[20]["claim_id"], "--state", undisturbed.state).text
    assert "below the threshold of 0.5" in text
    assert "encoder bag-of-words@" in text


def test_a_long_text_is_explained_by_how_it_begins(undisturbed: Undisturbed, capsys: pytest.CaptureFixture[str]) -> None:
    explained = look(undisturbed, "explain", assigned_by("founded", undisturbed)[0]["claim_id"])
    print_explanation({**explained, "text": "dam " * 2_500})
    said = capsys.readouterr().out.splitlines()[1]
    assert said.startswith("  “dam dam")
    assert said.endswith("…”")
    assert len(said) < 300


def test_a_copy_is_explained_as_one_and_scores_nothing(undisturbed: Undisturbed) -> None:
    data = assigned_by("copy", undisturbed)[0]
    said = look(undisturbed, "explain", data["claim_id"])
    assert (said["rule"], said["cluster_id"], said["candidates"]) == ("copy", data["cluster_id"], [])
    assert "word for word" in run("explain", data["claim_id"], "--state", undisturbed.state).text


def test_a_claim_of_a_merged_cluster_is_explained_with_where_it_is_now(undisturbed: Undisturbed) -> None:
    merged = merge(undisturbed)
    founder = next(d["claim_id"] for d in assigned_by("founded", undisturbed) if d["cluster_id"] == merged["absorbed_id"])
    said = look(undisturbed, "explain", founder)
    assert said["cluster_id"] == merged["absorbed_id"]
    assert said["now_in"] == look(undisturbed, "show", merged["absorbed_id"])["id"]


def test_one_of_anything_is_told_in_the_singular(as_usual: list[str], posts: list[dict[str, Any]], tmp_path: Path) -> None:
    """Of one post, everything there is to tell is one."""
    (tmp_path / "one.jsonl").write_bytes(orjson.dumps(posts[0]) + b"\n")
    state = ("--state", tmp_path / "state")
    cluster = run("run", tmp_path / "one.jsonl", *state, *as_usual, "--json").json["biggest"][0]["id"]
    again = run("run", tmp_path / "one.jsonl", *state, *as_usual)
    for command in (("clusters",), ("show", cluster), ("verify",), ("suggestions",), ("explain", posts[0]["id"])):
        done = run(*command, *state)
        assert re.findall(r"\b1 \w+s\b", done.text + done.err) == [], command
    assert "Went on after 1 record that" in again.text
    assert "Alive now: 1 cluster," in again.text
    assert re.search(r"^ +1 claim   +1 author ", again.text, re.MULTILINE)


def test_verify_finds_a_sound_state_sound(undisturbed: Undisturbed, posts: list[dict[str, Any]]) -> None:
    said = look(undisturbed, "verify")
    assert (said["findings"], said["claims"]) == ([], len(posts))
    assert said["recall"] > 0.99
    text = run("verify", "--state", undisturbed.state).text
    assert text.endswith("0 differences\n")
    assert all(words in text for words in ("exact search", "Below 95 %", "index_search_effort"))


def test_verify_finds_a_record_that_was_tampered_with(undisturbed: Undisturbed, tmp_path: Path) -> None:
    state = Path(shutil.copytree(undisturbed.state, tmp_path / "state"))
    victim = look(undisturbed, "clusters", "--limit", 1)[0]["id"]
    with EmbeddedRedis.open(state, writer=True) as server, redis.Redis.from_url(server.url) as client:
        record = msgpack.unpackb(client.hget(CLUSTERS, victim), strict_map_key=False)
        client.hset(CLUSTERS, victim, msgpack.packb({**record, "size": record["size"] + 1}))
    done = run("verify", "--state", state, "--json", code=1)
    assert [finding["what"] for finding in done.json["findings"]] == ["miscounted"]
    assert victim in done.json["findings"][0]["detail"]
    assert "1 difference\n" in run("verify", "--state", state, code=1).text


def test_a_reader_that_leaves_early_is_no_trouble(undisturbed: Undisturbed) -> None:
    process = start("clusters", "--state", undisturbed.state, "--status", "all", "--limit", 100_000, "--json")
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    assert finish(process).code in (0, 1)


@pytest.fixture(scope="module")
def doctors(model: Path, undisturbed: Undisturbed, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
    place = tmp_path_factory.mktemp("doctors")
    ill = ["--state", f"redis://127.0.0.1:{free_port()}", "--model", place / "none", "--json"]
    return together(
        {
            "well": partial(run, "doctor", "--state", undisturbed.state, "--model", model, "--json"),
            "before the first run": partial(run, "doctor", "--state", place / "new", "--model", model),
            "ill": partial(run, "doctor", *ill, code=1),
        }
    )


def test_doctor_finds_a_machine_that_is_ready_ready(doctors: dict[str, Done]) -> None:
    checks = {check["name"]: check for check in doctors["well"].json}
    assert {"python", "packages", "model", "redis", "disk"} <= set(checks)
    assert {check["state"] for check in checks.values()} <= {"ok", "warn"}
    assert "bag-of-words@" in checks["model"]["detail"]
    assert "bag-of-words@" in checks["redis"]["detail"]
    assert "starts and stops" in doctors["before the first run"].text


def test_doctor_names_what_would_keep_a_run_from_working(doctors: dict[str, Done]) -> None:
    failed = {check["name"] for check in doctors["ill"].json if check["state"] == "FAIL"}
    assert failed == {"model", "redis"}


def test_a_sample_is_the_same_bytes_for_the_same_seed(tmp_path: Path) -> None:
    once = run("sample", 300, "--seed", 3).out
    run("sample", 300, "--seed", 3, "-o", tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == once
    assert run("sample", 300, "--seed", 4).out != once
    assert [orjson.loads(line) for line in once.splitlines()] == list(generate(300, seed=3))


@pytest.mark.parametrize("arguments", [["0"], ["ten"], ["10", "--copies", "2"], []])
def test_a_sample_nobody_can_make_is_refused(arguments: list[str]) -> None:
    assert run("sample", *arguments, code=2).out == b""


def test_suggestions_are_listed_best_first_and_shown_with_their_clusters(undisturbed: Undisturbed) -> None:
    found = look(undisturbed, "suggestions", "--limit", 100_000)
    assert {tuple(one["features"]) for one in found} == {("similarity", "nearest", "overlap", "size", "gap", "clash")}
    assert [one["score"] for one in found] == sorted((one["score"] for one in found), reverse=True) != []
    best = found[0]
    assert all(side["text"] and side["id"] in {cluster["id"] for cluster in undisturbed.clusters} for side in best["clusters"])
    assert best in look(undisturbed, "show", best["clusters"][1]["id"])["suggestions"]
    done = run("suggestions", "--state", undisturbed.state, "--limit", 1, "--min-score", best["score"] - WITHIN)
    assert all(side["id"] in done.text for side in best["clusters"])
    assert f"1 of {sum(one['score'] >= best['score'] - WITHIN for one in found)} suggestion" in done.err
