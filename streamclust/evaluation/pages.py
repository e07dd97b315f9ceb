"""Figures as tables, for the terminal and as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streamclust.claims import isoformat
from streamclust.evaluation.baselines.base import ONE_PASS
from streamclust.evaluation.built_in import KINDS
from streamclust.evaluation.comparison import System
from streamclust.evaluation.confusions import Confusion, Wholeness
from streamclust.evaluation.delay import Delay
from streamclust.evaluation.metrics import Scores
from streamclust.evaluation.mistakes import Mistakes
from streamclust.evaluation.parts import MEANINGS
from streamclust.evaluation.windows import TIME, Window

_WIDTH = 100
_MEASURED = "What was measured"

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

WRONG: dict[str, tuple[str, str]] = {
    "split": ("split (share)", "gold clusters of two or more in several found ones; 0 is perfect"),
    "mixed": ("mis-merged (share)", "found clusters of two or more with several gold ones; 0 is perfect"),
    "cuts": ("cuts to mend", "splits that would undo all mis-merges (Menestrina et al. 2010)"),
    "joins": ("joins to mend", "merges that would then undo all splits"),
}
"""The same for each field of `Mistakes`."""

_SHORT = {"ami": "AMI", "ari": "ARI", "nmi": "NMI", "pair_f1": "pair F1", "b3_f1": "B3 F1"}
_COUNTS = {"n_items": "posts", "gold_clusters": "gold", "found_clusters": "found"}


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a page.

    Args:
        title: empty for the first.
        note: how to read it; may be empty.
        rows: the first are the column names; the first column is words, the rest figures.
        lead: title of the meanings.
        meanings: names and what they mean, at the end of the page.
    """

    title: str
    note: str
    rows: list[list[str]]
    lead: str = ""
    meanings: Sequence[tuple[str, str]] = ()


def of_stages(scores: Mapping[str, Scores], wrong: Mapping[str, Mistakes]) -> Table:
    """Every figure, one column for each stage."""
    rows = [["metric", *scores]]
    rows += [[name, *(figure(getattr(one, metric)) for one in scores.values())] for metric, (name, _) in FIGURES.items()]
    if wrong:
        rows += [[name, *(figure(getattr(one, metric)) for one in wrong.values())] for metric, (name, _) in WRONG.items()]
    meanings = [*FIGURES.values(), *(WRONG.values() if wrong else ())]
    return Table("", "", rows, "What the figures mean (1 is perfect, counts apart)", meanings)


def of_confusions(confusions: Sequence[Confusion], whole: Wholeness) -> Table:
    """What was taken for what."""
    rows = [["near-misses", "posts", "joined"]]
    rows += [[f"{one.kind}: {KINDS[one.kind]}", str(one.posts), figure(one.joined)] for one in confusions]
    return Table(
        "Near-misses (after merges)",
        "Joined: the share that lies in one cluster with the claim they are near to; 0 is perfect. "
        f"Of the {whole.claims} claims, told in several languages, {figure(whole.whole)} lie whole in one cluster; on average "
        f"{figure(whole.held)} of a claim's posts lie in the cluster that has most of them; 1 is perfect.",
        rows,
    )


def of_parts(parts: Mapping[str, Scores]) -> Table:
    """Which posts are scored makes a difference: one row for each choice."""
    rows = [["scored", *_SHORT.values(), *_COUNTS.values()]]
    rows += [[part, *(figure(getattr(one, metric)) for metric in (*_SHORT, *_COUNTS))] for part, one in parts.items()]
    return Table("Lone posts and noise (after merges)", "; ".join(f"{part}: {MEANINGS[part]}" for part in parts) + ".", rows)


def of_delays(seen: Sequence[Delay]) -> Table:
    """How soon gold clusters are seen."""
    rows = [["gold clusters with", "are", "seen at once", "ever", "posts later", "for 90 %", "seconds later", "for 90 %"]]
    for one in seen:
        posts = [_later(value) for value in (one.posts, one.posts_most)]
        seconds = [_seconds_later(*both) for both in ((one.posts, one.seconds), (one.posts_most, one.seconds_most))]
        rows.append([f"{one.k} posts", str(one.clusters), figure(one.at_once), figure(one.ever), *posts, *seconds])
    return Table(
        "Detection delay",
        "A gold cluster is seen from the moment, at or after its k-th post, when that post lies in a found cluster that holds more than "
        "half of the gold cluster's posts so far and consists of them by more than half. Later: the gold cluster's own posts, and event "
        "time, between the two, of those that are seen at all: the median, and what 90 % do not exceed. Merges count when they happen.",
        rows,
    )


def of_windows(windows: Sequence[Window], by: str) -> list[Table]:
    """Figures early and late, at arrival and after merges."""
    kind = "Equally long windows of event time, those without a post left out" if by == TIME else "Windows of equally many posts"
    note = (
        f"{kind}; each is scored by itself: at arrival in the clusters its posts were first put into, after merges in those they are in "
        "at the end of the stream. Where it has one gold cluster, AMI and ARI are 0 unless that is whole."
    )
    places = _places(windows, by)
    return [
        _over_time("Over time (at arrival)", note, places, [window.at_arrival for window in windows]),
        _over_time("Over time (after merges)", "", places, [window.scores for window in windows]),
    ]


def _over_time(title: str, note: str, places: list[list[str]], scores: Sequence[Scores]) -> Table:
    metrics = (*_SHORT, *list(_COUNTS)[1:])
    rows = [[*places[0], *_SHORT.values(), *list(_COUNTS.values())[1:]]]
    rows += [[*place, *(figure(getattr(one, metric)) for metric in metrics)] for place, one in zip(places[1:], scores, strict=True)]
    return Table(title, note, rows)


def _places(windows: Sequence[Window], by: str) -> list[list[str]]:
    """Which posts each window has, and from when, below their names."""
    begins = [isoformat(window.begins)[:16] for window in windows if window.begins is not None]
    if by == TIME:
        counts = (str(window.scores.n_items) for window in windows)
        return [["from", "posts"], *map(list, zip(begins, counts, strict=True))]
    ranges = [f"{window.first}-{window.last}" for window in windows]
    if len(begins) < len(windows):
        return [["posts"], *([one] for one in ranges)]
    return [["posts", "from"], *map(list, zip(ranges, begins, strict=True))]


def of_systems(systems: Sequence[System]) -> Table:
    """The comparison."""
    rows = [["system", "setting", "chosen", "posts", "AMI", "ARI", "pairs", "B3 F1", "found", "speed", "ours"]]
    rows += [_line(one) for one in systems]
    return Table(
        "Comparison on the same vectors",
        "Every system gets the vectors that ours got, one for each distinct text; copies follow their first copy, as they do in ours. Ours "
        "looks at the words as well. "
        "A text that a system calls noise is a cluster of its own. Fixed: a setting from before; best: of its settings the one with the "
        "best AMI on these very labels, which nobody has in earnest; both: they are one. * saw all posts at once. Speed: posts a second on "
        "ready vectors, as a share of ours in this run; ours is one thread, and keeps its state. Ours: our AMI on the same posts, after "
        "the merges until then.",
        rows,
        "Which systems they are",
        list(_notes(systems).items()),
    )


def _line(one: System) -> list[str]:
    speed = f"{one.ratio:.1f}" if one.ratio >= 0.95 else f"{one.ratio:.2g}"
    figures = [figure(getattr(one.scores, metric)) for metric in ("ami", "ari", "pair_f1", "b3_f1", "found_clusters")]
    batch = "" if one.kind == ONE_PASS else "*"
    return [f"{one.name}{batch}", one.setting, one.chosen, str(one.posts), *figures, speed, figure(one.ours.ami)]


def _notes(systems: Sequence[System]) -> dict[str, str]:
    """What each system is, and why it did not get all posts."""
    notes = {}
    for one in systems:
        limits = f"; only the first {one.posts} posts, because of {one.limited}" if one.limited else ""
        notes[one.name] = f"{one.title}, {one.kind}{limits}"
    return notes


def figure(value: float) -> str:
    """A share with four decimals (never `-0.0000`), a count as it is."""
    return str(value) if isinstance(value, int) else f"{value:z.4f}"


def as_text(facts: Mapping[str, str], tables: Sequence[Table]) -> str:
    """A plain page, 100 characters wide where words can be wrapped: figures first, then what they are of, then what they mean."""
    lines: list[str] = []
    for table in tables:
        lines += [*([table.title] if table.title else []), *textwrap.wrap(table.note, _WIDTH), *_aligned(table.rows), ""]
    lines += [_MEASURED, *(line for name, value in facts.items() for line in _hanging(name, value, indent=10))]
    for table in _with_meanings(tables):
        indent = 2 + max(len(name) for name, _ in table.meanings)
        lines += ["", table.lead, *(line for name, meaning in table.meanings for line in _hanging(name, meaning, indent=indent))]
    return "\n".join([*lines, ""])


def as_markdown(title: str, facts: Mapping[str, str], tables: Sequence[Table]) -> str:
    """The same as a section of a document."""
    lines = [f"## {title}", ""]
    for table in tables:
        lines += [*([f"### {table.title}", ""] if table.title else []), *([table.note, ""] if table.note else [])]
        lines += [_cells(table.rows[0]), _cells(["---", *("---:" for _ in table.rows[0][1:])]), *map(_cells, table.rows[1:]), ""]
    lines += [f"### {_MEASURED}", "", *(f"- **{name}**: {value}" for name, value in facts.items())]
    for table in _with_meanings(tables):
        lines += ["", f"### {table.lead}", "", *(f"- **{name}**: {meaning}" for name, meaning in table.meanings)]
    return "\n".join([*lines, ""])


def _with_meanings(tables: Sequence[Table]) -> list[Table]:
    return [table for table in tables if table.meanings]


def _later(value: float | None) -> str:
    return "never" if value is None else f"{value:.0f}"


def _seconds_later(posts: float | None, seconds: float | None) -> str:
    """Nothing where it ended but there are no times to tell when."""
    return "" if seconds is None and posts is not None else _later(seconds)


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
