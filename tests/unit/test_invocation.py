"""Commands that are suggested can be typed as they stand."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from streamclust.adapters.memory import MemoryStore
from streamclust.errors import InputUnreadable, NotFound
from workers.cli.desk import vector_of
from workers.cli.look import resolved
from workers.invocation import program, told, typed
from workers.wiring import readable_store


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
    guarded = "redis://ann:secret@127.0.0.1/0"
    assert typed("clusters", state=guarded) == "streamclust clusters --state 'redis://ann:***@127.0.0.1/0' (with your password for ***)"
    assert told("clusters", state=guarded) == "`streamclust clusters --state 'redis://ann:***@127.0.0.1/0'` (with your password for ***)"
    assert told("show", "c1", state="my state") == "`streamclust show c1 --state 'my state'`"


def test_what_is_not_found_is_listed_by_a_command_on_the_state_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["pytest"])
    store = MemoryStore()
    with pytest.raises(NotFound, match="`streamclust clusters --shard 2 --state 'my state'` lists them"):
        resolved(store, "c1", "my state", 2)
    with pytest.raises(NotFound, match="`streamclust show CLUSTER --state elsewhere` lists them"):
        vector_of(store, "p1", None, "elsewhere")
    with (
        pytest.raises(InputUnreadable, match="`streamclust run FILE --state '/nowhere/my state'` makes one"),
        readable_store("/nowhere/my state"),
    ):
        pass
