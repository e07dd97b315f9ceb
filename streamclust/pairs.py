"""Values by pair of clusters: found from either side, and which of them changed."""

from __future__ import annotations

from collections.abc import ItemsView, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")
Pair = tuple[str, str]
"""Ids of two clusters, in the order of the alphabet."""


class Pairs(Generic[T]):
    """One value a pair."""

    def __init__(self) -> None:
        self._values: dict[Pair, T] = {}
        self._of: dict[str, set[str]] = {}
        self._changed: dict[Pair, None] = {}

    def __len__(self) -> int:
        return len(self._values)

    def get(self, one: str, other: str) -> T | None:
        """The value of two clusters, named either way."""
        return self._values.get(pair(one, other))

    def others(self, cluster_id: str) -> list[str]:
        """Those it makes a pair with that has a value, by id."""
        return sorted(self._of.get(cluster_id, ()))

    def items(self) -> ItemsView[Pair, T]:
        """All there are."""
        return self._values.items()

    def put(self, one: str, other: str, value: T) -> None:
        """Set the value of two clusters."""
        key = pair(one, other)
        new = key not in self._values
        self._values[key] = value
        self._changed[key] = None
        if not new:
            return
        for mine, theirs in (key, key[::-1]):
            self._of.setdefault(mine, set()).add(theirs)

    def pop(self, one: str, other: str) -> T | None:
        """Take the value of two clusters away, if they have one."""
        key = pair(one, other)
        value = self._values.pop(key, None)
        if value is not None:
            self._changed[key] = None
            for mine, theirs in (key, key[::-1]):
                self._of[mine].discard(theirs)
                if not self._of[mine]:
                    del self._of[mine]
        return value

    def take_changes(self) -> dict[Pair, T | None]:
        """What changed since the last call; None for what is gone."""
        changed, self._changed = self._changed, {}
        return {key: self._values.get(key) for key in changed}

    def restore(self, saved: Mapping[Pair, T]) -> None:
        """Go on with these."""
        for (one, other), value in saved.items():
            self.put(one, other, value)
        self._changed = {}


def pair(one: str, other: str) -> Pair:
    """The two in the order of the alphabet.

    >>> pair("cb", "ca") == pair("ca", "cb") == ("ca", "cb")
    True
    """
    return (one, other) if one <= other else (other, one)
