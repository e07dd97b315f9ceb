"""Verdicts of judges in a file of JSON lines, so that no pair is paid for twice. No text is in it."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from pathlib import Path

import orjson

from streamclust.errors import InputUnreadable
from streamclust.ports import ANSWERS

_BEGINNING = b'{"key":'
"""Of every line, also of one that was cut off."""


class VerdictFile(MutableMapping[str, str]):
    """Answers by key; each is in the file as soon as it is set. A line that a killed process left half written is passed over."""

    def __init__(self, path: Path) -> None:
        """Read what is there.

        Raises:
            InputUnreadable: it cannot be read or written, or is a file of something else.
        """
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+b")
            self._file.seek(0)
            lines = self._file.read().split(b"\n")
        except OSError as error:
            raise InputUnreadable(f"cannot keep verdicts in {path}: {error.strerror or error}; choose another --cache") from error
        self._answers = dict(found for line in lines if (found := _read(line)))
        if not self._answers and not all(_BEGINNING.startswith(line[: len(_BEGINNING)]) for line in lines):
            self._file.close()
            raise InputUnreadable(f"{path} holds other things than verdicts, so none are written to it; choose another --cache")
        if lines[-1]:
            self._file.write(b"\n")

    def __getitem__(self, key: str) -> str:
        return self._answers[key]

    def __setitem__(self, key: str, answer: str) -> None:
        self._answers[key] = answer
        self._file.write(orjson.dumps({"key": key, "answer": answer}, option=orjson.OPT_APPEND_NEWLINE))
        self._file.flush()

    def __delitem__(self, key: str) -> None:
        raise TypeError("verdicts are kept for good; delete the file to have all of them judged again")

    def __iter__(self) -> Iterator[str]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _read(line: bytes) -> tuple[str, str] | None:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    known = isinstance(record, dict) and isinstance(record.get("key"), str) and record.get("answer") in ANSWERS
    return (record["key"], record["answer"]) if known else None
