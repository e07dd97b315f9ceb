"""`streamclust topics`: make the topics of a deployment, hold them against the plan, go on after records are lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
import orjson
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from streamclust.counting import counted
from streamclust.errors import StreamclustError
from workers.cli.checks import FAIL, OK, WARN, Check, report
from workers.cli.connections import connected
from workers.cli.loss import accept_loss
from workers.cli.options import json_option
from workers.invocation import told
from workers.settings import variable
from workers.topics import TopicPlan

_TAKEN = 36
_FOREVER = -1
_POLICY = "cleanup.policy"


class TopicsRefused(StreamclustError):
    """The broker does not make a topic as asked."""


@click.group()
def topics() -> None:
    """Make, check and mend the topics of a deployment."""


topics.add_command(accept_loss)


@topics.command()
@click.option("--raw-partitions", type=click.IntRange(1), default=2, show_default=True, help="Partitions of claims.raw.")
@click.option("--replication", type=click.IntRange(1), default=1, show_default=True, help="Copies of each record, 3 on a cluster of three.")
@json_option
def create(raw_partitions: int, replication: int, as_json: bool) -> None:
    """Make the topics that are missing. What is there stays as it is."""
    with connected() as deployment:
        broker = deployment.admin()
        plans = deployment.topics.plans(deployment.settings.shards, raw_partitions)
        there = partitions_of(broker, [plan.name for plan in plans])
        made = _create(broker, [plan for plan in plans if plan.name not in there], replication)
    if as_json:
        lines = [{"topic": p.name, "partitions": there.get(p.name, p.partitions), "made": p.name in made} for p in plans]
        click.echo(orjson.dumps(lines, option=orjson.OPT_INDENT_2))
        return
    for plan in plans:
        partitions = there.get(plan.name, plan.partitions)
        click.echo(f"{'made ' if plan.name in made else 'there'} {plan.name}, {counted(partitions, 'partition')}")
    click.echo(f"{len(made)} made, {len(there)} there already; {told('topics', 'check')} looks at their settings", err=True)


@topics.command()
@json_option
def check(as_json: bool) -> None:
    """Hold partitions, retention, compaction and record sizes against the plan. Exit code 1 if something is off."""
    with connected() as deployment:
        plans = deployment.topics.plans(deployment.settings.shards, 1)
        report(checked(deployment.admin(), plans), as_json=as_json)


def checked(broker: KafkaAdminClient, plans: Sequence[TopicPlan]) -> Iterator[Check]:
    """One check a topic."""
    partitions = partitions_of(broker, [plan.name for plan in plans])
    configs = _configs(broker, list(partitions))
    for plan in plans:
        yield _checked(plan, partitions.get(plan.name, 0), configs.get(plan.name, {}))


def partitions_of(broker: KafkaAdminClient, names: Sequence[str]) -> dict[str, int]:
    """How many partitions each of these topics has; those that are not there are left out."""
    return {topic["name"]: len(topic["partitions"]) for topic in broker.describe_topics(list(names)) if not topic["error_code"]}


def _create(broker: KafkaAdminClient, plans: Sequence[TopicPlan], replication: int) -> set[str]:
    """Make them; returns which ones are ours (somebody else may be making them too)."""
    if not plans:
        return set()
    wanted = {p.name: {"num_partitions": p.partitions, "replication_factor": replication, "configs": dict(p.config)} for p in plans}
    answers = broker.create_topics(wanted, raise_errors=False)["topics"]
    refused = [f"{a['name']}: {a['error_message']}" for a in answers if a["error_code"] not in (0, _TAKEN)]
    if refused:
        raise TopicsRefused("\n  ".join(["the broker did not make all topics; what it made stays, the command may be repeated:", *refused]))
    return {answer["name"] for answer in answers if not answer["error_code"]}


def _configs(broker: KafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """What the broker says of each topic's settings."""
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, Any]] = broker.describe_configs(resources, config_filter="all").get("topic", {})
    return {name: {key: about["value"] for key, about in configs.items()} for name, configs in found.items()}


def _checked(plan: TopicPlan, partitions: int, config: Mapping[str, str]) -> Check:
    if not partitions:
        return Check(plan.name, FAIL, f"not there; {told('topics', 'create')} makes it")
    unsaid = [name for name in _wanted(plan) if name not in config]
    off = [*_partitions_off(plan, partitions), *(_off(name, want, config[name]) for name, want in _wanted(plan).items() if name in config)]
    off = [problem for problem in off if problem]
    notes = [f"the broker does not say its {', '.join(unsaid)}"] if unsaid else []
    if off or notes:
        return Check(plan.name, FAIL if off else WARN, "; ".join([*off, *notes]))
    return Check(plan.name, OK, ", ".join([counted(partitions, "partition"), *(f"{name} {config[name]}" for name in _wanted(plan))]))


def _wanted(plan: TopicPlan) -> dict[str, str]:
    return {_POLICY: "delete", **plan.config}


def _partitions_off(plan: TopicPlan, partitions: int) -> Iterator[str]:
    if partitions < plan.partitions:
        yield f"{counted(partitions, 'partition')}, should be {plan.partitions}; `kafka-topics.sh --alter --partitions` adds some"
    elif plan.exact and partitions > plan.partitions:
        yield (
            f"{counted(partitions, 'partition')}, should be {plan.partitions}: partitions cannot be taken away; set {variable('shards')} "
            "to what is there, or start a new deployment"
        )


def _off(name: str, wanted: str, found: str) -> str:
    """What is wrong with a setting; nothing if it is as planned or more generous."""
    if name == _POLICY:
        policies = set(found.split(","))
        well = wanted in policies if wanted == "compact" else policies == {"delete"}
    else:
        well = int(found) >= int(wanted) or (name == "retention.ms" and int(found) == _FOREVER)
    return "" if well else f"{name} is {found}, should be {wanted}; `kafka-configs.sh --alter --add-config {name}={wanted}` sets it"
