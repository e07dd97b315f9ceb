"""Commands to a deployment: looked at beside its state in Redis, sent to `cluster.commands`, obeyed by the cluster workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
import orjson

from streamclust.commands import Command, Expel
from streamclust.errors import NotFound
from streamclust.ports import ClusterStore
from workers.brokers import Outlet
from workers.cli.connections import Connections, connected
from workers.cli.desk import new_id, see_two, vector_of
from workers.cli.look import resolved
from workers.cli.suggestions import Open, read_suggestions
from workers.invocation import told, typed
from workers.topics import command_message


def send(kind: type[Command], one: str, other: str, by: str, *, as_json: bool) -> None:
    """Send a command about two clusters of one shard.

    Raises:
        NotFound: there is no such cluster, or the two are in different shards.
    """
    with connected() as deployment:
        shard, ids = _found(deployment, one, other)
        see_two((one, other), ids)
        command = kind(id=new_id(), by=by, one=ids[0], other=ids[1])
        message = command_message(command, deployment.topics.commands)
        deployment.outlet().send([message])
    if as_json:
        click.echo(orjson.dumps({"shard": shard, **orjson.loads(message.value or b"")}, option=orjson.OPT_INDENT_2))
        return
    click.echo(f"sent {kind.name} {ids[0]} {ids[1]} to {message.topic}, command {command.id}")
    watch = typed("tail", "--type", "linked", "--type", "unlinked", "--type", "command.refused")
    click.echo(f"what comes of it is an event: {watch}", err=True)


def send_expulsion(claim: str, by: str, model: str | None, *, as_json: bool) -> None:
    """Send that a claim does not belong where it is, with its vector.

    Raises:
        NotFound: no shard has such a claim.
    """
    with connected() as deployment:
        stores = [deployment.store(shard) for shard in range(deployment.settings.shards)]
        shard = next((shard for shard, store in enumerate(stores) if store.member(claim) is not None), 0)
        vector = vector_of(stores[shard], claim, model, deployment.settings.redis_url.get_secret_value(), shard)
        command = Expel(id=new_id(), by=by, one="", other=claim, vector=vector)
        message = command_message(command, deployment.topics.commands)
        deployment.outlet().send([message])
    click.echo(message.value or b"" if as_json else f"sent expel {claim} to {message.topic}, command {command.id}")


class Sending:
    """Suggestions of all shards of a deployment; what is decided is sent to its workers."""

    def __init__(self, deployment: Connections) -> None:
        self._deployment = deployment
        self._outlet: Outlet | None = None

    def suggestions(self) -> list[Open]:
        """The open ones of all shards, the best score first."""
        shards = range(self._deployment.settings.shards)
        found = [one for shard in shards for one in read_suggestions(self._deployment.store(shard))]
        return sorted(found, key=lambda one: -one.suggestion.score)

    def obey(self, command: Command) -> str:
        """Send it."""
        self._outlet = self._outlet or self._deployment.outlet()
        self._outlet.send([command_message(command, self._deployment.topics.commands)])
        return "sent"


@contextmanager
def sending() -> Iterator[Sending]:
    """The deployment that the environment names."""
    with connected() as deployment:
        yield Sending(deployment)


def _found(deployment: Connections, one: str, other: str) -> tuple[int, list[str]]:
    """The shard that has both, and their ids."""
    found: list[str] = []
    for shard in range(deployment.settings.shards):
        store = deployment.store(shard)
        ids = [there for asked in (one, other) if (there := _id_in(store, asked))]
        if len(ids) == 2:
            return shard, ids
        found += ids
    if found:
        raise NotFound(
            f"no shard has both {one!r} and {other!r}, only {', '.join(found)} is there; clusters of two shards are never merged"
        )
    lists = told("clusters", state=deployment.settings.redis_url.get_secret_value())
    raise NotFound(f"no cluster {one!r} or {other!r} is on record in any shard; {lists} lists them, of another shard with --shard")


def _id_in(store: ClusterStore, asked: str) -> str | None:
    try:
        found: str = resolved(store, asked)["id"]
    except NotFound:
        return None
    return found
