"""What was measured, on what and how, so that somebody else can measure it again."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from streamclust.errors import InputUnreadable
from streamclust.evaluation import pages
from streamclust.evaluation.comparison import System
from streamclust.evaluation.confusions import Confusion, Wholeness
from streamclust.evaluation.delay import Delay
from streamclust.evaluation.metrics import Scores
from streamclust.evaluation.mistakes import Mistakes
from streamclust.evaluation.order import FILE_ORDER
from streamclust.evaluation.windows import POSTS, Window
from streamclust.params import Params

AT_ARRIVAL = "at arrival"
AFTER_MERGES = "after merges"

_PACKAGES = ("numpy", "hnswlib", "sentence-transformers", "scikit-learn", "river")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """The stream that was clustered.

    Args:
        name: file name without its folder.
        lines: records read.
        sha256: first 12 hex digits of the hash of the file's bytes.
        unlabelled: records left out for want of a gold label.
        dead_letters: records that could not become claims.
        repeated: records left out because their id was seen before.
        noise: records whose gold label is noise: they are clustered like all others.
        form: name of the form it was read in.
    """

    name: str
    lines: int
    sha256: str
    unlabelled: int = 0
    dead_letters: int = 0
    repeated: int = 0
    noise: int = 0
    form: str = "posts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Scores, and all that is needed to get them again.

    Args:
        preset: name of the preset that `params` started from.
        encoder: name of the model.
        encoder_fingerprint: `Encoder.fingerprint`.
        index: `hnsw` or `exact`.
        versions: from `versions()`.
        scores: by stage, `AT_ARRIVAL` and `AFTER_MERGES`, in the order they are shown.
        mistakes: the same.
        parts: after merges, by which posts are scored.
        delays: how soon gold clusters are seen.
        windows: figures early and late.
        windows_by: what windows have equally much of, `posts` or `time`.
        systems: the comparison; empty where none was asked for.
        confusions: near-misses by kind; empty where the stream does not say which they are.
        wholeness: how far the claims they are near to stayed in one cluster, where it does.
        order: the order in which the records were played.
    """

    data: DataFile
    preset: str
    params: Params
    encoder: str
    encoder_fingerprint: str
    index: str
    versions: Mapping[str, str]
    scores: Mapping[str, Scores]
    mistakes: Mapping[str, Mistakes] = field(default_factory=dict)
    parts: Mapping[str, Scores] = field(default_factory=dict)
    delays: Sequence[Delay] = ()
    windows: Sequence[Window] = ()
    windows_by: str = POSTS
    systems: Sequence[System] = ()
    confusions: Sequence[Confusion] = ()
    wholeness: Wholeness | None = None
    order: str = FILE_ORDER

    def as_dict(self) -> dict[str, Any]:
        """Plain values that go through JSON unchanged."""
        return {
            "data": asdict(self.data),
            "order": self.order,
            "preset": self.preset,
            "params": {"fingerprint": self.params.fingerprint, "values": self.params.as_dict()},
            "encoder": {"name": self.encoder, "fingerprint": self.encoder_fingerprint},
            "index": self.index,
            "versions": dict(self.versions),
            "scores": {stage: asdict(scores) for stage, scores in self.scores.items()},
            "mistakes": {stage: asdict(wrong) for stage, wrong in self.mistakes.items()},
            "parts": {part: asdict(scores) for part, scores in self.parts.items()},
            "delays": [asdict(delay) for delay in self.delays],
            "windows": [asdict(window) for window in self.windows],
            "windows_by": self.windows_by,
            "systems": [asdict(system) for system in self.systems],
            "confusions": [asdict(confusion) for confusion in self.confusions],
            "wholeness": asdict(self.wholeness) if self.wholeness else None,
        }

    def as_text(self) -> str:
        """A plain page for the terminal."""
        return pages.as_text(dict(self._facts()), self._tables())

    def as_markdown(self) -> str:
        """The same as a section of a document."""
        return pages.as_markdown("Evaluation", dict(self._facts()), self._tables())

    def _tables(self) -> list[pages.Table]:
        """What the page shows, in its order."""
        tables = [pages.of_stages(self.scores, self.mistakes)]
        tables += [pages.of_confusions(self.confusions, self.wholeness)] if self.wholeness else []
        tables += [pages.of_parts(self.parts)] if len(self.parts) > 1 else []
        tables += [pages.of_delays(self.delays)] if self.delays else []
        tables += pages.of_windows(self.windows, self.windows_by) if len(self.windows) > 1 else []
        return tables + ([pages.of_systems(self.systems)] if self.systems else [])

    def _facts(self) -> Iterator[tuple[str, str]]:
        """What was run, as names and words."""
        yield "data", _data_in_words(self.data)
        yield "order", self.order
        yield "preset", self.preset
        yield "params", f"{self.params.fingerprint}: " + ", ".join(f"{name}={value}" for name, value in self.params.as_dict().items())
        yield "encoder", f"{self.encoder} ({self.encoder_fingerprint})"
        yield "index", self.index
        yield "versions", ", ".join(f"{name} {version}" for name, version in self.versions.items())


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that the figures depend on."""
    return {"python": platform.python_version()} | {name: _version(name) for name in _PACKAGES}


def sha256_of(path: Path) -> str:
    """First 12 hex digits of the SHA-256 of a file's bytes.

    Raises:
        InputUnreadable: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:12]
    except OSError as error:
        raise InputUnreadable(f"cannot read {path}: {error.strerror}; check the name and the permissions") from None


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _data_in_words(data: DataFile) -> str:
    form = "" if data.form == "posts" else f" in the form of {data.form}"
    left_out = [
        (data.unlabelled, "without a gold label"),
        (data.dead_letters, "that could not be read"),
        (data.repeated, "with an id that came before"),
    ]
    words = "".join(f", {count} {why} left out" for count, why in left_out if count)
    noise = f", {data.noise} labelled as noise" if data.noise else ""
    return f"{data.name}{form}, {data.lines} lines{words}{noise}, sha256 {data.sha256}"
