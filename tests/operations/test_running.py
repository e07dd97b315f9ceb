"""What the README says about running it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from files import README, ROOT, WORKER_IMAGE, check_command, composed, settings_of, variables
from pydantic import SecretStr
from pydantic.fields import FieldInfo

import streamclust
from workers.settings import Settings, variable
from workers.topics import Topics

SECTION = README.partition("\n## Running it\n")[2].partition("\n## ")[0]
COMMANDS = [line.partition("  #")[0].strip() for block in re.findall(r"```\n(.*?)```", SECTION, re.DOTALL) for line in block.splitlines()]


def shown(field: FieldInfo) -> str:
    """A default as the table shows it."""
    default = field.default
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if default is None or default == "":
        return ""
    return f"`{default}`" if isinstance(default, str) else f"{default:g}"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_stands_in_the_table(name: str) -> None:
    field = Settings.model_fields[name]
    assert f"\n| `{variable(name)}` | {shown(field)} | {field.description} |\n" in SECTION


def test_every_setting_in_the_readme_is_real() -> None:
    real = {variable(name) for name in Settings.model_fields}
    assert set(re.findall(r"STREAMCLUST_[A-Z_]*[A-Z]", README)) <= real


@pytest.mark.parametrize("command", [c for c in COMMANDS if re.match(r"(\w+=\S+ )*(\.venv/bin/)?(python|streamclust) ", c)])
def test_commands_of_our_own_would_start(command: str) -> None:
    words = shlex.split(command)
    given = [word for word in words if re.match(r"[A-Z_]+=", word)]
    Settings.read(settings_of(dict(word.split("=", 1) for word in given)))
    program, *rest = words[len(given) :]
    check_command([program.removeprefix(".venv/bin/"), *rest])


def test_there_are_such_commands() -> None:
    text = "\n".join(COMMANDS)
    for part in ("workers.embed", "workers.cluster", "streamclust topics create"):
        assert f"/{part}" in text or f" {part}" in text


def test_exported_settings_parse() -> None:
    given = [word.split("=", 1) for command in COMMANDS if command.startswith("export ") for word in shlex.split(command)[1:]]
    assert given
    Settings.read(settings_of(dict(given)))


def test_files_named_in_commands_exist() -> None:
    names = re.findall(r"(?<![\w/.])(?:ops/[\w./-]+|\.env\.example)", "\n".join(COMMANDS))
    assert names
    made_by_hand = {"ops/kubernetes/secret.env"}
    assert [name for name in names if name not in made_by_hand and not (ROOT / name).exists()] == []


def test_services_named_in_commands_are_there(tmp_path: Path) -> None:
    services = composed(tmp_path)["services"]
    named = re.findall(r"docker compose (?:exec|logs|stop)(?: -\S+| --[\w-]+)* (\w+)", "\n".join(COMMANDS))
    assert named
    assert set(named) <= set(services)


def test_topics_named_are_real() -> None:
    topics = Topics()
    for name in re.findall(r"--topic (\S+)", SECTION):
        assert name in (topics.raw, topics.events, topics.dead_letters, topics.assigned)
    picture = SECTION.partition("```\n")[2].partition("```")[0]
    for name in (topics.raw, topics.embedded, topics.assigned, topics.events, topics.state, topics.dead_letters):
        assert name in picture


def test_the_image_built_by_hand_has_our_version() -> None:
    assert f"--tag {WORKER_IMAGE}:{streamclust.__version__}" in SECTION


def test_passwords_to_fill_in_are_named() -> None:
    empty = [name for name, value in variables(ROOT / ".env.example").items() if not value and name.endswith("PASSWORD")]
    assert empty
    assert [name for name in empty if f"`{name}`" not in SECTION] == []
