"""What a person sees of a run: a live table on a terminal, plain lines anywhere else, one JSON object if asked."""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Sequence
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
from streamclust.digest import keywords, representative
from streamclust.events import ClaimAssigned, ClusterGrew, ClustersMerged, ClusterSplit, Event, TrendEnded, TrendStarted
from streamclust.words import Commonness

_REFRESH = 0.4
_STATUS_EVERY = 5.0
_BIGGEST, _NEWEST, _TRENDING = 10, 5, 5
_QUOTE = 90


@dataclass(slots=True)
class Tally:
    """What a run has done so far.

    Args:
        truncated: claims whose text was longer than `MAX_TEXT_CHARS` and was cut.
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
    def rate(self) -> float:
        """Records per second."""
        return self.read / max(time.monotonic() - self.started, 1e-9)


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
                line = _line(event)
                if line:
                    click.echo(line)
        if time.monotonic() - self._said >= _STATUS_EVERY:
            self._said = time.monotonic()
            share = "" if tally.progress is None else f"{tally.progress:.0%}, "
            click.echo(f"{share}{tally.read} records, {tally.rate:.0f}/s, {len(clusterer.clusters)} clusters", err=True)

    def close(self) -> None:
        """Nothing to leave."""

    def finish(self, tally: Tally, clusterer: StreamClusterer, state: str) -> None:
        """Print the biggest clusters and the summary."""
        where_to = not self._lines
        for cluster in biggest(clusterer):
            click.echo(f"{cluster.size:>7} claims  {cluster.authors.count:>6} authors  {cluster.id}  {quote(cluster)}", err=where_to)
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


def summary(tally: Tally, clusterer: StreamClusterer) -> str:
    """Two or three lines on what was done."""
    seconds = time.monotonic() - tally.started
    several = sum(1 for c in clusterer.clusters if c.size > 1)
    lines = [
        f"{'Stopped after' if tally.stopped else 'Read'} {tally.read} records in {seconds:.1f} s ({tally.rate:.0f}/s): "
        f"{tally.assigned} claims assigned ({tally.rules['copy']} exact copies), {tally.events['ClusterFounded']} clusters founded, "
        f"{tally.events['ClustersMerged']} merged, {tally.events['ClusterSplit']} split, {tally.events['ClusterRetired']} retired. "
        f"Alive now: {len(clusterer.clusters)} clusters, {several} of them with more than one claim."
    ]
    if tally.events["TrendStarted"]:
        lines.append(f"Trends: {tally.events['TrendStarted']} started, {tally.events['TrendEnded']} ended.")
    if tally.skipped_before:
        lines.append(f"Went on after {tally.skipped_before} records that an earlier run had taken.")
    if tally.duplicates:
        lines.append(f"{tally.duplicates} claims had been assigned before and were skipped.")
    if tally.truncated:
        lines.append(f"Texts cut after {MAX_TEXT_CHARS:,} characters: {tally.truncated}.")
    if tally.dead:
        lines.append(f"{tally.dead.total()} records could not be read: " + ", ".join(f"{n} {reason}" for reason, n in tally.dead.items()))
    return "\n".join(lines)


def next_commands(clusterer: StreamClusterer, state: str) -> str:
    """What to try now."""
    if state == "memory":
        return "Nothing was kept (--state memory)."
    first = next(iter(biggest(clusterer, 1)), None)
    lines = [f"  streamclust clusters --state {state}"]
    if first is not None:
        lines.append(f"  streamclust show {first.id} --state {state}")
        lines.append(f"  streamclust explain {first.exemplars[-1].claim_id} --state {state}")
    return "Next:\n" + "\n".join(lines)


def biggest(clusterer: StreamClusterer, most: int = _BIGGEST) -> list[Cluster]:
    """The largest live clusters; the older of equals first."""
    return heapq.nsmallest(most, clusterer.clusters, key=lambda c: (-c.size, c.label))


def quote(cluster: Cluster) -> str:
    """Its representative claim in one line, safe to print."""
    text = normalise(representative(cluster).text)
    return f"“{text if len(text) <= _QUOTE else text[: _QUOTE - 1] + '…'}”"


def _headline(tally: Tally, clusterer: StreamClusterer) -> Table:
    line = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=1.0, completed=tally.progress or 0.0, width=24, pulse=tally.progress is None)
    clock = isoformat(clusterer.now) if clusterer.now else "no times in the input"
    dead = f"  {tally.dead.total()} unreadable" if tally.dead else ""
    counts = f"{tally.read} records  {tally.rate:.0f}/s  {len(clusterer.clusters)} clusters  {tally.rules['copy']} copies{dead}"
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


def _line(event: Event) -> str:
    at = isoformat(event.at) if event.at else "-"
    if isinstance(event, ClusterGrew):
        text = normalise(event.text)
        return f"{at}  {event.cluster_id}  {event.milestone} claims, {event.authors} authors, {event.distinct} wordings  “{text[:_QUOTE]}”"
    if isinstance(event, ClustersMerged):
        return f"{at}  {event.cluster_id}  took in {event.absorbed_id} (score {event.score:.2f}), {event.size} claims"
    if isinstance(event, ClusterSplit):
        return f"{at}  {event.cluster_id}  split: {event.new_size} claims are now {event.new_id}  “{normalise(event.new_text)[:_QUOTE]}”"
    if isinstance(event, TrendStarted):
        return f"{at}  {event.cluster_id}  TRENDING  {event.reason}  “{normalise(event.text)[:_QUOTE]}”"
    if isinstance(event, TrendEnded):
        return f"{at}  {event.cluster_id}  trend over ({event.reason}) since {isoformat(event.started_at)}, {event.size} claims"
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
        "events": dict(tally.events),
        "clusters_live": len(clusterer.clusters),
        "stopped": tally.stopped,
        "seconds": round(time.monotonic() - tally.started, 3),
        "trending": [{"id": c.id, "size": c.size, "authors": c.authors.count, "text": representative(c).text} for c in clusterer.trending],
        "biggest": [{"id": c.id, "size": c.size, "authors": c.authors.count, "text": representative(c).text} for c in biggest(clusterer)],
    }
