"""Fields of records: values that could not be read, mapped fields that are nowhere, and what people are told of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from streamclust.claims import FIELDS, Claim, FieldMap, has_derived_id
from streamclust.counting import counted

_AT_MOST = 60
"""Characters of a value that are shown."""
_NAMES = 30
"""Names of fields that are shown."""
_LOOKED_AT = 100
"""Records whose fields are named where a mapped one is nowhere."""
READABLE = tuple(name for name in FIELDS if name != "text")
"""Fields that may be left out, so that a value which cannot be read is left out as well."""
_OPTIONAL = tuple(name for name in READABLE if name != "id")
_INSTEAD = {
    "id": "they have an id made from their content",
    "created_at": "they count as made when the posts before them were",
    "author": "they count as nobody's, and no author is counted for them",
    "author_since": "the age of the account counts as unknown",
}


def unread(record: Mapping[str, Any], claim: Claim, fields: FieldMap, arrived: float | None) -> Iterator[tuple[str, Any]]:
    """What the record has and its claim has not: names of fields, with the values that could not be read.

    Args:
        record: decoded.
        fields: where they stand in it.
        arrived: the time that posts without one are given, if they are.
    """
    missing = [name for name in _OPTIONAL if getattr(claim, name) is None]
    if arrived is not None and claim.created_at == arrived:
        missing.append("created_at")
    if has_derived_id(claim, record, fields):
        missing.append("id")
    for name in missing:
        value = fields.get(record, name)
        if value is not None and (not isinstance(value, str) or value.strip()):
            yield name, value


@dataclass(slots=True)
class Unread:
    """Values of one field that could not be read.

    Args:
        number: of the first record with one, from 0.
        value: what it had there, as it may be shown.
    """

    number: int
    value: str
    records: int = 0


@dataclass(slots=True)
class FieldNotes:
    """Kept while records are read. A record costs little more than looking up the fields that a claim has not got.

    Args:
        fields: where they stand.
        stream: name of the input.
        stamped: whether posts without a time are given that of their arrival.
        asked: of these fields, those that somebody mapped by hand; None: all that are mapped.

    Attributes:
        records: decoded so far.
        unread: by field of a claim.
        nowhere: fields mapped by hand of which no record had a value so far, with where they were looked for.
    """

    fields: FieldMap
    stream: str = ""
    stamped: bool = False
    asked: Mapping[str, str] | None = None
    records: int = 0
    unread: dict[str, Unread] = field(default_factory=dict)
    nowhere: dict[str, str] = field(init=False)
    _names: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.nowhere = dict(self.fields.mapped if self.asked is None else self.asked)

    def look(self, record: Mapping[str, Any]) -> None:
        """Note which mapped fields there are, of a record that may yet turn out to be no claim."""
        self.records += 1
        if not self.nowhere:
            return
        for name in [name for name in self.nowhere if self.fields.get(record, name) is not None]:
            del self.nowhere[name]
        if self.records <= _LOOKED_AT:
            self._names.update(dict.fromkeys(_names(record)))

    def compare(self, record: Mapping[str, Any], claim: Claim, number: int, arrived: float | None) -> list[str]:
        """Note what the record has and its claim has not; the names of these fields.

        Args:
            number: of the record, from 0.
            arrived: the time that posts without one are given, if they are.
        """
        found = list(unread(record, claim, self.fields, arrived))
        for name, value in found:
            self.unread.setdefault(name, Unread(number, repr(value)[:_AT_MOST])).records += 1
        return [name for name, _ in found]

    def lines(self) -> Iterator[str]:
        """For a person, in whole sentences."""
        for name, found in self.unread.items():
            place = ".".join(self.fields.path(name))
            named = name if place == name else f"{name} (under {place!r})"
            where = f"record {found.number + 1} of {self.stream}"
            records = f"{found.records} of {counted(self.records, 'record')}"
            yield f"{records} had no readable {named}, e.g. {where}: {found.value}; {self._instead(name)}."
        there = ", ".join([*self._names][:_NAMES])
        for name, place in self.nowhere.items() if self.records else ():
            yield f"--map {name}={place}: no record has a value under {place!r}; fields there are: {there}."

    def _instead(self, name: str) -> str:
        if name == "created_at" and self.stamped:
            return "they have the time they arrived"
        return _INSTEAD.get(name, f"they count as posts without a {name}")

    def as_plain(self) -> dict[str, Any]:
        """For machines."""
        unread = {
            name: {"records": found.records, "first": {"record": found.number + 1, "value": found.value}}
            for name, found in self.unread.items()
        }
        return {"unreadable_fields": unread, "fields_nowhere": self.nowhere if self.records else {}}


def _names(record: Mapping[str, Any]) -> Iterator[str]:
    """Names as `--map` takes them."""
    for key, value in record.items():
        if isinstance(value, Mapping):
            yield from (f"{key}.{inner}" for inner in value)
        else:
            yield str(key)
