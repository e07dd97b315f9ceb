"""`streamclust replay`: the records of a file or pipe into `claims.raw`, as fast as they came, faster, or without pauses."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import click
import orjson

from streamclust.adapters.files import Input, RawRecord, batches, open_input
from streamclust.claims import FIELDS, FieldMap, isoformat, parse_time
from streamclust.counting import counted
from streamclust.errors import InvalidClaim
from workers.brokers import Outlet
from workers.cli.connections import connected
from workers.cli.options import json_option, map_option, read_map
from workers.cli.pacing import Pace, Speed, SpeedType, Window, shown_seconds
from workers.cli.progress import ProgressLine
from workers.cli.run import Stop
from workers.offsets import existing_spans
from workers.topics import Message

_AT_A_TIME = 500
_PIPE_SECONDS = 0.2
_NAP = 0.1


class TimeType(click.ParamType[float]):
    """A time in any form a record may have it."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds since 1970."""
        found = value if isinstance(value, float) else parse_time(value)
        if found is None:
            self.fail(f"{value!r} is no time; for example 2026-03-02T10:00:00Z", param, ctx)
        return found


@dataclass(frozen=True, slots=True)
class Post:
    """A record as it goes out."""

    at: float | None
    key: bytes | None
    value: bytes


class Reading:
    """Raw records to posts. One that cannot be read goes out as it is: the embed worker sets it aside.

    Args:
        source: the input.
        fields: where fields stand in it.
    """

    def __init__(self, source: Input, fields: FieldMap) -> None:
        self._source = source
        self._fields = fields

    def post(self, record: RawRecord) -> Post:
        """JSON keeps its bytes; a CSV row becomes a JSON object under the names of a claim's fields."""
        try:
            found = self._source.parse(record)
        except InvalidClaim:
            return Post(None, None, record.raw)
        named = {name: value for name in FIELDS if (value := self._fields.get(found, name)) is not None}
        return Post(parse_time(named.get("created_at")), _key(named), orjson.dumps(named) if self._source.columns else record.raw)


def _key(named: Mapping[str, Any]) -> bytes | None:
    """The claim's id, so that all of one id is in one partition."""
    found = named.get("id")
    return str(found).encode("utf-8", "replace") or None if isinstance(found, (str, int)) and not isinstance(found, bool) else None


@dataclass(slots=True)
class Tally:
    """How far a replay is."""

    started: float = field(default_factory=time.monotonic)
    sent: int = 0
    passed_over: int = 0
    at: float | None = None
    stopped: bool = False

    @property
    def line(self) -> str:
        """For a person."""
        rate = self.sent / max(time.monotonic() - self.started, 1e-9)
        reached = "" if self.at is None else f", reached {isoformat(self.at)}"
        passed = f", {self.passed_over} outside --from and --until" if self.passed_over else ""
        return f"{counted(self.sent, 'record')} sent ({rate:.0f}/s){reached}{passed}"


class Replay:
    """Sends posts when they are due.

    Args:
        send: takes messages, and returns when they are with the broker.
        pace, window: when, and which.
        stop: set when somebody wants it to end.
        limit: posts at most.
        nap: sleeps so many seconds.
    """

    def __init__(
        self,
        send: Callable[[list[Post]], object],
        pace: Pace,
        window: Window,
        stop: Stop,
        limit: int | None = None,
        nap: Callable[[float], object] = time.sleep,
    ) -> None:
        self.tally = Tally()
        self._send = send
        self._pace = pace
        self._window = window
        self._stop = stop
        self._limit = limit
        self._nap = nap
        self._progress = ProgressLine()

    def run(self, portions: Iterator[list[Post]]) -> None:
        """Until they end, there are enough, or somebody stops it; what was begun is sent."""
        for portion in portions:
            self._portion(portion)
            self._progress.say(lambda: self.tally.line)
            if self._stop.asked or self._enough(0):
                break
        self._progress.clear()
        self.tally.stopped = self._stop.asked

    def _portion(self, portion: list[Post]) -> None:
        due: list[Post] = []
        for post in portion:
            if self._stop.asked or self._enough(len(due)):
                break
            if not self._window.has(post.at):
                self.tally.passed_over += 1
                continue
            if self._pace.wait(post.at) > 0:
                self._flush(due)
                self._wait_for(post)
                if self._stop.asked:
                    return
            due.append(post)
        self._flush(due)

    def _enough(self, waiting: int) -> bool:
        return self._limit is not None and self.tally.sent + waiting >= self._limit

    def _flush(self, due: list[Post]) -> None:
        if due:
            self._send(due)
            self.tally.sent += len(due)
            self.tally.at = next((post.at for post in reversed(due) if post.at is not None), self.tally.at)
            due.clear()

    def _wait_for(self, post: Post) -> None:
        """In short naps, so that Ctrl-C is heard."""
        while not self._stop.asked and (left := self._pace.wait(post.at)) > 0:
            self._progress.say(lambda left=left: f"{self.tally.line}; the next in {shown_seconds(left)}")  # type: ignore[misc]
            self._nap(min(left, _NAP))


@click.command()
@click.argument("path", metavar="FILE|-")
@click.option("--to-kafka", is_flag=True, help="Into claims.raw of the deployment that STREAMCLUST_* names.")
@click.option("--speed", type=SpeedType(), default="1x", show_default=True, metavar="60x|max", help="How many times as fast as it was.")
@click.option("--from", "since", type=TimeType(), metavar="TIME", help="Only records from this time on.")
@click.option("--until", type=TimeType(), metavar="TIME", help="Only records before this time.")
@click.option("--limit", type=click.IntRange(1), help="Stop after so many records.")
@map_option
@json_option
def replay(
    path: str, to_kafka: bool, speed: Speed, since: float | None, until: float | None, limit: int | None, mapping: str, as_json: bool
) -> None:
    """Send the records of FILE, or those that come on standard input (-), to Kafka, paced by their times.

    JSON lines go as they are, CSV and TSV rows as JSON objects. What cannot be read goes too: the embed worker sets it aside.
    Records without a time follow the one before at once. Ctrl-C ends cleanly and says how to go on.
    """
    if not to_kafka:
        raise click.UsageError("say where to: --to-kafka")
    fields, stop = read_map(mapping), Stop()
    with connected() as deployment, closing(open_input(path)) as source, stop.listening():
        source.check_columns(fields)
        existing_spans(deployment.reader(), deployment.topics.raw)  # or say that it is not there
        work = Replay(_into(deployment.outlet(), deployment.topics.raw), Pace(speed, time.monotonic), Window(since, until), stop, limit)
        reading = Reading(source, fields)
        work.run([reading.post(r) for r in portion] for portion in batches(source, size=_AT_A_TIME, wait=_PIPE_SECONDS))
    tally = work.tally
    if as_json:
        reached = None if tally.at is None else isoformat(tally.at)
        found = {"sent": tally.sent, "passed_over": tally.passed_over, "reached": reached, "stopped": tally.stopped}
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    click.echo(tally.line, err=True)
    if tally.stopped:
        click.echo(_next_command(path, tally, until, mapping, speed), err=True)


def _into(outlet: Outlet, topic: str) -> Callable[[list[Post]], object]:
    """Sends to a topic; a record of nothing gets an empty key, for the client sends nothing that has neither key nor value."""
    return lambda posts: outlet.send(Message(topic, post.key, post.value, []) for post in posts)


def _next_command(path: str, tally: Tally, until: float | None, mapping: str, speed: Speed) -> str:
    """How to go on, for a person. Records of the very time it stopped at are sent again; the same id counts once."""
    if path == "-":
        return "Stopped. A pipe has to be fed again; records with an id that were sent before count once."
    if tally.at is None:
        return "Stopped. The records sent have no times to go on from; those with an id count once, however often they are sent."
    options = ["--to-kafka", "--speed", "max" if speed is None else f"{speed:g}x", "--from", isoformat(tally.at)]
    options += ["--until", isoformat(until)] if until is not None else []
    options += ["--map", mapping] if mapping else []
    return "Stopped. To go on: " + shlex.join(["streamclust", "replay", path, *options])
