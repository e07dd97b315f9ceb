"""`streamclust run`: one input, one process, clusters as they form."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

from streamclust.adapters.event_files import DeadLetterFile, EventFile
from streamclust.adapters.files import Input, RawRecord, batches, open_input
from streamclust.claims import Claim, EmbeddedClaim, FieldMap, Origin, parse_claim
from streamclust.clusterer import StreamClusterer
from streamclust.counting import counted
from streamclust.errors import Incompatible, InputUnreadable, InvalidClaim, TooManyDeadLetters
from streamclust.pipeline import Clustering, Embedding
from streamclust.ports import DeadLetter, DeadLetters, Partition
from workers import states, wiring
from workers.cli.options import json_option, map_option, model_option, params_options, read_map, read_params, see_that_it_fits, state_option
from workers.cli.outputs import see_that_they_differ
from workers.cli.view import JsonView, LiveView, PlainView, Tally, View
from workers.fields import FieldNotes
from workers.limits import DeadLetterLimit, as_counted
from workers.metrics import Metrics
from workers.relay import relay
from workers.survey import Survey

_BAD_IN_A_ROW = 100
_ADVICE = (
    "Stopped before more is set aside; if the fields have other names, use --map text=NAME; if these records are all to be set aside, "
    "--dead-letters-in-a-row N lets more pass (0: any number)."
)
_DEAD_LETTERS = "dead-letters.jsonl"


class Intake:
    """Raw records to claims; those that cannot be are set aside, and too many in a row are an error.

    Args:
        source: the input.
        fields: which key feeds which field.
        letters: where bad records are kept.
        metrics: told of values that could not be read.
        stamp_arrival: whether a claim without a time is given the time it arrived.
        in_a_row: so many bad records after each other are too many; 0: never.

    Attributes:
        notes: what of the records could not be read; whole once all are.
    """

    def __init__(
        self, source: Input, fields: FieldMap, letters: DeadLetters, metrics: Metrics, *, stamp_arrival: bool, in_a_row: int
    ) -> None:
        self._source = source
        self._fields = fields
        self._letters = letters
        self._metrics = metrics
        self._stamp_arrival = stamp_arrival
        self._stream = Path(source.name).name
        self._limit = DeadLetterLimit(in_a_row, advice=_ADVICE, place=as_counted)
        self.notes = FieldNotes(fields, self._stream, stamped=stamp_arrival)

    def read(self, records: Sequence[RawRecord]) -> tuple[list[Claim], list[DeadLetter]]:
        """Claims in input order, and what could not be one."""
        arrived = time.time() if self._stamp_arrival else None
        claims, bad = [], []
        for record in records:
            try:
                found = self._source.parse(record)
                self.notes.look(found)
                claims.append(parse_claim(found, fields=self._fields, origin=self._origin(record), recorded_at=arrived))
            except InvalidClaim as error:
                bad.append(self.letter(record, error.reason, error.detail))
            else:
                self._metrics.left_out(self.notes.compare(found, claims[-1], record.number, arrived))
        return claims, bad

    def letter(self, record: RawRecord, reason: str, detail: str) -> DeadLetter:
        """A dead letter for a record of this input."""
        return DeadLetter(record.raw, reason, detail, self._stream, 0, record.number)

    def set_aside(self, records: Sequence[RawRecord], letters: Sequence[DeadLetter]) -> None:
        """Keep the bad ones among these records.

        Raises:
            TooManyDeadLetters: nothing but bad records for a while: the input is not what the command takes it for. Those after it
                are not set aside, so that the size of a batch decides nothing.
        """
        bad = {letter.offset: letter for letter in letters}
        for record in records:
            try:
                self._limit.count(bad.get(record.number))
            except TooManyDeadLetters:
                self._letters.put([letter for number, letter in sorted(bad.items()) if number <= record.number])
                raise
        if bad:
            self._letters.put([letter for _, letter in sorted(bad.items())])

    def _origin(self, record: RawRecord) -> Origin:
        return Origin(self._stream, 0, record.number)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A batch that is ready to be clustered.

    Args:
        records: as they came, at least one.
        embedded: their claims with vectors.
        letters: the bad ones among them.
        next_number: the record after those this batch accounts for.
        progress: of the input once they were read.
    """

    records: Sequence[RawRecord]
    embedded: Sequence[EmbeddedClaim]
    letters: Sequence[DeadLetter]
    next_number: int
    progress: float | None


@dataclass(slots=True)
class FileRun:
    """One run over one input: a batch is read and encoded while the one before it is clustered and saved.

    Input and encoder belong to the one thread; dead letters, clusterer, store, tally and view to the other, which only asks how long
    the input was waited for.
    """

    source: Input
    partition: Partition
    intake: Intake
    embedding: Embedding
    clustering: Clustering
    metrics: Metrics
    look_around: Callable[[], None]
    view: View
    tally: Tally

    def run(self, stop: Stop, *, size: int, wait: float, limit: int | None) -> None:
        """Take batches until the input ends, the limit is reached or somebody stops it."""
        relay(self._encoded(stop, size=size, wait=wait, limit=limit), self._finish)
        self.tally.stopped = stop.asked
        self.tally.notes = self.intake.notes

    def _encoded(self, stop: Stop, *, size: int, wait: float, limit: int | None) -> Iterator[Encoded | None]:
        """Batches, encoded; None for each while in which nothing came."""
        left = limit
        for records in batches(self.source, size=size, wait=wait):
            taken = records[:left]
            yield self._encode(taken) if taken else None
            if left is not None:
                left -= len(taken)
            if stop.asked or left == 0:
                return

    def _encode(self, records: Sequence[RawRecord]) -> Encoded:
        """Parse and encode. Looks at how far the input is, so it comes before the next batch is read."""
        claims, letters = self.intake.read(records)
        with self.metrics.timed("encode"):
            embedded, unencodable = self.embedding.run(claims)
        by_number = {record.number: record for record in records}
        letters += [
            self.intake.letter(by_number[bad.claim.origin.offset], "bad_vector", bad.detail) for bad in unencodable if bad.claim.origin
        ]
        letters, next_number = self._without_unfinished(letters, records[-1].number)
        return Encoded(records, embedded, letters, next_number, self.source.progress)

    def _finish(self, batch: Encoded | None) -> None:
        """Set bad ones aside, cluster and save, show: in this order."""
        self.tally.waited = self.source.waited
        if batch is None:
            self.view.update(self.tally, self.clustering.clusterer, ())
            return
        self.intake.set_aside(batch.records, batch.letters)
        events = self.clustering.run(batch.embedded, {} if self.source.live else {self.partition: batch.next_number})
        clusterer = self.clustering.clusterer
        read, sent = len(batch.records), [e.claim for e in batch.embedded]
        self.tally.add(events, read=read, sent=len(sent))
        self.tally.ahead.count(events, batch.embedded)
        self.tally.truncated += sum(claim.truncated for claim in sent)
        self.tally.dead.update(letter.reason for letter in batch.letters)
        self.tally.progress = batch.progress
        self.metrics.read(read)
        self.metrics.clustered(events, sent=sent)
        self.metrics.dead_lettered(letter.reason for letter in batch.letters)
        self.metrics.stands(live=len(clusterer.clusters), limit=clusterer.params.max_clusters, watermark=clusterer.now)
        self.look_around()
        self.view.update(self.tally, clusterer, events)

    def _without_unfinished(self, letters: list[DeadLetter], last: int) -> tuple[list[DeadLetter], int]:
        """The letters, and the number of the next record: a last line that is still being written is left for the next run."""
        if self.source.unfinished and self.source.number == last + 1 and any(letter.offset == last for letter in letters):
            click.echo(f"record {last + 1} is unfinished: the file ends in the middle of its line; the next run reads it again", err=True)
            return [letter for letter in letters if letter.offset != last], last
        return letters, last + 1


@dataclass(slots=True)
class Stop:
    """Set by Ctrl-C or SIGTERM: finish the batch, then leave. A second one does not wait."""

    asked: bool = False

    def ask(self, signum: int, frame: FrameType | None) -> None:
        """Signal handler."""
        self.asked = True
        signal.signal(signum, signal.SIG_DFL)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen for signals inside, as before outside."""
        before = {number: signal.signal(number, self.ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@click.command()
@click.argument("path", metavar="FILE|-")
@state_option
@params_options
@model_option
@map_option
@click.option("--events", metavar="-|FILE", help="Write events as CloudEvents JSON lines.")
@click.option("--dead-letters", metavar="FILE", help=f"Keep unreadable records here; {_DEAD_LETTERS} beside the state if left out.")
@click.option(
    "--dead-letters-in-a-row",
    "in_a_row",
    type=click.IntRange(0),
    default=_BAD_IN_A_ROW,
    show_default=True,
    metavar="N",
    help="So many unreadable records in a row stop the run; 0: never.",
)
@click.option("--metrics-port", type=click.IntRange(1, 65535), help="Serve Prometheus metrics on this port of 127.0.0.1.")
@click.option("--limit", type=click.IntRange(1), help="Stop after so many records.")
@click.option("--batch", "size", type=click.IntRange(1, 100_000), default=512, show_default=True, help="Records taken at a time.")
@click.option("--wait", type=click.FloatRange(0.01, 60), default=1.0, show_default=True, help="Seconds a pipe may keep a batch waiting.")
@click.option("--stamp-arrival", is_flag=True, help="Give posts without a time the time they arrive (a replay then differs).")
@json_option
def run(
    path: str,
    state: str,
    preset: str,
    overrides: tuple[str, ...],
    model: str | None,
    mapping: str,
    events: str | None,
    dead_letters: str | None,
    in_a_row: int,
    metrics_port: int | None,
    limit: int | None,
    size: int,
    wait: float,
    stamp_arrival: bool,
    as_json: bool,
) -> None:
    """Cluster the posts in FILE, or those that come on standard input (-).

    JSON lines, CSV or TSV, also gzipped. A post needs a text; id, created_at, source, author, lang and url are used where they are.
    Ctrl-C ends cleanly, and the same command goes on where it stopped.
    """
    if as_json and events == "-":
        raise click.UsageError("--json and --events - both want standard output; give --events a file")
    set_aside = dead_letters or default_dead_letters(state)
    _see_that_files_differ(path, events, set_aside)
    params, fields = read_params(preset, overrides, model), read_map(mapping)
    stop = Stop()
    with ExitStack() as stack:
        source = stack.enter_context(closing(open_input(path)))
        source.check_columns(fields)
        stack.enter_context(stop.listening())  # from before there is a server to leave behind until it is stopped
        store = stack.enter_context(wiring.writable_store(state))
        publisher = stack.enter_context(closing(EventFile(events))) if events else None
        letters = stack.enter_context(closing(DeadLetterFile(set_aside)))
        metrics = _serving(metrics_port)
        encoder = wiring.encoder(model)
        see_that_it_fits(preset, model, encoder)
        clusterer = wiring.clusterer(params, encoder.dim, metrics.timed)
        clustering = Clustering(clusterer, store, encoder, publisher, timed=metrics.timed)
        partition, applied = position(source, _start(clustering, state))
        tally = Tally(skipped_before=_go_to(source, applied, path))
        if stop.asked:
            _leave_at_once(tally, clusterer, state, as_json=as_json)
            return
        view = _view(as_json=as_json, events=events)
        stack.callback(view.close)
        intake = Intake(source, fields, letters, metrics, stamp_arrival=stamp_arrival, in_a_row=in_a_row)
        look_around = partial(Survey(metrics).look, [clusterer], [store])
        job = FileRun(source, partition, intake, Embedding(encoder), clustering, metrics, look_around, view, tally)
        job.run(stop, size=size, wait=wait, limit=limit)
        view.finish(tally, clustering.clusterer, state)


def _see_that_files_differ(path: str, events: str | None, dead_letters: str) -> None:
    """What is appended to is not the input, nor are two kinds of lines appended to one file."""
    others = {path: "the input"}
    if events and events != "-":
        see_that_they_differ("--events", events, others)
        others[events] = "--events"
    see_that_they_differ("--dead-letters", dead_letters, others)


def _leave_at_once(tally: Tally, clusterer: StreamClusterer, state: str, *, as_json: bool) -> None:
    """Somebody stopped it while it loaded the model: a clean end, of which there is nothing to sum up."""
    click.echo("streamclust: stopped before anything was read", err=True)
    if as_json:
        tally.stopped = True
        JsonView().finish(tally, clusterer, state)


def _start(clustering: Clustering, state: str) -> dict[Partition, int]:
    """Go on from the state; a refusal names it."""
    try:
        return clustering.start()
    except Incompatible as error:
        raise Incompatible(f"{states.shown(state)}: {error}") from error


def default_dead_letters(state: str) -> str:
    """Where unreadable records go when nobody said: into the state's directory, or here."""
    beside = Path() if states.is_address(state) or state == states.MEMORY else Path(state)
    return str(beside / _DEAD_LETTERS)


def position(source: Input, offsets: dict[Partition, int]) -> tuple[Partition, int]:
    """Under which name this input's position is kept, and how many of its records were applied.

    A file goes by its path and how it begins, so that one that has grown goes on and one that was replaced starts anew.
    A pipe cannot be read again: it has no position, and claims that come twice are known by their ids.
    """
    if source.live:
        return (source.name, 0), 0
    for (stream, number), applied in offsets.items():
        name, _, head = stream.rpartition("@")
        if name == source.name and source.continues(head):
            return (stream, number), applied
    return (f"{source.name}@{source.head}", 0), 0


def _go_to(source: Input, applied: int, path: str) -> int:
    """Skip what earlier runs applied; returns how many records that was."""
    skipped = source.skip(applied)
    if skipped < applied:
        raise InputUnreadable(
            f"{path} has {counted(skipped, 'record')}, but {applied} of it were taken before: it was cut short. "
            "Restore it, or use another --state to start anew."
        )
    return skipped


def _serving(port: int | None) -> Metrics:
    metrics = Metrics()
    if port is not None:
        try:
            metrics.serve(port)
        except OSError as error:
            raise InputUnreadable(f"cannot serve metrics on 127.0.0.1:{port}: {error.strerror}; choose another --metrics-port") from error
    return metrics


def _view(*, as_json: bool, events: str | None) -> View:
    """The view that fits where standard output goes."""
    if as_json:
        return JsonView()
    if events == "-":
        return PlainView(lines=False)
    if sys.stdout.isatty():
        return LiveView(Console())
    return PlainView()
