"""Bad records are set aside and counted, a bad input or command is refused in one clear line; never a traceback."""

from __future__ import annotations

import base64
import ctypes
import gzip
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from command_line import Done, as_lines, clusters_in, run, together
from conftest import free_port

BAD: list[tuple[bytes, str]] = [
    (b"this is no JSON", "not_json"),
    (b'{"id":"torn","text":"half a li', "not_json"),
    (b"[1, 2, 3]", "not_an_object"),
    (b"null", "not_an_object"),
    (b'"the dam has burst"', "not_an_object"),
    (b'{"id":"silent","lang":"en"}', "no_text"),
    (b'{"id":"none","text":null}', "no_text"),
    (b'{"id":"number","text":7}', "no_text"),
    (b'{"id":"blank","text":" \\u200b\\t "}', "no_text"),
    (b'{"id":"latin","text":"caf\xe9 \xff\xfe"}', "not_json"),
    (b'{"id":"not a number","text":"x","created_at":NaN}', "not_json"),
    (b'{"text":"deep","x":' + b"[" * 50_000 + b"]" * 50_000 + b"}", "not_json"),
    (b'{"id":"huge","text":"' + b"spam " * 2_000_000 + b'"}', "too_large"),
]
GOOD = 60


@dataclass(frozen=True)
class Runs:
    """Results by name, and where they were made."""

    place: Path
    done: dict[str, Done]

    def letters(self, name: str) -> list[dict[str, Any]]:
        """Dead letters, each with its bytes under `bytes`."""
        lines = [orjson.loads(line) for line in (self.place / name / "dead-letters.jsonl").read_bytes().splitlines()]
        return [{**line, "bytes": line["raw"].encode() if "raw" in line else base64.b64decode(line["raw_base64"])} for line in lines]


@pytest.fixture(scope="module")
def runs(
    posts: list[dict[str, Any]], as_usual: list[str], stream: Path, other_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Runs:
    """All that shows only once the model is loaded."""
    place = tmp_path_factory.mktemp("bad")
    good = as_lines(posts[:GOOD]).splitlines()
    mixed = list(good)
    for number, (line, _) in enumerate(BAD):
        mixed.insert(5 * number + 1, line)
    (place / "mixed.jsonl").write_bytes(b"\n".join(mixed))
    (place / "mostly-bad.jsonl").write_bytes(b"\n".join([*good[:5], *[b'{"body":"%d"}' % n for n in range(150)], *good[5:10]]))
    (place / "growing.jsonl").write_bytes(b"\n".join([*good[:10], b'{"text":"half a li']))
    (place / "torn.jsonl.gz").write_bytes(gzip.compress(as_lines(posts))[:-20_000])

    def job(name: str, path: Path, *more: object, code: int = 0) -> Done:
        return run("run", path, "--state", place / name, *as_usual, *more, code=code)

    def on_an_old_state() -> tuple[Done, Done]:
        job("old", stream, "--limit", 50)
        params = job("old", stream, "--set=link_threshold=0.47", "--set=exemplars=3", code=1)
        return params, job("old", stream, "--model", other_model, code=1)

    done = together(
        {
            "mixed": partial(job, "mixed", place / "mixed.jsonl"),
            "mostly bad": partial(job, "mostly bad", place / "mostly-bad.jsonl", code=1),
            "patient": partial(job, "patient", place / "mostly-bad.jsonl", "--dead-letters-in-a-row", 0),
            "growing": partial(job, "growing", place / "growing.jsonl"),
            "torn": partial(job, "torn", place / "torn.jsonl.gz", "--batch", 16, code=1),
            "no model": partial(job, "none", stream, "--model", place / "no-such-model", code=1),
        }
    )
    params, model = on_an_old_state()
    return Runs(place, {**done, "other params": params, "other model": model})


def test_every_good_record_among_bad_ones_is_assigned(runs: Runs, posts: list[dict[str, Any]]) -> None:
    assert f"{GOOD} claims assigned" in runs.done["mixed"].text
    clusters = clusters_in(runs.place / "mixed")
    assert sum(cluster["size"] for cluster in clusters if not cluster["merged_into"]) == GOOD


def test_every_bad_record_is_a_dead_letter_once_with_its_bytes_and_its_place(runs: Runs) -> None:
    letters = runs.letters("mixed")
    assert [(letter["bytes"], letter["reason"]) for letter in letters] == BAD
    assert [letter["offset"] for letter in letters] == [5 * number + 1 for number in range(len(BAD))]
    assert {letter["stream"] for letter in letters} == {"mixed.jsonl"}


def test_the_summary_counts_bad_records_by_reason(runs: Runs) -> None:
    counts = Counter(reason for _, reason in BAD)
    line = next(line for line in runs.done["mixed"].text.splitlines() if "could not be read" in line)
    assert line.startswith(f"{len(BAD)} records could not be read: ")
    assert all(f"{count} {reason}" in line for reason, count in counts.items())


def test_texts_that_were_cut_are_counted(as_usual: list[str], tmp_path: Path) -> None:
    posts = [{"id": "long", "text": "spam " * 2_001}, {"id": "fits", "text": "spam " * 2_000}]
    done = run("run", "-", "--state", "memory", *as_usual, stdin=as_lines(posts), cwd=tmp_path)
    assert "Texts cut after 10,000 characters: 1." in done.text
    assert "2 claims assigned" in done.text


def test_fields_that_could_not_be_read_are_said_at_the_end(posts: list[dict[str, Any]], as_usual: list[str], tmp_path: Path) -> None:
    odd = [dict(post) for post in posts[:GOOD]]
    odd[16]["created_at"], odd[40]["created_at"], odd[50]["created_at"] = "2024-13-45", 17, "2099-01-01T00:00:00Z"
    (tmp_path / "odd.jsonl").write_bytes(as_lines(odd))
    run_it = partial(run, "run", "odd.jsonl", "--state", "memory", *as_usual, cwd=tmp_path)
    text = run_it().text
    assert f"2 of {GOOD} records had no readable created_at, e.g. record 17 of odd.jsonl: '2024-13-45'" in text
    assert f"1 post had times more than 24 h ahead of the posts before (max_skew), e.g. {odd[50]['id']} at 2099-01-01" in text
    said = run_it("--json", "--map", "created_at=when").json
    assert (said["unreadable_fields"], said["fields_nowhere"], said["times_ahead"]) == ({}, {"created_at": "when"}, 0)
    assert run_it("--json").json["unreadable_fields"]["created_at"]["records"] == 2


def test_a_hundred_bad_records_in_a_row_stop_the_run_whatever_follows(runs: Runs) -> None:
    said = runs.done["mostly bad"].err
    assert "100 records in a row cannot be read" in said
    assert "the last is record 105 of mostly-bad.jsonl" in said
    assert "--map text=NAME" in said
    assert "--dead-letters-in-a-row N" in said
    assert "no_text" in said
    assert len(runs.letters("mostly bad")) == 100


def test_as_many_bad_records_in_a_row_pass_as_were_allowed(runs: Runs) -> None:
    assert "150 records could not be read: 150 no_text" in runs.done["patient"].text
    assert len(runs.letters("patient")) == 150


def test_a_last_line_that_is_still_written_is_named_as_people_count(runs: Runs) -> None:
    assert "record 11 is unfinished" in runs.done["growing"].err
    assert runs.letters("growing") == []


def test_what_stands_before_the_damage_of_a_compressed_file_is_kept(runs: Runs, posts: list[dict[str, Any]]) -> None:
    said = runs.done["torn"].err
    kept = sum(cluster["size"] for cluster in clusters_in(runs.place / "torn") if not cluster["merged_into"])
    assert 0 < kept < len(posts)
    assert f"damaged after {kept} records" in said


def test_a_state_made_under_other_params_is_refused_by_name_with_the_cure(runs: Runs) -> None:
    said = runs.done["other params"].err
    assert "link_threshold: 0.5 -> 0.47" in said
    assert "exemplars: 6 -> 3" in said
    assert f"{runs.place / 'old'}: the state was made with preset claim" in said
    assert "another --state" in said


def test_a_state_made_with_other_weights_is_refused_and_left_as_it_was(runs: Runs) -> None:
    said = runs.done["other model"].err
    assert said.count("bag-of-words@") == 2
    assert "another --state" in said
    assert sum(cluster["size"] for cluster in clusters_in(runs.place / "old")) == 50


def test_a_model_that_is_not_there_is_named(runs: Runs) -> None:
    assert "no-such-model" in runs.done["no model"].err


Make = Callable[[Path], list[object]]


def _file(name: str, content: bytes) -> Make:
    def make(place: Path) -> list[object]:
        (place / name).write_bytes(content)
        return [place / name]

    return make


def _state_is_a_file(place: Path) -> list[object]:
    (place / "state").write_bytes(b"")
    return [*_file("posts.jsonl", b'{"text":"a"}\n')(place), "--state", place / "state"]


def _good_and(*options: object) -> Make:
    return lambda place: [*_file("posts.jsonl", b'{"text":"a"}\n')(place), *options]


REFUSED: dict[str, tuple[Make, int, list[str]]] = {
    "missing": (lambda place: [place / "none.jsonl"], 1, ["no such file", "none.jsonl"]),
    "directory": (lambda place: [place], 1, ["is a directory"]),
    "array": (_file("posts.json", b'[{"text":"a"}]'), 1, ["JSON array", "jq"]),
    "utf-16": (_file("posts.jsonl", '{"text":"a"}'.encode("utf-16")), 1, ["UTF-16", "iconv"]),
    "no gzip": (_file("posts.jsonl.gz", b"\x1f\x8b\x08nothing compressed"), 1, ["damaged"]),
    "column": (_file("posts.csv", b"id,body\n1,a\n"), 1, ["'text'", "id, body", "--map text=NAME"]),
    "mapped column": (lambda place: [*_file("p.csv", b"id,body\n1,a\n")(place), "--map", "text=body,author=who"], 1, ["'who'", "id, body"]),
    "map": (_good_and("--map", "nonsense"), 2, ["FIELD=NAME", "nonsense"]),
    "map field": (_good_and("--map", "txt=body"), 2, ["txt", "created_at"]),
    "unknown param": (_good_and("--set", "link_treshold=0.5"), 2, ["link_treshold", "link_threshold"]),
    "no number": (_good_and("--set", "candidates=many"), 2, ["candidates", "many"]),
    "out of range": (_good_and("--set", "link_threshold=7", "--set", "candidates=0"), 2, ["link_threshold=7", "0.0..1.0", "candidates=0"]),
    "preset": (_good_and("--preset", "novel"), 2, ["claim", "topic"]),
    "option": (_good_and("--stat", "x"), 2, ["--stat"]),
    "no input": (lambda place: [], 2, ["FILE"]),
    "state is a file": (_state_is_a_file, 1, ["another --state"]),
    "no server": (_good_and("--state", f"redis://127.0.0.1:{free_port()}"), 1, ["cannot reach Redis"]),
    "bad address": (_good_and("--state", "http://127.0.0.1"), 1, ["redis://"]),
    "events": (_good_and("--state", "memory", "--events", "no/such/place.jsonl"), 1, ["no/such/place.jsonl", "directory does not exist"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_command_or_input_is_refused_at_once_in_one_clear_line(case: str, tmp_path: Path) -> None:
    make, code, words = REFUSED[case]
    done = run("run", *make(tmp_path), code=code, cwd=tmp_path)
    assert done.out == b""
    assert all(word in done.err for word in words), done.said
    if code == 1:
        assert done.err.startswith("streamclust: ")
        assert done.err.count("\n") == 1


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "secret.jsonl"
    path.write_bytes(b'{"text":"a"}\n')
    path.chmod(0)
    done = run("run", path, code=1, cwd=tmp_path, prepare=_forgo_root)
    assert f"no permission to read {path}" in done.err


def _forgo_root() -> None:
    """As root, drop the rights to read what permissions forbid (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH)."""
    if os.geteuid() == 0:
        for capability in (1, 2):
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)


def test_a_taken_metrics_port_is_named(redis_url: str, tmp_path: Path) -> None:
    taken = redis_url.rpartition(":")[2]
    done = run("run", *_good_and("--state", "memory", "--metrics-port", taken)(tmp_path), code=1, cwd=tmp_path)
    assert taken in done.err
    assert "another --metrics-port" in done.err


@pytest.mark.parametrize("command", [["clusters"], ["show", "c"], ["explain", "x"], ["verify"]])
def test_looking_where_no_state_is_says_how_to_make_one_and_makes_nothing(command: list[str], tmp_path: Path) -> None:
    done = run(*command, "--state", tmp_path / "none", code=1)
    assert "streamclust run" in done.err
    assert not (tmp_path / "none").exists()
    assert "memory" in run(*command, "--state", "memory", code=1).err
    assert "cannot reach Redis" in run(*command, "--state", f"redis://127.0.0.1:{free_port()}", code=1).err
