"""Labelled streams: who gets in, who is counted, and what is said when nobody has a label."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamclust.errors import InputUnreadable
from streamclust.evaluation.streams import NOISE, PATIENCE, LabelledStream


def record(number: int, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "text": f"post {number}", **more}


@given(st.lists(st.sampled_from(["a", "b", 3, None, "", "  "]), max_size=50).map(lambda labels: ["a", *labels]))
def test_every_record_is_given_out_in_order_or_counted(labels: list[Any]) -> None:
    stream = LabelledStream([record(i, cluster=label) for i, label in enumerate(labels)])
    given_out = [(one["id"], label) for one, label in stream]
    assert given_out == [(str(i), str(label)) for i, label in enumerate(labels) if label not in (None, "", "  ")]
    assert stream.labelled == len(given_out)
    assert stream.labelled + stream.unlabelled == len(labels)


def test_a_missing_field_is_a_missing_label() -> None:
    stream = LabelledStream([record(1), record(2, cluster="x")])
    assert [label for _, label in stream] == ["x"]
    assert stream.unlabelled == 1


def test_the_gold_label_may_stand_in_another_field() -> None:
    assert [label for _, label in LabelledStream([record(1, topic=0, cluster="x")], "topic")] == ["0"]


def test_an_endless_stream_without_labels_is_given_up_after_a_thousand_records() -> None:
    read = count(1)
    endless: Iterator[dict[str, Any]] = (record(number) for number in read)
    with pytest.raises(InputUnreadable) as caught:
        list(LabelledStream(endless, "truth"))
    assert next(read) == PATIENCE + 1
    for words in ("records 1 to 1000", "'truth'", "name the field", "--gold FIELD", "id, text"):
        assert words in str(caught.value)


def test_a_short_stream_without_labels_is_refused_too() -> None:
    with pytest.raises(InputUnreadable, match="records 1 to 3 have no gold label under 'cluster'"):
        list(LabelledStream([record(i) for i in range(3)]))


def test_one_label_in_the_first_thousand_is_enough() -> None:
    records = [record(i) for i in range(3 * PATIENCE)]
    records[PATIENCE - 1]["cluster"] = "x"
    stream = LabelledStream(records)
    assert len(list(stream)) == 1
    assert stream.unlabelled == 3 * PATIENCE - 1


def test_an_empty_stream_is_refused_in_words_of_its_own() -> None:
    with pytest.raises(InputUnreadable, match="no records"):
        list(LabelledStream([]))


@pytest.mark.parametrize("label", [["a", "b"], {"id": 1}])
def test_a_label_that_is_no_single_word_is_refused_with_its_record_number(label: Any) -> None:
    with pytest.raises(InputUnreadable, match=r"record 2: .*'cluster' is (a list|an object); make it a word"):
        list(LabelledStream([record(1, cluster="a"), record(2, cluster=label)]))


def test_records_are_handed_on_as_they_are_read() -> None:
    def failing() -> Iterator[dict[str, Any]]:
        yield record(1, cluster="a")
        raise AssertionError("read ahead")

    assert next(iter(LabelledStream(failing())))[1] == "a"


def test_going_through_a_list_again_starts_the_counts_again() -> None:
    stream = LabelledStream([record(1, cluster="a"), record(2)])
    assert list(stream) == list(stream)
    assert (stream.labelled, stream.unlabelled) == (1, 1)


def test_minus_one_is_noise_and_not_a_cluster() -> None:
    stream = LabelledStream([record(1, cluster=-1), record(2, cluster="a"), record(3, cluster="-1.0"), record(4, cluster=" -1 ")])
    assert [label for _, label in stream] == [NOISE, "a", NOISE, NOISE]
    assert (stream.labelled, stream.noise, stream.unlabelled) == (1, 3, 0)


def test_a_whole_number_is_one_label_however_it_is_written() -> None:
    labels = [7, 7.0, "7", "7.0", " 7.00 ", 7.5, "7.0.1", "v7.0", "70"]
    said = [label for _, label in LabelledStream([record(number, cluster=label) for number, label in enumerate(labels)])]
    assert said == ["7"] * 5 + ["7.5", "7.0.1", "v7.0", "70"]


def test_records_without_a_label_are_noise_where_that_is_wanted() -> None:
    stream = LabelledStream([record(1), record(2, cluster="a"), record(3, cluster=None)], keep_unlabelled=True)
    assert [label for _, label in stream] == [NOISE, "a", NOISE]
    assert (stream.labelled, stream.noise, stream.unlabelled) == (1, 2, 0)


def test_noise_alone_is_no_labelled_stream() -> None:
    with pytest.raises(InputUnreadable, match="records 1 to 2 have no gold label"):
        list(LabelledStream([record(1, cluster=-1), record(2)], keep_unlabelled=True))
