"""Rules that change while the worker is at work, on a real file."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from alerts import NOON, DictStore, trend

from streamclust.adapters.memory import DeadLetterList
from workers.alert import AlertJob, reader
from workers.alert_rules import InvalidRules
from workers.alerting.guard import AllowList
from workers.alerting.posting import Poster
from workers.alerting.reloading import LOOK, RulesWatch
from workers.limits import DeadLetterLimit
from workers.metrics import WorkerMetrics
from workers.settings import Settings
from workers.topics import Topics, event_message

RULES = """
receivers:
  desk: {kind: slack, url: {file: SECRET}}
rules:
  - {name: NAME, min_authors: 5, quiet: {from: "00:00", until: "23:00"}, receivers: [desk]}
"""


class Place:
    """A file of rules, one of an address, and a watch on them."""

    def __init__(self, folder: Path) -> None:
        self.file, self.secret = folder / "rules.yaml", folder / "address"
        self.secret.write_text("https://chat.example/one")
        self.write("First")
        self.metrics = WorkerMetrics()
        read = reader(Settings(alert_rules=self.file), {})
        self.watch = RulesWatch(self.file, read, self.metrics)
        self.first = self.watch.first()

    def write(self, name: str) -> None:
        self.file.write_text(RULES.replace("NAME", name).replace("SECRET", str(self.secret)))

    def names(self, now: float) -> list[str] | None:
        found = self.watch.look(now)
        return None if found is None else [rule.name for rule in found.rules.rules]

    @property
    def reloaded(self) -> float | None:
        return self.metrics.registry.get_sample_value("streamclust_alert_rules_reload_successful")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_rules_are_read_again_when_their_file_says_something_else(place: Place) -> None:
    assert place.names(NOON) is None
    place.write("Second")
    assert place.names(NOON + LOOK - 1) is None, "not yet time to look"
    assert place.names(NOON + LOOK) == ["Second"]
    assert place.names(NOON + 2 * LOOK) is None
    assert place.reloaded == 1.0


def test_whoever_asks_has_them_read_at_once_with_what_they_refer_to(place: Place) -> None:
    place.names(NOON)
    place.secret.write_text("https://chat.example/two")
    place.watch.ask()
    found = place.watch.look(NOON + 1)
    assert found is not None
    assert found.targets["desk"].address != place.first.targets["desk"].address
    assert place.names(NOON + 2) is None


def test_rules_that_are_not_right_change_nothing_and_say_why_until_they_are_mended(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    place.file.write_text("rules: [{name: x, colour: red}]")
    with caplog.at_level(logging.ERROR):
        assert place.names(NOON) is None
    assert "colour" in caplog.records[0].__dict__["error"]
    assert place.reloaded == 0.0
    assert place.names(NOON + LOOK) is None
    assert len(caplog.records) == 1, "told once"
    place.file.unlink()
    assert place.names(NOON + 2 * LOOK) is None
    assert place.reloaded == 0.0
    place.write("First")
    assert place.names(NOON + 3 * LOOK) == ["First"]
    assert place.reloaded == 1.0


def test_rules_to_begin_with_must_be_right(place: Place) -> None:
    place.file.write_text("rules: []")
    with pytest.raises(InvalidRules):
        place.watch.first()


class Record:
    """As the Kafka client hands it over."""

    def __init__(self, episode: int, offset: int) -> None:
        message = event_message(orjson.dumps(trend(episode=episode, cluster_id=f"c{episode}")), Topics())
        self.topic, self.key, self.value, self.headers = message.topic, message.key, message.value, message.headers
        self.partition, self.offset, self.timestamp = 0, offset, NOON * 1000


@pytest.fixture
def at_work(place: Place) -> Iterator[tuple[AlertJob, dict[str, float], list[DictStore]]]:
    """A job on a store that stays, its clock, and what was opened."""
    clock, opened, kept = {"now": NOON}, list[DictStore](), DictStore()

    def open_store(partition: int) -> DictStore:
        opened.append(DictStore(kept.records, kept.offset))
        return opened[-1]

    letters, limit = DeadLetterList(), DeadLetterLimit(10)
    job = AlertJob(
        *place.first, open_store, Poster(AllowList()), letters, limit, place.metrics, clock=lambda: clock["now"], look=place.watch.look
    )
    try:
        yield job, clock, opened
    finally:
        job.stop()


def test_a_worker_goes_on_under_the_new_rules_with_the_alerts_it_had(
    place: Place, at_work: tuple[AlertJob, dict[str, float], list[DictStore]]
) -> None:
    job, clock, opened = at_work
    job.open(0, None)
    job.handle([Record(1, 0)])
    place.write("Second")
    clock["now"] += LOOK
    job.idle()
    assert [store.closed for store in opened] == [True, False]
    job.handle([Record(2, 1)])
    told = {record["rule"] for record in opened[-1].records.values() if isinstance(record, dict) and "rule" in record}
    assert told == {"First", "Second"}


def test_a_worker_that_finds_wrong_rules_lets_go_of_nothing(
    place: Place, at_work: tuple[AlertJob, dict[str, float], list[DictStore]]
) -> None:
    job, clock, opened = at_work
    job.open(0, None)
    place.file.write_text("nothing: 1")
    clock["now"] += LOOK
    job.idle()
    job.handle([Record(1, 0)])
    assert [store.closed for store in opened] == [False]
    assert opened[0].records
