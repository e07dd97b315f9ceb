"""A cluster's history in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

_SENTENCES = {
    "founded": "founded by claim {claim_id}",
    "grew": "grew to {size} claims by {authors} authors",
    "trend": "trending: {reason}",
    "trend over": "trend over: {why}",
    "merged": "took in {absorbed}: {reason}",
    "split": "split: {size} claims went to {into} ({reason})",
    "split off": "split off from {of} ({reason})",
    "retired": "retired: {reason}",
    "revived": "revived by claim {claim_id}: {reason}",
    "linked": "linked with {other} by {by} ({role})",
    "confirmed": "confirmed as one with {other} by {by} ({role})",
    "unlinked": "unlinked from {other} by {by} ({role})",
    "rejected": "rejected as one with {other} by {by} ({role})",
    "expelled": "claim {claim_id} expelled by {by} ({role})",
}
_ONE = re.compile(r"\b1 (claim|author)s\b")
_JOINING = ("linked", "confirmed")


def sentence(line: Mapping[str, Any]) -> str:
    """What a line of history says; one that is not known, or not whole, as it stands.

    >>> sentence({"what": "linked", "at": 0.0, "other": "c2", "by": "ana", "role": "analyst"})
    'linked with c2 by ana (analyst)'
    >>> sentence({"what": "painted", "at": 0.0, "colour": "red"})
    'painted: colour red'
    """
    with suppress(KeyError):  # of a kind, or with details, of another version
        return _ONE.sub(r"1 \1", _SENTENCES[line["what"]].format_map(line))
    details = ", ".join(f"{name} {value}" for name, value in line.items() if name not in ("what", "at"))
    return f"{line['what']}: {details}"


def linked_with(history: Iterable[Mapping[str, Any]], by: str) -> list[str]:
    """Ids of the clusters that this person or judge has said are one with this."""
    return [line["other"] for line in history if line["what"] in _JOINING and line["by"] == by]


def counted_apart(history: Iterable[Mapping[str, Any]]) -> str:
    """What authors, sources and languages count where a cluster was parted; empty where it never was."""
    parted = [line for line in history if line["what"] in ("split", "split off")]
    if not parted:
        return ""
    gone = ", ".join(line["into"] for line in parted if line["what"] == "split")
    also = f", also what is in {gone} now" if gone else ""
    came = f"came in after it was split off from {parted[0]['of']}" if parted[0]["what"] == "split off" else "ever came in"
    return f"authors, sources and languages count all that {came}{also}"
