"""Episodes: what starts and ends an alert, who is to be told what, and that all of it survives a restart at any moment."""

from __future__ import annotations

from typing import Any

from alerts import NOON, came, grew, restored, rules, save, trend, trend_ended
from hypothesis import given
from hypothesis import strategies as st

from workers.alerting.book import AlertBook, Counts
from workers.alerting.episodes import Message
from workers.alerting.rules import Rules

HOUR = 3600.0
AT_ONCE = "digest: {gather: 0s}"


def book_of(*lines: str, top: str = AT_ONCE) -> AlertBook:
    return AlertBook(rules(*lines, top=top))


def said(message: Message | None, book: AlertBook) -> list[tuple[str, str]]:
    """Cluster and what is told of it."""
    assert message is not None
    return [(book.alert(item.alert_id).cluster_id, item.what) for item in message.items]


def all_told(book: AlertBook, receiver: str, now: float) -> list[list[tuple[str, str]]]:
    """All that is to be told to a receiver that takes everything."""
    told = []
    while (message := book.message(receiver, now)) is not None:
        told.append(said(message, book))
        book.settle(receiver, message)
    return told


def test_a_trend_is_an_alert_from_its_start_to_its_end() -> None:
    book = book_of("{receivers: [desk, ops]}")
    assert book.apply(came(trend()), NOON) == Counts(started=1)
    assert (book.active, book.pending) == (1, 2)
    assert all_told(book, "desk", NOON) == [[("c1", "started")]]
    assert book.apply(came(trend_ended()), NOON + HOUR) == Counts(ended=1)
    assert (book.active, book.pending) == (0, 3)
    assert all_told(book, "desk", NOON + HOUR) == [[("c1", "ended")]]
    assert all_told(book, "ops", NOON + HOUR) == [[("c1", "started")], [("c1", "ended")]]
    assert (book.active, book.pending) == (0, 0)


def test_an_event_that_comes_again_starts_nothing() -> None:
    book = book_of("{}")
    for _ in range(3):
        book.apply(came(trend()), NOON)
    book.apply(came(trend_ended()), NOON + 1)
    for moment in (NOON + 2, NOON + 2 * HOUR):
        assert not +book.apply(came(trend()), moment)
        assert not +book.apply(came(trend_ended()), moment)
    assert all_told(book, "desk", NOON + 3 * HOUR) == [[("c1", "started")], [("c1", "ended")]]


def test_the_end_of_an_earlier_trend_ends_no_later_one() -> None:
    book = book_of("{cooldown: 0s}")
    book.apply(came(trend(episode=2)), NOON)
    assert not book.apply(came(trend_ended(episode=1)), NOON + 1)
    assert book.active == 1
    assert book.apply(came(trend_ended(episode=2)), NOON + 2) == Counts(ended=1)


def test_a_cluster_that_cools_down_starts_no_other_alert_of_the_rule() -> None:
    book = book_of("{cooldown: 1h}", "{cooldown: 0s, min_authors: 1}")
    assert book.apply(came(trend(episode=1)), NOON) == Counts(started=2)
    assert book.apply(came(trend_ended(episode=1)), NOON + 60) == Counts(ended=2)
    assert book.apply(came(trend(episode=2)), NOON + HOUR - 1) == Counts(started=1, suppressed=1)
    assert book.apply(came(trend("c2")), NOON + HOUR - 1) == Counts(started=2)
    assert book.apply(came(trend_ended(episode=2)), NOON + HOUR) == Counts(ended=1)
    assert not +book.apply(came(trend(episode=2)), NOON + HOUR + 1)  # the suppressed one, once more
    assert book.apply(came(trend(episode=3)), NOON + HOUR + 2) == Counts(started=2)


def test_growth_ends_after_its_hold_and_milestones_meanwhile_are_the_same_alert() -> None:
    book = book_of("{on: grew, min_size: 100, hold: 1h, cooldown: 0s}")
    assert not +book.apply(came(grew(milestone=50)), NOON)
    assert book.apply(came(grew(milestone=100)), NOON) == Counts(started=1)
    assert book.apply(came(grew(milestone=200)), NOON + 60) == Counts(suppressed=1)
    assert not book.tick(NOON + HOUR - 1)
    assert book.tick(NOON + HOUR) == Counts(ended=1)
    assert book.apply(came(grew(milestone=500)), NOON + HOUR) == Counts(started=1)


def test_a_trend_goes_on_with_the_half_that_keeps_the_id() -> None:
    book = book_of("{}")
    book.apply(came(trend("c1")), NOON)
    data = {
        "cluster_id": "c1",
        "new_id": "c9",
        "size": 9,
        "new_size": 5,
        "text": "a",
        "new_text": "b",
        "reason": "its exemplars fell in two",
    }
    split = {**trend("c1"), "type": "io.streamclust.cluster.split.v1", "data": data}
    assert not +book.apply(came(split), NOON + 1)
    retired = {**trend("c1"), "type": "io.streamclust.cluster.retired.v1", "data": {"cluster_id": "c1"}}
    assert book.apply(came(retired), NOON + 2) == Counts(ended=1)


def test_a_trend_whose_end_never_comes_ends_after_a_week_or_with_its_cluster() -> None:
    book = book_of("{}")
    for cluster in ("c1", "c2", "c3"):
        book.apply(came(trend(cluster)), NOON)
    merged = {**trend(), "type": "io.streamclust.cluster.merged.v1", "data": {"cluster_id": "c9", "absorbed_id": "c1"}}
    retired = {**trend(), "type": "io.streamclust.cluster.retired.v1", "data": {"cluster_id": "c2"}}
    assert book.apply(came(merged), NOON + 1) == book.apply(came(retired), NOON + 2) == Counts(ended=1)
    assert not book.tick(NOON + 6 * 24 * HOUR)
    assert book.tick(NOON + 7 * 24 * HOUR) == Counts(ended=1)


def test_news_that_were_published_long_ago_start_nothing() -> None:
    book = book_of("{}", top="stale_after: 6h")
    assert book.apply(came(trend(), recorded_at=NOON - 6 * HOUR - 1), NOON) == Counts(suppressed=1)
    assert book.apply(came(trend("c2"), recorded_at=NOON - 6 * HOUR), NOON) == Counts(started=1)
    kept: dict[str, Any] = {}
    save(book, kept)
    assert "seen/R0/c1" not in kept


# quiet hours

QUIET = '{quiet: {from: "10:00", until: "14:00"}}'


def test_what_goes_on_when_quiet_hours_end_is_told_then_and_once() -> None:
    book = book_of(QUIET)
    assert not +book.apply(came(trend()), NOON)
    assert not +book.apply(came(trend()), NOON + 1)
    assert (book.active, book.pending) == (0, 0)
    assert not book.tick(NOON + 2 * HOUR - 1)
    assert book.tick(NOON + 2 * HOUR) == Counts(started=1)
    assert not book.tick(NOON + 2 * HOUR + 1)
    assert all_told(book, "desk", NOON + 2 * HOUR) == [[("c1", "started")]]


def test_what_is_over_before_quiet_hours_end_is_never_told() -> None:
    book = book_of(QUIET)
    book.apply(came(trend()), NOON)
    assert book.apply(came(trend_ended()), NOON + HOUR) == Counts(suppressed=1)
    assert not book.tick(NOON + 3 * HOUR)
    assert all_told(book, "desk", NOON + 3 * HOUR) == []


# telling


def test_a_message_is_the_same_until_it_is_settled() -> None:
    book = book_of("{}")
    book.apply(came(trend("c1")), NOON)
    first = book.message("desk", NOON)
    book.apply(came(trend("c2")), NOON + 1)
    book.apply(came(trend_ended("c1")), NOON + 2)
    assert book.message("desk", NOON + 3) == first
    assert all_told(book, "desk", NOON + 3) == [[("c1", "started")], [("c2", "started")], [("c1", "ended")]]


def test_messages_have_ids_of_their_own() -> None:
    book = book_of("{cooldown: 0s}", "{cooldown: 0s, min_authors: 1}")
    ids = []
    for episode in (1, 2):
        book.apply(came(trend(episode=episode)), NOON)
        book.apply(came(trend_ended(episode=episode)), NOON)
        while (message := book.message("desk", NOON)) is not None:
            ids.append(message.id)
            book.settle("desk", message)
    assert len(set(ids)) == len(ids) == 8


def test_many_at_once_are_one_digest_and_few_are_told_one_by_one() -> None:
    book = book_of("{}", top="digest: {gather: 10s, over: 3}")
    for number in range(5):
        book.apply(came(trend(f"c{number}")), NOON + number)
    assert book.message("desk", NOON + 9.9) is None
    assert book.due_at("desk") == NOON + 10
    assert all_told(book, "desk", NOON + 10) == [[(f"c{number}", "started") for number in range(5)]]
    for number in range(3):
        book.apply(came(trend_ended(f"c{number}")), NOON + 20)
    assert all_told(book, "desk", NOON + 30) == [[(f"c{number}", "ended")] for number in range(3)]


def test_what_waits_behind_a_receiver_that_is_away_becomes_a_digest() -> None:
    book = book_of("{}", top="digest: {gather: 0s, over: 3}")
    book.apply(came(trend("c0")), NOON)
    stuck = book.message("desk", NOON)
    for number in range(1, 250):
        book.apply(came(trend(f"c{number}")), NOON + number)
    assert book.message("desk", NOON + 500) == stuck
    assert [len(told) for told in all_told(book, "desk", NOON + 500)] == [1, 100, 100, 49]


def test_an_alertmanager_waits_for_nothing_and_hears_the_beginning_before_the_end() -> None:
    book = book_of("{receivers: [ops]}", top="digest: {gather: 10s, over: 3}")
    book.apply(came(trend("c1")), NOON)
    book.apply(came(trend("c2")), NOON)
    book.apply(came(trend_ended("c1")), NOON + 1)
    assert [alert.cluster_id for alert in book.standing("ops")] == ["c2"]
    assert all_told(book, "ops", NOON + 1) == [[("c1", "started"), ("c2", "started")], [("c1", "ended")]]
    assert [alert.cluster_id for alert in book.standing("ops")] == ["c2"]


def test_a_receiver_that_wants_no_ends_hears_none() -> None:
    quiet = 'receivers: {desk: {kind: slack, url: "https://x.example", ends: false}, ops: {kind: alertmanager, url: "https://y.example"}}'
    book = AlertBook(rules("{receivers: [desk, ops]}", top=AT_ONCE, receivers=quiet))
    book.apply(came(trend()), NOON)
    book.apply(came(trend_ended()), NOON)
    assert all_told(book, "desk", NOON) == [[("c1", "started")]]
    assert all_told(book, "ops", NOON) == [[("c1", "started")], [("c1", "ended")]]


def test_a_receiver_that_is_gone_is_told_nothing_until_it_is_enabled_and_others_are() -> None:
    book = book_of("{receivers: [desk, chat]}")
    for number in range(3):
        book.apply(came(trend(f"c{number}")), NOON)
    book.message("desk", NOON)
    assert book.disable("desk", "410", NOON) == 3
    book.apply(came(trend("c3")), NOON)
    assert book.message("desk", NOON) is None
    assert len(all_told(book, "chat", NOON)) == 4
    book.enable("desk")
    book.apply(came(trend("c4")), NOON)
    assert all_told(book, "desk", NOON) == [[("c4", "started")]]


# restarts


def test_nothing_is_kept_of_what_is_over_and_told_but_what_was_seen() -> None:
    book, kept = book_of("{receivers: [desk, ops]}"), {}
    book.apply(came(trend()), NOON)
    book.apply(came(trend_ended()), NOON)
    for receiver in ("desk", "ops"):
        all_told(book, receiver, NOON)
    save(book, kept)
    assert list(kept) == ["seen/R0/c1"]
    book.tick(NOON + 31 * 24 * HOUR)
    save(book, kept)
    assert kept == {}


def test_a_book_that_another_address_is_restored_with_tells_it_again() -> None:
    asked = rules("{}", top=AT_ONCE)
    book, kept = AlertBook(asked, {"desk": "old"}), {}
    book.disable("desk", "410", NOON)
    save(book, kept)
    for address, gone in (("old", True), ("new", False)):
        other = AlertBook(asked, {"desk": address})
        other.restore(kept)
        assert ("desk" in other.gone) == gone


def test_receivers_that_the_rules_no_longer_name_are_dropped_with_all_that_waited() -> None:
    book, kept = book_of("{receivers: [desk, chat]}"), {}
    book.apply(came(trend("c1")), NOON)
    book.apply(came(trend("c2")), NOON)
    book.apply(came(trend_ended("c2")), NOON)
    book.message("chat", NOON)
    save(book, kept)
    only_desk = 'receivers: {desk: {kind: slack, url: "https://x.example"}}'
    other = AlertBook(rules("{receivers: [desk]}", top=AT_ONCE, receivers=only_desk))
    assert other.restore(kept) == 3
    assert len(all_told(other, "desk", NOON)) == 3
    save(other, kept)
    assert not [name for name in kept if "chat" in name]
    assert [name for name in kept if name.startswith("alert/")] == [name for name in kept if name.startswith("alert/")][:1]


class Step:
    """Something that happens to a book."""

    def __init__(self, kind: str, cluster: int, episode: int, receiver: str) -> None:
        self.kind, self.cluster, self.episode, self.receiver = kind, f"c{cluster}", episode, receiver

    def __repr__(self) -> str:
        return f"{self.kind} {self.cluster}/{self.episode} {self.receiver}"

    def do(self, book: AlertBook, now: float) -> Any:
        if self.kind == "start":
            return book.apply(came(trend(self.cluster, self.episode)), now)
        if self.kind == "end":
            return book.apply(came(trend_ended(self.cluster, self.episode)), now)
        if self.kind == "tick":
            return book.tick(now)
        if self.kind == "gone":
            return book.disable(self.receiver, "410", now)
        message = book.message(self.receiver, now)
        if message is not None and self.kind == "tell":
            book.settle(self.receiver, message)
        return message and (message.id, said_by_id(message))


def said_by_id(message: Message) -> list[tuple[str, str]]:
    return [item.key for item in message.items]


steps = st.builds(
    Step,
    st.sampled_from(["start", "start", "end", "tick", "tell", "tell", "form", "gone"]),
    st.integers(0, 2),
    st.integers(1, 3),
    st.sampled_from(["desk", "chat", "ops"]),
)
ASKED: Rules = rules(
    '{receivers: [desk, ops], cooldown: 2s, quiet: {from: "12:00", until: "12:01"}}',
    "{receivers: [chat, ops], cooldown: 0s, hold: 9s}",
    top="digest: {gather: 2s, over: 2}",
)


@given(st.lists(steps, max_size=40))
def test_a_book_that_is_restored_after_every_step_does_as_one_that_was_never_closed(happening: list[Step]) -> None:
    steady, kept = AlertBook(ASKED), {}
    restarted = AlertBook(ASKED)
    for number, step in enumerate(happening):
        now = NOON + 50 + number
        assert step.do(restarted, now) == step.do(steady, now)
        restarted = restored(restarted, kept, ASKED)
        assert (restarted.active, restarted.pending, dict(restarted.gone)) == (steady.active, steady.pending, dict(steady.gone))


@given(st.lists(steps.filter(lambda step: step.kind != "gone"), max_size=40))
def test_each_receiver_hears_of_each_episode_once_and_of_its_end_at_most_once_and_later(happening: list[Step]) -> None:
    book = AlertBook(ASKED)
    heard: dict[str, list[tuple[str, str]]] = {"desk": [], "chat": [], "ops": []}
    moments = [(NOON + 50 + number, step) for number, step in enumerate(happening)]
    for now, step in moments:
        outcome = step.do(book, now)
        if step.kind == "tell" and outcome:
            heard[step.receiver] += outcome[1]
    for receiver, told in heard.items():
        while (message := book.message(receiver, NOON + 1000)) is not None:
            told += said_by_id(message)
            book.settle(receiver, message)
        assert len(set(told)) == len(told)
        for id_, what in told:
            assert what == "started" or told.index((id_, "started")) < told.index((id_, what))
    assert book.pending == 0
