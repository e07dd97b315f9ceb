"""The stream's clock moves on the word of several claims, never of one."""

from __future__ import annotations

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamclust.clock import StreamClock

DAY = 86_400.0
START = 1_700_000_000.0
YEARS = 365 * DAY
times = st.lists(st.floats(START - YEARS, START + YEARS), min_size=1, max_size=40)


def clock_after(created: list[float | None], max_skew: float = DAY) -> StreamClock:
    clock = StreamClock(max_skew)
    for at in created:
        clock.observe(at)
    return clock


def steady(count: int) -> list[float]:
    return [START + 60.0 * n for n in range(count)]


@given(times)
def test_from_the_second_claim_on_it_never_goes_back(created: list[float]) -> None:
    clock = clock_after(created[:2])
    for at in created[2:]:
        before = clock.now
        clock.observe(at)
        assert clock.now >= before


@given(times)
def test_it_is_never_ahead_of_all_claims(created: list[float]) -> None:
    assert clock_after(created).now <= max(created)


@pytest.mark.parametrize("absurd", [START + 10 * YEARS, START + 2 * DAY, START - 30 * DAY, START * 1000, 0.0])
@pytest.mark.parametrize("position", [*range(8), 19])
def test_one_absurd_time_moves_nothing(absurd: float, position: int) -> None:
    created = steady(20)
    created[position] = absurd
    assert clock_after(created).now == pytest.approx(clock_after(steady(20)).now, abs=120)


@pytest.mark.parametrize("position", range(5, 20))
def test_a_few_absurd_times_in_a_row_move_it_by_some_days_at_most(position: int) -> None:
    created = steady(40)
    created[position : position + 5] = [START + 75 * YEARS] * 5
    assert clock_after(created).now <= START + 5 * DAY + 3600


def test_after_a_real_pause_it_catches_up_within_twenty_claims() -> None:
    later = [START + 2 * YEARS + at - START for at in steady(20)]
    assert clock_after([*steady(10), *later]).now >= later[-3]
    assert clock_after([*steady(10), *(START + 3 * DAY + n for n in range(5))]).now >= START + 3 * DAY


def test_the_first_claims_absurd_time_holds_until_the_second_speaks() -> None:
    clock = clock_after([START + 10 * YEARS])
    assert clock.now == START + 10 * YEARS
    clock.observe(START)
    assert clock.now == START


@given(times, st.floats(0, YEARS))
def test_a_claim_is_booked_at_its_own_time_or_at_most_the_skew_ahead(created: list[float], max_skew: float) -> None:
    clock = StreamClock(max_skew)
    for at in created:
        seen_at = clock.observe(at)
        assert seen_at == min(at, clock.now + max_skew)


def test_a_late_claim_keeps_its_time() -> None:
    clock = clock_after(list(steady(10)))
    assert clock.observe(START - 30 * DAY) == START - 30 * DAY


@given(times)
def test_a_claim_without_a_time_takes_the_streams_and_moves_nothing(created: list[float]) -> None:
    clock = clock_after(created)
    before = clock.state()
    assert clock.observe(None) == clock.now
    assert clock.state() == before


def test_before_any_time_it_stands_at_zero() -> None:
    assert clock_after([None, None]).now == 0.0


@given(times, st.floats(START - YEARS, START + YEARS))
def test_a_real_clocks_word_moves_it_forward_only(created: list[float], told: float) -> None:
    clock = clock_after(created)
    before = clock.now
    clock.advance(told)
    assert clock.now == max(before, told)


@given(st.floats(START, START + YEARS), times)
def test_claims_never_take_back_a_real_clocks_word(told: float, created: list[float]) -> None:
    clock = clock_after([START - 1])
    clock.advance(told)
    for at in created:
        clock.observe(at)
        assert clock.now >= told


@given(times, times)
def test_a_restored_clock_goes_on_as_if_it_had_never_stopped(before: list[float], after: list[float]) -> None:
    clock = clock_after(list(before))
    restored = StreamClock(DAY)
    restored.restore(msgpack.unpackb(msgpack.packb(clock.state())))
    assert [restored.observe(at) for at in after] == [clock.observe(at) for at in after]
    assert restored.state() == clock.state()
