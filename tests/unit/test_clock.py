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


def test_when_all_agree_on_a_later_time_it_follows() -> None:
    later = [START + YEARS + n for n in range(5)]
    assert clock_after([*steady(10), *later]).now >= START + YEARS


@given(times, times)
def test_a_restored_clock_goes_on_as_if_it_had_never_stopped(before: list[float], after: list[float]) -> None:
    clock = clock_after(list(before))
    restored = StreamClock(DAY)
    restored.restore(msgpack.unpackb(msgpack.packb(clock.state())))
    assert [restored.observe(at) for at in after] == [clock.observe(at) for at in after]
    assert restored.state() == clock.state()
