"""What `streamclust doctor` looks at in a deployment on Kafka: broker, topics, groups, and each shard's state."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from kafka import KafkaAdminClient, KafkaConsumer

from streamclust.errors import StoreUnavailable, StreamclustError
from workers.cli.checks import FAIL, OK, WARN, Check
from workers.cli.connections import Connections, connected
from workers.cli.topics import checked
from workers.invocation import told
from workers.offsets import GroupBusy, Mark, Span, marks, members, spans
from workers.settings import Settings

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def examined(settings: Settings) -> list[Check]:
    """All of it; where the broker does not answer, as far as it goes."""
    found: list[Check] = []
    try:
        with connected() as deployment:
            broker, consumer = deployment.admin(), deployment.reader()
            found.append(_broker(settings))
            found += checked(broker, deployment.topics.plans(settings.shards, 1))
            found += _groups(deployment, broker, consumer)
            found += _shards(deployment, broker, consumer)
    except StreamclustError as error:
        found.append(Check("kafka", FAIL, str(error)))
    return found


def _broker(settings: Settings) -> Check:
    """It answers; over plain connections to other machines anybody on the way may read and write."""
    servers, protocol = settings.kafka_bootstrap_servers, settings.kafka_security_protocol
    hosts = {urlsplit(f"//{server.strip()}").hostname for server in servers.split(",")}
    said = f"{servers} answers, {protocol}"
    if protocol == "PLAINTEXT" and hosts - set(_LOOPBACK):
        return Check("kafka", WARN, f"{said}: neither encrypted nor guarded; fit for a private network only")
    return Check("kafka", OK, said)


def _groups(deployment: Connections, broker: KafkaAdminClient, consumer: KafkaConsumer) -> Iterator[Check]:
    for role, topic in (("embed", deployment.topics.raw), ("cluster", deployment.topics.embedded), ("alert", deployment.topics.events)):
        name = deployment.group(role)
        committed = marks(broker, name, topic)
        if role == "alert" and not (committed or deployment.settings.alert_rules):
            continue  # nobody has asked for alerts
        yield _workers(broker, name)
        for partition, span in spans(consumer, topic).items():
            yield _taken(f"{role} {partition}", committed.get(partition), span)


def _workers(broker: KafkaAdminClient, name: str) -> Check:
    try:
        there = members(broker, name)
    except GroupBusy as error:
        return Check(name, WARN, str(error))
    return Check(name, OK if there else WARN, f"{len(there)} at work" if there else "no worker is at work")


def _taken(name: str, mark: Mark | None, span: Span) -> Check:
    """How far a group has got with a partition."""
    if mark is None:
        return Check(name, OK, f"nothing committed yet, {_waiting(span.end - span.first)}")
    return _reached(name, "taken", mark.offset, span)


def _reached(name: str, what: str, offset: int, span: Span) -> Check:
    if offset < span.first:
        return Check(name, FAIL, f"{span.first - offset} records were dropped before they were {what}; {_lost()}")
    if offset > span.end:
        return Check(name, FAIL, f"{what} up to {offset}, but the topic ends at {span.end}; {_lost()}")
    return Check(name, OK, f"{what} up to {offset}, {_waiting(span.end - offset)}")


def _lost() -> str:
    return f"{told('topics', 'accept-loss')} says how many and goes on"


def _shards(deployment: Connections, broker: KafkaAdminClient, consumer: KafkaConsumer) -> Iterator[Check]:
    topic = deployment.topics.embedded
    committed = marks(broker, deployment.group("cluster"), topic)
    for shard, span in spans(consumer, topic).items():
        try:
            yield _shard(deployment, shard, span, had_state=shard in committed)
        except StoreUnavailable as error:
            yield Check(f"shard {shard}", FAIL, str(error))


def _shard(deployment: Connections, shard: int, span: Span, *, had_state: bool) -> Check:
    """What the store has applied; that is where its worker goes on, whatever the group says."""
    name, store = f"shard {shard}", deployment.store(shard)
    if store.identity():
        return _reached(name, "applied", store.offsets().get((deployment.topics.embedded, shard), 0), span)
    if not had_state:
        return Check(name, OK, f"no state yet, {_waiting(span.end - span.first)}")
    if span.first:
        rebuild = told("rebuild", "--from-kafka", "--accept-loss")
        gone = f"its state is gone, and so are the first {span.first} records of its topic"
        return Check(name, FAIL, f"{gone}; {rebuild} makes it from what is left")
    return Check(name, WARN, f"its state is gone; its worker starts over, or {told('rebuild', '--from-kafka')} makes it without new events")


def _waiting(records: int) -> str:
    return "1 record waits" if records == 1 else f"{records} records wait"
