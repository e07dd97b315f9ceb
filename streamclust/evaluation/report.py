"""What was measured, on what and how, so that somebody else can measure it again."""

from __future__ import annotations

import hashlib
import platform
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from streamclust.errors import InputUnreadable
from streamclust.evaluation.metrics import Scores
from streamclust.params import Params

FILE_ORDER = "file order, one pass"
AT_ARRIVAL = "at arrival"
AFTER_MERGES = "after merges"

_PACKAGES = ("numpy", "hnswlib", "sentence-transformers", "scikit-learn")
_WIDTH = 100

FIGURES: dict[str, tuple[str, str]] = {
    "ami": ("agreement (AMI)", "what one grouping tells about the other, less chance: 0 is chance"),
    "ari": ("agreement on pairs (ARI)", "pairs of posts that both groupings treat alike, less chance: 0 is chance"),
    "pair_f1": ("pairs (F1)", "the next two in one: their harmonic mean"),
    "pair_precision": ("pairs right (precision)", "of the pairs of posts put together, the share that belongs together"),
    "pair_recall": ("pairs found (recall)", "of the pairs of posts that belong together, the share put together"),
    "b3_f1": ("company (B3 F1)", "the next two in one: their harmonic mean; flatters many lone posts"),
    "b3_precision": ("company right (B3 prec.)", "share of a post's found cluster that belongs with it, on average"),
    "b3_recall": ("company found (B3 recall)", "share of a post's gold cluster that was put with it, on average"),
    "b3_f1_multi": ("company if any (B3 F1)", "B3 F1 again, over posts whose gold cluster has at least two"),
    "nmi": ("information (NMI)", "AMI with chance left in, arithmetic mean; flatters many small clusters"),
    "v_measure": ("information (V-measure)", "the next two in one: their harmonic mean; the same figure as NMI"),
    "homogeneity": ("unmixed (homogeneity)", "how far each found cluster holds posts of one gold cluster only"),
    "completeness": ("unsplit (completeness)", "how far each gold cluster stays in one found cluster"),
    "purity": ("majority (purity)", "posts of the commonest gold cluster in theirs; flatters small clusters"),
    "n_items": ("posts scored", "posts that have a gold label and were clustered"),
    "gold_clusters": ("gold clusters", "clusters by the labels"),
    "found_clusters": ("found clusters", "clusters by this run"),
    "gold_singletons": ("gold clusters of one", "of the gold clusters, those with a single post"),
    "found_singletons": ("found clusters of one", "of the found clusters, those with a single post"),
}
"""For each field of `Scores`, in the order they are shown: a name, and one line on what it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """The stream that was clustered.

    Args:
        name: file name without its folder.
        lines: records read.
        sha256: first 12 hex digits of the hash of the file's bytes.
        unlabelled: records left out for want of a gold label.
        dead_letters: records that could not become claims.
    """

    name: str
    lines: int
    sha256: str
    unlabelled: int = 0
    dead_letters: int = 0


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
        order: the order in which the records were read.
    """

    data: DataFile
    preset: str
    params: Params
    encoder: str
    encoder_fingerprint: str
    index: str
    versions: Mapping[str, str]
    scores: Mapping[str, Scores]
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
        }

    def as_text(self) -> str:
        """A plain page for the terminal: what was run, one column for each stage, what the figures mean."""
        facts = [line for name, value in self._facts() for line in _hanging(name, value, indent=10)]
        meanings = [line for name, meaning in FIGURES.values() for line in _hanging(name, meaning, indent=27)]
        table = _aligned([["metric", *self.scores], *self._rows()])
        return "\n".join([*facts, "", *table, "", "What they mean (1 is perfect, counts apart):", *meanings, ""])

    def as_markdown(self) -> str:
        """The same as a section of a document."""
        facts = [f"- **{name}**: {value}" for name, value in self._facts()]
        head = [_cells(["metric", *self.scores]), _cells(["---", *("---:" for _ in self.scores)])]
        meanings = [f"- **{name}**: {meaning}" for name, meaning in FIGURES.values()]
        table = [*head, *map(_cells, self._rows())]
        return "\n".join(["## Evaluation", "", *facts, "", *table, "", "What they mean (1 is perfect, counts apart):", "", *meanings, ""])

    def _facts(self) -> Iterator[tuple[str, str]]:
        """What was run, as names and words."""
        yield "data", _data_in_words(self.data)
        yield "order", self.order
        yield "preset", self.preset
        yield "params", f"{self.params.fingerprint}: " + ", ".join(f"{name}={value}" for name, value in self.params.as_dict().items())
        yield "encoder", f"{self.encoder} ({self.encoder_fingerprint})"
        yield "index", self.index
        yield "versions", ", ".join(f"{name} {version}" for name, version in self.versions.items())

    def _rows(self) -> list[list[str]]:
        """One row for each metric: its name, and its figure at each stage."""
        return [[name, *(_figure(getattr(s, metric)) for s in self.scores.values())] for metric, (name, _) in FIGURES.items()]


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
    left_out = [(data.unlabelled, "without a gold label"), (data.dead_letters, "that could not be read")]
    words = "".join(f", {count} {why} left out" for count, why in left_out if count)
    return f"{data.name}, {data.lines} lines{words}, sha256 {data.sha256}"


def _figure(value: float) -> str:
    """A share with four decimals (never `-0.0000`), a count as it is."""
    return str(value) if isinstance(value, int) else f"{value:z.4f}"


def _aligned(rows: list[list[str]]) -> list[str]:
    """Rows as lines: the first column to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]) for row in rows]


def _hanging(name: str, words: str, *, indent: int) -> list[str]:
    """`name` and wrapped words beside it."""
    return textwrap.wrap(
        words, _WIDTH, initial_indent=name.ljust(indent), subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )


def _cells(row: list[str]) -> str:
    return f"| {' | '.join(row)} |"
