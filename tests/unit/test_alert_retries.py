"""What an answer means: taken, later, never, or never again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.alerting.posting import Answer
from workers.alerting.receivers import Receiver
from workers.alerting.retries import Disabled, Dropped, Later, Outcome, Taken, outcome

NOW = 1_772_452_800.0
DESK = Receiver.model_validate({"kind": "slack", "url": "https://x.example", "retry_first": 1, "retry_longest": 60, "give_up": "1h"})


def after(answer: Answer | str, *, failures: int = 0, age: float = 0.0, jitter: float = 1.0, receiver: Receiver = DESK) -> Outcome:
    return outcome(answer, receiver, failures=failures, age=age, now=NOW, jitter=lambda: jitter)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_two_hundreds_are_taken_whatever_was_before(status: int) -> None:
    assert after(Answer(status), failures=9, age=9e9) == Taken()


@pytest.mark.parametrize("status", [100, 301, 302, 307, 308, 400, 404, 408, 409, 425, 429, 500, 502, 503, 504])
def test_all_others_are_tried_again(status: int) -> None:
    assert isinstance(after(Answer(status)), Later)


def test_gone_is_for_ever_but_for_an_alertmanager() -> None:
    assert isinstance(after(Answer(410)), Disabled)
    manager = DESK.model_copy(update={"kind": "alertmanager"})
    assert isinstance(after(Answer(410), receiver=manager), Later)


@pytest.mark.parametrize(("status", "dropped"), [(400, True), (404, True), (413, True), (408, False), (429, False), (500, False)])
def test_a_message_that_is_not_liked_is_dropped_after_five_tries(status: int, dropped: bool) -> None:
    assert isinstance(after(Answer(status), failures=3), Later)
    assert isinstance(after(Answer(status), failures=4), Dropped) == dropped


def test_what_is_not_taken_for_long_is_dropped() -> None:
    assert isinstance(after("no answer", age=3599), Later)
    assert isinstance(after("no answer", age=3600), Dropped)


def test_pauses_double_up_to_the_longest() -> None:
    pauses = [after("no answer", failures=number) for number in range(8)]
    assert [pause.seconds for pause in pauses if isinstance(pause, Later)] == [1, 2, 4, 8, 16, 32, 60, 60]


@given(st.integers(0, 1000), st.floats(0, 1))
def test_jitter_takes_at_most_half_of_a_pause(failures: int, jitter: float) -> None:
    whole, some = after("no answer", failures=failures), after("no answer", failures=failures, jitter=jitter)
    assert isinstance(whole, Later)
    assert isinstance(some, Later)
    assert whole.seconds / 2 <= some.seconds <= whole.seconds <= 60


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 1),
        ("99999999999999999999", 3600),
        ("Mon, 02 Mar 2026 12:02:00 GMT", 120),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 1),
        ("Mon, 02 Mar 2099 12:02:00 GMT", 3600),
        ("soon", 1),
        ("-5", 1),
        ("", 1),
        ("１２", 1),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_may_ask_for_time_up_to_an_hour(status: int, said: str, seconds: float) -> None:
    assert after(Answer(status, said)) == Later(seconds, f"it answered {status}")


@given(st.text(max_size=30))
def test_any_retry_after_is_a_pause(said: str) -> None:
    pause = after(Answer(429, said))
    assert isinstance(pause, Later)
    assert 1 <= pause.seconds <= 3600
