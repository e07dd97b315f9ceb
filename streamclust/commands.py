"""What people and judges ask of the clusterer. A command is done once; one that cannot be done changes nothing and says why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from streamclust.claims import Origin

ANALYST, JUDGE = "analyst", "judge"
ROLES = (ANALYST, JUDGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Base of all commands: they are about two clusters.

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


KINDS: dict[str, type[Command]] = {kind.name: kind for kind in (MustLink, CannotLink, Confirm, Reject)}
