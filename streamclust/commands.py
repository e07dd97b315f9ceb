"""What people and judges ask of the clusterer. A command is done once; one that cannot be done changes nothing and says why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np

from streamclust.claims import Claim, Origin

ANALYST, JUDGE = "analyst", "judge"
ROLES = (ANALYST, JUDGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Base of all commands: most are about two clusters.

    Args:
        id: of the command; a second one with the same is not done again.
        by: name of the person or judge.
        one, other: ids of the clusters; merged ids lead to those that took them in.
        role: `analyst` or `judge`.
        origin: the record it came with; None where it came with none.
    """

    name: ClassVar[str]
    joins: ClassVar[bool]
    answers: ClassVar[bool] = False

    id: str
    by: str
    one: str
    other: str
    role: str = ANALYST
    origin: Origin | None = None


class MustLink(Command):
    """The two make the same claim: they are merged now and never parted."""

    name = "link"
    joins = True


class CannotLink(Command):
    """The two make different claims: they are never merged, nor is what they are merged into."""

    name = "unlink"
    joins = False


class Confirm(MustLink):
    """The open suggestion of the two is right."""

    name = "confirm"
    answers = True


class Reject(CannotLink):
    """The open suggestion of the two is wrong."""

    name = "reject"
    answers = True


class Evidence(NamedTuple):
    """What is on record of a claim that is to go.

    Args:
        claim: the claim.
        cluster_id: where it is.
        booked: number it is booked under.
        claims: how many claims of its cluster have its text.
        stand_in: (claim id, text) of another member booked with it, for where it stood for those; None where there is none.
    """

    claim: Claim
    cluster_id: str
    booked: int
    claims: int
    stand_in: tuple[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expel(Command):
    """A claim does not belong where it is: `other` is its id, `one` may be empty. Its text never goes there again, nor do copies of it.

    With its vector it founds a cluster of its own, which takes its copies along and is never merged with the one it was in. Without, it
    stays on record where it is, and only what comes from then on goes elsewhere.

    Args:
        vector: (dim,) float32 of its text, unit length; None where nobody can encode it.
        evidence: what the store has of it; whoever hands the command to the clusterer adds it.
    """

    name = "expel"
    joins = False

    vector: np.ndarray | None = field(default=None, repr=False, compare=False)
    evidence: Evidence | None = field(default=None, repr=False, compare=False)


KINDS: dict[str, type[Command]] = {kind.name: kind for kind in (MustLink, CannotLink, Confirm, Reject)}
