"""Labelled streams that come with the package, by name, and what is known of their claims beyond the labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

BUILT_IN = {"multilingual": Path(__file__).with_name("multilingual_claims.jsonl")}
"""Files by the name that `streamclust evaluate` takes instead of a path."""

KINDS = {
    "topic": "of the same topic, another claim",
    "negated": "says the opposite",
    "number": "other number or date",
    "place": "other place, person or thing",
}
"""How a near-miss differs from the claim it is near to."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A claim of its own that is easily taken for another.

    Args:
        claim: gold label of the other one.
        kind: one of `KINDS`.
    """

    claim: str
    kind: str


def near_misses(path: Path) -> Mapping[str, NearMiss]:
    """Near-misses of a labelled stream by their gold label, from its fields `near` and `kind`; none where it has no such fields.

    Args:
        path: JSON lines with the gold label in `cluster`.
    """
    with path.open("rb") as file:
        records = [orjson.loads(line) for line in file]
    return {record["cluster"]: NearMiss(record["near"], record["kind"]) for record in records if "near" in record}
