"""`streamclust link`, `unlink`, `confirm`, `reject` and `expel`: people have their say."""

from __future__ import annotations

from collections.abc import Callable
from getpass import getuser
from typing import Any

import click

from streamclust.commands import CannotLink, Command, Confirm, Expel, MustLink, Reject
from streamclust.events import CommandRefused
from workers.cli.desk import named, new_id, opened, see_two, vector_of
from workers.cli.options import json_option, model_option, state_option


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
            see_two((one, other), ids)
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
