"""What the documents say and what the code does are the same."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import fields
from pathlib import Path

import click
import pytest
from messages import problems

from streamclust.params import PRESETS, Params
from workers.cli import cli

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def commands(group: click.Group = cli, prefix: str = "") -> list[tuple[str, click.Command]]:
    """Every command under the words that call it, those of groups included."""
    context = click.Context(group)
    found: list[tuple[str, click.Command]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            found += commands(command, f"{prefix}{name} ")
        elif command is not None:
            found.append((prefix + name, command))
    return found


@pytest.mark.parametrize(("name", "command"), commands())
def test_every_command_and_option_is_in_the_readme(name: str, command: click.Command) -> None:
    assert f"streamclust {name}" in README
    options = [o for p in command.params if isinstance(p, click.Option) for o in p.opts if o.startswith("--") and o != "--help"]
    missing = [o for o in options if f"`{o}" not in README]
    assert not missing


def test_every_option_in_the_readme_is_real() -> None:
    real = {o for _, command in commands() for p in command.params for o in p.opts}
    named = set(re.findall(r"`(--[a-z-]+)", README))
    assert named <= real | {"--quick", "--data"}


@pytest.mark.parametrize("field", fields(Params), ids=lambda f: f.name)
def test_every_param_stands_in_the_readme_with_its_default(field: object) -> None:
    name, default = field.name, field.default  # type: ignore[attr-defined]
    row = next((line for line in README.splitlines() if line.startswith(f"| `{name}` |")), "")
    shown = f"{default / 86400:g} d" if default and default % 86_400 == 0 and isinstance(default, float) else f"{default:,}"
    assert f"| {shown} |" in row, f"{name}: expected {shown!r} in {row!r}"
    topic = PRESETS["topic"].get(name)
    assert topic is None or f"| {topic} |" in row


def anchors() -> dict[str, str]:
    """Titles of the README's sections by the anchor a reader's link goes to."""
    titles = re.findall(r"^##+ (.+)$", re.sub(r"^```.*?^```", "", README, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-"): title for title in titles}


def test_every_section_is_in_the_contents_in_its_order() -> None:
    contents = README.partition("**Contents:**")[2].partition("\n\n")[0]
    assert re.findall(r"\]\(#([^)]+)\)", contents) == list(anchors())


def test_every_link_inside_the_readme_and_to_a_file_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", README)
    inside = [link.removeprefix("#") for link in links if link.startswith("#")]
    files = [link for link in links if not link.startswith(("#", "http"))]
    assert [link for link in inside if link not in anchors()] == []
    assert [link for link in files if not (ROOT / link).exists()] == []
    assert inside
    assert files


def test_the_event_shown_in_the_readme_is_one() -> None:
    shown = re.search(r"^\{\"specversion\".*?\}\n```", README, re.MULTILINE | re.DOTALL)
    assert shown is not None
    event = json.loads(shown[0].removesuffix("```"))
    assert problems("cloudevent", event) == []
    assert problems(event["type"].removeprefix("io.streamclust."), event["data"]) == []


def test_make_targets_named_in_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_pins_of_the_lock_satisfy_pyproject() -> None:
    import tomllib

    from packaging.requirements import Requirement

    locked = dict(line.split("==") for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line)
    locked = {name.lower().replace("_", "-"): version for name, version in locked.items()}
    for text in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(locked[wanted.name.lower()]), text


def test_python_blocks_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {"__name__": "readme"})


def test_no_path_of_a_machine_is_in_the_tree() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    for name in listed:
        path = ROOT / name
        if path.suffix in (".py", ".md", ".toml", ".lua", ".yml", ".lock", "") and path.is_file():
            text = path.read_text(errors="ignore")
            assert not re.search(r"(?<![\w.])/(?:home|root|Users)/", text) or name == "tests/test_docs.py", name
