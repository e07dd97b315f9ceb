from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from files import ROOT, composed, run, tool

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
