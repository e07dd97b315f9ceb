"""`streamclust link`, `unlink`, `confirm` and `reject`: people have their say about two clusters."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from getpass import getuser
from typing import Any

import click
import numpy as np
import orjson

from streamclust.adapters.event_files import EventFile
from streamclust.claims import parse_claim
from streamclust.commands import CannotLink, Command, Confirm, Expel, MustLink, Reject
from streamclust.counting import counted
from streamclust.errors import Incompatible, NotFound
from streamclust.events import ClaimExpelled, ClustersLinked, ClustersUnlinked, CommandRefused, Event, cloud_event
from streamclust.params import Params
from streamclust.pipeline import Clustering, Embedding
from streamclust.ports import ClusterStore, EventPublisher
from streamclust.records import Space, incompatibility
from workers import wiring
from workers.cli.invocation import told
from workers.cli.look import in_shard, resolved
from workers.cli.options import json_option, model_option, state_option
from workers.cli.suggestions import Open, read_suggestions


def say_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What all commands that change a state share."""
    command = json_option(command)
    command = click.option("--events", "sink", metavar="-|FILE", help="Write what happens there as CloudEvents JSON lines too.")(command)
    command = click.option("--take-over", is_flag=True, help="For a state at an address: nothing else writes to it, so become its writer.")(
        command
    )
    command = click.option("--kafka", is_flag=True, help="Send it to the cluster workers of a deployment instead.")(command)
    command = click.option("--by", metavar="NAME", help="Who says so; your login name if left out.")(command)
    return state_option(command)


def _pair_command(kind: type[Command], what: str) -> click.Command:
    """The command line of one kind."""

    @click.command(name=kind.name, help=what)
    @click.argument("one", metavar="CLUSTER")
    @click.argument("other", metavar="OTHER")
    @say_options
    def say(one: str, other: str, state: str, by: str | None, take_over: bool, kafka: bool, sink: str | None, as_json: bool) -> None:
        if kafka:
            from workers.cli.sending import send  # a Kafka client, half a second to import: only where it is needed

            send(kind, one, other, by or getuser(), as_json=as_json)
            return
        with opened(state, take_over=take_over, sink=sink) as desk:
            ids = desk.id_of(one), desk.id_of(other)
            events = desk.apply(kind(id=new_id(), by=by or getuser(), one=ids[0], other=ids[1]))
            desk.tell(events, about=" and ".join(map(named, (one, other), ids)), as_json=as_json)
        if any(isinstance(event, CommandRefused) for event in events):
            raise click.exceptions.Exit(1)

    return say


link = _pair_command(MustLink, "Say that two clusters make the same claim: they are merged now, and never parted.")
unlink = _pair_command(CannotLink, "Say that two clusters make different claims: they are never merged, nor what either merges into.")
confirm = _pair_command(Confirm, "Say that an open suggestion is right: its two clusters are linked.")
reject = _pair_command(Reject, "Say that an open suggestion is wrong: its two clusters are unlinked.")


@click.command()
@click.argument("claim", metavar="CLAIM")
@model_option
@say_options
def expel(claim: str, model: str | None, state: str, by: str | None, take_over: bool, kafka: bool, sink: str | None, as_json: bool) -> None:
    """Say that a claim does not belong to its cluster.

    It founds one of its own with its copies, which is never merged with the old one, and no copy ever goes there again. --model is the one
    the state was made with.
    """
    if kafka:
        from workers.cli.sending import send_expulsion  # a Kafka client, half a second to import: only where it is needed

        send_expulsion(claim, by or getuser(), model, as_json=as_json)
        return
    with opened(state, take_over=take_over, sink=sink) as desk:
        vector = vector_of(desk.store, claim, model, state)
        events = desk.apply(Expel(id=new_id(), by=by or getuser(), one="", other=claim, vector=vector))
        desk.tell(events, about=claim, as_json=as_json)
    if any(isinstance(event, CommandRefused) for event in events):
        raise click.exceptions.Exit(1)


def vector_of(store: ClusterStore, claim_id: str, model: str | None, state: str, shard: int = 0) -> np.ndarray:
    """The vector of a claim on record, by the encoder of its state.

    Args:
        state, shard: how the store is asked for.

    Raises:
        NotFound: there is no such claim.
        Incompatible: the model is another one than the state's.
    """
    record = store.member(claim_id)
    if record is None:
        raise NotFound(f"no claim {claim_id!r} on record; {told('show', 'CLUSTER', *in_shard(shard), state=state)} lists them")
    encoder, made = wiring.encoder(model), store.identity()["encoder"]
    if encoder.fingerprint != made:
        raise Incompatible(f"the state was made with encoder {made}, this is {encoder.fingerprint}; name the state's with --model")
    embedded, _ = Embedding(encoder).run([parse_claim({"id": claim_id, "text": record["text"]})])
    return embedded[0].vector


class Desk:
    """A state to which nothing else writes, open for commands.

    Args:
        store: the state; there is something in it.
        publisher: where events go; None for nowhere.
        state: how the store is asked for.
    """

    def __init__(self, store: ClusterStore, publisher: EventPublisher | None, state: str = wiring.DEFAULT_STATE) -> None:
        self._state = state
        identity = store.identity()
        self.store = store
        self._space = Space(identity["encoder"], identity["dim"])
        self._params = _params_of(identity)
        self._clustering = Clustering(wiring.clusterer(self._params, self._space.dim), store, self._space, publisher)
        self._clustering.start()

    def id_of(self, asked: str) -> str:
        """The id that an id, a merged id or the beginning of an id leads to.

        Raises:
            NotFound: it leads to none.
        """
        found: str = resolved(self.store, asked, self._state)["id"]
        return found

    def suggestions(self) -> list[Open]:
        """The open ones, the best score first."""
        return read_suggestions(self.store)

    def obey(self, command: Command) -> str:
        """Apply, save, publish; what became of it in a word."""
        (*_, event) = self.apply(command)
        return "refused" if isinstance(event, CommandRefused) else "applied"

    def apply(self, command: Command) -> list[Event]:
        """Apply, save, publish; what came of it."""
        return self._clustering.obey([command], {})

    def tell(self, events: Sequence[Event], *, about: str, as_json: bool) -> None:
        """Say what came of it: done on standard output, refused on standard error; as JSON all of it.

        Args:
            about: what the command was about, as whoever gave it knows it.
        """
        if as_json:
            plain = [cloud_event(e, params=self._params.fingerprint, encoder=self._space.fingerprint) for e in events]
            click.echo(orjson.dumps(plain, option=orjson.OPT_INDENT_2))
            return
        for event in events:
            line = outcome(event, about)
            if line:
                click.echo(line, err=isinstance(event, CommandRefused))


def _params_of(identity: Mapping[str, Any]) -> Params:
    """Those of the state.

    Raises:
        Incompatible: another version made it.
    """
    if set(identity["params"]) != set(Params().as_dict()):
        raise Incompatible(incompatibility(identity, {**identity, "params": Params().as_dict()}))
    return Params(**identity["params"])


@contextmanager
def opened(state: str, *, take_over: bool, sink: str | None) -> Iterator[Desk]:
    """The state, for the one process that writes to it.

    Raises:
        NotFound: there is nothing in it.
        StoreUnavailable: a run is writing to it.
    """
    with ExitStack() as stack:
        store = stack.enter_context(wiring.idle_store(state, take_over=take_over))
        if not store.identity():
            raise NotFound(f"the state at {wiring.shown(state)} is empty; {told('run', 'FILE', state=state)} fills it")
        publisher = stack.enter_context(closing(EventFile(sink))) if sink else None
        yield Desk(store, publisher, state)


def named(asked: str, found: str) -> str:
    """An id as it was typed, with the one it leads to where that is another.

    >>> named("c12ab", "c98xy"), named("c98", "c98xy"), named("c98xy", "c98xy")
    ('c12ab (now part of c98xy)', 'c98 (c98xy)', 'c98xy')
    """
    if asked == found:
        return asked
    return f"{asked} ({found})" if found.startswith(asked) else f"{asked} (now part of {found})"


def outcome(event: Event, about: str) -> str:
    """What came of a command about these, in a line."""
    if isinstance(event, ClustersLinked) and event.other_id == event.cluster_id:
        return f"{about}: one cluster already; from now on what is in {event.cluster_id} is never parted"
    if isinstance(event, ClustersLinked):
        return f"linked {event.cluster_id} and {event.other_id}: {counted(event.size, 'claim')} in {event.cluster_id}"
    if isinstance(event, ClustersUnlinked):
        return f"unlinked {event.cluster_id} and {event.other_id}: they are never merged"
    if isinstance(event, ClaimExpelled):
        claims = f"{counted(event.claims, 'claim')} with its text {'is' if event.claims == 1 else 'are'}"
        return f"expelled {event.claim_id} from {event.cluster_id}: {claims} in {event.new_id} now"
    if isinstance(event, CommandRefused):
        return f"refused to {event.command} {about}: {event.reason}; nothing was changed"
    return ""


def new_id() -> str:
    """Of a command that nobody has given before."""
    return str(uuid.uuid4())
