"""Laws of the table of clusters: a narrow terminal has fewer columns, never half an id or half a number."""

from __future__ import annotations

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from streamclust.claims import parse_claim
from streamclust.clusters import Cluster
from workers.cli import listing

TEXT = "The dam above Hollin has burst and the whole valley down to the sea is flooding tonight, says the fire brigade 洪水警报"
NOW = 1_770_000_000.0
EVERYTHING = ["claims", "authors", "per hour", "trend", "cluster", "last", "claim"]


def cluster(number: int) -> Cluster:
    vector = np.eye(4, dtype=np.float32)[0]
    claim = parse_claim({"id": f"p{number}", "text": f"{TEXT} {number}", "author": "a"})
    return Cluster.found(claim, vector, {"dam": 1.0}, label=number, number=number, seen_at=NOW, now=NOW)


CHOSEN = [cluster(number) for number in range(3)]


def table(width: int, sort: str = "size") -> list[str]:
    by, console = listing._SORTS[sort], Console(width=width, color_system=None)
    with console.capture() as shown:
        listing._print(listing._columns(CHOSEN, by, NOW), CHOSEN, by, console)
    return shown.get().splitlines()


def names(line: str) -> list[str]:
    return line.replace("per hour", "per_hour").split()


@pytest.mark.parametrize("sort", list(listing._SORTS))
@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_size_id_and_what_is_sorted_by_are_whole_at_any_width(sort: str, width: int) -> None:
    head, *rows = table(width, sort)
    by = listing._SORTS[sort]
    assert {"claims", "cluster", "claim", (by.column or by.always or "claims").replace(" ", "_")} <= {*names(head)}
    assert all(cell_len(line) <= width for line in [head, *rows])
    for row, one in zip(rows, CHOSEN, strict=True):
        assert row.split()[0] == "1"
        assert one.id in row
        assert by.shown(one, NOW) in row or by.column == "per hour"


@pytest.mark.parametrize(
    ("width", "missing"), [(80, {"last", "trend"}), (60, {"last", "trend", "per hour", "authors"}), (100, {"last"}), (140, set())]
)
def test_columns_go_in_order_as_the_terminal_narrows(width: int, missing: set[str]) -> None:
    left = [name.replace(" ", "_") for name in EVERYTHING if name not in missing]
    assert names(table(width)[0]) == left


def test_a_claim_that_is_cut_says_so_and_fills_the_line() -> None:
    assert all(row.rstrip().endswith("…") and "The dam above Hollin" in row for row in table(80)[1:])
    assert all("洪水警报" in row for row in table(250)[1:])


def test_a_terminal_narrower_than_an_id_still_has_it_whole() -> None:
    assert all(one.id in "".join(table(20, "latest")) for one in CHOSEN)
