"""A state that is open for commands of people and judges, and what is told of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import click
import numpy as np
import orjson

from streamclust.adapters.event_files import EventFile
from streamclust.claims import parse_claim
from streamclust.commands import Command
from streamclust.counting import counted
from streamclust.errors import Incompatible, NotFound
from streamclust.events import ClaimExpelled, ClustersLinked, ClustersUnlinked, CommandRefused, Event, cloud_event
from streamclust.params import Params
from streamclust.pipeline import Clustering, Embedding
from streamclust.ports import ClusterStore, EventPublisher
from streamclust.records import Space, incompatibility
from workers import states, wiring
from workers.cli.look import in_shard, resolved
from workers.cli.suggestions import Open, read_suggestions
from workers.invocation import told


class Desk:
    """A state to which nothing else writes, open for commands.

    Args:
        store: the state; there is something in it.
        publisher: where events go; None for nowhere.
        state: how the store is asked for.
    """

    def __init__(self, store: ClusterStore, publisher: EventPublisher | None, state: str = states.DEFAULT_STATE) -> None:
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
            raise NotFound(f"the state at {states.shown(state)} is empty; {told('run', 'FILE', state=state)} fills it")
        publisher = stack.enter_context(closing(EventFile(sink))) if sink else None
        yield Desk(store, publisher, state)


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


def see_two(asked: Sequence[str], found: Sequence[str]) -> None:
    """Two ids that were typed are those of two clusters, or of what once were two.

    Args:
        asked: as they were typed.
        found: what they lead to.

    Raises:
        UsageError: they are one cluster's own, which a slip of the hand would fix for good.
    """
    if len({*found}) == 1 and all(found[0].startswith(one) for one in asked):
        raise click.UsageError(f"{asked[0]} and {asked[1]} are the same cluster, {found[0]}; name two")


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
