"""Streams whose records say which cluster they belong to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from streamclust.claims import kind_of
from streamclust.errors import InputUnreadable

PATIENCE = 1000
"""Records without a gold label at the start after which a stream is not a labelled one."""
NOISE = "-1"
"""The label of a post that belongs to no cluster; scikit-learn's word for it."""
_WHOLE = re.compile(r"^(-?\d+)\.0+$")


class LabelledStream:
    """The records that have a gold label, each with it, in their order; the others are counted and left out, or are noise.

    Args:
        records: decoded records; an iterator can be gone through once.
        gold_field: the field that holds the gold cluster: a word or a number; -1 is noise.
        keep_unlabelled: give out records without a label too, as noise.

    Attributes:
        labelled: records with a cluster given out so far.
        noise: records given out as noise so far.
        unlabelled: records left out so far, for want of a label (no such field, null or blank).

    >>> stream = LabelledStream([{"text": "a", "cluster": 7}, {"text": "b"}])
    >>> list(stream), stream.unlabelled
    ([({'text': 'a', 'cluster': 7}, '7')], 1)
    """

    def __init__(self, records: Iterable[Mapping[str, Any]], gold_field: str = "cluster", *, keep_unlabelled: bool = False) -> None:
        self._records = records
        self._field = gold_field
        self._keep = keep_unlabelled
        self.labelled = self.unlabelled = self.noise = 0

    def __iter__(self) -> Iterator[tuple[Mapping[str, Any], str]]:
        """Records with their labels as text.

        Raises:
            InputUnreadable: no cluster in the first `PATIENCE` records or in a shorter stream; or a label that is a list or an object.
        """
        self.labelled = self.unlabelled = self.noise = 0
        first: Mapping[str, Any] = {}
        for number, record in enumerate(self._records, 1):
            first = first or record
            label = _label(record.get(self._field), number, self._field)
            if label is None and not self._keep:
                self.unlabelled += 1
            else:
                label = label or NOISE
                self.noise += label == NOISE
                self.labelled += label != NOISE
                yield record, label
            self._insist_on_labels(first, at_least=PATIENCE)
        self._insist_on_labels(first, at_least=0)

    def _insist_on_labels(self, first: Mapping[str, Any], *, at_least: int) -> None:
        """Give up if `at_least` records have passed and none had a cluster."""
        passed = self.unlabelled + self.noise
        if self.labelled or passed < at_least:
            return
        if not passed:
            raise InputUnreadable("there are no records, so there is nothing to score; check that the input is the right one")
        raise InputUnreadable(
            f"not a labelled stream: records 1 to {passed} have no gold label under {self._field!r}; "
            f"name the field that holds it with --gold FIELD (the first record has: {', '.join(map(str, first)) or 'no fields'}) "
            "or take a labelled stream"
        )


def _label(value: Any, number: int, gold_field: str) -> str | None:
    """The label as text, or None where there is none; 7.0, as tables with gaps have it, is 7."""
    if isinstance(value, (list, Mapping)):
        raise InputUnreadable(
            f"record {number}: the gold label under {gold_field!r} is {kind_of(value)}; "
            "make it a word or a number, one cluster for each record"
        )
    return None if value is None else _WHOLE.sub(r"\1", str(value).strip()) or None
