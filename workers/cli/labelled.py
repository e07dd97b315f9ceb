"""Claims with their gold labels, from a file in any of the published forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from streamclust.adapters.files import Input
from streamclust.claims import DEFAULT_FIELDS, Claim, FieldMap, Origin, parse_claim
from streamclust.errors import InvalidClaim
from streamclust.evaluation import checkthat, formats
from streamclust.evaluation.streams import LabelledStream
from workers.cli.languages import Languages
from workers.fields import FieldNotes


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How the file is read.

    Args:
        form: one of `formats.FORMATS`, or `formats.AUTO`.
        mapping: fields mapped by hand; they go before those of the form.
        gold_field: field of the gold label, instead of the form's.
        pairs: CheckThat!'s file of pairs.
        keep_unlabelled: whether records without a label are noise.
        limit: records read at most.
    """

    form: str = formats.AUTO
    mapping: FieldMap = DEFAULT_FIELDS
    gold_field: str | None = None
    pairs: Path | None = None
    keep_unlabelled: bool = False
    limit: int | None = None


class LabelledClaims:
    """Claims of a labelled stream, in the order of the file, once.

    Args:
        source: the file, open; its first record is read at once, to see what it is.
        path: its path.
        how: see `How`.

    Attributes:
        form: the form it is in.
        read: records read so far.
        dead: records that could not become claims so far.
        gold: gold label by claim id, of the claims given out so far.
        stream: counts of records with and without a label.
        languages: of the claims given out so far.
        notes: what of the records could not be read.

    Raises:
        InputUnreadable: the file is not what it was said to be, or its pairs cannot be read.
    """

    def __init__(self, source: Input, path: Path, how: How) -> None:
        self._source, self._name = source, path.name
        self.read = self.dead = 0
        self.gold: dict[str, str] = {}
        self.languages = Languages()
        records = islice(self._decoded(), how.limit)
        first = list(islice(records, 1))
        names = source.columns or tuple(chain(*first))
        self.form = formats.choose(how.form, names, path.name)
        self._fields = FieldMap({**self.form.map(names), **dict(how.mapping.mapped)})
        self.notes = FieldNotes(self._fields, path.name, asked=dict(how.mapping.mapped))
        labelled = _with_gold(self.form, chain(first, records), path, how)
        self.stream = LabelledStream(labelled, how.gold_field or self.form.gold, keep_unlabelled=how.keep_unlabelled)

    def __iter__(self) -> Iterator[Claim]:
        for number, (record, label) in enumerate(self.stream):
            self.notes.look(record)
            try:
                claim = parse_claim(record, fields=self._fields, origin=Origin(self._name, 0, number))
            except InvalidClaim:
                self.dead += 1
                continue
            self.notes.compare(record, claim, number, None)
            self.gold.setdefault(claim.id, label)
            self.languages.add(claim)
            yield claim

    def _decoded(self) -> Iterator[Mapping[str, Any]]:
        for raw in self._source:
            self.read += 1
            try:
                yield self._source.parse(raw)
            except InvalidClaim:
                self.dead += 1


def _with_gold(form: formats.Format, records: Iterable[Mapping[str, Any]], path: Path, how: How) -> Iterable[Mapping[str, Any]]:
    """The records, with their gold label inside."""
    if form is not formats.CHECKTHAT:
        return records
    return checkthat.labelled(records, checkthat.read_pairs(how.pairs or checkthat.find_pairs(path)))
