"""`streamclust dlq`: the dead letters of a deployment: which there are, what is in one, and sending them back."""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

import click
import orjson
from kafka import KafkaAdminClient, KafkaConsumer

from streamclust.claims import isoformat
from streamclust.counting import counted
from streamclust.errors import InvalidClaim, NotFound
from streamclust.ports import DeadLetter
from workers.brokers import Outlet
from workers.cli.connections import Connections, connected
from workers.cli.options import json_option
from workers.invocation import told
from workers.offsets import Span, commit, existing_spans, marks, records
from workers.redrive import MOST, ROLE, Redriven, returned, times
from workers.topics import read_dead_letter

_PORTION = 100


class Letter(NamedTuple):
    """A dead letter and where it lies.

    Args:
        partition, offset: in the dead-letter topic.
        at: when it was set aside, seconds since 1970.
        redriven: how often its record has been sent back before.
    """

    partition: int
    offset: int
    at: float
    redriven: int
    letter: DeadLetter

    @property
    def about(self) -> dict[str, Any]:
        """All but the record's content."""
        letter = self.letter
        return {
            "partition": self.partition,
            "offset": self.offset,
            "at": isoformat(self.at),
            "reason": letter.reason,
            "from": {"topic": letter.stream, "partition": letter.partition, "offset": letter.offset},
            "redriven": self.redriven,
            "bytes": None if letter.raw is None else len(letter.raw),
        }


@click.group()
def dlq() -> None:
    """Look at dead letters, and send them back."""


@dlq.command(name="list")
@click.option("--limit", type=click.IntRange(0), default=10, show_default=True, help="So many of the newest letters one by one.")
@json_option
def list_letters(limit: int, as_json: bool) -> None:
    """Count dead letters by reason and topic of origin, with the time they span."""
    by_kind: dict[tuple[str, str], list[float]] = {}
    newest: deque[Letter] = deque(maxlen=limit)
    with connected() as deployment:
        consumer = deployment.reader()
        for letter in _all(deployment, consumer):
            first, last, number = by_kind.get((letter.letter.reason, letter.letter.stream), [letter.at, letter.at, 0.0])
            by_kind[letter.letter.reason, letter.letter.stream] = [min(first, letter.at), max(last, letter.at), number + 1]
            newest.append(letter)
    groups = [
        {"reason": reason, "topic": topic, "letters": int(number), "first": isoformat(first), "last": isoformat(last)}
        for (reason, topic), (first, last, number) in sorted(by_kind.items(), key=lambda item: -item[1][2])
    ]
    total = sum(int(number) for *_, number in by_kind.values())
    if as_json:
        click.echo(orjson.dumps({"letters": total, "groups": groups, "newest": [n.about for n in newest]}, option=orjson.OPT_INDENT_2))
        return
    for line in groups:
        click.echo(escaped(f"{line['letters']:>8}  {line['reason']:<14}  {line['topic']}  {line['first']} to {line['last']}"))
    for one in newest:
        where = f"{one.letter.stream}/{one.letter.partition} at {one.letter.offset}"
        click.echo(escaped(f"  {one.offset} (partition {one.partition})  {isoformat(one.at)}  {one.letter.reason}  from {where}"))
    click.echo(f"{counted(total, 'dead letter')}; {told('dlq', 'show', 'OFFSET')} shows one", err=True)


@dlq.command()
@click.argument("offset", type=click.IntRange(0))
@click.option("--partition", type=click.IntRange(0), default=0, show_default=True, help="Partition of the dead-letter topic.")
@json_option
def show(offset: int, partition: int, as_json: bool) -> None:
    """Show the dead letter at OFFSET: why it is one, and the record as it came."""
    with connected() as deployment:
        one = _one(deployment, deployment.reader(), partition, offset)
    letter = one.letter
    described = {
        **one.about,
        "detail": letter.detail,
        "key": None if letter.key is None else _content(letter.key),
        "headers": [{"name": name, **_content(value)} for name, value in letter.headers],
        "value": None if letter.raw is None else _content(letter.raw),
    }
    if as_json:
        click.echo(json.dumps(described, indent=2))  # all but ASCII escaped: what is in there is a stranger's
        return
    origin = described["from"]
    click.echo(f"{offset} (partition {partition}), set aside {described['at']}, sent back {counted(one.redriven, 'time')} before")
    click.echo(escaped(f"  reason   {letter.reason}: {letter.detail}"))
    click.echo(escaped(f"  from     {origin['topic']}/{origin['partition']} at {origin['offset']}"))
    click.echo(f"  key      {_shown(letter.key)}")
    for name, value in letter.headers:
        click.echo(f"  header   {escaped(name)}: {_shown(value)}")
    click.echo(f"  value    {_shown(letter.raw)}")


@dlq.command()
@click.option("--reason", type=click.Choice(InvalidClaim.REASONS), help="Those set aside for this reason.")
@click.option("--offset", type=click.IntRange(0), help="The one at this offset.")
@click.option("--partition", type=click.IntRange(0), default=0, show_default=True, help="Partition of --offset.")
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option("--force", is_flag=True, help=f"Also those that have been sent back {MOST} times.")
@click.option("--dry-run", is_flag=True, help="Only say what would be sent.")
@json_option
def redrive(reason: str | None, offset: int | None, partition: int, everything: bool, force: bool, dry_run: bool, as_json: bool) -> None:
    """Send dead letters back to where they came from, as they came: after whatever made them bad is mended.

    What was sent is remembered by a consumer group, so that no letter is sent twice.
    """
    if (reason is not None) + (offset is not None) + everything != 1:
        raise click.UsageError("say which: --reason REASON, --offset N, or --all")
    with connected() as deployment:
        consumer = deployment.reader()
        topic = deployment.topics.dead_letters
        work = Redrive(deployment, deployment.admin(), force=force, dry_run=dry_run)
        if offset is not None:
            work.one(_one(deployment, consumer, partition, offset))
        else:
            for number, span in existing_spans(consumer, topic).items():
                first = max(span.first, work.remembered(number).start)
                work.through(number, _letters(consumer, topic, number, Span(first, span.end)), span.end, reason)
    _tell(work, as_json=as_json)


class Redrive:
    """Sends letters back and remembers which.

    Args:
        deployment, broker: where.
        force: whether letters that came back too often are sent too.
        dry_run: whether nothing is sent and nothing remembered.

    Attributes:
        sent, refused, foreign: letters sent; those that came back too often; those that came from no topic of this deployment.
        already: how many an earlier redrive has sent.
    """

    def __init__(self, deployment: Connections, broker: KafkaAdminClient, *, force: bool, dry_run: bool) -> None:
        self.dry_run = dry_run
        self.sent: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []
        self.foreign: list[dict[str, Any]] = []
        self.already = 0
        self._deployment = deployment
        self._broker = broker
        self._force = force
        self._topic = deployment.topics.dead_letters
        self._marks = marks(broker, deployment.group(ROLE), self._topic)

    def remembered(self, partition: int) -> Redriven:
        """What earlier redrives did to a partition."""
        return Redriven.read(self._marks.get(partition))

    def one(self, letter: Letter) -> None:
        """This one alone."""
        done = self.remembered(letter.partition)
        if self._send([letter], done):
            done.sent(letter.offset)
            self._remember(letter.partition, done)

    def through(self, partition: int, letters: Iterator[Letter], end: int, reason: str | None) -> None:
        """All of a partition, or all of a reason: each portion is remembered before the next is sent."""
        done = self.remembered(partition)
        while portion := list(islice(letters, _PORTION)):
            chosen = [one for one in portion if reason in (None, one.letter.reason)]
            done.left -= {one.offset for one in self._send(chosen, done)}
            done.left |= {one["offset"] for one in self.refused if one["partition"] == partition}
            done.went_through(portion[-1].offset + 1, reason)
            self._remember(partition, done)
        done.went_through(end, reason)

    def _send(self, letters: Sequence[Letter], done: Redriven) -> list[Letter]:
        going = [one for one in letters if self._may_go(one, done)]
        if going and not self.dry_run:
            self._outlet.send(returned(one.letter, one.redriven) for one in going)
        self.sent += [one.about for one in going]
        return going

    def _may_go(self, one: Letter, done: Redriven) -> bool:
        """Whether it is sent; if not, it is counted under why not."""
        if done.has(one.offset, one.letter.reason):
            self.already += 1
        elif one.letter.stream not in (self._deployment.topics.raw, self._deployment.topics.embedded) or one.letter.partition < 0:
            self.foreign.append(one.about)
        elif one.redriven >= MOST and not self._force:
            self.refused.append(one.about)
        else:
            return True
        return False

    def _remember(self, partition: int, done: Redriven) -> None:
        if not self.dry_run:
            commit(self._broker, self._deployment.group(ROLE), self._topic, {partition: done.mark()})

    @cached_property
    def _outlet(self) -> Outlet:
        return self._deployment.outlet()


def _tell(work: Redrive, *, as_json: bool) -> None:
    if as_json:
        lists = {name: getattr(work, name) for name in ("sent", "refused", "foreign", "already", "dry_run")}
        click.echo(orjson.dumps(lists, option=orjson.OPT_INDENT_2))
    else:
        for one in work.sent:
            where = f"{one['from']['topic']}/{one['from']['partition']}"
            click.echo(escaped(f"{one['offset']}  {one['reason']}  {'would go' if work.dry_run else 'sent'} to {where}"))
    if work.already:
        click.echo(f"{work.already} had been sent back before and were not sent again", err=True)
    for one in work.refused:
        often = counted(one["redriven"], "time")
        click.echo(f"{one['offset']} was sent back {often} and came back each time: not sent; --force sends it", err=True)
    for one in work.foreign:
        origin = one["from"]["topic"]
        click.echo(escaped(f"{one['offset']} names no topic of this deployment as its origin ({origin!r}): not sent"), err=True)
    click.echo(f"{len(work.sent)} {'would be sent' if work.dry_run else 'sent'} back", err=True)


def _all(deployment: Connections, consumer: KafkaConsumer) -> Iterator[Letter]:
    topic = deployment.topics.dead_letters
    for partition, span in existing_spans(consumer, topic).items():
        yield from _letters(consumer, topic, partition, span)


def _letters(consumer: KafkaConsumer, topic: str, partition: int, span: Span) -> Iterator[Letter]:
    for record in records(consumer, topic, partition, span.first, span.end):
        letter = read_dead_letter(record.value, record.key, record.headers)
        yield Letter(partition, record.offset, record.timestamp / 1000, times(record.headers), letter)


def _one(deployment: Connections, consumer: KafkaConsumer, partition: int, offset: int) -> Letter:
    """The letter at an offset.

    Raises:
        NotFound: there is none; says which there are.
    """
    topic = deployment.topics.dead_letters
    there = existing_spans(consumer, topic)
    span = there.get(partition)
    if span is None:
        raise NotFound(f"{topic} has no partition {partition}; there are 0 to {len(there) - 1}")
    if not span.first <= offset < span.end:
        which = f"offsets {span.first} to {span.end - 1}" if span.end > span.first else "no letters"
        raise NotFound(f"{topic}/{partition} has no letter at {offset}; it has {which}. {told('dlq', 'list')} counts them")
    found = next(_letters(consumer, topic, partition, Span(offset, offset + 1)), None)
    if found is None:
        raise NotFound(f"{topic}/{partition} has nothing at {offset} any more")
    return found


def _content(raw: bytes) -> dict[str, str]:
    try:
        return {"text": raw.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode()}


def _shown(raw: bytes | None) -> str:
    """Bytes for a terminal: text with everything that is not plainly visible escaped; hexadecimal where it is no UTF-8."""
    if raw is None:
        return "none"
    try:
        return escaped(raw.decode())
    except UnicodeDecodeError as error:
        return f"not UTF-8 ({error.reason} at byte {error.start}), in hexadecimal: {raw.hex(' ')}"


def escaped(text: str) -> str:
    r"""Text in which no character acts on a terminal or hides.

    >>> escaped("\x1b[2Jred\u202e")
    '\\x1b[2Jred\\u202e'
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
