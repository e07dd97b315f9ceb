"""What a person sees of a run: a live table on a terminal, plain lines anywhere else, one JSON object if asked."""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import click
import orjson
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from streamclust.claims import MAX_TEXT_CHARS, isoformat, normalise
from streamclust.clusterer import StreamClusterer
from streamclust.clusters import Cluster
from streamclust.counting import column, counted
from streamclust.digest import keywords, representative
from streamclust.events import ClaimAssigned, ClusterGrew, ClustersMerged, ClusterSplit, Event, TrendEnded, TrendStarted
from streamclust.words import Commonness
from workers.cli.quoting import one_line
from workers.cli.skew import Ahead
from workers.fields import FieldNotes
from workers.invocation import typed

_REFRESH = 0.4
_STATUS_EVERY = 5.0
_BIGGEST, _NEWEST, _TRENDING = 10, 5, 5
_IDLE_SHARE = 0.1
"""Share of a run spent waiting for input from which on its rate says nothing."""


@dataclass(slots=True)
class Tally:
    """What a run has done so far.

    Args:
        truncated: claims whose text was longer than `MAX_TEXT_CHARS` and was cut.
        ahead: claims whose times were too far ahead of the stream.
        waited: seconds in which there was nothing to do but wait for input, at most.
        notes: what of the records could not be read; there once the run is over.
    """

    started: float = field(default_factory=time.monotonic)
    read: int = 0
    skipped_before: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    dead: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    truncated: int = 0
    progress: float | None = None
    stopped: bool = False
    waited: float = 0.0
    ahead: Ahead = field(default_factory=Ahead)
    notes: FieldNotes | None = None

    def add(self, events: Sequence[Event], *, read: int, sent: int) -> None:
        """Count a batch: its events, records read, and claims sent to the clusterer."""
        before = self.assigned
        self.read += read
        for event in events:
            if isinstance(event, ClaimAssigned):
                self.rules[event.rule] += 1
            else:
                self.events[type(event).__name__] += 1
        self.duplicates += sent - (self.assigned - before)

    @property
    def assigned(self) -> int:
        """Claims assigned in this run."""
        return self.rules.total()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self.started

    @property
    def rate(self) -> float | None:
        """Records per second; None where the input was waited for: it would be the rate of whoever sends."""
        seconds = max(self.seconds, 1e-9)
        return None if self.waited > _IDLE_SHARE * seconds else self.read / seconds


class View(Protocol):
    """Where a run shows itself."""

    def update(self, tally: Tally, clusterer: StreamClusterer, events: Sequence[Event]) -> None:
        """A batch is done, or a while has passed."""

    def finish(self, tally: Tally, clusterer: StreamClusterer, state: str) -> None:
        """The run is over."""

    def close(self) -> None:
        """Leave the terminal as it was, whatever happened."""


class LiveView:
    """Progress and tables that redraw themselves."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._drawn = 0.0

    def update(self, tally: Tally, clusterer: StreamClusterer, events: Sequence[Event]) -> None:
        """Redraw, a few times a second at most."""
        now = time.monotonic()
        if now - self._drawn < _REFRESH:
            return
        self._drawn = now
        self._live.start()
        self._live.update(Group(_headline(tally, clusterer), *_tables(clusterer)), refresh=True)

    def close(self) -> None:
        """Show the cursor again."""
        self._live.stop()

    def finish(self, tally: Tally, clusterer: StreamClusterer, state: str) -> None:
        """Leave the last tables and the summary on the screen."""
        self.close()
        self._console.print(Group(*_tables(clusterer)))
        self._console.print(Text(summary(tally, clusterer)))
        self._console.print(Text(next_commands(clusterer, state)))


class PlainView:
    """A line for each cluster that grows, merges, or starts or ends a trend; a status line on standard error now and then."""

    def __init__(self, *, lines: bool = True) -> None:
        self._lines = lines
        self._said = time.monotonic()

    def update(self, tally: Tally, clusterer: StreamClusterer, events: Sequence[Event]) -> None:
        """Print what happened in the batch."""
        if self._lines:
            for event in events:
                line = event_line(event)
                if line:
                    click.echo(line)
        if time.monotonic() - self._said >= _STATUS_EVERY:
            self._said = time.monotonic()
            share = "" if tally.progress is None else f"{tally.progress:.0%}, "
            click.echo(f"{share}{_so_far(tally, clusterer)}", err=True)

    def close(self) -> None:
        """Nothing to leave."""

    def finish(self, tally: Tally, clusterer: StreamClusterer, state: str) -> None:
        """Print the biggest clusters and the summary."""
        where_to = not self._lines
        for cluster in biggest(clusterer):
            click.echo(
                f"{column(cluster.size, 'claim')}  {column(cluster.authors.count, 'author')}  {cluster.id}  {quote(cluster)}",
                err=where_to,
            )
        click.echo(summary(tally, clusterer), err=where_to)
        click.echo(next_commands(clusterer, state), err=where_to)


class JsonView:
    """One JSON object at the end, nothing before."""

    def update(self, tally: Tally, clusterer: StreamClusterer, events: Sequence[Event]) -> None:
        """Nothing yet."""

    def close(self) -> None:
        """Nothing to leave."""

    def finish(self, tally: Tally, clusterer: StreamClusterer, state: str) -> None:
        """Print the summary as JSON."""
        click.echo(orjson.dumps(_as_dict(tally, clusterer), option=orjson.OPT_INDENT_2))


def _so_far(tally: Tally, clusterer: StreamClusterer) -> str:
    rate = "" if tally.rate is None else f", {tally.rate:.0f}/s"
    return f"{counted(tally.read, 'record')}{rate}, {counted(len(clusterer.clusters), 'cluster')}"


def _pace(tally: Tally) -> str:
    return f"{tally.waited:.1f} s of that waiting for input" if tally.rate is None else f"{tally.rate:.0f}/s"


def summary(tally: Tally, clusterer: StreamClusterer) -> str:
    """Two or three lines on what was done."""
    several = sum(1 for c in clusterer.clusters if c.size > 1)
    lines = [
        f"{'Stopped after' if tally.stopped else 'Read'} {counted(tally.read, 'record')} in {tally.seconds:.1f} s ({_pace(tally)}): "
        f"{counted(tally.assigned, 'claim')} assigned ({counted(tally.rules['copy'], 'exact copy', 'exact copies')}), "
        f"{counted(tally.events['ClusterFounded'], 'cluster')} founded, {tally.events['ClustersMerged']} merged, "
        f"{tally.events['ClusterSplit']} split, {tally.events['ClusterRetired']} retired, "
        f"{tally.events['ClusterRevived']} revived. "
        f"Alive now: {counted(len(clusterer.clusters), 'cluster')}, {several} with more than one claim."
    ]
    if tally.events["TrendStarted"]:
        lines.append(f"Trends: {tally.events['TrendStarted']} started, {tally.events['TrendEnded']} ended.")
    if tally.skipped_before:
        lines.append(f"Went on after {counted(tally.skipped_before, 'record')} that an earlier run had taken.")
    if tally.duplicates:
        lines.append(f"Skipped, as they had been assigned before: {counted(tally.duplicates, 'claim')}.")
    if tally.truncated:
        lines.append(f"Texts cut after {MAX_TEXT_CHARS:,} characters: {tally.truncated}.")
    if tally.dead:
        reasons = ", ".join(f"{number} {reason}" for reason, number in tally.dead.items())
        lines.append(f"{counted(tally.dead.total(), 'record')} could not be read: {reasons}")
    lines += _on_fields(tally, clusterer)
    return "\n".join(lines)


def _on_fields(tally: Tally, clusterer: StreamClusterer) -> Iterator[str]:
    """What was wrong with single fields of records that were taken all the same."""
    if tally.notes is not None:
        yield from tally.notes.lines()
    if tally.assigned and not clusterer.now:
        yield "No post had a time, so nothing trends or retires: --map created_at=NAME says where it is, --stamp-arrival takes the clock's."
    if tally.ahead.claims:
        yield tally.ahead.line(clusterer.params.max_skew)


def next_commands(clusterer: StreamClusterer, state: str) -> str:
    """What to try now."""
    if state == "memory":
        return "Nothing was kept (--state memory)."
    first = next(iter(biggest(clusterer, 1)), None)
    commands: list[tuple[str, ...]] = [("clusters",)]
    if first is not None:
        commands += [("show", first.id), ("explain", first.exemplars[-1].claim_id)]
    lines = [f"  {typed(*words, state=state)}" for words in commands]
    return "Next:\n" + "\n".join(lines)


def biggest(clusterer: StreamClusterer, most: int = _BIGGEST) -> list[Cluster]:
    """The largest live clusters; the older of equals first."""
    return heapq.nsmallest(most, clusterer.clusters, key=lambda c: (-c.size, c.label))


def quote(cluster: Cluster) -> str:
    """Its representative claim in one line, safe to print."""
    return f"“{one_line(representative(cluster).text)}”"


def _headline(tally: Tally, clusterer: StreamClusterer) -> Table:
    line = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=1.0, completed=tally.progress or 0.0, width=24, pulse=tally.progress is None)
    clock = isoformat(clusterer.now) if clusterer.now else "no times in the input"
    dead = f", {tally.dead.total()} unreadable" if tally.dead else ""
    counts = f"{_so_far(tally, clusterer)}, {counted(tally.rules['copy'], 'copy', 'copies')}{dead}"
    line.add_row(bar, Text(counts), Text(clock, style="dim"))
    return line


def _tables(clusterer: StreamClusterer) -> list[Table]:
    several = [c for c in clusterer.clusters if c.size > 1]
    newest = heapq.nlargest(_NEWEST, several, key=lambda c: c.label)
    lists = {"Trending": clusterer.trending[:_TRENDING], "Biggest clusters": biggest(clusterer), "Newest clusters": newest}
    words = clusterer.commonness
    return [_table(title, chosen, clusterer.now, words) for title, chosen in lists.items() if chosen or title != "Trending"]


def _table(title: str, clusters: Sequence[Cluster], now: float, stream: Commonness) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", expand=True, box=None, padding=(0, 1))
    for name in ("claims", "authors", "per hour"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("cluster", no_wrap=True, style="cyan")
    table.add_column("claim", ratio=3, no_wrap=True, overflow="ellipsis")
    table.add_column("keywords", ratio=1, no_wrap=True, overflow="ellipsis", style="dim")
    for c in clusters:
        growth = f"{c.growth(now):.0f}" if now else "-"
        claim, words = normalise(representative(c).text), " ".join(keywords(c, 3, stream))
        table.add_row(str(c.size), str(c.authors.count or "-"), growth, c.id, Text(claim), Text(words))
    return table


def event_line(event: Event) -> str:
    """What a person is told of an event; empty for most kinds."""
    at = isoformat(event.at) if event.at else "-"
    if isinstance(event, ClusterGrew):
        size, authors = counted(event.milestone, "claim"), counted(event.authors, "author")
        return f"{at}  {event.cluster_id}  {size}, {authors}, {counted(event.distinct, 'wording')}  “{one_line(event.text)}”"
    if isinstance(event, ClustersMerged):
        return f"{at}  {event.cluster_id}  took in {event.absorbed_id} (score {event.score:.2f}), {counted(event.size, 'claim')}"
    if isinstance(event, ClusterSplit):
        gone = counted(event.new_size, "claim")
        return f"{at}  {event.cluster_id}  split: {gone} now in {event.new_id}  “{one_line(event.new_text)}”"
    if isinstance(event, TrendStarted):
        return f"{at}  {event.cluster_id}  TRENDING  {event.reason}  “{one_line(event.text)}”"
    if isinstance(event, TrendEnded):
        return f"{at}  {event.cluster_id}  trend over ({event.reason}) since {isoformat(event.started_at)}, {counted(event.size, 'claim')}"
    return ""


def _as_dict(tally: Tally, clusterer: StreamClusterer) -> dict[str, Any]:
    return {
        "records": tally.read,
        "went_on_after": tally.skipped_before,
        "assigned": tally.assigned,
        "by_rule": dict(tally.rules),
        "duplicates": tally.duplicates,
        "truncated": tally.truncated,
        "dead_letters": dict(tally.dead),
        "times_ahead": tally.ahead.claims,
        **(tally.notes.as_plain() if tally.notes is not None else {}),
        "events": dict(tally.events),
        "clusters_live": len(clusterer.clusters),
        "stopped": tally.stopped,
        "seconds": round(tally.seconds, 3),
        "waited": round(tally.waited, 3),
        "trending": [{"id": c.id, "size": c.size, "authors": c.authors.count, "text": representative(c).text} for c in clusterer.trending],
        "biggest": [{"id": c.id, "size": c.size, "authors": c.authors.count, "text": representative(c).text} for c in biggest(clusterer)],
    }
