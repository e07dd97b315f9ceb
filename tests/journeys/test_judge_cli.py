"""A judge looks at the suggestions of a state, through a local endpoint."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from command_line import Done, clusters_in, run
from conftest import Undisturbed
from endpoints import after, content, refuses, says, serving, status

KEY = {"STREAMCLUST_JUDGE_API_KEY": "k3y-canary"}


@pytest.fixture
def state(undisturbed: Undisturbed, short_path: Path) -> Iterator[Path]:
    copied = Path(shutil.copytree(undisturbed.state, short_path / "state"))
    yield copied
    shutil.rmtree(copied)


def suggested(state: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run("suggestions", "--state", state, "--limit", 1000, "--json").json
    return found


def judge(state: Path, url: str, *more: object, code: int = 0) -> Done:
    return run("judge", "--state", state, "--endpoint", url, "--model", "tiny", *more, code=code, more=KEY)


def test_a_dry_run_changes_nothing_and_is_paid_for_once(state: Path) -> None:
    before, open_before = clusters_in(state), suggested(state)
    with serving(says("same")) as endpoint:
        done = judge(state, endpoint.url, "--budget", 3)
        assert (clusters_in(state), suggested(state)) == (before, open_before)
        assert "a dry run" in done.err
        assert len(endpoint.requests) == 3
        assert endpoint.headers[0]["authorization"] == "Bearer k3y-canary"
        told = judge(state, endpoint.url, "--budget", 1, "--apply", "--json").json
        assert len(endpoint.requests) == 4
    assert [line["cached"] for line in told["verdicts"]] == [True, True, True, False]
    assert told["used"] == {"pairs": 1, "tokens": 100, "nonsense": 0}
    assert {line["became"] for line in told["verdicts"]} <= {"applied", "refused"}
    best = open_before[0]["clusters"]
    assert {posts["first"] for posts in endpoint.posts} >= {best[0]["text"]}


def test_verdicts_are_shown_by_score_whether_judged_before_or_not(state: Path) -> None:
    best = suggested(state)
    turns = count()

    def unreadable_at_first(_: dict[str, str]) -> str:
        return "perhaps" if next(turns) == 0 else "unsure"

    with serving(says(unreadable_at_first)) as endpoint:
        assert "1 unreadable, 2 unsure" in judge(state, endpoint.url, "--budget", 3).err
        again = judge(state, endpoint.url, "--budget", 1).text
        told = judge(state, endpoint.url, "--budget", 0, "--json").json
    scores = [float(line.split()[0]) for line in again.splitlines() if "  shown " in line]
    assert scores == [round(one["score"], 3) for one in best[:3]]
    heads = [line for line in again.splitlines() if line.startswith("unsure")]
    assert sorted(heads) == ["unsure", "unsure (judged before)", "unsure (judged before)"]
    assert [line["clusters"] for line in told["verdicts"]] == [[side["id"] for side in one["clusters"]] for one in best[:3]]


def test_a_budget_of_none_applies_what_was_shown_and_no_more(state: Path) -> None:
    with serving(says("different")) as endpoint:
        shown = judge(state, endpoint.url, "--budget", 3, "--json").json
        told = judge(state, endpoint.url, "--budget", 0, "--apply", "--json").json
        assert len(endpoint.requests) == 3
    assert [line["clusters"] for line in told["verdicts"]] == [line["clusters"] for line in shown["verdicts"]]
    assert {line["became"] for line in told["verdicts"]} == {"applied"}


def test_a_verdict_is_applied_like_an_analysts_with_its_origin(state: Path) -> None:
    one, other = [side["id"] for side in suggested(state)[0]["clusters"]]
    with serving(says("different")) as endpoint:
        judge(state, endpoint.url, "--budget", 1, "--apply")
        name = f"tiny@{urlsplit(endpoint.url).netloc}"
    shown = run("show", one, "--state", state, "--json").json
    last = shown["history"][-1]
    assert (last["what"], last["role"], last["other"]) == ("rejected", "judge", other)
    assert last["by"] == name
    assert "linked" in run("link", one, other, "--state", state, "--by", "ann").text, "a person overrules a judge"


@pytest.mark.parametrize(
    ("answer", "verdict"), [(says("unsure"), "unsure"), (content("Sure! They are the same."), "unreadable")], ids=["unsure", "nonsense"]
)
def test_doubt_and_nonsense_decide_nothing(state: Path, answer: Any, verdict: str) -> None:
    before, open_before = clusters_in(state), suggested(state)
    with serving(answer) as endpoint:
        told = judge(state, endpoint.url, "--apply", "--json").json
    assert {line["verdict"] for line in told["verdicts"]} == {verdict}
    assert told["used"]["nonsense"] in (0, len(told["verdicts"]))
    assert (clusters_in(state), suggested(state)) == (before, open_before)


def test_what_was_said_before_the_endpoint_failed_is_applied_and_kept(state: Path) -> None:
    with serving(after(1, says("different"), status(401))) as endpoint:
        done = judge(state, endpoint.url, "--budget", 1, "--apply")
        assert "1 applied" in done.err
        failed = judge(state, endpoint.url, "--budget", 5, "--apply", code=1)
    assert "STREAMCLUST_JUDGE_API_KEY" in failed.err
    assert "k3y-canary" not in failed.err
    assert (state / "verdicts.jsonl").read_bytes().count(b"\n") == 1


def test_an_endpoint_that_is_not_there_was_not_asked(state: Path) -> None:
    failed = judge(state, "http://127.0.0.1:1/v1", "--timeout", 1, code=1)
    assert "failed 3 times" in failed.err
    assert "no verdict on any of" in failed.err
    assert " asked" not in failed.err
    assert "token" not in failed.err


def test_what_was_sent_in_vain_is_told_with_the_servers_words(state: Path) -> None:
    with serving(refuses("model tiny is asleep")) as endpoint:
        failed = judge(state, endpoint.url, code=1)
    assert "“model tiny is asleep”" in failed.err
    assert "; 1 asked, " in failed.err


def test_exactly_one_judge_is_asked_for(state: Path) -> None:
    for wrong in ([], ["--endpoint", "http://127.0.0.1:1/v1"], ["--model", "x", "--cross-encoder", "y"]):
        assert "either --endpoint" in run("judge", "--state", state, *wrong, code=2).err
