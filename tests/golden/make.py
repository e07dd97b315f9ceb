"""`python tests/golden/make.py v0.2`: keeps one message of each kind, as this version writes them. The same commit gives the same bytes."""

from __future__ import annotations

import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import orjson

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]

from golden.bodies import bodies  # noqa: E402 - found by the line above
from small_streams import ENCODER, published, seeded_posts  # noqa: E402

from streamclust.claims import Origin  # noqa: E402
from streamclust.ports import DeadLetter  # noqa: E402
from workers.topics import (  # noqa: E402
    Message,
    Topics,
    dead_letter_message,
    embedded_message,
    event_message,
    read_dead_letter,
    read_embedded,
    read_event,
)

TOPICS = Topics()
PLACE = Origin("claims.embedded", 0, 0)
_CARRIED = ("id", "text", "created_at", "source", "author", "lang", "url", "truncated")


def goldens() -> dict[str, bytes]:
    """Files by name."""
    lines = _one_of_each_kind()
    files = {f"{name}.json": _kept(event_message(line, TOPICS), _event) for name, line in lines.items()}
    embedded = embedded_message(
        seeded_posts(3)[1], topic=TOPICS.embedded, shard=0, encoder=ENCODER.fingerprint, recorded_at=1_700_000_100.25
    )
    letter = DeadLetter(b"\xff{broken", "not_json", "kein gültiges JSON", "claims.raw", 2, 77, b"desk", (("trace", b"\x00\x01"),))
    nothing = DeadLetter(None, "not_json", "the record has no value", "claims.raw", 0, 5, b"", ())
    return {
        **files,
        "claims.embedded.json": _kept(embedded, _embedded),
        "claims.raw.dlq.json": _kept(dead_letter_message(letter, TOPICS), _letter),
        "claims.raw.dlq.null.json": _kept(dead_letter_message(nothing, TOPICS), _letter),
        "events.jsonl": b"".join(line + b"\n" for line in lines.values()),
    }


def read(kind: str, key: bytes | None, headers: Any, value: bytes | None) -> Any:
    """Plain values from a message, whatever its kind."""
    reader = _embedded if kind == "claims.embedded" else _letter if kind.startswith("claims.raw.dlq") else _event
    return reader(key, headers, value)


def _one_of_each_kind() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for line in published():
        event = orjson.loads(line)
        name = "cluster.forgotten" if event["data"] is None else event["type"].removeprefix("io.streamclust.")
        found.setdefault(name, line)
    return found


def _kept(message: Message, reader: Any) -> bytes:
    kept = {
        "topic": message.topic,
        "key": _base64(message.key),
        "headers": [[name, _base64(content)] for name, content in message.headers],
        "value": _base64(message.value),
        "read": reader(message.key, message.headers, message.value),
    }
    return orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _embedded(key: bytes | None, headers: Any, value: bytes | None) -> Any:
    arrival = read_embedded(value, headers, PLACE)
    claim = {name: getattr(arrival.embedded.claim, name) for name in _CARRIED}
    return {**claim, "encoder": arrival.encoder, "recorded_at": arrival.recorded_at, "vector": arrival.embedded.vector.tolist()}


def _event(key: bytes | None, headers: Any, value: bytes | None) -> Any:
    return read_event(value, headers)


def _letter(key: bytes | None, headers: Any, value: bytes | None) -> Any:
    letter = read_dead_letter(value, key, headers)
    own = [[name, _base64(content)] for name, content in letter.headers]
    why = {name: getattr(letter, name) for name in ("reason", "detail", "stream", "partition", "offset")}
    return {**why, "raw": _base64(letter.raw), "key": _base64(letter.key), "headers": own}


def _base64(content: bytes | None) -> str | None:
    return None if content is None else b64encode(content).decode()


def main(version: str) -> None:
    """Write the folder of a version that has none yet."""
    folder = HERE / version
    if folder.exists():
        sys.exit(f"{folder} is there already, and what a version wrote is never edited; see {HERE / 'README.md'}")
    folder.mkdir()
    for name, content in goldens().items():
        (folder / name).write_bytes(content)
    (folder / "bodies").mkdir()
    for name, content in bodies().items():
        (folder / "bodies" / name).write_bytes(content)


if __name__ == "__main__":
    main(*sys.argv[1:])
