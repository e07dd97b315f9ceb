"""Commands that are suggested can be typed as they stand."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from workers.cli.invocation import program, typed


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    path = tmp_path / "a venv" / "bin" / "streamclust"
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_program_that_is_not_on_the_path_is_named_as_it_was_started(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [str(installed)])
    monkeypatch.setenv("PATH", "/nowhere")
    assert shlex.split(program()) == [str(installed)]
    monkeypatch.chdir(installed.parent.parent)
    monkeypatch.setattr(sys, "argv", ["bin/streamclust"])
    assert program() == "bin/streamclust"


def test_a_program_on_the_path_goes_by_its_name_and_another_one_there_does_not_stand_in(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [str(installed)])
    monkeypatch.setenv("PATH", str(installed.parent))
    assert program() == "streamclust"
    other = tmp_path / "streamclust"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shlex.split(program()) == [str(installed)]


def test_a_state_is_named_where_it_is_not_the_one_taken_anyway_and_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["pytest"])
    assert typed("clusters") == "streamclust clusters"
    assert typed("show", "c1", state="my state") == "streamclust show c1 --state 'my state'"
    assert "secret" not in typed("clusters", state="redis://ann:secret@127.0.0.1/0")
