"""Laws of writing files: what a command reads is never written to, and what is there is replaced only when told to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from workers.cli import cli

POSTS = b'{"id":"1","text":"the dam has burst","cluster":"dam"}\n'
WAYS: dict[str, Callable[[Path, Path], object]] = {
    "as it is": lambda kept, other: other.unlink(missing_ok=True),
    "through a symlink": lambda kept, other: other.symlink_to(kept),
    "through a hard link": lambda kept, other: os.link(kept, other),
}


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    path = tmp_path / "posts.jsonl"
    path.write_bytes(POSTS)
    return path


@pytest.fixture(params=list(WAYS))
def alias(request: pytest.FixtureRequest, posts: Path, tmp_path: Path) -> Path:
    other = tmp_path / "other"
    WAYS[request.param](posts, other)
    return other if other.exists() else posts


def said(*arguments: object, code: int = 2) -> str:
    result: Result = CliRunner().invoke(cli, [*map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.output


@pytest.mark.parametrize("option", ["--events", "--dead-letters"])
def test_run_never_appends_to_its_input(option: str, posts: Path, alias: Path, tmp_path: Path) -> None:
    assert f"{option} {alias} is the same file as the input {posts}" in said("run", posts, option, alias, "--state", tmp_path / "state")
    assert posts.read_bytes() == POSTS
    assert not (tmp_path / "state").exists()


def test_run_never_appends_events_and_dead_letters_to_one_file(posts: Path, tmp_path: Path) -> None:
    both = tmp_path / "both"
    text = said("run", posts, "--events", both, "--dead-letters", tmp_path / "." / "both", "--state", "memory")
    assert f"--dead-letters {both} is the same file as --events {both}" in text
    assert not both.exists()


def test_run_never_reads_the_file_that_dead_letters_go_to_by_default(posts: Path, tmp_path: Path) -> None:
    (tmp_path / "dead-letters.jsonl").write_bytes(POSTS)
    letters = tmp_path / "dead-letters.jsonl"
    assert f"--dead-letters {letters} is the same file as the input" in said("run", letters, "--state", tmp_path)


@pytest.mark.parametrize("command", [("fit",), ("calibrate",), ("fit", "--force"), ("calibrate", "--force")])
def test_params_never_replace_the_posts_they_are_fitted_to(command: tuple[str, ...], posts: Path, alias: Path) -> None:
    assert f"--output {alias} is the same file as FILE {posts}" in said(*command, posts, "--output", alias)
    assert posts.read_bytes() == POSTS


def test_params_never_replace_the_posts_they_are_tested_on(posts: Path, tmp_path: Path) -> None:
    unseen = tmp_path / "unseen.jsonl"
    unseen.write_bytes(POSTS)
    assert f"is the same file as --test {unseen}" in said("fit", posts, "--test", unseen, "--output", unseen, "--force")
    assert unseen.read_bytes() == POSTS


@pytest.mark.parametrize("command", ["sample", "fit", "calibrate"])
def test_a_file_that_is_there_is_replaced_only_when_told_to(command: str, posts: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(b"a year's work")
    text = said(command, 5 if command == "sample" else posts, "--output", kept)
    assert f"--output {kept}: a file is there, and would be replaced; name another one, or say --force" in text
    assert kept.read_bytes() == b"a year's work"


def test_a_sample_replaces_an_empty_file_and_with_force_any(tmp_path: Path) -> None:
    place = tmp_path / "sample.jsonl"
    place.touch()
    said("sample", 5, "--output", place, code=0)
    assert place.read_bytes().count(b"\n") == 5
    said("sample", 3, "--output", place, "--force", code=0)
    assert place.read_bytes().count(b"\n") == 3


def test_a_sample_goes_to_a_device_that_is_there() -> None:
    assert said("sample", 5, "--output", "/dev/null", code=0) == ""


@pytest.mark.parametrize("command", ["sample", "fit"])
def test_a_directory_that_is_not_there_is_named_before_any_work(command: str, posts: Path, tmp_path: Path) -> None:
    text = said(command, 5 if command == "sample" else posts, "--output", tmp_path / "nowhere" / "out")
    assert "its directory does not exist; make it first" in text
