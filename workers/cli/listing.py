"""`streamclust clusters`: a state's clusters as a list, also while a run goes on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import click
import orjson
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamclust.claims import isoformat, normalise
from streamclust.clusters import LIVE, MERGED, RETIRED, Cluster
from streamclust.counting import counted
from streamclust.digest import representative, summary
from streamclust.trends import QUIET
from workers.cli.options import json_option, shard_option, state_option
from workers.wiring import readable_store


@dataclass(frozen=True, slots=True)
class _Sort:
    """An order of the list.

    Args:
        key: of a cluster at the stream's clock; the least comes first.
        column: name of the column that the list has for it; empty where it always has one.
        shown: what stands there.
        always: name of the column of the table that shows it, where that one is always in the list.
    """

    key: Callable[[Cluster, float], Any]
    column: str = ""
    shown: Callable[[Cluster, float], str] = lambda _, __: ""
    always: str = ""


class _Column(NamedTuple):
    """A column of the table, with what stands in it."""

    name: str
    cells: list[str]
    justify: Literal["left", "right"] = "left"

    @property
    def width(self) -> int:
        """Of the widest cell, the name too."""
        return max(map(cell_len, [self.name, *self.cells]))

    @property
    def taken(self) -> int:
        """With the space around it."""
        return self.width + 2


_SORTS = {
    "size": _Sort(lambda c, _: (-c.size, c.label)),
    "authors": _Sort(lambda c, _: (-c.authors.count, c.label), always="authors"),
    "growth": _Sort(lambda c, _: (-c.growth(c.touched_at), c.label), "per hour", lambda c, _: f"{c.growth(c.touched_at):.1f}"),
    "trend": _Sort(lambda c, now: (-c.trend_score(now), c.label), "score", lambda c, now: f"{c.trend_score(now):.1f}"),
    "ambiguity": _Sort(lambda c, _: (-c.ambiguity, -c.size, c.label), "ambiguity", lambda c, _: f"{c.ambiguity:.3f}"),
    "newest": _Sort(lambda c, _: -c.label, "first", lambda c, _: _time(c.first_at)),
    "latest": _Sort(lambda c, _: (-c.last_at, c.label), always="last"),
}
_GIVEN_UP = ("last", "trend", "per hour", "authors")
"""Columns that a narrow terminal does without, in this order."""
_CLAIM = 36
_STATUSES = {"unmerged": (LIVE, RETIRED), "live": (LIVE,), "retired": (RETIRED,), "merged": (MERGED,), "all": (LIVE, RETIRED, MERGED)}


@click.command()
@state_option
@shard_option
@click.option("--sort", type=click.Choice(list(_SORTS)), default="size", show_default=True, help="Order of the list.")
@click.option(
    "--status", type=click.Choice(list(_STATUSES)), default="unmerged", show_default=True, help="Which ones; unmerged: live and retired."
)
@click.option("--min-size", type=click.IntRange(1), default=1, help="Only clusters of at least so many claims.")
@click.option("--contains", metavar="WORD", help="Only clusters with this word.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@json_option
def clusters(state: str, shard: int, sort: str, status: str, min_size: int, contains: str | None, limit: int, as_json: bool) -> None:
    """List clusters: a table on a terminal; elsewhere a line of names and one for each, split by tabs. What they are sorted by is shown."""
    with readable_store(state, shard) as store:
        records = [r for r in store.clusters() if r["status"] in _STATUSES[status] and r["size"] >= min_size]
    found = [Cluster.from_record(record) for record in records]
    if contains:
        found = [c for c in found if contains.lower() in c.words or contains.lower() in representative(c).text.lower()]
    now, by = max((c.touched_at for c in found), default=0.0), _SORTS[sort]
    chosen = sorted(found, key=lambda c: by.key(c, now))[:limit]
    if as_json:
        more = [{"trend_score_now": round(c.trend_score(now), 3)} if sort == "trend" else {} for c in chosen]
        click.echo(orjson.dumps([{**summary(c), **m} for c, m in zip(chosen, more, strict=True)], option=orjson.OPT_INDENT_2))
        return
    if sys.stdout.isatty():
        _print(_columns(chosen, by, now), chosen, by, Console())
    else:
        for line in _lines(chosen, by, now):
            click.echo("\t".join(line))
    click.echo(f"{len(chosen)} of {counted(len(found), 'cluster')}", err=True)


def _lines(chosen: Sequence[Cluster], by: _Sort, now: float) -> list[list[str]]:
    """Names, then a line for each cluster; the claim comes last."""
    more = [by.column] if by.column else []
    lines = [["claims", "authors", "cluster", "status", "last", *more, "claim"]]
    for c in chosen:
        value = [by.shown(c, now)] if by.column else []
        last, text = _time(c.last_at), " ".join(normalise(representative(c).text).split())
        lines.append([str(c.size), str(c.authors.count), c.id, c.status, last, *value, text])
    return lines


def _columns(chosen: Sequence[Cluster], by: _Sort, now: float) -> list[_Column]:
    """The same for people, but for the claim; claims per hour are always there."""
    more = by.column if by.column != "per hour" else ""
    return [
        _Column("claims", [str(c.size) for c in chosen], "right"),
        _Column("authors", [str(c.authors.count or "-") for c in chosen], "right"),
        _Column("per hour", [f"{c.growth(c.touched_at):.0f}" if c.last_at else "-" for c in chosen], "right"),
        _Column("trend", [_stage(c) for c in chosen]),
        *([_Column(more, [by.shown(c, now) for c in chosen], "right")] if more else []),
        _Column("cluster", [c.id for c in chosen]),
        _Column("last", [_time(c.last_at) for c in chosen]),
    ]


def _fitting(columns: Sequence[_Column], kept: str, width: int) -> list[_Column]:
    """Those that leave the claim `_CLAIM` cells of so wide a terminal, as far as that can be had; the one named `kept` stays."""
    left = list(columns)
    for name in _GIVEN_UP:
        if sum(column.taken for column in left) + _CLAIM <= width:
            break
        left = [column for column in left if column.name != name or name == kept]
    return left


def _print(columns: Sequence[_Column], chosen: Sequence[Cluster], by: _Sort, console: Console) -> None:
    """A table that cuts nothing but claims; on a terminal too narrow for the rest its lines are broken."""
    fitting = _fitting(columns, by.column or by.always, console.width)
    taken = sum(column.taken for column in fitting)
    room = max(console.width - taken - 2, len("claim"))
    table = Table(box=None, padding=(0, 1))
    for column in fitting:
        style = "cyan" if column.name == "cluster" else ""
        table.add_column(column.name, justify=column.justify, no_wrap=True, min_width=column.width, style=style)
    table.add_column("claim", no_wrap=True, width=room)
    for cluster, *cells in zip(chosen, *(column.cells for column in fitting), strict=True):
        text = Text(normalise(representative(cluster).text))
        text.truncate(room, overflow="ellipsis")
        table.add_row(*cells, text)
    console.width = max(console.width, taken + room + 2)  # nothing is squeezed: the terminal breaks what it has no room for
    console.print(table, crop=False)


def _stage(cluster: Cluster) -> str:
    return cluster.trend.stage if cluster.trend is not None and cluster.trend.stage != QUIET else "-"


def _time(seconds: float) -> str:
    return isoformat(seconds) if seconds else "-"
