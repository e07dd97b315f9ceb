"""The events that tell what came of a command."""

from __future__ import annotations

from streamclust.clusters import Cluster
from streamclust.commands import Command, Expel
from streamclust.events import ClaimExpelled, ClustersLinked, ClustersUnlinked, CommandRefused, Event


def refused(command: Command, reason: str, *, at: float) -> Event:
    """It cannot be done."""
    found = command.evidence if isinstance(command, Expel) else None
    about = command.one or (found.cluster_id if found is not None else command.other)
    return CommandRefused(
        cluster_id=about, at=at, version=0, origin=command.origin, command=command.name, other_id=command.other,
        by=command.by, role=command.role, command_id=command.id, reason=reason,
    )  # fmt: skip


def expelled(command: Expel, home: Cluster, claims: int, new_id: str | None, *, at: float) -> Event:
    """A claim is out."""
    return ClaimExpelled(
        cluster_id=home.id, at=at, version=home.version, origin=command.origin, claim_id=command.other, new_id=new_id, claims=claims,
        by=command.by, role=command.role, command_id=command.id,
    )  # fmt: skip


def ruled(command: Command, one: Cluster, other: Cluster, *, suggested: bool, at: float) -> Event:
    """It is done.

    Args:
        one: after a link, the cluster that has both.
        other: the other one.
        suggested: whether the two had been suggested as one.
    """
    if not command.joins:
        return ClustersUnlinked(
            cluster_id=one.id, at=at, version=one.version, origin=command.origin, other_id=other.id,
            by=command.by, role=command.role, command_id=command.id, suggested=suggested,
        )  # fmt: skip
    return ClustersLinked(
        cluster_id=one.id, at=at, version=one.version, origin=command.origin, other_id=other.id,
        by=command.by, role=command.role, command_id=command.id, suggested=suggested, size=one.size,
    )  # fmt: skip
