"""People have their say on the command line, between two runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import clusters_in, events_in, run
from conftest import Undisturbed

from streamclust.adapters.embedded_redis import EmbeddedRedis


@pytest.fixture
def state(undisturbed: Undisturbed, short_path: Path) -> Iterator[Path]:
    """A copy of the state of a run, to change."""
    copied = Path(shutil.copytree(undisturbed.state, short_path / "state"))
    yield copied
    shutil.rmtree(copied)


def suggested(state: Path) -> list[list[str]]:
    return [[side["id"] for side in one["clusters"]] for one in run("suggestions", "--state", state, "--limit", 1000, "--json").json]


def shown(state: Path, cluster_id: str) -> dict[str, Any]:
    found: dict[str, Any] = run("show", cluster_id, "--state", state, "--json").json
    return found


def test_a_confirmed_suggestion_is_one_cluster_with_who_said_so(state: Path) -> None:
    one, other = suggested(state)[0]
    done = run("confirm", one, other[:8], "--state", state, "--by", "ann", "--events", state / "said.jsonl")
    assert "linked" in done.text
    kept = shown(state, one)
    assert kept["id"] == shown(state, other)["id"]
    assert kept["linked_by"] == "ann"
    assert (kept["history"][-1]["what"], kept["history"][-1]["by"]) == ("confirmed", "ann")
    text = run("show", one, "--state", state).text
    told_of = kept["history"][-1]["other"]
    assert f"linked    with {told_of} by ann (analyst): never parted" in text
    assert f"confirmed as one with {told_of} by ann (analyst)" in text
    assert [one, other] not in suggested(state)
    kinds = [event["type"].removeprefix("io.streamclust.") for event in events_in(state / "said.jsonl")]
    assert kinds == ["cluster.merged.v1", "cluster.linked.v1"]
    assert run("verify", "--state", state, "--json").json["findings"] == []


def test_what_was_rejected_stays_apart_and_a_contradiction_is_refused(state: Path) -> None:
    one, other = suggested(state)[0]
    (event,) = run("reject", one, other, "--state", state, "--by", "bob", "--json").json
    assert (event["type"], event["data"]["by"], event["data"]["suggested"]) == ("io.streamclust.cluster.unlinked.v1", "bob", True)
    before = clusters_in(state)
    refused = run("link", other, one, "--state", state, code=1)
    assert "unlinked by bob" in refused.err
    assert "nothing was changed" in refused.err
    assert clusters_in(state) == before
    assert shown(state, one)["apart_from"] == {other: "bob"}
    assert f"is not    {other}  says bob (analyst)" in run("show", one, "--state", state).text


def test_a_cluster_is_not_linked_with_itself_and_two_that_are_one_can_be_linked_again(state: Path) -> None:
    one, other = suggested(state)[0]
    assert "are the same cluster" in run("link", one, one, "--state", state, code=2).err
    run("link", one, other, "--state", state)
    gone = other if shown(state, one)["id"] == one else one
    again = run("link", one, other, "--state", state).text
    assert f"{gone} (now part of " in again
    assert "one cluster already" in again


def test_what_is_one_already_cannot_be_unlinked_and_is_named_as_it_was_typed(state: Path) -> None:
    one, other = suggested(state)[0]
    run("link", one, other, "--state", state, "--by", "ann")
    kept, gone = (one, other) if shown(state, one)["id"] == one else (other, one)
    said = run("unlink", gone, kept[:9], "--state", state, code=1).err
    assert f"refused to unlink {gone} (now part of {kept}) and {kept[:9]} ({kept}): both are {kept} (linked by ann" in said
    assert "a link cannot be undone. Expel the posts that do not belong" in said
    said = run("reject", gone, kept, "--state", state, code=1).err
    assert "nothing to answer any more" in said


def test_unknown_clusters_and_empty_states_are_named(state: Path, tmp_path: Path) -> None:
    one, _ = suggested(state)[0]
    assert "'nobody'" in run("unlink", one, "nobody", "--state", state, code=1).err
    assert "there is no state" in run("link", "a", "b", "--state", tmp_path / "none", code=1).err
    assert not (tmp_path / "none").exists()
    assert "--take-over" in run("link", "a", "b", "--state", "redis://127.0.0.1:1", code=1).err


def test_while_a_run_goes_on_it_says_what_to_do(state: Path) -> None:
    one, other = suggested(state)[0]
    with EmbeddedRedis.open(state, writer=True):
        for command in (("link", one, other), ("verify",)):
            said = run(*command, "--state", state, code=1).err
            assert f"another streamclust is writing to {state} (pid {os.getpid()})" in said
            assert f"wait until it is done, or stop it (Ctrl-C, or kill {os.getpid()})" in said
            assert "goes on where it stopped" in said


def test_a_run_goes_on_after_people_had_their_say(stream: Path, as_usual: list[str], short_path: Path) -> None:
    state, half = short_path / "halved", 600
    run("run", stream, "--state", state, "--limit", half, *as_usual)
    first, second, *_ = (c["id"] for c in clusters_in(state) if c["status"] == "live")
    run("unlink", first, second, "--state", state, "--by", "ann")
    run("run", stream, "--state", state, *as_usual)
    assert shown(state, first)["id"] != shown(state, second)["id"]
    assert sum(c["size"] for c in clusters_in(state) if c["status"] != "merged") == 1200


def test_an_expelled_claim_is_in_a_cluster_of_its_own(state: Path, model: Path) -> None:
    top = run("clusters", "--state", state, "--status", "live", "--limit", 1, "--json").json[0]
    members = shown(state, top["id"])["members"]
    claim = members[-1]["claim_id"]
    assert "name the state's with --model" in run("expel", claim, "--state", state, code=1).err
    done = run("expel", claim, "--state", state, "--model", model, "--by", "ann")
    assert f"expelled {claim} from {top['id']}" in done.text
    explained = run("explain", claim, "--state", state, "--json").json
    assert explained["now_in"] != top["id"]
    assert shown(state, explained["now_in"])["apart_from"] == {top["id"]: "ann"}
    assert f"all that ever came in, also what is in {explained['now_in']} now" in run("show", top["id"], "--state", state).text
    assert run("verify", "--state", state, "--json").json["findings"] == []
    alone = run("expel", claim, "--state", state, "--model", model, code=1).err
    assert alone.startswith(f"refused to expel {claim}: ")
    assert "'nobody'" in run("expel", "nobody", "--state", state, "--model", model, code=1).err
