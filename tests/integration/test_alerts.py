"""Events to receivers through the alert worker, on a real broker and a real Redis, with receivers that fail in every way."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import redis
from alertmanager import running_alertmanager
from alerts import trend, trend_ended
from brokers import free_port
from deployment import Deployment, wait_until
from operating import operate
from proxy import Proxy
from receivers import CUT, HANG, SECRET, SLOW, Receiver

from streamclust.adapters.redis_alerts import RedisAlertStore
from workers.topics import event_message

if TYPE_CHECKING:
    from conftest import MakeDeployment

NAME = "a1"
"""A static name: who comes back under it has its partitions at once, however the one before ended."""

PATIENT = "timeout: 1s, retry_first: 0.1s, retry_longest: 0.4s"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as one:
        yield one


def webhook(receiver: Receiver, path: str = "/hook") -> str:
    return f'{{kind: webhook, url: "{receiver.url(path)}", secret: "{SECRET}", {PATIENT}}}'


def alerting(
    deployment: MakeDeployment, receivers: dict[str, str], *, digest_over: int = 1000, gather: str = "0s", **settings: Any
) -> Deployment:
    """A deployment whose rule tells all of these receivers of every trend."""
    one = deployment(alert_allow="127.0.0.1", instance_id=NAME, **settings)
    lines = [f"digest: {{gather: {gather}, over: {digest_over}}}", "receivers:", *(f"  {name}: {said}" for name, said in receivers.items())]
    lines += ["rules:", f"  - {{name: Trending, cooldown: 0s, receivers: [{', '.join(receivers)}]}}"]
    rules = one.directory / "rules.yaml"
    rules.write_text("\n".join(lines))
    one.environment["STREAMCLUST_ALERT_RULES"] = str(rules)
    return one


def publish(one: Deployment, *events: dict[str, Any]) -> None:
    one.outlet.send([event_message(orjson.dumps(event), one.topics) for event in events])


def clusters(count: int, start: int = 0) -> list[str]:
    return [f"c{number}" for number in range(start, start + count)]


def started(*names: str) -> list[dict[str, Any]]:
    return [trend(name, at=time.time()) for name in names]


def ended(*names: str) -> list[dict[str, Any]]:
    return [trend_ended(name, at=time.time()) for name in names]


def records(one: Deployment) -> dict[str, Any]:
    store = RedisAlertStore.connect(one.redis_url, 0)
    try:
        return store.load()
    finally:
        store.close()


def nothing_waits(one: Deployment) -> bool:
    return not [name for name in records(one) if name.startswith(("item/", "message/"))]


def test_each_episode_is_told_once_to_a_receiver_that_fails_in_every_way_and_others_need_not_wait(
    deployment: MakeDeployment, receiver: Receiver
) -> None:
    receiver.behave("/hook", [500, (429, {"Retry-After": "1"}), HANG, CUT, 503, 200, 404, 302])
    receiver.behave("/chat", then=HANG)
    dead = f'{{kind: slack, url: "{receiver.url("/chat")}", {PATIENT}}}'
    one = alerting(deployment, {"desk": webhook(receiver), "chat": dead, "good": webhook(receiver, "/good")})
    publish(one, *started("c1", "c2", "c3"))
    worker = one.start("alert")
    wait_until(lambda: len(receiver.told("/good")) == 3, seconds=15, why=lambda: worker.said)
    publish(one, *ended("c1", "c2", "c3"))
    wait_until(lambda: len(receiver.told("/good")) == 6, seconds=5, why=lambda: worker.said)
    wait_until(lambda: len(receiver.told()) == 6, why=lambda: worker.said)
    assert receiver.told() == [("started", name) for name in ("c1", "c2", "c3")] + [("ended", name) for name in ("c1", "c2", "c3")]
    assert all(request.signed for request in receiver.came())
    tries = Counter(request.id for request in receiver.came())
    assert sorted(tries.values()) == [1, 1, 1, 1, 3, 6]
    assert len({(request.id, request.body) for request in receiver.came()}) == 6
    asked_to_wait, after = receiver.came()[1:3]
    assert after.at - asked_to_wait.at >= 1.0
    assert receiver.taken("/chat") == []
    wait_until(lambda: worker.metric("streamclust_alert_pending") == 6, why=lambda: worker.said)
    assert worker.metric('streamclust_alert_deliveries_total{outcome="delivered",receiver_kind="webhook"}') == 12
    assert worker.metric("streamclust_alert_delivery_delay_seconds_count") == 6
    assert worker.metric("streamclust_alerts_active") == 0
    assert worker.ready
    assert worker.terminate() == 0
    assert "it answered 500" in worker.said
    for secret in (SECRET, "/hook", "/chat", "The dam at Lund"):
        assert secret not in worker.said


STEPS = [
    ("keep", "before", 1),  # decided, not saved
    ("keep", "after", 1),  # saved
    ("commit", "before", 1),
    ("take", "after", 1),  # put together
    ("post", "after", 2),  # taken, not marked
    ("settle", "after", 1),  # marked
]


def test_a_worker_killed_at_every_step_tells_everything_and_repeats_only_what_it_could_not_mark(
    deployment: MakeDeployment, receiver: Receiver
) -> None:
    one = alerting(deployment, {"desk": webhook(receiver)}, batch_records=3)
    names = clusters(12)
    publish(one, *started(*names))
    for step, when, count in STEPS:
        worker = one.start("alert", "alert", step, when, str(count), script="crashing.py")
        assert worker.wait(30) == -signal.SIGKILL, f"{step} {when}\n{worker.said}"
    publish(one, *ended(*names))
    worker = one.start("alert")
    wait_until(lambda: len({request.id for request in receiver.taken()}) == 24 and nothing_waits(one), why=lambda: worker.said)
    assert worker.terminate() == 0
    first = {request.id: request for request in reversed(receiver.came())}
    assert sorted(Counter((r.json["type"], r.json["subject"]) for r in first.values()).values()) == [1] * 24
    assert len(receiver.taken()) - 24 <= len(STEPS)  # each kill may cut off the one message on its way
    assert all(request.body == first[request.id].body for request in receiver.came())
    assert set(records(one)) == {f"seen/Trending/{name}" for name in names}


@pytest.mark.prometheus
def test_a_trend_reaches_a_real_alertmanager_and_from_there_a_receiver_once_an_episode(
    deployment: MakeDeployment, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.behave("/desk", [HANG, 500, (429, {"Retry-After": "1"}), CUT, 503])
    port = free_port()
    one = alerting(deployment, {"ops": f'{{kind: alertmanager, url: "http://127.0.0.1:{port}", resend: 2s, {PATIENT}}}'})
    worker = one.start("alert")
    publish(one, *started("c1", "c2"))
    retried = 'streamclust_alert_deliveries_total{outcome="retried",receiver_kind="alertmanager"}'
    wait_until(lambda: worker.metric(retried) > 1, why=lambda: worker.said)  # it is not there yet
    with running_alertmanager(tmp_path, receiver.url("/desk"), port) as manager:
        wait_until(lambda: len(manager.alerts()) == 2, why=lambda: worker.said)
        worker.kill()
        worker = one.start("alert")
        wait_until(lambda: told_on(receiver, "firing") == ["c1", "c2"], why=lambda: worker.said)
        publish(one, *ended("c1"))
        wait_until(lambda: told_on(receiver, "resolved") == ["c1"], why=lambda: worker.said)
        publish(one, *started("c3"), trend("c1", 2, at=time.time()))
        wait_until(lambda: told_on(receiver, "firing") == ["c1", "c1", "c2", "c3"], why=lambda: worker.said)
        (labels,) = [a["labels"] for a in manager.alerts() if a["labels"]["cluster"] == "c1"]
        assert labels == {
            "alertname": "Trending",
            "streamclust": "claim",
            "severity": "warning",
            "cluster": "c1",
            "episode": "2",
        }
        ends = {alert["endsAt"] for alert in manager.alerts()}
        wait_until(lambda: not ends & {alert["endsAt"] for alert in manager.alerts()}, why=lambda: worker.said)
        assert len(manager.alerts()) == 3  # they are told again, as those that go on
        assert told_on(receiver, "firing") == ["c1", "c1", "c2", "c3"]


def told_on(receiver: Receiver, status: str) -> list[str]:
    """Clusters that an Alertmanager has handed on and that were taken."""
    return sorted(a["labels"]["cluster"] for r in receiver.taken("/desk") for a in r.json["alerts"] if a["status"] == status)


def test_a_receiver_that_is_gone_is_told_nothing_more_until_somebody_says_so(deployment: MakeDeployment, receiver: Receiver) -> None:
    receiver.behave("/hook", [200, 410])
    one = alerting(deployment, {"desk": webhook(receiver), "good": webhook(receiver, "/good")})
    publish(one, *started("c1", "c2", "c3"))
    worker = one.start("alert")
    wait_until(lambda: worker.metric("streamclust_alert_targets_disabled") == 1 and len(receiver.told("/good")) == 3)
    worker.kill()
    worker = one.start("alert")
    publish(one, *started("c4"))
    wait_until(lambda: len(receiver.told("/good")) == 4, why=lambda: worker.said)
    assert len(receiver.came()) == 2
    assert "disabled  desk since" in operate(one, "alerts", "list").out
    operate(one, "alerts", "enable", "desk")
    wait_until(lambda: worker.metric("streamclust_alert_targets_disabled") == 0, why=lambda: worker.said)
    publish(one, *started("c5"))
    wait_until(lambda: receiver.told() == [("started", "c1"), ("started", "c5")], why=lambda: worker.said)
    assert "no receiver 'desk'" in operate(one, "alerts", "enable", "desk", code=1).err


def test_a_worker_asked_to_stop_waits_for_the_message_on_its_way(deployment: MakeDeployment, receiver: Receiver) -> None:
    receiver.behave("/hook", [SLOW])
    one = alerting(deployment, {"desk": webhook(receiver).replace("timeout: 1s", "timeout: 5s")})
    publish(one, *started("c1"))
    worker = one.start("alert")
    wait_until(lambda: bool(receiver.came()), every=0.01, why=lambda: worker.said)
    assert worker.terminate() == 0
    assert nothing_waits(one)
    assert receiver.told() == [("started", "c1")]


def test_a_redis_that_goes_away_is_waited_for_and_one_that_was_wiped_is_no_end(
    deployment: MakeDeployment, receiver: Receiver, redis_port_url: str
) -> None:
    with Proxy(int(redis_port_url.rpartition(":")[2])) as proxy:
        one = alerting(deployment, {"desk": webhook(receiver)}, redis_url=f"redis://127.0.0.1:{proxy.port}")
        worker = one.start("alert")
        publish(one, *started("c1"))
        wait_until(lambda: receiver.told() == [("started", "c1")], why=lambda: worker.said)
        wait_until(lambda: worker.metric("streamclust_alert_pending") == 0, why=lambda: worker.said)  # saved, so not told once more
        proxy.refusing = True
        proxy.cut()
        publish(one, *started("c2"), *ended("c1"))
        wait_until(lambda: not worker.ready, why=lambda: worker.said)
        assert "Redis" in worker.get("/readyz")[1]
        proxy.refusing = False
        wait_until(lambda: receiver.told()[1:] == [("started", "c2"), ("ended", "c1")], why=lambda: worker.said)
        wait_until(lambda: worker.ready, why=lambda: worker.said)
        with redis.Redis.from_url(redis_port_url) as server:
            server.flushall()
        publish(one, *started("c3"))
        wait_until(lambda: receiver.told()[3:] == [("started", "c3")], why=lambda: worker.said)


def test_workers_share_partitions_and_set_aside_what_is_no_event(deployment: MakeDeployment, receiver: Receiver) -> None:
    one = alerting(deployment, {"desk": webhook(receiver)}, shards=3)
    names = clusters(12)
    broken, strange = started("x1", "x2")
    broken["data"]["episode"] = "first"
    publish(one, broken, {**strange, "type": "io.streamclust.cluster.invented.v1"}, *started(*names))
    first = one.start("alert", shards=3, instance_id="w1")
    wait_until(lambda: len(receiver.told()) == 12, why=lambda: first.said)
    second = one.start("alert", shards=3, instance_id="w2")
    wait_until(lambda: 0 < second.metric("streamclust_alerts_active") < 12, why=lambda: second.said)
    publish(one, *ended(*names))
    wait_until(lambda: len(receiver.told()) == 24, why=lambda: first.said + second.said)
    assert sorted(receiver.told()) == sorted((what, name) for name in names for what in ("started", "ended"))
    assert first.metric("streamclust_alerts_total") + second.metric("streamclust_alerts_total") == 24
    (letter,) = one.dead_letters()
    assert b"episode" in dict(letter.headers)["dlq.detail"]
    assert "The dam at Lund" not in first.said + second.said
    assert first.terminate() == second.terminate() == 0


# the commands


def test_check_says_what_rules_do_and_who_could_be_told(deployment: MakeDeployment, receiver: Receiver) -> None:
    one = alerting(deployment, {"desk": webhook(receiver), "far": f'{{kind: slack, url: "https://10.0.0.1/x", {PATIENT}}}'})
    done = operate(one, "alerts", "check", "--json", code=1)
    found = {check["name"]: check for check in done.json}
    assert found["Trending"]["detail"].startswith("when a trend starts; warning, cooldown 0 s, told to desk, far")
    assert found["desk"]["state"] == "ok"
    assert found["far"]["state"] == "FAIL"
    assert "STREAMCLUST_ALERT_ALLOW" in found["far"]["detail"]
    broken = one.directory / "broken.yaml"
    broken.write_text("rules: [{nam: x}]")
    said = operate(one, "alerts", "check", broken, code=2).err
    assert "line 1, rule 1: nam: unknown" in said
    assert "receivers: missing" in said


def test_a_test_goes_the_real_way_and_says_that_it_is_one(deployment: MakeDeployment, receiver: Receiver) -> None:
    receiver.behave("/bad", then=500)
    one = alerting(deployment, {"desk": webhook(receiver), "bad": webhook(receiver, "/bad")})
    done = operate(one, "alerts", "test", "--to", "desk")
    assert "answered 200" in done.out
    (request,) = receiver.taken()
    assert request.signed
    assert request.json["data"]["labels"] == {"test": "true"}
    assert "This is a test" in request.json["data"]["event"]["data"]["text"]
    assert "answered 500" in operate(one, "alerts", "test", code=1).out
    assert "no rule is called Nope; there are Trending" in operate(one, "alerts", "test", "--rule", "Nope", code=1).err


def test_many_at_once_are_listed_while_they_wait_and_told_in_one_message(deployment: MakeDeployment, receiver: Receiver) -> None:
    receiver.behave("/hook", then=500)
    one = alerting(deployment, {"desk": webhook(receiver)}, digest_over=5, gather="0.5s")
    assert operate(one, "alerts", "list", "--json").json == []
    publish(one, *started(*clusters(8)))
    worker = one.start("alert")
    wait_until(lambda: worker.metric("streamclust_alerts_active") == 8, why=lambda: worker.said)
    found = operate(one, "alerts", "list", "--json").json
    assert sorted(record["cluster_id"] for record in found if record["what"] == "alert") == clusters(8)
    assert [(record["receiver"], record["things"]) for record in found if record["what"] == "pending"] == [("desk", 8)]
    assert "“The dam at Lund has burst, 3 dead”" in operate(one, "alerts", "list").out
    receiver.behave("/hook")
    wait_until(lambda: bool(receiver.taken()), why=lambda: worker.said)
    (request,) = receiver.taken()
    assert request.json["type"] == "io.streamclust.alert.digest.v1"
    assert sorted(alert["cluster_id"] for alert in request.json["data"]["alerts"]) == clusters(8)


def test_sighup_has_other_rules_taken_up_and_wrong_ones_put_by(deployment: MakeDeployment, receiver: Receiver) -> None:
    one = alerting(deployment, {"desk": webhook(receiver)})
    rules = Path(one.environment["STREAMCLUST_ALERT_RULES"])
    right = rules.read_text()
    worker = one.start("alert")
    publish(one, *started("c1"))
    wait_until(lambda: receiver.told() == [("started", "c1")], why=lambda: worker.said)

    rules.write_text("receivers: {}")
    worker.signal(signal.SIGHUP)
    wait_until(lambda: worker.metric("streamclust_alert_rules_reload_successful") == 0, why=lambda: worker.said)
    publish(one, *started("c2"))
    wait_until(lambda: receiver.told()[1:] == [("started", "c2")], why=lambda: worker.said)

    rules.write_text(right.replace("receivers: [desk]", "receivers: [night]").replace("  desk:", "  night:").replace("/hook", "/night"))
    worker.signal(signal.SIGHUP)
    wait_until(lambda: worker.metric("streamclust_alert_rules_reload_successful") == 1, why=lambda: worker.said)
    publish(one, *started("c3"))
    wait_until(lambda: receiver.told("/night") == [("started", "c3")], why=lambda: worker.said)
    assert len(receiver.told()) == 2
    assert "kept the old alert rules" in worker.said
