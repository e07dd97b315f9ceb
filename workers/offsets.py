"""Where topics begin and end, how far groups have got and who is in them: what is asked outside of a worker's loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import NoError

from streamclust.errors import NotFound, StreamclustError

_POLL_MS = 500
_POLLS = 60
_NONE = -1

T = TypeVar("T")


class GroupBusy(StreamclustError):
    """Somebody is at work in a group that has to be quiet, or it cannot be told."""


class ReadingStopped(StreamclustError):
    """A topic has records that its broker does not hand out."""


class Span(NamedTuple):
    """What a partition holds.

    Args:
        first: offset of the oldest record left.
        end: offset of the next record to come.
    """

    first: int
    end: int


class Mark(NamedTuple):
    """What a group has committed for a partition.

    Args:
        offset: next record.
        note: whatever stands beside it.
    """

    offset: int
    note: str


def spans(consumer: KafkaConsumer, topic: str) -> dict[int, Span]:
    """What each partition of a topic holds, by number; empty where there is no such topic."""
    partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
    if not partitions:
        return {}
    firsts, ends = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
    return {p.partition: Span(firsts[p], ends[p]) for p in partitions}


def existing_spans(consumer: KafkaConsumer, topic: str) -> dict[int, Span]:
    """As `spans`, of a topic that has to be there.

    Raises:
        NotFound: it is not.
    """
    found = spans(consumer, topic)
    if not found:
        raise NotFound(
            f"there is no topic {topic!r} at this broker; `streamclust topics create` makes it (is STREAMCLUST_TOPIC_PREFIX right?)"
        )
    return found


def marks(broker: KafkaAdminClient, group: str, topic: str) -> dict[int, Mark]:
    """What a group has committed, by partition of a topic."""
    found = broker.list_group_offsets({group: None})[group]
    return {p.partition: Mark(m.offset, m.metadata or "") for p, m in found.items() if p.topic == topic and m.offset != _NONE}


def commit(broker: KafkaAdminClient, group: str, topic: str, wanted: Mapping[int, Mark]) -> None:
    """Set what a group has committed, while nobody is in it.

    Raises:
        GroupBusy: somebody is.
    """
    offsets = {TopicPartition(topic, number): OffsetAndMetadata(mark.offset, mark.note, _NONE) for number, mark in wanted.items()}
    answers = broker.alter_group_offsets(group, offsets)
    refused = {p.partition: answer.__name__ for p, answer in answers.items() if answer is not NoError}
    if refused:
        raise GroupBusy(f"the broker does not let the offsets of group {group} be set ({refused}); stop its workers, then try again")


def forget(broker: KafkaAdminClient, group: str, topic: str, partition: int) -> None:
    """Have a group know nothing of a partition."""
    broker.delete_group_offsets(group, [TopicPartition(topic, partition)])


def members(broker: KafkaAdminClient, group: str) -> list[str]:
    """Who is in a group, by address and client.

    Raises:
        GroupBusy: the broker's answer cannot be read.
    """
    try:
        found = broker.describe_groups([group])[group]
    except ValueError as error:  # the client cannot read every broker's answer
        raise GroupBusy(f"this broker does not say who is in group {group} ({error})") from error
    return [f"{member['client_host'].strip('/')} ({member['client_id']})" for member in found["members"]]


def refuse_members(broker: KafkaAdminClient, group: str, why: str) -> None:
    """See that nobody is at work in a group.

    Raises:
        GroupBusy: somebody is, or it cannot be told.
    """
    there = members(broker, group)
    if there:
        who = ", ".join(there)
        raise GroupBusy(f"{len(there)} at work in group {group}: {who}. {why} Stop them, then try again; nothing was changed.")


def records(
    consumer: KafkaConsumer, topic: str, partition: int, start: int, end: int, *, waiting: Callable[[], None] = lambda: None
) -> Iterator[Any]:
    """The records of one partition from `start` up to `end`, in order; ones that are gone are passed over.

    Args:
        consumer: of no group; it is pointed at the partition.
        topic, partition, start, end: which records.
        waiting: called after each look at the broker.

    Raises:
        ReadingStopped: the broker hands out nothing for half a minute.
    """
    place = TopicPartition(topic, partition)
    consumer.assign([place])
    consumer.seek(place, start)
    idle = 0
    while (position := consumer.position(place)) is not None and position < end:
        found = consumer.poll(timeout_ms=_POLL_MS).get(place, [])
        idle = 0 if found else idle + 1
        if idle > _POLLS:
            raise ReadingStopped(f"{topic}/{partition} should have records up to {end}, its broker hands out none after {position}")
        yield from (record for record in found if record.offset < end)
        waiting()
