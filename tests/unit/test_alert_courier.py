"""Couriers and desks without threads: time passes when told to, the receiver answers as told, the store is a dict that can fail."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from alerts import NOON, DictStore, came, rules, trend, trend_ended

from streamclust.adapters.memory import DeadLetterList
from streamclust.claims import isoformat
from streamclust.errors import Fenced, StoreUnavailable
from workers.alert import AlertJob
from workers.alert_rules import Rules
from workers.alerting.book import AlertBook
from workers.alerting.courier import Courier
from workers.alerting.desk import Desk
from workers.alerting.guard import AllowList, Place, Refused
from workers.alerting.posting import Answer, NoAnswer, Poster
from workers.alerting.targets import targets_of
from workers.limits import DeadLetterLimit
from workers.metrics import WorkerMetrics
from workers.topics import Topics, event_message


class ScriptedPoster(Poster):
    """Answers as told; 200 when nothing is left to say."""

    def __init__(self, *answers: int | tuple[int, str] | Exception) -> None:
        super().__init__(AllowList())
        self.answers = list(answers)
        self.bodies: list[Any] = []
        self.headers: list[Mapping[str, str]] = []

    def post(self, place: Place, headers: Mapping[str, str], body: bytes, *, timeout: float, tls: object = None) -> Answer:
        self.bodies.append(orjson.loads(body))
        self.headers.append(headers)
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return Answer(*answer) if isinstance(answer, tuple) else Answer(answer)


class Scene:
    """One receiver, one desk, one courier, and a clock."""

    def __init__(self, receiver: str, *answers: int | tuple[int, str] | Exception, top: str = "digest: {gather: 0s}") -> None:
        self.now = NOON
        self.rules: Rules = rules(f"{{receivers: [{receiver}], cooldown: 0s}}", top=top)
        self.targets = targets_of(self.rules, {}, AllowList.parse("127.0.0.1"))
        self.metrics = WorkerMetrics()
        self.store = DictStore()
        self.desk = Desk(self.store, AlertBook(self.rules), self.metrics)
        self.poster = ScriptedPoster(*answers)
        self.courier = Courier(
            self.targets[receiver], lambda: [self.desk], "", self.poster, self.metrics, clock=lambda: self.now, jitter=lambda: 1.0
        )

    def happens(self, *events: dict[str, Any]) -> None:
        self.desk.handle([came(event, self.now) for event in events], applied=1, now=self.now)

    def pass_time(self, seconds: float) -> list[float]:
        """Turns of the courier while so much time passes; when it said something, seconds since noon."""
        said, until = [], self.now + seconds
        while self.now < until:
            before = len(self.poster.bodies)
            pause = self.courier.turn()
            said += [round(self.now - NOON, 2)] * (len(self.poster.bodies) - before)
            self.now += max(pause, 0.01)
        return said

    def deliveries(self, outcome: str) -> float:
        kind = self.targets[self.courier.name].receiver.kind
        return (
            self.metrics.registry.get_sample_value("streamclust_alert_deliveries_total", {"receiver_kind": kind, "outcome": outcome}) or 0.0
        )


def test_failures_are_tried_again_with_growing_pauses_and_the_same_id() -> None:
    scene = Scene("desk", 500, NoAnswer("nobody there"), Refused("inside"), 503, 200)
    scene.happens(trend())
    assert scene.pass_time(60) == pytest.approx([0, 1, 3, 7, 15], abs=0.1)
    assert len({headers["webhook-id"] for headers in scene.poster.headers}) == 1
    assert len({headers["webhook-timestamp"] for headers in scene.poster.headers}) == 5
    assert (scene.deliveries("delivered"), scene.deliveries("retried"), scene.deliveries("failed")) == (1, 4, 0)
    assert list(scene.store.records) == ["seen/R0/c1", f"alert/{scene.poster.bodies[0]['data']['alert_id']}"]


def test_what_a_receiver_asks_for_is_kept() -> None:
    scene = Scene("desk", (429, "120"))
    scene.happens(trend())
    assert scene.pass_time(300) == pytest.approx([0, 120], abs=1.1)


def test_a_message_that_is_never_taken_makes_room_for_the_next_after_a_day() -> None:
    scene = Scene("desk")
    scene.poster.answers = [500] * 400
    scene.happens(trend("c1"))
    scene.pass_time(10)
    scene.happens(trend("c2"))
    while scene.deliveries("failed") == 0:
        scene.pass_time(600)
    assert scene.now - NOON == pytest.approx(86_400, abs=1000)
    scene.poster.answers = []
    scene.pass_time(600)
    assert scene.poster.bodies[-1]["subject"] == "cluster/c2"
    assert scene.deliveries("delivered") == 1


def test_one_that_is_not_liked_is_dropped_and_the_next_told() -> None:
    scene = Scene("desk", 400, 400, 400, 400, 400)
    scene.happens(trend("c1"), trend("c2"))
    scene.pass_time(60)
    assert [body["subject"] for body in scene.poster.bodies] == ["cluster/c1"] * 5 + ["cluster/c2"]
    assert (scene.deliveries("failed"), scene.deliveries("delivered")) == (1, 1)


def test_an_alertmanager_is_told_again_while_alerts_go_on_and_once_of_the_end() -> None:
    scene = Scene("ops")
    scene.happens(trend("c1"), trend("c2"))
    assert scene.pass_time(150) == pytest.approx([0, 60, 120], abs=2.5)
    assert [len(body) for body in scene.poster.bodies] == [2, 2, 2]
    scene.happens(trend_ended("c1"), trend_ended("c2"))
    assert len(scene.pass_time(300)) == 1
    assert all(alert["endsAt"] < isoformat(scene.now - 290) for alert in scene.poster.bodies[-1])
    assert scene.store.records.keys() == {"seen/R0/c1", "seen/R0/c2"}


def test_an_alertmanager_that_was_away_is_told_how_things_stand_then() -> None:
    scene = Scene("ops", 500, 500, 500)
    scene.happens(trend("c1"))
    scene.pass_time(2)
    scene.happens(trend("c2"))
    scene.pass_time(30)
    assert [sorted(alert["labels"]["cluster"] for alert in body) for body in scene.poster.bodies][-1] == ["c1", "c2"]
    assert scene.deliveries("delivered") == 1


def test_what_could_not_be_saved_is_not_sent_and_the_job_is_told() -> None:
    scene = Scene("desk")
    scene.store.failure = StoreUnavailable("Redis: gone")
    with pytest.raises(StoreUnavailable):
        scene.happens(trend())
    scene.store.failure = None
    assert scene.pass_time(5) == []
    with pytest.raises(StoreUnavailable):
        scene.desk.tick(scene.now)


def test_a_message_is_not_sent_if_it_cannot_be_saved_first() -> None:
    scene = Scene("desk")
    scene.happens(trend())
    scene.store.failure = Fenced("somebody else")
    assert scene.pass_time(5) == []
    with pytest.raises(Fenced):
        scene.desk.tick(scene.now)


def test_a_closed_desk_gives_nothing_away() -> None:
    scene = Scene("desk")
    scene.happens(trend())
    scene.desk.close(patience=0.0)
    assert scene.store.closed
    assert scene.pass_time(5) == []
    assert scene.desk.due_at("desk") == float("inf")


def test_a_receiver_is_told_again_when_an_operator_wishes() -> None:
    scene = Scene("desk", 410)
    scene.happens(trend("c1"), trend("c2"))
    assert scene.pass_time(5) == [0]
    scene.store.wanted = ["desk"]
    scene.happens(trend("c3"))
    scene.desk.tick(scene.now)
    scene.happens(trend("c4"))
    scene.pass_time(5)
    assert [body["subject"] for body in scene.poster.bodies] == ["cluster/c1", "cluster/c4"]
    assert "gone/desk" not in scene.store.records


class Record:
    """As the Kafka client hands it over."""

    def __init__(self, event: dict[str, Any]) -> None:
        message = event_message(orjson.dumps(event), Topics())
        self.topic, self.key, self.value, self.headers = message.topic, message.key, message.value, message.headers
        self.partition, self.offset, self.timestamp = 0, 0, time.time() * 1000


def turns(job: AlertJob) -> None:
    """As the loop does when nothing comes, for some seconds."""
    for _ in range(200):
        job.idle()
        time.sleep(0.02)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_worker_does_not_go_on_without_a_courier() -> None:
    scene = Scene("desk")
    store = DictStore()
    limit = DeadLetterLimit(10)
    poster = ScriptedPoster(ZeroDivisionError("a defect"))
    job = AlertJob(scene.rules, scene.targets, lambda partition: store, poster, DeadLetterList(), limit, scene.metrics)
    try:
        job.open(0, None)
        job.handle([Record(trend())])
        with pytest.raises(RuntimeError, match="courier of receiver desk has died"):
            turns(job)
    finally:
        job.stop()
