from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from brokers import free_port
from deployment import Deployment, wait_until
from files import (
    PASSWORDS,
    ROOT,
    WORKER_IMAGE,
    check_command,
    compose,
    compose_binary,
    composed,
    missing,
    pinned,
    run,
    seconds,
    settings_of,
    variables,
)

import streamclust
from workers.alert_rules import load_rules
from workers.alerting.guard import AllowList
from workers.alerting.targets import targets_of
from workers.health import Health, HealthServer
from workers.metrics import WorkerMetrics
from workers.settings import Settings

SERVICES = ["alert", "alertmanager", "cluster", "embed", "grafana", "kafka", "prometheus", "redis", "topics"]
WORKERS = ["alert", "cluster", "embed"]
STATEFUL = {"alert", "cluster"}
OURS = [*WORKERS, "topics"]
ONE_SHOT = {"topics"}
MakeDeployment = Callable[..., Deployment]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return composed(tmp_path_factory.mktemp("compose"))


@pytest.fixture(scope="module")
def services(project: dict[str, Any]) -> dict[str, Any]:
    return dict(project["services"])


def test_docker_compose_takes_the_file(tmp_path: Path) -> None:
    outcome = compose(tmp_path, "-q", **PASSWORDS)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


@pytest.mark.parametrize("name", PASSWORDS)
def test_nothing_starts_without_a_password(tmp_path: Path, name: str) -> None:
    outcome = compose(tmp_path, "-q", **{**PASSWORDS, name: ""})
    assert outcome.code != 0
    assert f"{name} is missing a value" in outcome.err
    assert ".env.example" in outcome.err


def test_these_are_the_services(services: dict[str, Any]) -> None:
    assert sorted(services) == SERVICES


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(services: dict[str, Any], name: str) -> None:
    assert pinned(services[name]["image"])


@pytest.mark.parametrize("name", OURS)
def test_our_image_has_our_version(services: dict[str, Any], name: str) -> None:
    assert services[name]["image"] == f"{WORKER_IMAGE}:{streamclust.__version__}"


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_can_do_little_harm(services: dict[str, Any], name: str) -> None:
    service = services[name]
    assert service["user"].split(":")[0] not in ("", "0", "root")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert not service.get("privileged")
    assert "no-new-privileges:true" in service["security_opt"]
    assert int(service["mem_limit"]) > 0
    assert int(service["pids_limit"]) > 0
    assert service["restart"] != "no"
    assert service["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_to_this_machine_only(services: dict[str, Any], name: str) -> None:
    assert all(port["host_ip"] == "127.0.0.1" for port in services[name].get("ports", []))


def test_redis_is_reached_by_those_workers_alone_that_keep_something_there(project: dict[str, Any], services: dict[str, Any]) -> None:
    assert "ports" not in services["redis"]
    assert project["networks"]["state"]["internal"] is True
    assert list(services["redis"]["networks"]) == ["state"]
    assert {name for name in SERVICES if "state" in services[name]["networks"]} == {"redis", *STATEFUL}


def test_services_that_talk_share_a_network(services: dict[str, Any]) -> None:
    pairs = [("kafka", "topics"), ("prometheus", "alertmanager"), ("grafana", "prometheus"), ("alert", "alertmanager")]
    pairs += [(other, worker) for other in ("kafka", "prometheus") for worker in WORKERS]
    assert [pair for pair in pairs if not set(services[pair[0]]["networks"]) & set(services[pair[1]]["networks"])] == []


def test_every_service_has_a_health_check(services: dict[str, Any]) -> None:
    without = {name for name, service in services.items() if service["healthcheck"].get("disable") or not service["healthcheck"]["test"]}
    assert without == ONE_SHOT


def test_services_wait_for_those_they_need(services: dict[str, Any]) -> None:
    assert services["topics"]["depends_on"]["kafka"]["condition"] == "service_healthy"
    for worker in WORKERS:
        assert services[worker]["depends_on"]["kafka"]["condition"] == "service_healthy"
        assert services[worker]["depends_on"]["topics"]["condition"] == "service_completed_successfully"
    assert {services[worker]["depends_on"]["redis"]["condition"] for worker in STATEFUL} == {"service_healthy"}


@pytest.mark.parametrize("name", OURS)
def test_settings_are_real_and_parse(services: dict[str, Any], name: str) -> None:
    settings = Settings.read(settings_of(services[name]["environment"]))
    assert settings.kafka_bootstrap_servers == "kafka:19092"
    if name in WORKERS:
        assert settings.http_host == "0.0.0.0"


def test_only_those_workers_have_the_password(services: dict[str, Any]) -> None:
    holders = {name for name, service in services.items() if PASSWORDS["REDIS_PASSWORD"] in json.dumps(service)}
    assert holders == {"redis", *STATEFUL}
    assert PASSWORDS["REDIS_PASSWORD"] not in json.dumps([services[name].get("command") for name in SERVICES])


def test_the_example_sets_only_what_is_used() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    unused = [name for name in variables(ROOT / ".env.example") if f"${{{name}:" not in text]
    assert unused == []


def test_the_example_names_settings_that_are_real_and_parse() -> None:
    Settings.read(settings_of(variables(ROOT / ".env.example")))


def test_the_example_repeats_the_defaults_of_the_file(tmp_path: Path) -> None:
    env = tmp_path / "only-passwords"
    env.mkdir()
    bare = env / ".env.example"
    bare.write_text("".join(f"{name}={value}\n" for name, value in PASSWORDS.items()))
    command = [compose_binary(), "--file", ROOT / "docker-compose.yml", "--env-file", bare, "config"]
    assert run(*command, cwd=tmp_path, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)}).out == compose(tmp_path, **PASSWORDS).out


@pytest.mark.parametrize("name", WORKERS)
def test_worker_commands_would_start(services: dict[str, Any], name: str) -> None:
    check_command(services[name]["command"])


def test_the_command_that_makes_topics_would_start(services: dict[str, Any]) -> None:
    check_command(services["topics"]["command"])


def test_a_wrong_command_would_be_noticed() -> None:
    for wrong in (["python", "-m", "workers.cluster", "--presett", "claim"], ["python", "-m", "workers.cluster", "--preset", "word"]):
        with pytest.raises(click.ClickException):
            check_command(wrong)
    with pytest.raises(click.ClickException):
        check_command(["streamclust", "clusterz"])
    with pytest.raises(ModuleNotFoundError):
        check_command(["python", "-m", "workers.embedd"])


def test_more_workers_than_raw_partitions_are_not_the_default(services: dict[str, Any]) -> None:
    command = services["topics"]["command"]
    assert services["embed"]["deploy"]["replicas"] <= int(command[command.index("--raw-partitions") + 1])


@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_is_given_time_to_stop(services: dict[str, Any], name: str) -> None:
    settings = Settings.read(settings_of(services[name]["environment"]))
    leaving = 10  # consumer and producer are given five seconds each
    assert seconds(services[name]["stop_grace_period"]) > settings.batch_patience_seconds + settings.drain_seconds + leaving


def test_the_alert_worker_finds_its_rules_and_may_reach_who_they_name(services: dict[str, Any]) -> None:
    settings = Settings.read(settings_of(services["alert"]["environment"]))
    (source,) = [mount["source"] for mount in services["alert"]["volumes"] if mount["target"] == str(settings.alert_rules)]
    (target,) = targets_of(load_rules(Path(source)), {}, AllowList.parse(settings.alert_allow)).values()
    assert target.place.host in services
    assert target.place.port == services[target.place.host]["ports"][0]["target"]


def test_mounted_files_are_in_the_repository(services: dict[str, Any]) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()
    mounts = [m for service in services.values() for m in service.get("volumes", []) if m["type"] == "bind"]
    assert mounts
    for mount in mounts:
        source = Path(mount["source"])
        assert mount.get("read_only") is True
        assert source.exists(), source
        assert not listed or any(name.startswith(str(source.relative_to(ROOT))) for name in listed), source


def test_named_volumes_are_declared_and_hold_what_must_last(project: dict[str, Any], services: dict[str, Any]) -> None:
    used = {m["source"]: m["target"] for service in services.values() for m in service.get("volumes", []) if m["type"] == "volume"}
    assert set(used) == set(project["volumes"])
    assert used["kafka-data"] == services["kafka"]["environment"]["KAFKA_LOG_DIRS"]
    assert "dir " + used["redis-data"] in (ROOT / "ops/redis/redis.conf").read_text().splitlines()


def test_kafka_listens_where_it_says_it_is_and_where_workers_look(services: dict[str, Any]) -> None:
    environment = services["kafka"]["environment"]
    names = {name: int(address.rsplit(":", 1)[1]) for name, address in _listeners(environment["KAFKA_LISTENERS"]).items()}
    advertised = _listeners(environment["KAFKA_ADVERTISED_LISTENERS"])
    assert {name: int(address.rsplit(":", 1)[1]) for name, address in advertised.items()} == {
        name: port for name, port in names.items() if name != environment["KAFKA_CONTROLLER_LISTENER_NAMES"]
    }
    assert advertised["INSIDE"] == services["embed"]["environment"]["STREAMCLUST_KAFKA_BOOTSTRAP_SERVERS"]
    assert set(names) == {part.split(":")[0] for part in environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")}
    assert [port["target"] for port in services["kafka"]["ports"]] == [names["HOST"]]
    assert environment["KAFKA_CONTROLLER_QUORUM_VOTERS"] == f"{environment['KAFKA_NODE_ID']}@localhost:{names['CONTROLLER']}"


def _listeners(text: str) -> dict[str, str]:
    return dict(part.split("://", 1) for part in text.split(","))


def test_kafka_keeps_one_copy_of_its_own_topics(services: dict[str, Any]) -> None:
    environment = services["kafka"]["environment"]
    copies = {name: value for name, value in environment.items() if name.endswith(("REPLICATION_FACTOR", "MIN_ISR"))}
    assert len(copies) == 5
    assert set(copies.values()) == {"1"}


def test_the_cluster_id_is_one_that_kafka_takes(services: dict[str, Any]) -> None:
    assert len(base64.urlsafe_b64decode(services["kafka"]["environment"]["CLUSTER_ID"] + "==")) == 16


# The workers' health check


@pytest.fixture
def health() -> Health:
    return Health(patience=60)


@pytest.fixture
def worker_port(health: Health) -> Iterator[int]:
    server = HealthServer(health, WorkerMetrics().registry, "127.0.0.1", 0)
    yield server.port
    server.close()


def probe(path: str, port: int) -> int:
    return run(sys.executable, ROOT / "ops" / "probe.py", path, env={"STREAMCLUST_HTTP_PORT": str(port)}).code


def test_the_probe_says_what_the_worker_says(health: Health, worker_port: int) -> None:
    assert (probe("/livez", worker_port), probe("/readyz", worker_port)) == (0, 1)
    health.cleared("group")
    assert (probe("/readyz", worker_port), probe("/metrics", worker_port), probe("/nonsense", worker_port)) == (0, 0, 1)


def test_the_probe_fails_where_nobody_answers() -> None:
    assert probe("/livez", free_port()) == 1


@pytest.mark.parametrize("name", WORKERS)
def test_the_health_check_is_the_probe_on_a_path_that_is_served(
    services: dict[str, Any], worker_port: int, health: Health, name: str
) -> None:
    kind, python, script, path = services[name]["healthcheck"]["test"]
    assert (kind, python, Path(script).name) == ("CMD", "python", "probe.py")
    health.cleared("group")
    assert probe(path, worker_port) == 0


def test_the_probe_looks_where_a_worker_listens_by_default(services: dict[str, Any]) -> None:
    default = Settings.model_fields["http_port"].default
    assert f'"{default}"' in (ROOT / "ops" / "probe.py").read_text()
    assert {services[name]["environment"]["STREAMCLUST_HTTP_PORT"] for name in WORKERS} == {str(default)}


# As the file starts it


@pytest.fixture
def redis_of_the_file(services: dict[str, Any], tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Debian's Redis by the command and configuration of the file, on another port and directory."""
    if shutil.which("redis-server") is None:
        missing("redis-server is not installed: apt-get install redis-server")
    port = free_port()
    config = tmp_path / "redis.conf"
    text = (ROOT / "ops/redis/redis.conf").read_text()
    config.write_text(text.replace("dir /data", f"dir {tmp_path}") + f"\nport {port}\nbind 127.0.0.1\nlogfile {tmp_path}/redis.log\n")
    command = [part.replace("$$", "$").replace("/etc/redis/redis.conf", str(config)) for part in services["redis"]["command"]]
    process = subprocess.Popen(command, env={"PATH": os.environ["PATH"], **services["redis"]["environment"]})
    try:
        _wait_for_port(port)
        yield process, port
    finally:
        process.terminate()
        assert process.wait(10) == 0  # the signal reaches the server


@pytest.mark.redis_server
def test_redis_starts_as_written_with_a_password_nobody_sees(
    services: dict[str, Any], redis_of_the_file: tuple[subprocess.Popen[bytes], int]
) -> None:
    process, port = redis_of_the_file
    check = services["redis"]["healthcheck"]["test"][1].replace("$$", "$").replace("redis-cli", f"redis-cli -p {port}")
    stranger = {"PATH": os.environ["PATH"]}
    environment = {**stranger, **services["redis"]["environment"]}
    assert run("sh", "-c", check, env=environment).code == 0
    assert run("sh", "-c", check, env=stranger).code != 0
    told = run("redis-cli", "-p", str(port), "config", "get", "*", env=environment).out.splitlines()
    said = dict(zip(told[::2], told[1::2], strict=True))
    assert (said["appendonly"], said["appendfsync"], said["maxmemory-policy"]) == ("yes", "everysec", "noeviction")
    assert 0 < int(said["maxmemory"]) <= int(services["redis"]["mem_limit"]) / 2
    assert PASSWORDS["REDIS_PASSWORD"] not in Path(f"/proc/{process.pid}/cmdline").read_text()


@pytest.mark.redis_server
def test_a_worker_with_the_settings_of_the_file_gets_healthy_and_stops_in_time(
    services: dict[str, Any], redis_of_the_file: tuple[subprocess.Popen[bytes], int], deployment: MakeDeployment
) -> None:
    service = services["cluster"]
    addresses = ("kafka_bootstrap_servers", "redis_url", "http_host", "http_port", "deployment")
    settings = {name.removeprefix("STREAMCLUST_").lower(): value for name, value in settings_of(service["environment"]).items()}
    kept = {name: value for name, value in settings.items() if name not in addresses}
    here = deployment(redis_url=settings["redis_url"].replace("redis:6379", f"127.0.0.1:{redis_of_the_file[1]}"), **kept)
    _, _, _, *options = service["command"]
    worker = here.start("cluster", *options)
    wait_until(lambda: probe(service["healthcheck"]["test"][-1], worker.port) == 0, why=lambda: worker.said)
    assert worker.terminate(seconds(service["stop_grace_period"])) == 0


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
