"""One writer at a time: its name, what it writes in one step, and a server it may trust. `adapters/commit.lua` takes the step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from streamclust.errors import Incompatible

NOBODY = "0-"
"""A writer before it has taken over."""


class Batch:
    """Commands for `commit.lua`, flattened into one list of arguments.

    Args:
        prefix: of every key.
        writer: who writes.
        commits: batches applied before this one, as the writer knows.

    Attributes:
        keys: of the writer, of the count, and one a command.
        args: for the script, in its order.
    """

    def __init__(self, prefix: str, writer: str, commits: int) -> None:
        self._prefix = prefix
        self.keys = [prefix + "writer", prefix + "commits"]
        self.args: list[str | bytes] = [writer, str(commits)]

    def add(self, command: str, name: str, arguments: Sequence[str | bytes]) -> None:
        """Queue one command, unless it has nothing to say."""
        if arguments:
            self._command(command, name, len(arguments))
            self.args += arguments

    def delete(self, name: str) -> None:
        """Queue the removal of a key."""
        self._command("DEL", name, 0)

    def hash_set(self, name: str, fields: Mapping[str, str | bytes]) -> None:
        """Queue an HSET of all fields."""
        self.add("HSET", name, [part for item in fields.items() for part in item])

    def _command(self, command: str, name: str, count: int) -> None:
        self.keys.append(self._prefix + name)
        self.args += (command, str(len(self.keys)), str(count))


def successor(writer: bytes | None, nonce: str) -> str:
    """The writer after this one: the next number, and a nonce that keeps two apart that took the same number on either side of a failover.

    >>> successor(b"7-a1", "b2"), successor(None, "b2")
    ('8-b2', '1-b2')
    """
    return f"{int((writer or b'0').partition(b'-')[0]) + 1}-{nonce}"


def refuse_eviction(memory: Mapping[str, Any], kept: str) -> None:
    """See that the server keeps what it is given.

    Args:
        memory: what the server says of its memory (`INFO memory`).
        kept: what is given to it, in a word.

    Raises:
        Incompatible: it drops keys when its memory is full.
    """
    policy = memory.get("maxmemory_policy", "noeviction")
    if memory.get("maxmemory", 0) and policy != "noeviction":
        raise Incompatible(f"Redis drops keys when its memory is full (maxmemory-policy {policy}): {kept} would be lost. Set noeviction")
