"""When bad records are too many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamclust.errors import TooManyDeadLetters
from streamclust.ports import DeadLetter
from workers.limits import DeadLetterLimit, as_counted

WINDOW = 1000

runs = st.lists(st.tuples(st.booleans(), st.integers(1, 500)), max_size=10)


def stream(lengths: list[tuple[bool, int]]) -> list[bool]:
    return [bad for bad, length in lengths for _ in range(length)]


def letter(offset: int) -> DeadLetter:
    return DeadLetter(b"?", "not_json", "broken", "posts", 0, offset)


def stops_at(limit: DeadLetterLimit, bad: list[bool]) -> int | None:
    """Number of the record that was one too many."""
    for number, is_bad in enumerate(bad):
        try:
            limit.count(letter(number) if is_bad else None)
        except TooManyDeadLetters:
            return number
    return None


def too_many(bad: list[bool], in_a_row: int, share: float) -> int | None:
    """The same, by definition."""
    run = 0
    for number, is_bad in enumerate(bad):
        run = run + 1 if is_bad else 0
        window = bad[number - WINDOW + 1 : number + 1] if number + 1 >= WINDOW else []
        if is_bad and (run >= in_a_row or sum(window) > share * WINDOW):
            return number
    return None


@given(runs, st.integers(1, 600), st.floats(0.01, 1.0))
def test_it_stops_where_a_run_or_a_share_is_too_large_and_nowhere_else(lengths: list[tuple[bool, int]], row: int, share: float) -> None:
    bad = stream(lengths)
    assert stops_at(DeadLetterLimit(row, share), bad) == too_many(bad, row, share)


@given(st.integers(0, 3000), st.integers(1, 5), st.floats(0.01, 1.0))
def test_good_records_never_stop_it(count: int, row: int, share: float) -> None:
    assert stops_at(DeadLetterLimit(row, share), [False] * count) is None


@given(runs, st.integers(2, 600))
def test_a_good_record_ends_a_run(lengths: list[tuple[bool, int]], row: int) -> None:
    bad = [step for length in lengths for step in ([True] * min(length[1], row - 1) + [False])]
    assert stops_at(DeadLetterLimit(row), bad) is None


def test_a_share_says_nothing_before_a_whole_window() -> None:
    limit = DeadLetterLimit(in_a_row=10_000, share=0.5)
    assert stops_at(limit, [True] * (WINDOW - 1)) is None
    assert stops_at(limit, [True]) == 0


def test_the_error_tells_how_many_where_why_and_what_to_do() -> None:
    limit = DeadLetterLimit(in_a_row=2, advice="Look at --map.")
    with pytest.raises(TooManyDeadLetters, match=r"^2 records in a row .* offset 8 of posts \(not_json: broken\)\. Look at --map\.$"):
        limit.count_all([None, letter(7), letter(8)])


def test_records_of_a_file_are_counted_from_one() -> None:
    limit = DeadLetterLimit(in_a_row=2, place=as_counted)
    with pytest.raises(TooManyDeadLetters, match="the last is record 2 of posts "):
        limit.count_all([letter(0), letter(1)])


def test_no_row_is_too_long_where_none_was_set() -> None:
    assert stops_at(DeadLetterLimit(in_a_row=0), [True] * 5_000) is None
