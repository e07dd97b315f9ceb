"""The endpoints, over HTTP."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator

import orjson
import pytest
from prometheus_client import CollectorRegistry, Counter

from streamclust.errors import InputUnreadable
from workers.health import Health, HealthServer


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(patience=30.0, clock=clock)


@pytest.fixture
def server(health: Health) -> Iterator[HealthServer]:
    registry = CollectorRegistry()
    Counter("posts", "Posts.", registry=registry).inc(3)
    one = HealthServer(health, registry, "127.0.0.1", 0)
    yield one
    one.close()


def get(server: HealthServer, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_worker_is_live_while_its_loop_turns(server: HealthServer, health: Health, clock: Clock) -> None:
    clock.now += 30.0
    assert get(server, "/livez") == (200, b'{"live":true}\n')
    clock.now += 0.1
    assert get(server, "/livez") == (503, b'{"live":false}\n')
    health.turned()
    assert get(server, "/livez")[0] == 200


def test_a_worker_is_ready_when_nothing_is_in_the_way(server: HealthServer, health: Health) -> None:
    assert get(server, "/readyz")[0] == 503
    health.cleared("group")
    assert get(server, "/readyz") == (200, b'{"ready":true,"waiting_for":{}}\n')
    health.blocked("redis", "does not answer")
    health.blocked("kafka", "no broker")
    status, body = get(server, "/readyz")
    assert (status, orjson.loads(body)) == (503, {"ready": False, "waiting_for": {"redis": "does not answer", "kafka": "no broker"}})
    health.cleared("redis")
    health.cleared("redis")
    assert get(server, "/readyz")[0] == 503
    health.cleared("kafka")
    assert get(server, "/readyz")[0] == 200


def test_what_is_not_ready_may_well_be_live(server: HealthServer) -> None:
    assert (get(server, "/livez")[0], get(server, "/readyz")[0]) == (200, 503)


def test_metrics_are_those_of_the_registry(server: HealthServer) -> None:
    status, body = get(server, "/metrics")
    assert status == 200
    assert b"posts_total 3.0" in body
    assert b"python_info" not in body


@pytest.mark.parametrize("path", ["/", "/live", "/metrics/", "/livez/x"])
def test_another_path_is_told_which_there_are(server: HealthServer, path: str) -> None:
    status, body = get(server, path)
    assert status == 404
    assert body == b"there are /livez, /readyz and /metrics\n"


def test_a_question_mark_changes_nothing(server: HealthServer) -> None:
    assert get(server, "/livez?verbose=1")[0] == 200


def test_probes_leave_no_trace_in_the_logs(server: HealthServer, capfd: pytest.CaptureFixture[str]) -> None:
    get(server, "/livez")
    assert capfd.readouterr() == ("", "")


def test_a_taken_port_is_named_with_what_to_do(server: HealthServer, health: Health) -> None:
    with pytest.raises(InputUnreadable, match=f"127.0.0.1:{server.port}.*set STREAMCLUST_HTTP_PORT"):
        HealthServer(health, CollectorRegistry(), "127.0.0.1", server.port)


def test_a_closed_server_gives_its_port_back(health: Health) -> None:
    first = HealthServer(health, CollectorRegistry(), "127.0.0.1", 0)
    first.close()
    second = HealthServer(health, CollectorRegistry(), "127.0.0.1", first.port)
    assert second.port == first.port
    second.close()
