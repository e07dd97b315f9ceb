"""The AsyncAPI 3.0 document: topics, what travels in them under which keys, and who reads and writes."""

from __future__ import annotations

from typing import Any

from streamclust import events
from streamclust.events import STATE_TYPE, ClaimAssigned
from workers.alerting import bodies
from workers.settings import Settings
from workers.topics import TopicPlan, Topics, group

VERSION = "1.3.0"
"""Of the messages together: the second number rises with a new field or kind, the first with what older readers cannot read."""

_FORMAT = "application/schema+json;version=draft-2020-12"
_KAFKA = "0.5.0"
_TOPICS = Topics()
_CLUSTER_ID = {"type": "string", "description": "Id of the cluster."}

Node = dict[str, Any]


def document() -> Node:
    """The whole of it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "streamclust",
            "version": VERSION,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": str(Settings.model_fields["kafka_bootstrap_servers"].default),
                "protocol": "kafka",
                "description": "Named by STREAMCLUST_KAFKA_BOOTSTRAP_SERVERS.",
            }
        },
        "channels": {plan.name: _channel(plan) for plan in _TOPICS.plans(1, 1) if plan.name in _CARRIED},
        "operations": _operations(),
        "components": {"messages": _messages()},
    }


def short(kind: str) -> str:
    """An event type without what all have in common.

    >>> short("io.streamclust.cluster.grew.v1")
    'cluster.grew.v1'
    """
    return kind.removeprefix("io.streamclust.")


_ABOUT = (
    "Streaming, incremental clustering of posts that make the same claim. Topic names may have a prefix (STREAMCLUST_TOPIC_PREFIX). "
    "Delivery is at least once; an event's id tells a repeat. Fields and headers are only ever added: readers pass over what they do not "
    "know."
)

_CLUSTER_EVENTS = [short(kind.type) for kind in events.ALL if kind is not ClaimAssigned]
_ASSIGNED, _STATE, _FORGOTTEN = short(ClaimAssigned.type), short(STATE_TYPE), "cluster.forgotten"

_CARRIED = {
    _TOPICS.raw: ("Posts as they come.", ["claims.raw"]),
    _TOPICS.embedded: ("Validated claims with vectors. A shard is a partition.", ["claims.embedded"]),
    _TOPICS.assigned: ("Which cluster each claim went to.", [_ASSIGNED]),
    _TOPICS.events: ("What happened to clusters, in order by cluster.", _CLUSTER_EVENTS),
    _TOPICS.state: ("The latest state of each cluster; compacted.", [_STATE, _FORGOTTEN]),
    _TOPICS.commands: ("What people and judges ask for; every shard reads all of them.", ["cluster.commands", "cluster.commands.expel"]),
    _TOPICS.dead_letters: ("Records that can never become claims, as they came.", ["claims.raw.dlq"]),
}
_ROLES = {
    "embed": (_TOPICS.raw, [_TOPICS.embedded, _TOPICS.dead_letters]),
    "cluster": (_TOPICS.embedded, [_TOPICS.assigned, _TOPICS.events, _TOPICS.state, _TOPICS.dead_letters]),
    "alert": (_TOPICS.events, [_TOPICS.dead_letters]),
}


def _channel(plan: TopicPlan) -> Node:
    description, messages = _CARRIED[plan.name]
    config: Node = {name: [value] if name == "cleanup.policy" else int(value) for name, value in plan.config.items()}
    return {
        "address": plan.name,
        "description": description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"kafka": {"partitions": plan.partitions, "topicConfiguration": config, "bindingVersion": _KAFKA}},
    }


def _operations() -> Node:
    found: Node = {}
    for role, (reads, writes) in _ROLES.items():
        member = {"groupId": {"type": "string", "enum": [group("default", role)]}, "bindingVersion": _KAFKA}
        found[f"{role}.receive.{reads}"] = {**_operation("receive", reads, f"The {role} worker reads."), "bindings": {"kafka": member}}
        if role == "cluster":
            commands = _TOPICS.commands
            found[f"{role}.receive.{commands}"] = _operation("receive", commands, "Beside it, from its own position on, in no group.")
        for topic in writes:
            found[f"{role}.send.{topic}"] = _operation("send", topic, f"The {role} worker writes.")
    return found


def _operation(action: str, topic: str, summary: str) -> Node:
    return {"action": action, "channel": {"$ref": f"#/channels/{topic}"}, "summary": summary}


def _messages() -> Node:
    data = {kind.type: _first_sentence(kind) for kind in events.ALL} | {STATE_TYPE: "The latest state of a cluster."}
    return {
        "claims.raw": _message("A post.", "application/json", None, payload="claims.raw"),
        "claims.embedded": _message(
            "A claim with its vector.",
            "application/msgpack",
            {"type": "string", "description": "Number of the shard, in decimal."},
            payload="claims.embedded",
            headers=_schema("claims.embedded.headers"),
        ),
        "cluster.commands": _message("What somebody says of two clusters.", "application/json", _CLUSTER_ID, payload="cluster.commands"),
        "cluster.commands.expel": _message(
            "That a claim does not belong where it is.",
            "application/json",
            {"type": "string", "description": "Id of the claim."},
            payload="cluster.commands.expel",
        ),
        **{short(kind): _event(kind, summary) for kind, summary in data.items()},
        _FORGOTTEN: {**_event(STATE_TYPE, "A cluster has been forgotten: no value."), "payload": {"type": "null"}},
        "claims.raw.dlq": {
            **_message(
                "A record that can never become a claim.",
                "application/octet-stream",
                {"type": "string", "description": "The record's own; empty where it had neither key nor value."},
                headers=_schema("claims.raw.dlq.headers"),
            ),
            "payload": {"description": "The bytes as they came, whatever they are; null where the record had no value."},
        },
        "structured-event": _message(
            "A line of `streamclust run --events`.", "application/cloudevents+json; charset=UTF-8", None, payload="cloudevent"
        ),
        **{short(kind): _alert(kind, _first_sentence(model)) for kind, model in bodies.KINDS.items()},
        "dead-letter-line": _message("A line of `streamclust run --dead-letters`.", "application/json", None, payload="dead-letter-line"),
    }


def _first_sentence(kind: type) -> str:
    return (kind.__doc__ or "").partition("\n")[0]


def _event(kind: str, summary: str) -> Node:
    key = {"type": "string", "description": "Id of the claim."} if kind == ClaimAssigned.type else _CLUSTER_ID
    of_kind = {"allOf": [{"$ref": "./schemas/cloudevent.headers.json"}, {"properties": {"ce_type": {"const": kind}}}]}
    return _message(summary, "application/json", key, payload=short(kind), headers={"schemaFormat": _FORMAT, "schema": of_kind})


def _alert(kind: str, summary: str) -> Node:
    """What the alert worker posts to webhooks; no topic carries it."""
    data = {"properties": {"data": {"$ref": f"./schemas/{short(kind)}.json"}}}
    payload = {"schemaFormat": _FORMAT, "schema": {"allOf": [{"$ref": "./schemas/alert.json"}, data]}}
    return {**_message(summary, "application/cloudevents+json; charset=UTF-8", None), "payload": payload}


def _message(summary: str, content_type: str, key: Node | None, *, payload: str | None = None, headers: Node | None = None) -> Node:
    bindings = {"kafka": {"key": key, "bindingVersion": _KAFKA}} if key else None
    parts = {"headers": headers, "payload": payload and _schema(payload), "bindings": bindings}
    return {"summary": summary, "contentType": content_type, **{name: part for name, part in parts.items() if part}}


def _schema(name: str) -> Node:
    return {"schemaFormat": _FORMAT, "schema": {"$ref": f"./schemas/{name}.json"}}
