"""Words and their weights."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamclust.words import WordStatistics, tokens

texts = st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=5, unique=True), min_size=1, max_size=60)


@given(st.text())
def test_tokens_are_distinct_lower_case_and_not_empty(text: str) -> None:
    found = tokens(text)
    assert len(set(found)) == len(found)
    assert all(word and word == word.strip() for word in found)
    assert not any("A" <= letter <= "Z" for word in found for letter in word)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dam BURST dam", ["dam", "burst"]),
        ("5 dead, 10 hurt", ["5", "dead", "10", "hurt"]),
        ("a b at", ["at"]),
        ("@desk says so https://t.co/x", ["says", "so"]),
        ("大坝决堤", ["大坝", "坝决", "决堤"]),
        ("水", ["水"]),
        ("наводнение в городе", ["наводнение", "городе"]),
        ("", []),
        ("!?", []),
    ],
)
def test_tokens_of_known_texts(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_no_word_is_longer_than_the_table_wants() -> None:
    assert tokens("dam " + "x" * 10_000) == ["dam", "x" * 64, "x" * (10_000 % 64)]


@given(texts)
def test_weights_have_unit_length_and_keep_the_words_order(stream: list[list[str]]) -> None:
    words = WordStatistics(1000)
    for text in stream:
        weights = words.weigh(text)
        assert list(weights) == text
        assert math.hypot(*weights.values()) == pytest.approx(1.0)


@given(texts)
def test_looking_at_weights_counts_nothing(stream: list[list[str]]) -> None:
    words = WordStatistics(1000)
    for text in stream:
        assert words.peek(text) == words.peek(text) == words.weigh(text)


def test_a_rarer_word_weighs_more() -> None:
    words = WordStatistics(1000)
    for n in range(50):
        words.weigh(["the", f"word{n}"])
    weights = words.weigh(["the", "word1", "new"])
    assert weights["the"] < weights["word1"] < weights["new"]


def test_weights_are_the_documented_formula() -> None:
    words = WordStatistics(1000)
    for _ in range(3):
        words.weigh(["dam"])
    weights = words.weigh(["dam", "flood"])
    assert weights["dam"] / weights["flood"] == pytest.approx(math.log(1 + 5 / 4) / math.log(1 + 5 / 1))


def test_no_words_have_no_weights() -> None:
    assert WordStatistics(1000).weigh([]) == {}


@given(st.integers(1, 50), st.integers(0, 300))
def test_the_table_stays_bounded(limit: int, count: int) -> None:
    words = WordStatistics(limit)
    saved: dict[str, int] = {}
    for n in range(count):
        words.weigh([f"word{n}"])
        saved.update(words.take_changes())
        assert sum(1 for times in saved.values() if times) <= limit


def test_frequent_words_survive_a_full_table() -> None:
    words = WordStatistics(10)
    for n in range(100):
        words.weigh(["dam", f"word{n}"])
    weights = words.weigh(["dam", "unseen"])
    assert weights["dam"] < weights["unseen"]


@given(texts, texts, st.integers(2, 12))
def test_restored_statistics_go_on_as_if_they_had_never_stopped(before: list[list[str]], after: list[list[str]], limit: int) -> None:
    words, saved = WordStatistics(limit), {}
    for text in before:
        words.weigh(text)
        saved.update(words.take_changes())
    restored = WordStatistics(limit)
    restored.restore({word: times for word, times in saved.items() if times}, words.texts)
    assert [restored.weigh(text) for text in after] == [words.weigh(text) for text in after]
    assert restored.take_changes() == words.take_changes()


@given(texts)
def test_changes_are_given_out_once(stream: list[list[str]]) -> None:
    words = WordStatistics(1000)
    for text in stream:
        words.weigh(text)
    changes = words.take_changes()
    assert changes == {word: sum(word in text for text in stream) for text in stream for word in text}
    assert words.take_changes() == {}
