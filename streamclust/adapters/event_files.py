"""JSON lines for good: events and dead letters in files that survive a kill at any byte, or on standard output."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import stat
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO, NamedTuple, NotRequired, Protocol, TypedDict

import orjson

from streamclust.errors import PublishFailed
from streamclust.ports import DeadLetter

REMEMBERED = 20_000

_BLOCK = 1 << 18
_TAIL_BYTES = 64 << 20
_NOTHING = object()


class _Kind(NamedTuple):
    """How lines that this program wrote are known from those of anybody else.

    Args:
        name: of one of them, for a message.
        begins: how each begins; all there may be of one that was torn.
        fields: what each has.
    """

    name: str
    begins: bytes
    fields: frozenset[str]

    def has(self, line: bytes) -> bool:
        """Whether a whole line is one of them."""
        return isinstance(found := _parsed(line), dict) and found.keys() >= self.fields

    def may_have(self, torn: bytes) -> bool:
        """Whether what a killed process left of a line can be of them."""
        return torn.startswith(self.begins) or self.begins.startswith(torn)


_EVENTS = _Kind("CloudEvent", b'{"specversion"', frozenset({"specversion", "id"}))
_LETTERS = _Kind("dead letter", b'{"reason"', frozenset({"reason", "offset"}))


class DeadLetterLine(TypedDict):
    """A bad record in a file of dead letters, one a line.

    Args:
        reason: why it can never become a claim, in a word.
        detail: what was found and what was expected.
        stream: file or topic it stood in.
        partition: ordered part of it; 0 for a file.
        offset: number of the record, from 0.
        raw: the record as it came, where it is UTF-8.
        raw_base64: the record as it came, where it is not.
    """

    reason: str
    detail: str
    stream: str
    partition: int
    offset: int
    raw: NotRequired[str]
    raw_base64: NotRequired[str]


class EventFile:
    """CloudEvents as JSON lines, appended to a file or written to standard output: an `EventPublisher`.

    What a killed process left half written is cut away, and an event whose id is among the last `REMEMBERED` is not
    written again; so publishing the outbox once more after a crash leaves each event once in the file. On standard output the
    memory is that of the process.
    """

    def __init__(self, path: str) -> None:
        """Open for appending.

        Args:
            path: a file, made if it is not there, or "-".

        Raises:
            PublishFailed: it cannot be written, or holds something else.
        """
        self._target = _open_target(path, _EVENTS)
        self._recent = _Recent(_event_id, self._target.tail(REMEMBERED))

    def publish(self, events: Sequence[bytes]) -> None:
        """Hand on, in order, those not written of late; they are with the operating system on return.

        Raises:
            PublishFailed: not all could be written; none of a file's is kept then.
        """
        self._recent.write_new(events, self._target)

    def close(self) -> None:
        """Flush to disk and let go."""
        self._target.close()


class DeadLetterFile:
    """Dead letters as JSON lines, appended to a file: a `DeadLetters`.

    Each line has reason, detail, stream, partition, offset and the original bytes: `raw` where they are UTF-8, `raw_base64` where
    not. A line equal to one of the last `REMEMBERED` is not written again: a replay after a crash puts the same letters.
    """

    def __init__(self, path: str) -> None:
        """Open for appending; raises `PublishFailed` as `EventFile` does."""
        self._target = _open_target(path, _LETTERS)
        self._recent = _Recent(_line_digest, self._target.tail(REMEMBERED))

    def put(self, letters: Iterable[DeadLetter]) -> None:
        """Keep them. They are with the operating system on return.

        Raises:
            PublishFailed: not all could be written; none is kept then.
        """
        self._recent.write_new([_letter_line(letter) for letter in letters], self._target)

    def close(self) -> None:
        """Flush to disk and let go."""
        self._target.close()


class _Target(Protocol):
    """Where lines go."""

    def tail(self, most: int) -> list[bytes]:
        """The last lines that are there, oldest first."""

    def write(self, data: bytes) -> None:
        """Write all of it. Raises PublishFailed."""

    def close(self) -> None:
        """Flush and let go."""


class _Recent:
    """Keys of the lines written last."""

    def __init__(self, key: Callable[[bytes], str], lines: Iterable[bytes]) -> None:
        self._key = key
        self._keys: OrderedDict[str, None] = OrderedDict()
        self._remember(map(key, lines))

    def write_new(self, lines: Sequence[bytes], target: _Target) -> None:
        """Write the lines that are not remembered, each once, and remember them only when they are written."""
        new: dict[str, bytes] = {}
        for line in lines:
            if (key := self._key(line)) not in self._keys:
                new.setdefault(key, line)
        if new:
            target.write(b"\n".join([*new.values(), b""]))
            self._remember(new)

    def _remember(self, keys: Iterable[str]) -> None:
        self._keys.update(dict.fromkeys(keys))
        while len(self._keys) > REMEMBERED:
            self._keys.popitem(last=False)


class _LineFile:
    """A file of whole lines of one kind, appended to."""

    def __init__(self, path: str, kind: _Kind) -> None:
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise _failure(path, error) from error
        # Pipes and devices have no tail to mend or to read.
        self._regular = stat.S_ISREG(os.fstat(self._descriptor).st_mode)
        if self._regular:
            self._mend(kind)

    def tail(self, most: int) -> list[bytes]:
        if not self._regular:
            return []
        start = end = self._size()
        blocks: list[bytes] = []
        found = 0
        while start > 0 and found <= most and end - start < _TAIL_BYTES:
            length = min(_BLOCK, start)
            start -= length
            blocks.append(os.pread(self._descriptor, length, start))
            found += blocks[-1].count(b"\n")
        lines = b"".join(reversed(blocks)).split(b"\n")[:-1]
        return lines[1 if start else 0 :][-most:]

    def write(self, data: bytes) -> None:
        """Append, or leave the file as it was."""
        before = self._size() if self._regular else 0
        try:
            _write_all(self._descriptor, data)
        except OSError as error:
            if self._regular:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._descriptor, before)
            raise _failure(self._path, error) from error

    def close(self) -> None:
        if self._descriptor < 0:
            return
        try:
            if self._regular:
                os.fsync(self._descriptor)
        except OSError as error:
            raise _failure(self._path, error) from error
        finally:
            os.close(self._descriptor)
            self._descriptor = -1

    def _mend(self, kind: _Kind) -> None:
        """End the last line if it is whole, cut it away if it was torn; never touch a file that is not ours."""
        size = self._size()
        start = self._last_line(size)
        torn = os.pread(self._descriptor, min(size - start, _TAIL_BYTES), start)
        whole = _is_json(torn)
        if not (all(map(kind.has, self.tail(1))) and (kind.has(torn) if whole else kind.may_have(torn))):
            os.close(self._descriptor)
            raise PublishFailed(f"the last line of {self._path} is no {kind.name}, so nothing is appended to it; name another file")
        if whole:
            _write_all(self._descriptor, b"\n")
        elif torn:
            os.ftruncate(self._descriptor, start)

    def _last_line(self, size: int) -> int:
        """Where what comes after the last line end begins."""
        start = size
        while start > 0:
            length = min(_BLOCK, start)
            found = os.pread(self._descriptor, length, start - length).rfind(b"\n")
            if found >= 0:
                return start - length + found + 1
            start -= length
        return 0

    def _size(self) -> int:
        return os.fstat(self._descriptor).st_size


class _StandardOutput:
    """Standard output, until its reader goes."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._gone = False

    def tail(self, most: int) -> list[bytes]:
        return []

    def write(self, data: bytes) -> None:
        try:
            if self._gone:
                raise BrokenPipeError
            self._stream.write(data)
            self._stream.flush()
        except BrokenPipeError as error:
            self._leave()
            failure = PublishFailed("standard output was closed by its reader; the events are kept and come first next time")
            failure.retriable = False
            raise failure from error
        except OSError as error:
            raise _failure("standard output", error) from error

    def close(self) -> None:
        self.write(b"")

    def _leave(self) -> None:
        """Point the descriptor nowhere: Python flushes the stream once more at exit and would complain."""
        self._gone = True
        with contextlib.suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


def _open_target(path: str, kind: _Kind) -> _Target:
    return _StandardOutput(sys.stdout.buffer) if path == "-" else _LineFile(path, kind)


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _event_id(line: bytes) -> str:
    """The event's id; for a line that has none, one of its own."""
    event = _parsed(line)
    return str(event["id"]) if isinstance(event, dict) and "id" in event else _line_digest(line)


def _line_digest(line: bytes) -> str:
    return hashlib.blake2b(line, digest_size=16).hexdigest()


def _letter_line(letter: DeadLetter) -> bytes:
    line: DeadLetterLine = {
        "reason": letter.reason,
        "detail": letter.detail,
        "stream": letter.stream,
        "partition": letter.partition,
        "offset": letter.offset,
    }
    try:
        line["raw"] = (letter.raw or b"").decode()
    except UnicodeDecodeError:
        line["raw_base64"] = base64.b64encode(letter.raw or b"").decode()
    return orjson.dumps(line)


def _is_json(line: bytes) -> bool:
    return _parsed(line) is not _NOTHING


def _parsed(line: bytes) -> object:
    """The value of a line; `_NOTHING` where it is no JSON."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return _NOTHING


def _failure(path: str, error: OSError) -> PublishFailed:
    advice = {
        FileNotFoundError: "its directory does not exist; make it first",
        IsADirectoryError: "it is a directory; name a file in it",
        PermissionError: "no permission; choose another place",
    }
    return PublishFailed(f"cannot write {path}: {advice.get(type(error), error.strerror or str(error))}")
