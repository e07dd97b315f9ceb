"""Topics and what travels in them: names, bytes ↔ dataclass, CloudEvents in Kafka's binary mode, schema versions."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, NotRequired

import msgpack
import numpy as np
import orjson
from pydantic import ConfigDict, Field, Strict, TypeAdapter, ValidationError, WithJsonSchema, with_config
from typing_extensions import TypedDict

from streamclust.claims import Claim, EmbeddedClaim, Origin, fingerprint, normalise
from streamclust.commands import ANALYST, KINDS, Command, Expel
from streamclust.errors import InvalidClaim
from streamclust.ports import DeadLetter
from streamclust.words import tokens

Headers = list[tuple[str, bytes]]
Received = Sequence[tuple[str, bytes | None]]
"""Headers as they arrive: Kafka has null ones, which the client never sends."""

EMBEDDED_SCHEMA = b"claims.embedded/1"
DAY_MS = 86_400_000
LARGEST_RECORD = 16 << 20
"""Bytes of a raw record that are carried whole, to the dead letters if need be."""

_ASSIGNED = "io.streamclust.claim.assigned.v1"
_STATE = "io.streamclust.cluster.state.v1"
_SHOWN = 64
_UNIT_WITHIN = 1e-2


class Message(NamedTuple):
    """What a producer is given."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """A topic as it should be.

    Args:
        partitions: how many, or at least how many where `exact` is false.
        exact: whether another number of partitions is a fault: a shard is a partition.
        config: broker settings that matter.
    """

    name: str
    partitions: int
    exact: bool
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one deployment; `prefix` keeps deployments on one cluster apart.

    >>> Topics("prod.").embedded
    'prod.claims.embedded'
    """

    prefix: str = ""

    @property
    def raw(self) -> str:
        """Posts as they come: JSON objects with at least a text."""
        return self.prefix + "claims.raw"

    @property
    def embedded(self) -> str:
        """Validated claims with vectors, MessagePack; partition = shard."""
        return self.prefix + "claims.embedded"

    @property
    def assigned(self) -> str:
        """Which cluster each claim went to; key = claim id."""
        return self.prefix + "claims.assigned"

    @property
    def events(self) -> str:
        """What happened to clusters; key = cluster id."""
        return self.prefix + "cluster.events"

    @property
    def state(self) -> str:
        """The latest state of each cluster, compacted; key = cluster id."""
        return self.prefix + "cluster.state"

    @property
    def commands(self) -> str:
        """What analysts ask for; key = cluster id."""
        return self.prefix + "cluster.commands"

    @property
    def dead_letters(self) -> str:
        """Raw records that can never become claims, as they came, with the reason in headers."""
        return self.prefix + "claims.raw.dlq"

    def plans(self, shards: int, raw_partitions: int) -> list[TopicPlan]:
        """Every topic with partitions, retention and compaction."""
        week, month = str(7 * DAY_MS), str(30 * DAY_MS)
        large = {"max.message.bytes": str(LARGEST_RECORD + (1 << 20))}
        return [
            TopicPlan(self.raw, raw_partitions, False, {"retention.ms": week, **large}),
            TopicPlan(self.embedded, shards, True, {"retention.ms": month}),
            TopicPlan(self.assigned, shards, False, {"retention.ms": week}),
            TopicPlan(self.events, shards, False, {"retention.ms": month}),
            TopicPlan(self.state, shards, False, {"cleanup.policy": "compact"}),
            TopicPlan(self.commands, 1, True, {"retention.ms": month}),
            TopicPlan(self.dead_letters, 1, False, {"retention.ms": month, **large}),
        ]


def group(deployment: str, role: str) -> str:
    """Consumer group of a role."""
    return f"streamclust.{deployment}.{role}"


# claims.raw


class RawRecord(TypedDict):
    """A post as it comes: a JSON object of at most 1 MiB with at least a text.

    Other fields may stand beside these. A value of another type counts as none, but for the text. `--map` gives the fields other names.

    Args:
        text: what was posted; something must be left of it without links, mentions and invisible characters.
        id: the poster's id for it; without one it is derived from the content.
        created_at: when it was posted: ISO 8601, RFC 2822, Twitter's form, or a number (s, ms, µs or ns since 1970); the record's time
            where there is none.
        source: where it was posted.
        author: who posted it.
        author_since: when the author's account was made, in any of the forms of `created_at`.
        lang: its language.
        url: where it can be seen.
    """

    text: Annotated[str, Field(min_length=1)]
    id: NotRequired[str | int | None]
    created_at: NotRequired[str | float | None]
    source: NotRequired[str | int | None]
    author: NotRequired[str | int | None]
    author_since: NotRequired[str | float | None]
    lang: NotRequired[str | int | None]
    url: NotRequired[str | int | None]


# claims.embedded

Seconds = Annotated[float, Field(ge=-1.0, lt=253_402_300_800.0, allow_inf_nan=False)]
"""Since 1970, before the year 10000; a record without a time stamp has -1 ms."""


@with_config(ConfigDict(strict=True))
class EmbeddedRecord(TypedDict):
    """A validated claim with its vector, a MessagePack map.

    Args:
        id: the poster's id for it, or one derived from the content.
        text: what was posted, at most 10,000 characters.
        created_at: when it was posted, seconds since 1970 UTC; else when the raw record was written.
        source: where it was posted.
        author: who posted it.
        lang: its language, as the poster's platform has it.
        url: where it can be seen.
        truncated: whether the text was cut.
        raw: topic, partition and offset of the raw record.
        recorded_at: when the raw record was written, seconds since 1970 UTC.
        vector: unit length, float16 little-endian, as MessagePack bin.
        comparison: the text as it was encoded; worked out again where it is missing.
        words: its distinct words, in order; likewise.
        author_since: when the author's account was made, seconds since 1970 UTC; left out where nobody knows.
    """

    id: Annotated[str, Field(min_length=1)]
    text: Annotated[str, Field(min_length=1)]
    created_at: Seconds | None
    source: str | None
    author: str | None
    lang: str | None
    url: str | None
    truncated: bool
    raw: Annotated[tuple[str, int, int], Strict(False)] | None
    recorded_at: Seconds
    vector: Annotated[bytes, Field(min_length=2), WithJsonSchema({"type": "string", "minLength": 2, "contentEncoding": "binary"})]
    comparison: NotRequired[Annotated[str, Field(min_length=1)]]
    words: NotRequired[list[str]]
    author_since: NotRequired[Seconds]


_EMBEDDED = TypeAdapter(EmbeddedRecord)
_HALF = np.dtype("<f2")


class Arrival(NamedTuple):
    """An embedded claim as read from its topic.

    Args:
        embedded: its origin is the place in `claims.embedded`.
        encoder: fingerprint of the encoder that made the vector.
        recorded_at: when the raw record was written, seconds since 1970.
    """

    embedded: EmbeddedClaim
    encoder: str
    recorded_at: float


def embedded_message(embedded: EmbeddedClaim, *, topic: str, shard: int, encoder: str, recorded_at: float) -> Message:
    """A claim with its vector, as float16 bytes: the encoder's values lose nothing by it."""
    claim = embedded.claim
    raw = claim.origin
    value: EmbeddedRecord = {
        "id": claim.id,
        "text": claim.text,
        "created_at": claim.created_at,
        "source": claim.source,
        "author": claim.author,
        "lang": claim.lang,
        "url": claim.url,
        "truncated": claim.truncated,
        "raw": None if raw is None else (raw.stream, raw.partition, raw.offset),
        "recorded_at": recorded_at,
        "vector": embedded.vector.astype(_HALF).tobytes(),
        "comparison": claim.comparison,
        "words": list(claim.words),
    }
    if claim.author_since is not None:
        value["author_since"] = claim.author_since
    headers = [("schema", EMBEDDED_SCHEMA), ("encoder", encoder.encode())]
    return Message(topic, str(shard).encode(), msgpack.packb(value), headers, shard)


def read_embedded(value: bytes | None, headers: Received, origin: Origin) -> Arrival:
    """The claim in a record of `claims.embedded`.

    Raises:
        InvalidClaim: not written by this version's embed worker or one it understands.
    """
    named = _named(headers)
    if named.get("schema") != EMBEDDED_SCHEMA:
        found = named.get("schema", b"no schema header")[:_SHOWN].decode(errors="replace")
        raise InvalidClaim("not_json", f"{found!r}, expected {EMBEDDED_SCHEMA.decode()!r}: only the embed worker writes to this topic")
    if not named.get("encoder"):
        raise InvalidClaim("not_json", "no encoder header: nobody can tell which vectors this one may be compared with")
    try:
        fields = _EMBEDDED.validate_python(msgpack.unpackb(value or b""))
        vector = np.frombuffer(fields["vector"], _HALF).astype(np.float32)
        return Arrival(EmbeddedClaim(_claim(fields, origin), vector), named["encoder"].decode(), fields["recorded_at"])
    except ValidationError as error:
        raise InvalidClaim("not_json", f"not an embedded claim: {_problems(error)}") from None
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise InvalidClaim("not_json", f"not the MessagePack of an embedded claim: {error!r}") from None


def _claim(fields: EmbeddedRecord, origin: Origin) -> Claim:
    comparison = fields.get("comparison") or normalise(fields["text"])
    if not comparison:
        raise InvalidClaim("no_text", "nothing of the text is left to compare")
    words = fields["words"] if "words" in fields else tokens(comparison)
    return Claim(
        id=fields["id"],
        text=fields["text"],
        comparison=comparison,
        fingerprint=fingerprint(comparison),
        words=tuple(words),
        created_at=fields["created_at"],
        source=fields["source"],
        author=fields["author"],
        lang=fields["lang"],
        url=fields["url"],
        truncated=fields["truncated"],
        origin=origin,
        author_since=fields.get("author_since"),
    )


def _problems(error: ValidationError) -> str:
    """What is wrong, without what was found: that may be a claim's text."""
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, problem['loc'])) or 'it'}: {problem['msg']}" for problem in problems)


def _named(headers: Received) -> dict[str, bytes]:
    return {name: content or b"" for name, content in headers}


# events


def event_message(line: bytes, topics: Topics) -> Message:
    """A structured CloudEvent in Kafka's binary mode: attributes as `ce_*` headers, the data as value.

    Args:
        line: the event as `cloud_event` gives it, JSON.
        topics: where each kind goes.
    """
    event = orjson.loads(line)
    subject, data = event["subject"], event["data"]
    kind = event["type"]
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", event["id"].encode()),
        ("ce_source", event["source"].encode()),
        ("ce_type", kind.encode()),
        ("ce_subject", subject.encode()),
        ("content-type", b"application/json"),
    ]
    if "time" in event:
        headers.append(("ce_time", event["time"].encode()))
    if kind == _ASSIGNED:
        return Message(topics.assigned, data["claim_id"].encode(), orjson.dumps(data), headers)
    value = None if data is None else orjson.dumps(data)
    return Message(topics.state if kind == _STATE else topics.events, subject.removeprefix("cluster/").encode(), value, headers)


def read_event(value: bytes | None, headers: Received) -> dict[str, Any]:
    """The structured CloudEvent in a record of an event topic.

    Raises:
        InvalidClaim: not a CloudEvent in binary mode.
    """
    named = {name.removeprefix("ce_"): content.decode(errors="replace") for name, content in _named(headers).items() if name[:3] == "ce_"}
    try:
        event: dict[str, Any] = {name: named[name] for name in ("specversion", "id", "source", "type", "subject")}
        event["data"] = None if value is None else orjson.loads(value)
    except (KeyError, orjson.JSONDecodeError) as error:
        raise InvalidClaim("not_json", f"not a CloudEvent in Kafka's binary mode: {error!r}") from None
    return {**event, **({"time": named["time"]} if "time" in named else {}), "datacontenttype": "application/json"}


# cluster.commands

Name = Annotated[str, Field(min_length=1, max_length=256)]


@with_config(ConfigDict(strict=True))
class CommandRecord(TypedDict):
    """What somebody asks for about two clusters, a JSON object.

    Args:
        command: `link` (they are one), `unlink` (they are not), `confirm` or `reject` (an open suggestion).
        id: of the command; one that was taken is not done again.
        by: name of the person or judge.
        role: `analyst` (also where it is left out) or `judge`.
        cluster: id of the one cluster; a merged id leads to the one that took it in.
        other: id of the other one, likewise.
    """

    command: Literal["link", "unlink", "confirm", "reject"]
    id: Name
    by: Name
    role: NotRequired[Literal["analyst", "judge"]]
    cluster: Name
    other: Name


@with_config(ConfigDict(strict=True))
class ExpelRecord(TypedDict):
    """That a claim does not belong where it is, a JSON object.

    Args:
        command: `expel`.
        id: of the command; one that was taken is not done again.
        by: name of the person or judge.
        role: `analyst` (also where it is left out) or `judge`.
        claim: id of the claim.
        vector: of its text by the model the state was made with: unit length, float16 little-endian, Base64. Without it the claim stays on
            record where it is, and only its next copy goes elsewhere.
    """

    command: Literal["expel"]
    id: Name
    by: Name
    role: NotRequired[Literal["analyst", "judge"]]
    claim: Name
    vector: NotRequired[Annotated[str, Field(min_length=4, max_length=1 << 16, json_schema_extra={"contentEncoding": "base64"})]]


_COMMAND: TypeAdapter[CommandRecord | ExpelRecord] = TypeAdapter(Annotated[CommandRecord | ExpelRecord, Field(discriminator="command")])


def command_message(command: Command, topic: str) -> Message:
    """A command as JSON, under the id of its first cluster, or of the claim."""
    value = {"command": command.name, "id": command.id, "by": command.by, "role": command.role}
    if isinstance(command, Expel):
        vector = {} if command.vector is None else {"vector": b64encode(command.vector.astype(_HALF).tobytes()).decode()}
        key, about = command.other, {"claim": command.other, **vector}
    else:
        key, about = command.one, {"cluster": command.one, "other": command.other}
    return Message(topic, key.encode(), orjson.dumps({**value, **about}), [("content-type", b"application/json")])


def read_command(value: bytes | None, origin: Origin) -> Command:
    """The command in a record of `cluster.commands`.

    Raises:
        InvalidClaim: it is none.
    """
    try:
        fields = _COMMAND.validate_json(value or b"")
    except ValidationError as error:
        raise InvalidClaim("not_json", f"not a command: {_problems(error)}") from None
    role = fields.get("role", ANALYST)
    if fields["command"] == "expel":
        vector = _unit(fields["vector"]) if "vector" in fields else None
        return Expel(id=fields["id"], by=fields["by"], role=role, one="", other=fields["claim"], vector=vector, origin=origin)
    kind = KINDS[fields["command"]]
    return kind(id=fields["id"], by=fields["by"], role=role, one=fields["cluster"], other=fields["other"], origin=origin)


def _unit(text: str) -> np.ndarray:
    """The vector in a command.

    Raises:
        InvalidClaim: it is none.
    """
    try:
        vector = np.frombuffer(b64decode(text, validate=True), _HALF).astype(np.float32)
    except ValueError as error:
        raise InvalidClaim("bad_vector", f"not the Base64 of float16 numbers: {error}") from None
    length = float(np.linalg.norm(vector))
    if not abs(length - 1.0) <= _UNIT_WITHIN:
        raise InvalidClaim("bad_vector", f"a vector of length {length}, expected 1")
    return vector


# dead letters

REASON_HEADERS = ("dlq.reason", "dlq.detail", "dlq.topic", "dlq.partition", "dlq.offset")


def dead_letter_message(letter: DeadLetter, topics: Topics) -> Message:
    """The record as it came, with why and where from in `dlq.*` headers; those of an earlier failure give way."""
    why = (letter.reason, letter.detail, letter.stream, str(letter.partition), str(letter.offset))
    added = [(name, text.encode("utf-8", "replace")) for name, text in zip(REASON_HEADERS, why, strict=True)]
    key = b"" if letter.key is None and letter.raw is None else letter.key  # the client sends nothing that has neither
    return Message(topics.dead_letters, key, letter.raw, [*_own(letter.headers), *added])


def read_dead_letter(value: bytes | None, key: bytes | None, headers: Received) -> DeadLetter:
    """The letter in a record of the dead-letter topic; its own headers are those the record came with."""
    named = {name: content.decode(errors="replace") for name, content in _named(headers).items()}
    reason, detail, topic, partition, offset = (named.get(name, "") for name in REASON_HEADERS)
    return DeadLetter(value, reason, detail, topic, _number(partition), _number(offset), key, tuple(_own(headers)))


def _own(headers: Received) -> Headers:
    """What the record came with; an empty header for a null one, which the client does not send."""
    return [(name, content or b"") for name, content in headers if name not in REASON_HEADERS]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else -1
