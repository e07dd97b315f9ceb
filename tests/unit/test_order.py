"""The order in which a labelled stream is played."""

from __future__ import annotations

import pytest

from streamclust.claims import Claim, parse_claim
from streamclust.errors import InputUnreadable, InvalidParams
from streamclust.evaluation.order import Order


def claims(*times: float | None) -> list[Claim]:
    return [parse_claim({"id": str(n), "text": f"post {n}", "created_at": time}) for n, time in enumerate(times)]


def ids(order: str, played: list[Claim]) -> list[str]:
    return [claim.id for claim in Order.parse(order).of(played)]


def test_file_order_is_the_order_of_the_file() -> None:
    assert ids("file", claims(1.5e9, 1.4e9, None)) == ["0", "1", "2"]


def test_by_time_earlier_ones_come_first_and_equal_ones_stay() -> None:
    assert ids("time", claims(1.5e9, 1.4e9, 1.5e9, 1.3e9)) == ["3", "1", "0", "2"]


def test_a_post_without_a_time_cannot_be_put_in_order_of_time() -> None:
    with pytest.raises(InputUnreadable, match="1 of 2 records have no time"):
        ids("time", claims(1.5e9, None))


def test_a_seed_gives_one_shuffle_of_the_same_posts() -> None:
    many = claims(*[None] * 50)
    once, again, other = (ids(f"shuffled:{seed}", many) for seed in (3, 3, 4))
    assert once == again
    assert once != other
    assert once != ids("file", many)
    assert sorted(once) == sorted(other) == sorted(ids("file", many))


@pytest.mark.parametrize("text", ["", "random", "shuffled", "shuffled:", "shuffled:x", "shuffled:-1", "time:1", "file:2"])
def test_anything_else_is_refused_with_what_there_is(text: str) -> None:
    with pytest.raises(InvalidParams, match="file, time or shuffled:SEED"):
        Order.parse(text)


@pytest.mark.parametrize(("text", "said"), [("file", "file order"), ("time", "order of time"), ("shuffled:12", "seed 12")])
def test_the_report_can_say_which_it_was(text: str, said: str) -> None:
    assert said in str(Order.parse(text))
