"""Raw records from files and pipes: JSON lines, CSV or TSV, gzipped or not, one after another or in batches."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import select
import stat
import sys
import time
import zlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple, Protocol, Self

from streamclust.claims import MAX_RECORD_BYTES, FieldMap, parse_json, parse_row
from streamclust.counting import counted
from streamclust.errors import InputUnreadable, InvalidClaim

MAX_RAW_BYTES = 16 << 20
HEAD_BYTES = 4096

_CHUNK = 1 << 18
_PACKED_CHUNK = 1 << 16
_IDLE = 1.0
_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_FORMS = {".jsonl": "lines", ".ndjson": "lines", ".json": "json", ".csv": "csv", ".tsv": "tsv"}


class RawRecord(NamedTuple):
    """One record as it stands in the input, without the end of its line.

    Args:
        number: how many records (blank lines do not count, nor does a CSV header) stand before it.
        raw: exact bytes; a CSV record with quoted line breaks has them inside.
        cut: whether `raw` was longer than `MAX_RAW_BYTES` and lost the rest.
    """

    number: int
    raw: bytes
    cut: bool = False


def open_input(path: str, *, stdin: BinaryIO | None = None) -> Input:
    """Open a file, a named pipe or, for "-", standard input.

    For standard input and other pipes this waits for the first record: the format is read off it where the name does not tell.

    Args:
        path: a path, or "-".
        stdin: stands in for standard input.

    Raises:
        InputUnreadable: missing, a directory, no permission, UTF-16, one JSON array, a damaged start.
    """
    if path == "-":
        return Input("stdin", _standard_input(stdin), shown="standard input", form="unknown")
    try:
        raw = open(path, "rb", buffering=0)  # noqa: SIM115 (the Input closes it)
    except OSError as error:
        raise InputUnreadable(_cannot_open(path, error)) from error
    try:
        return Input(_printable(os.path.abspath(path)), raw, shown=path, form=_form_of(path))
    except InputUnreadable:
        raw.close()
        raise


class Input:
    """One ordered input.

    Attributes:
        name: stable name of the stream: the absolute path, or "stdin".
        head: digest and length of the first `HEAD_BYTES`, see `continues`; empty for a live input.
        columns: CSV header; empty for JSON lines and for an empty file.
        live: whether records may come later (standard input, a named pipe), and cannot be read twice.
        number: number of the next record.
        unfinished: whether a file was found to end in the middle of a line; its writer may not be done with it.
        waited: seconds spent in waiting for a live input so far.
    """

    def __init__(self, name: str, raw: BinaryIO | io.FileIO, *, shown: str, form: str) -> None:
        """Use `open_input`."""
        self.name = name
        self.columns: tuple[str, ...] = ()
        self.number = 0
        self.unfinished = False
        self.waited = 0.0
        self._raw, self._shown = raw, shown
        self._size = _regular_size(raw) if name != "stdin" else None
        self.live = self._size is None
        self._lines = _Lines()
        self._rows: _Rows | None = None
        self._raws: list[bytes] = []
        self._ended = False
        self._source = self._unpacked(_Plain(raw))
        start = self._gather(len(_BYTE_ORDER_MARK) if self.live else HEAD_BYTES)
        self._head = b"" if self.live else start[:HEAD_BYTES]
        self.head = "" if self.live else _digest(start, HEAD_BYTES)
        self._begin(start, form)
        self._stretch = (0, 0, len(self._raws))
        self._given = 0

    def continues(self, head: str) -> bool:
        """Whether the input still begins as it did when `head` was taken; it may have grown since."""
        _, _, length = head.partition("/")
        return length.isdigit() and _digest(self._head, int(length)) == head

    @property
    def progress(self) -> float | None:
        """Share of the file's bytes given out or skipped, 0..1; None for a live input.

        Of a stretch that was read at once, bytes are taken to be spread evenly over its records.
        """
        if self._size is None:
            return None
        begin, first, end = self._stretch
        share = (self._given - first) / (end - first) if end > first else 1.0
        return (begin + (self._raw.tell() - begin) * share) / max(self._size, 1)

    @property
    def ended(self) -> bool:
        """Whether every record has been taken."""
        return self._ended and not self._raws

    def __iter__(self) -> Iterator[RawRecord]:
        """The records from here on.

        Raises:
            InputUnreadable: reading fails, or compressed data is damaged; every record before that has been given.
        """
        while not self.ended:
            for record in self.take():
                self._given = record.number + 1
                yield record

    def take(self) -> list[RawRecord]:
        """The records of the next stretch, a few hundred KiB at most or what a pipe holds; none if it has no whole record."""
        if not self._raws:
            self._refill()
        raws, self._raws = self._raws, []
        first, self.number = self.number, self.number + len(raws)
        return [_record(number, raw) for number, raw in enumerate(raws, first)]

    def skip(self, count: int) -> int:
        """Go past `count` records without looking into them.

        Returns:
            How many there were, fewer than `count` only where the input ends before.
        """
        left = count
        while left > 0 and not self.ended:
            if not self._raws:
                self._refill()
            passed = min(left, len(self._raws))
            del self._raws[:passed]
            left -= passed
            self.number += passed
        self._given = self.number
        return count - left

    def ready(self, seconds: float) -> bool:
        """Wait at most so long; True once `take` would not block."""
        if self._raws or self._ended:
            return True
        since = time.monotonic()
        ready = self._source.ready(seconds)
        self.waited += time.monotonic() - since
        return ready

    def parse(self, record: RawRecord) -> Mapping[str, Any]:
        """The record decoded.

        Raises:
            InvalidClaim: it cannot be.
        """
        if record.cut:
            raise InvalidClaim("too_large", f"more than {MAX_RAW_BYTES} bytes (the rest is not kept), at most {MAX_RECORD_BYTES} are read")
        return parse_row(record.raw, self.columns, self._rows.delimiter) if self._rows else parse_json(record.raw)

    def check_columns(self, fields: FieldMap) -> None:
        """See that a CSV has the column of the text, and every other one that was mapped by hand.

        Raises:
            InputUnreadable: it has not; names the columns there are.
        """
        wanted = {"text": ".".join(fields.path("text")), **dict(fields.mapped)}
        for field, column in wanted.items():
            if self.columns and column not in self.columns:
                there = ", ".join(self.columns)
                raise InputUnreadable(f"column {column!r} not found in {self._shown}; columns are: {there}; use --map {field}=NAME")

    def close(self) -> None:
        """Let go of the file; standard input stays open."""
        if self.name != "stdin":
            self._raw.close()

    def __enter__(self) -> Self:
        """The input itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _begin(self, start: bytes, form: str) -> None:
        """Find the format, split what was read ahead, take the header."""
        if start[:2] in _UTF16_MARKS:
            raise InputUnreadable(f"{self._shown} is UTF-16; make it UTF-8 first: iconv -f UTF-16 -t UTF-8")
        text = self._text_ahead(start.removeprefix(_BYTE_ORDER_MARK))
        if text[:1] == b"[" and form in ("json", "unknown"):
            raise InputUnreadable(f"{self._shown} begins a JSON array; one object per line is read: jq -c '.[]' FILE | streamclust run -")
        if form in ("lines", "json") or (form == "unknown" and text.lstrip()[:1] == b"{"):
            self._raws = self._split(text)
            return
        text = self._whole_line(text)
        self._rows = _Rows("\t" if form == "tsv" else _delimiter_of(text))
        self._raws = self._split(text)
        self._take_header(self._rows.delimiter)

    def _take_header(self, delimiter: str) -> None:
        while not self._raws and not self._ended:
            self._refill()
        if not self._raws:
            return
        raw = self._raws.pop(0).rstrip(b"\r")
        if b"\r" in raw and b"\n" not in raw:
            raise InputUnreadable(f"{self._shown} ends its lines with a bare carriage return; make them line feeds: tr '\\r' '\\n'")
        try:
            cells = next(csv.reader(io.StringIO(raw.decode(), newline=""), delimiter=delimiter))
        except (UnicodeDecodeError, csv.Error) as error:
            wanted = "UTF-8 with one row of column names is expected"
            raise InputUnreadable(f"the header of {self._shown} cannot be read: {error}; {wanted}") from error
        self.columns = tuple(cell.strip() for cell in cells)

    def _gather(self, least: int) -> bytes:
        """The first bytes, at least so many unless the input is shorter."""
        start = b""
        while len(start) < least and (more := self._fetch()):
            start += more
        return start

    def _text_ahead(self, text: bytes) -> bytes:
        """From the first line that is not blank on. A tab stays: it may be an empty column name."""
        while not (text := text.lstrip(b"\r\n ")) and (more := self._fetch()):
            text = more
        return text

    def _whole_line(self, text: bytes) -> bytes:
        while b"\n" not in text and len(text) < MAX_RAW_BYTES and (more := self._fetch()):
            text += more
        return text

    def _refill(self) -> None:
        begin = self._raw.tell() if self._size is not None else 0
        chunk = b"" if self._ended else self._fetch()
        self._ended = not chunk
        self._raws += self._split(chunk) if chunk else self._rest()
        self._stretch = (begin, self.number, self.number + len(self._raws))

    def _split(self, chunk: bytes) -> list[bytes]:
        lines = self._lines.feed(chunk)
        return self._rows.feed(lines) if self._rows else _not_blank(lines)

    def _rest(self) -> list[bytes]:
        lines = self._lines.finish()
        self.unfinished = bool(lines) and not self.live
        return self._rows.feed(lines) + self._rows.finish() if self._rows else _not_blank(lines)

    def _unpacked(self, plain: _Plain) -> _Source:
        try:
            return _Gunzip(plain) if plain.peek(2) == _GZIP_MAGIC else plain
        except OSError as error:
            raise InputUnreadable(_cannot_open(self._shown, error)) from error

    def _fetch(self) -> bytes:
        try:
            return self._source.read()
        except zlib.error as error:
            kept = f"damaged after {self._records_before()} ({error}); those were read"
            raise InputUnreadable(f"{self._shown}: compressed data is {kept}. Fetch or compress the file again") from error
        except OSError as error:
            kept = f"reading stopped after {self._records_before()}"
            raise InputUnreadable(f"{self._shown}: {error.strerror or error}; {kept}. The same command again goes on from there") from error

    def _records_before(self) -> str:
        return counted(self.number + len(self._raws), "record")


def batches(source: Input, *, size: int, wait: float) -> Iterator[list[RawRecord]]:
    """Records in lists of `size`, the last one shorter.

    A live input gives what there is once `wait` seconds have passed since the first record of the list came, and an empty list
    after each second in which nothing came, so that the caller can do what is due.

    Args:
        source: the input, where it stands.
        size: records in a full list, 1 or more.
        wait: seconds a record of a live input may be kept waiting for others.

    Raises:
        InputUnreadable: as the input does, after the records before the failure were given.
    """
    return _live_batches(source, size, wait) if source.live else _full_batches(source, size)


def _full_batches(source: Input, size: int) -> Iterator[list[RawRecord]]:
    batch: list[RawRecord] = []
    failure = None
    try:
        for record in source:
            batch.append(record)
            if len(batch) == size:
                yield batch
                batch = []
    except InputUnreadable as error:
        failure = error
    if batch:
        yield batch
    if failure:
        raise failure


def _live_batches(source: Input, size: int, wait: float) -> Iterator[list[RawRecord]]:
    held: list[RawRecord] = []
    failure = None
    since = time.monotonic()
    while not source.ended and failure is None:
        left = since + (wait if held else _IDLE) - time.monotonic()
        if left <= 0:
            yield held
            held, since = [], time.monotonic()
        elif source.ready(left):
            try:
                came = source.take()
            except InputUnreadable as error:
                failure, came = error, []
            if came and not held:
                since = time.monotonic()
            held += came
        while len(held) >= size:
            yield held[:size]
            held, since = held[size:], time.monotonic()
    if held:
        yield held
    if failure:
        raise failure


class _Source(Protocol):
    """Bytes as they come."""

    def read(self) -> bytes:
        """The next stretch; empty only at the end."""

    def ready(self, seconds: float) -> bool:
        """Wait at most so long; True once `read` would not block."""


class _Plain:
    """A file's or pipe's own bytes, with a look ahead."""

    def __init__(self, raw: BinaryIO | io.FileIO) -> None:
        self._raw = raw
        self._ahead = b""
        self._descriptor = _descriptor(raw)

    def peek(self, length: int) -> bytes:
        while len(self._ahead) < length and (more := self._fetch()):
            self._ahead += more
        return self._ahead[:length]

    def read(self) -> bytes:
        ahead, self._ahead = self._ahead, b""
        return ahead or self._fetch()

    def ready(self, seconds: float) -> bool:
        if self._ahead or self._descriptor is None:
            return True
        return bool(select.select([self._descriptor], [], [], seconds)[0])

    def _fetch(self) -> bytes:
        """One read. A pipe left in non-blocking mode by whoever made it has None to say "later"."""
        while (data := self._raw.read(_CHUNK)) is None:
            select.select([self._raw], [], [])
        return data


class _Gunzip:
    """Bytes of one or more gzip members, given out as far as they can be had before any damage."""

    def __init__(self, source: _Source) -> None:
        self._source = source
        self._inflater: zlib._Decompress | None = None
        self._packed = b""
        self._more = False
        self._damage: zlib.error | None = None

    def read(self) -> bytes:
        while self._damage is None:
            if not (self._packed or self._more):
                self._packed = self._source.read()
                if not self._packed:
                    return self._end()
            if data := self._inflate():
                return data
        raise self._damage

    def ready(self, seconds: float) -> bool:
        return bool(self._packed) or self._more or self._source.ready(seconds)

    def _inflate(self) -> bytes:
        inflater = self._inflater or self._next_member()
        if inflater is None:
            return b""
        packed, later = self._packed[:_PACKED_CHUNK], self._packed[_PACKED_CHUNK:]
        before = inflater.copy()
        try:
            data = inflater.decompress(packed, _CHUNK)
        except zlib.error as error:
            self._damage = error
            return _salvage(before, packed)
        self._more = len(data) == _CHUNK and not inflater.eof
        self._packed = (inflater.unused_data if inflater.eof else inflater.unconsumed_tail) + later
        self._inflater = None if inflater.eof else inflater
        return data

    def _next_member(self) -> zlib._Decompress | None:
        """Ready for another member, if what follows is more than padding."""
        self._packed = self._packed.lstrip(b"\0")
        self._inflater = zlib.decompressobj(wbits=31) if self._packed else None
        return self._inflater

    def _end(self) -> bytes:
        if self._inflater is not None:
            self._damage = zlib.error("it ends in the middle")
            raise self._damage
        return b""


def _salvage(inflater: zlib._Decompress, packed: bytes) -> bytes:
    """What a damaged stretch gives before the damage; zlib drops it when it is handed the stretch whole."""
    data = bytearray()
    try:
        for position in range(len(packed)):
            data += inflater.decompress(packed[position : position + 1])
    except zlib.error:
        pass
    return bytes(data)


class _Lines:
    """Cuts bytes into lines, each at most one byte longer than `MAX_RAW_BYTES`."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        first, *others = chunk.split(b"\n")
        self._extend(first)
        if not others:
            return []
        lines = [self._line(), *others[:-1]]
        self._extend(others[-1])
        return lines

    def finish(self) -> list[bytes]:
        return [self._line()] if self._length else []

    def _extend(self, part: bytes) -> None:
        kept = part[: MAX_RAW_BYTES + 1 - self._length]
        if kept:
            self._parts.append(kept)
            self._length += len(kept)

    def _line(self) -> bytes:
        line = b"".join(self._parts)
        self._parts, self._length = [], 0
        return line


class _Rows:
    """Joins lines into CSV records the way `csv.reader` would.

    A quote that has not closed after `MAX_RECORD_BYTES`, or at the end, is taken for a slip: its line alone is the record,
    and reading goes on with the next line. So one stray quote never swallows the rest of the input.
    """

    def __init__(self, delimiter: str) -> None:
        self.delimiter = delimiter
        mark = re.escape(delimiter).encode()
        # Possessive quantifiers: a doubled quote must not be tried again as an end.
        field = rb'(?:"(?:[^"]++|"")*+"[^%b]*+|[^"%b][^%b]*+|)' % (mark, mark, mark)
        self._closed = re.compile(rb"(?>%b)(?:%b(?>%b))*+" % (field, mark, field))
        self._closes = re.compile(rb'(?:[^"]++|"")*+"[^%b]*+(?:%b(?>%b))*+' % (mark, mark, field))
        self._open: list[bytes] = []
        self._length = 0

    def feed(self, lines: Sequence[bytes]) -> list[bytes]:
        records: list[bytes] = []
        waiting = deque(lines)
        while waiting:
            line = waiting.popleft()
            if self._open:
                self._continue(line, records, waiting)
            elif b'"' in line and not self._closed.fullmatch(line):
                self._open, self._length = [line], len(line)
            elif line and not line.isspace():
                records.append(line)
        return records

    def finish(self) -> list[bytes]:
        records: list[bytes] = []
        while self._open:
            records.append(self._open[0])
            lines, self._open = self._open[1:], []
            records += self.feed(lines)
        return records

    def _continue(self, line: bytes, records: list[bytes], waiting: deque[bytes]) -> None:
        self._open.append(line)
        self._length += len(line) + 1
        if b'"' in line and self._closes.fullmatch(line):
            records.append(b"\n".join(self._open))
            self._open = []
        elif self._length > MAX_RECORD_BYTES:
            records.append(self._open[0])
            waiting.extendleft(reversed(self._open[1:]))
            self._open = []


def _record(number: int, raw: bytes) -> RawRecord:
    if len(raw) > MAX_RAW_BYTES:
        return RawRecord(number, raw[:MAX_RAW_BYTES], True)
    return RawRecord(number, raw[:-1] if raw.endswith(b"\r") else raw)


def _not_blank(lines: list[bytes]) -> list[bytes]:
    return [line for line in lines if line and not line.isspace()]


def _delimiter_of(text: bytes) -> str:
    """The commonest of comma, tab and semicolon in the first line."""
    header = text.split(b"\n", 1)[0]
    return max(",", "\t", ";", key=lambda mark: header.count(mark.encode()))


def _digest(start: bytes, length: int) -> str:
    start = start[: min(length, HEAD_BYTES)]
    return f"{hashlib.sha256(start).hexdigest()[:16]}/{len(start)}"


def _form_of(path: str) -> str:
    return _FORMS.get(os.path.splitext(path.lower().removesuffix(".gz"))[1], "unknown")


def _standard_input(stream: BinaryIO | None) -> BinaryIO | io.FileIO:
    """Unbuffered where there is a descriptor, so that waiting on the descriptor tells the truth."""
    if stream is None and sys.stdin is None:
        raise InputUnreadable("standard input is closed; name a file, or pipe posts in")
    stream = stream or sys.stdin.buffer
    descriptor = _descriptor(stream)
    return stream if descriptor is None else io.FileIO(descriptor, closefd=False)


def _descriptor(raw: BinaryIO | io.FileIO) -> int | None:
    try:
        return raw.fileno()
    except io.UnsupportedOperation:
        return None


def _regular_size(raw: BinaryIO | io.FileIO) -> int | None:
    """Bytes of a regular file; None for pipes and devices."""
    status = os.fstat(raw.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _printable(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _cannot_open(path: str, error: OSError) -> str:
    advice = {
        FileNotFoundError: f"no such file: {path}; looked in {os.getcwd()}",
        IsADirectoryError: f"{path} is a directory; name a file in it, or join them: cat {path}/*.jsonl | streamclust run -",
        PermissionError: f"no permission to read {path}; see ls -l {path}",
    }
    return advice.get(type(error), f"cannot read {path}: {error.strerror or error}")
