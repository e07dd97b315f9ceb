"""`python -m workers.embed`: `claims.raw` → validated, fingerprinted, encoded → `claims.embedded`. Any number may run in one group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import click
import numpy as np

from streamclust.claims import Claim, EmbeddedClaim, FieldMap, Origin, parse_claim, parse_json, parse_time
from streamclust.errors import InvalidClaim
from streamclust.pipeline import Embedding, Unencodable
from streamclust.ports import DeadLetter, DeadLetters, Encoder
from streamclust.sharding import ShardRouter
from workers import wiring
from workers.brokers import KafkaDeadLetters, Outlet
from workers.cli.options import map_option, model_option, read_map
from workers.fields import unread
from workers.limits import DeadLetterLimit
from workers.metrics import WorkerMetrics
from workers.processes import worker
from workers.settings import Settings
from workers.topics import Topics, embedded_message

ROLE = "embed"


class EmbedJob:
    """Raw records to embedded claims; bad ones to the dead letters.

    Args:
        encoder: makes the vectors.
        fields: where fields stand in the records.
        topics: where claims go.
        shards: partitions of `claims.embedded`.
        outlet: takes the claims.
        letters: takes the bad records.
        limit: says when they are too many.
        metrics: told how it goes.
    """

    def __init__(
        self,
        encoder: Encoder,
        fields: FieldMap,
        topics: Topics,
        shards: int,
        outlet: Outlet,
        letters: DeadLetters,
        limit: DeadLetterLimit,
        metrics: WorkerMetrics,
    ) -> None:
        self._encoder = encoder
        self._embedding = Embedding(encoder)
        self._fields = fields
        self._topics = topics
        self._router = ShardRouter(shards, encoder.dim)
        self._outlet = outlet
        self._letters = letters
        self._limit = limit
        self._metrics = metrics

    def open(self, partition: int, committed: int | None) -> int | None:
        """The group's offset will do: nothing is kept here."""
        return None

    def idle(self) -> None:
        """Nothing is done by the clock."""

    def close(self, partition: int) -> None:
        """Nothing to let go of."""

    def handle(self, records: Sequence[Any]) -> None:
        """Parse, encode, see that not too much is bad, send claims, set bad records aside: in this order."""
        with self._metrics.timed("read"):
            claims, letters, left_out = self._read(records)
        embedded, unencodable = self._encode(list(claims.values()))
        by_place = {_place(record): record for record in records}
        for bad in unencodable:
            record = by_place[_origin_place(bad.claim)]
            letters[_place(record)] = _letter(record, "bad_vector", bad.detail)
        limit = deepcopy(self._limit)  # counts only once the batch is through: a batch is tried again when a broker was away
        limit.count_all(letters.get(_place(record)) for record in records)
        shards = self._router.route(np.stack([e.vector for e in embedded])).tolist() if embedded else []
        messages = [
            embedded_message(
                e,
                topic=self._topics.embedded,
                shard=shard,
                encoder=self._encoder.fingerprint,
                recorded_at=_recorded_at(by_place[_origin_place(e.claim)]) or 0.0,
            )
            for e, shard in zip(embedded, shards, strict=True)
        ]
        with self._metrics.timed("send"):
            self._metrics.published(self._outlet.send(messages))
        bad_ones = [letters[place] for place in sorted(letters)]
        self._letters.put(bad_ones)
        self._metrics.dead_lettered(letter.reason for letter in bad_ones)
        self._metrics.left_out(left_out)
        self._limit = limit

    def _encode(self, claims: Sequence[Claim]) -> tuple[list[EmbeddedClaim], list[Unencodable]]:
        before = self._embedding.encoded
        with self._metrics.timed("encode"):
            outcome = self._embedding.run(claims)
        self._metrics.encoded(self._embedding.encoded - before)
        return outcome

    def _read(self, records: Sequence[Any]) -> tuple[dict[tuple[int, int], Claim], dict[tuple[int, int], DeadLetter], list[str]]:
        """Claims and dead letters by place, and names of fields whose values claims go without."""
        claims, letters, left_out = {}, {}, []
        for record in records:
            try:
                found, arrived = _decode(record), _recorded_at(record)
                claim = claims[_place(record)] = parse_claim(found, fields=self._fields, origin=_origin(record), recorded_at=arrived)
                left_out += [name for name, _ in unread(found, claim, self._fields, arrived)]
            except InvalidClaim as error:
                letters[_place(record)] = _letter(record, error.reason, error.detail)
        return claims, letters, left_out


def _decode(record: Any) -> Mapping[str, Any]:
    if record.value is None:
        raise InvalidClaim("not_json", "the record has no value")
    return parse_json(record.value)


def _origin(record: Any) -> Origin:
    return Origin(record.topic, record.partition, record.offset)


def _recorded_at(record: Any) -> float | None:
    """When the record was written, seconds since 1970, whatever unit its producer took; None where it says nothing sensible."""
    return parse_time(record.timestamp)


def _place(record: Any) -> tuple[int, int]:
    return record.partition, record.offset


def _origin_place(claim: Claim) -> tuple[int, int]:
    assert claim.origin is not None
    return claim.origin.partition, claim.origin.offset


def _letter(record: Any, reason: str, detail: str) -> DeadLetter:
    return DeadLetter(record.value, reason, detail, record.topic, record.partition, record.offset, record.key, tuple(record.headers))


@click.command()
@model_option
@map_option
def main(model: str | None, mapping: str) -> None:
    """Turn raw posts into embedded claims, until SIGTERM. Addresses and limits come from STREAMCLUST_* variables."""
    fields = read_map(mapping)
    with worker(ROLE) as work:
        settings, topics = work.settings, Topics(work.settings.topic_prefix)
        encoder = wiring.encoder(model)
        outlet = work.keep(Outlet(settings))
        job = EmbedJob(encoder, fields, topics, settings.shards, outlet, KafkaDeadLetters(outlet, topics), limit_of(settings), work.metrics)
        work.run(job, topics.raw)


def limit_of(settings: Settings) -> DeadLetterLimit:
    """When this deployment has had enough of bad records."""
    advice = (
        "Stopped before more is set aside; nothing of this batch was committed. Look at the producer, or at the field names (--map); "
        "STREAMCLUST_DEAD_LETTERS_IN_A_ROW and STREAMCLUST_DEAD_LETTER_SHARE are the limits."
    )
    return DeadLetterLimit(settings.dead_letters_in_a_row, settings.dead_letter_share, advice)


if __name__ == "__main__":
    main()
