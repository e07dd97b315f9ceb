"""What people and judges are asked about the clusters and what they have said: in the clusterer's state, saved as plain records by name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from streamclust.clusters import LIVE, Cluster
from streamclust.commands import ANALYST, JUDGE, Command, Expel
from streamclust.constraints import Constraints, Ruling
from streamclust.linking import Candidate
from streamclust.pairs import Pair, pair
from streamclust.params import Params
from streamclust.suggestions import Suggestion, Suggestions

SUGGESTION, APART, HELD, BARRED, COMMAND = "suggestion", "apart", "held", "barred", "command"
WEIGHTS = "weights"
REMEMBERED = 10_000
"""Ids of the latest commands, known when they come again."""


class Shown(NamedTuple):
    """Two clusters that a claim shows to be nearly one.

    Args:
        older, younger: by when they were founded.
    """

    older: Cluster
    younger: Cluster
    suggestion: Suggestion


class Review:
    """Suggestions, constraints, and the commands that were taken."""

    def __init__(self, params: Params) -> None:
        self._least = params.suggest_threshold
        self.suggestions = Suggestions(params.suggestions)
        self.constraints = Constraints()
        self._taken: OrderedDict[str, int] = OrderedDict()
        self._taken_changed: dict[str, None] = {}
        self._commands = 0
        self._learned: tuple[float, ...] = ()
        self._learned_changed = False

    def consider(self, joined: Cluster, ranked: Sequence[Candidate], claim_id: str, at: float) -> Shown | None:
        """Keep the best candidate that a claim did not join, if it lives and lies in the band; what is new with it.

        Args:
            joined: the cluster that has the claim now, founded or joined.
            ranked: the candidates it had, best first.
        """
        for candidate in ranked[:2]:
            if candidate.cluster is not joined:
                near = candidate.score >= self._least and candidate.cluster.status == LIVE
                return self._show(joined, candidate, claim_id, at) if near else None
        return None

    def _show(self, joined: Cluster, candidate: Candidate, claim_id: str, at: float) -> Shown | None:
        cluster = candidate.cluster
        if self.suggestions.again(joined.id, cluster.id, candidate.score, at) or self.constraints.apart(joined.id, cluster.id):
            return None
        shown = Suggestion(candidate.score, claim_id, at, 1, candidate.features)
        if not self.suggestions.show(joined.id, cluster.id, shown):
            return None
        older, younger = sorted((joined, cluster), key=lambda c: c.label)
        return Shown(older, younger, shown)

    @property
    def learned(self) -> tuple[float, ...]:
        """Weights of the link model as they were last learned; empty where nothing was."""
        return self._learned

    @learned.setter
    def learned(self, weights: tuple[float, ...]) -> None:
        self._learned, self._learned_changed = weights, True

    # commands

    def take(self, command_id: str) -> bool:
        """Whether a command comes for the first time."""
        if command_id in self._taken:
            return False
        self._taken[command_id] = self._commands
        self._taken_changed[command_id] = None
        self._commands += 1
        if len(self._taken) > REMEMBERED:
            self._taken_changed[self._taken.popitem(last=False)[0]] = None
        return True

    def refusal(self, command: Command, one: Cluster | None, other: Cluster | None) -> str:
        """Why a command cannot be done; empty if it can. A person overrules a judge.

        Args:
            one, other: the live clusters its ids lead to.
        """
        if one is None or other is None:
            missing = command.one if one is None else command.other
            return f"there is no live cluster {missing}: it has retired, or never was"
        if one is other and (command.answers or not command.joins):
            return _one_by_now(command, one, self.constraints.held(one.id))
        if command.answers and self.suggestions.get(one.id, other.id) is None:
            return f"no suggestion of {one.id} and {other.id} is open; link and unlink decide without one"
        apart = self.constraints.apart(one.id, other.id) if command.joins else None
        if apart is None or (apart.role == JUDGE and command.role == ANALYST):
            return ""
        return f"{one.id} and {other.id} are to stay apart{_said(apart, 'unlinked')}"

    def objection(self, command: Expel, home: Cluster | None, *, room: bool) -> str:
        """Why a claim cannot be expelled; empty if it can.

        Args:
            home: the live cluster it is in.
            room: whether there may be one more cluster.
        """
        found, vector = command.evidence, command.vector
        if found is None:
            return f"there is no claim {command.other} on record"
        if home is None:
            return f"the cluster of {command.other}, {found.cluster_id}, takes no more claims: it has retired"
        if found.claims >= home.size:
            return f"the claim has {home.id} to itself: the cluster says nothing else"
        if vector is not None and len(vector) != len(home.total):
            return f"its vector has {len(vector)} numbers, those of the state have {len(home.total)}: another model made it"
        return "" if vector is None or room else "as many clusters are alive as there may be (`max_clusters`)"

    def expel(self, command: Expel, home: Cluster, at: float) -> None:
        """Keep a text and its copies out of a cluster."""
        if command.evidence is not None:
            self.constraints.bar(command.evidence.claim.fingerprint, home.id, Ruling(command.by, command.role, at, command.id))

    def rule(self, command: Command, one: Cluster, other: Cluster, at: float) -> None:
        """Write down what was decided; the clusters of a link are one already."""
        ruling = Ruling(command.by, command.role, at, command.id)
        if command.joins:
            self.constraints.hold(one.id, ruling)
        else:
            self.suggestions.close(one.id, other.id)
            self.constraints.part(one.id, other.id, ruling)

    # what happens to clusters

    def merge(self, kept: str, absorbed: str) -> None:
        """One cluster has absorbed another."""
        self.suggestions.merge(kept, absorbed)
        self.constraints.merge(kept, absorbed)
        for other in self.constraints.apart_from(kept):
            self.suggestions.close(kept, other)

    def split(self, parent: Cluster, child: str) -> None:
        """A half of a cluster goes its own way; it stays apart from what the whole stayed apart from."""
        self.constraints.inherit(child, (parent.id, *parent.absorbed))

    def retire(self, cluster_id: str) -> None:
        """A cluster has fallen silent: nobody is asked about it; what was said of it stays."""
        self.suggestions.drop(cluster_id)

    def forget(self, cluster_id: str) -> None:
        """A cluster is no longer on record."""
        self.constraints.forget(cluster_id)

    def tidy(self) -> None:
        """Keep what is kept within its bounds."""
        self.suggestions.prune()

    # state

    def state(self) -> dict[str, int]:
        """Counters."""
        return {"commands": self._commands}

    def take_changes(self) -> dict[str, Any]:
        """Records by name that changed since the last call; None for one that is gone."""
        apart, held, barred = self.constraints.take_changes()
        taken, self._taken_changed = self._taken_changed, {}
        learned = {WEIGHTS: list(self._learned)} if self._learned_changed else {}
        self._learned_changed = False
        return {
            **learned,
            **{f"{SUGGESTION}/{one}/{other}": record for (one, other), record in self.suggestions.take_changes().items()},
            **{f"{APART}/{one}/{other}": _plain(ruling) for (one, other), ruling in apart.items()},
            **{f"{HELD}/{cluster_id}": _plain(ruling) for cluster_id, ruling in held.items()},
            **{f"{BARRED}/{text}/{home}": _plain(ruling) for (text, home), ruling in barred.items()},
            **{f"{COMMAND}/{command_id}": self._taken.get(command_id) for command_id in taken},
        }

    def restore(self, records: Mapping[str, Any], state: Mapping[str, int]) -> None:
        """Go on from saved records and counters."""
        self.suggestions.restore(dict(_pairs(records, SUGGESTION)))
        self.constraints.restore(dict(_pairs(records, APART)), dict(_of_kind(records, HELD)), dict(_barred(records)))
        self._taken = OrderedDict(sorted(_of_kind(records, COMMAND), key=lambda item: item[1]))
        self._commands = state["commands"]
        self._learned = learned_weights(records)


def open_suggestions(records: Mapping[str, Any]) -> list[tuple[Pair, Suggestion]]:
    """Suggestions among saved records, the best score first."""
    book = Suggestions(0)
    book.restore(dict(_pairs(records, SUGGESTION)))
    return book.ranked()


def learned_weights(records: Mapping[str, Any]) -> tuple[float, ...]:
    """Bias and weights of the link model that were learned from answers, among saved records; empty where nothing was."""
    return tuple(records.get(WEIGHTS, ()))


def rulings(records: Mapping[str, Any], cluster_id: str) -> tuple[Ruling | None, dict[str, Ruling]]:
    """What was decided about a cluster, among saved records: who linked what is in it, and what it stays apart from."""
    held = records.get(f"{HELD}/{cluster_id}")
    apart = {(two if one == cluster_id else one): Ruling(*r) for (one, two), r in _pairs(records, APART) if cluster_id in (one, two)}
    return Ruling(*held) if held is not None else None, apart


def _one_by_now(command: Command, one: Cluster, held: Ruling | None) -> str:
    """Two ids lead to one cluster, which nothing takes apart as a whole."""
    names = f"both are {one.id}" if command.one == command.other else f"{command.one} and {command.other} are one cluster by now, {one.id}"
    if command.answers:
        return f"{names}{_said(held, 'linked')}: there is nothing to answer any more"
    why = "a link cannot be undone" if held else "they were merged, which cannot be undone"
    return (
        f"{names}{_said(held, 'linked')}; {why}. Expel the posts that do not belong, one by one: each is set apart for good with its copies"
    )


def _said(ruling: Ruling | None, what: str) -> str:
    return f" ({what} by {ruling.by}, command {ruling.command_id})" if ruling is not None else ""


def _plain(ruling: Ruling | None) -> list[Any] | None:
    return None if ruling is None else list(ruling)


def _of_kind(records: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Any]]:
    for name, record in records.items():
        found, _, rest = name.partition("/")
        if found == kind:
            yield rest, record


def _barred(records: Mapping[str, Any]) -> Iterator[tuple[tuple[int, str], Any]]:
    for rest, record in _of_kind(records, BARRED):
        text, _, home = rest.partition("/")
        yield (int(text), home), record


def _pairs(records: Mapping[str, Any], kind: str) -> Iterator[tuple[Pair, Any]]:
    for rest, record in _of_kind(records, kind):
        yield pair(*rest.split("/")), record
