"""A server's own words: short, on one line, and never what it was sent."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamclust.refusals import quoted

POST = "der Damm bei Höchst ist in der Nacht geborsten"


def withheld(message: str, key: str | None = None, *texts: str) -> bool:
    return "not shown" in quoted(message, key, *texts)


@given(st.text(max_size=600))
def test_a_quotation_is_one_short_printable_line(message: str) -> None:
    found = quoted(message, None)
    assert found.isprintable()
    assert len(found) <= 202


@pytest.mark.parametrize("form", [str, str.upper, json.dumps, lambda text: json.dumps(json.dumps(text)), lambda text: text[8:24]])
@pytest.mark.parametrize("text", [POST, "السد انهار هذا الصباح", 'he said: "the dam\nhas burst"'])
def test_a_piece_of_a_post_is_not_repeated_however_it_is_written(text: str, form: Callable[[str], str]) -> None:
    assert withheld(f"invalid: {form(text)}", None, "another", text)


def test_a_short_post_counts_as_a_whole() -> None:
    assert withheld("cannot read fire!", None, "Fire")
    assert not withheld("cannot read firm", None, "Fire", "")


def test_a_piece_of_the_key_is_not_repeated() -> None:
    assert withheld("Incorrect API key provided: sk-proj-****wxyz", "sk-proj-abcdefghijwxyz")
    assert not withheld("Incorrect API key provided", "sk-proj-abcdefghijwxyz")


def test_what_is_cut_off_withholds_nothing() -> None:
    assert quoted("x" * 300 + POST, None, POST) == f"“{'x' * 199}…”"


def test_a_post_that_the_cut_goes_through_is_not_repeated() -> None:
    assert withheld("x" * 190 + POST, None, POST)
