"""A claim: one validated post; how a raw record becomes one, and when two texts count as the same."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import numpy as np
import orjson

from streamclust.errors import InvalidClaim, InvalidParams
from streamclust.words import tokens

MAX_RECORD_BYTES = 1 << 20
MAX_TEXT_CHARS = 10_000
FIELDS = ("id", "text", "created_at", "source", "author", "author_since", "lang", "url")
_DERIVED = "x"
"""How an id made from the content begins; a poster's may, too."""

_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_LONGEST_WORD = 256
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LINK = re.compile(r"(?:https?://|www\.)\S+|\bht(?:t(?:ps?:?/{0,2})?)?(?:…|\.\.\.)\s*$", re.IGNORECASE)
_LEAD = re.compile(r"^(?:\s*(?:RT\b\s*:?|@\w+\s*:?))+", re.IGNORECASE)
_SHARES = ("rt @", "rt:", "rt :")
_MIXABLE = re.compile(r"[a-z]")
_LOOKALIKES = str.maketrans(
    "абеорсухкмтвнгіјѕԁһԛԝαορνικτυχε",
    "a6eopcyxkmtbhrijsdhqwaopviktuxe",
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record came from: one place in one ordered input.

    Args:
        stream: topic or file.
        partition: number of the ordered part; 0 for a file.
        offset: number of the record in it, from 0.
    """

    stream: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Claim:
    """One post that states something.

    Args:
        id: the poster's id for it, or one derived from the content.
        text: what was posted, invisible characters and all, at most `MAX_TEXT_CHARS`.
        comparison: the text as it is compared: `normalise(text)`.
        fingerprint: 64-bit hash of the comparison text; equal for exact repeats.
        words: `tokens(comparison)`.
        created_at: seconds since 1970 UTC, or None where the record had no time.
        truncated: whether `text` was cut.
        author_since: when the author's account was made, seconds since 1970 UTC.
    """

    id: str
    text: str
    comparison: str
    fingerprint: int
    words: tuple[str, ...]
    created_at: float | None = None
    source: str | None = None
    author: str | None = None
    lang: str | None = None
    url: str | None = None
    truncated: bool = False
    origin: Origin | None = None
    author_since: float | None = None

    @property
    def shares(self) -> bool:
        """Whether it passes on a post and says so (`RT @desk: …`)."""
        return self.text.lstrip()[:4].casefold().startswith(_SHARES)

    @property
    def wordless(self) -> bool:
        """Whether its text is nothing but signs; a claim that is no text at all is not."""
        return not self.words and self.comparison != ""


@dataclass(frozen=True, slots=True)
class EmbeddedClaim:
    """A claim and its vector.

    Args:
        vector: (dim,) float32, unit length, values representable in float16.
    """

    claim: Claim
    vector: np.ndarray = field(repr=False, compare=False)


class FieldMap:
    """Which field of a record feeds which field of a claim.

    >>> FieldMap.parse("text=body,author=user.name").path("author")
    ('user', 'name')
    """

    def __init__(self, paths: Mapping[str, str] | None = None) -> None:
        unknown = sorted(set(paths or {}) - set(FIELDS))
        if unknown:
            raise InvalidParams(f"--map names {', '.join(unknown)}; a claim has: {', '.join(FIELDS)}")
        self._paths = {name: tuple((paths or {}).get(name, name).split(".")) for name in FIELDS}
        self.mapped = tuple(sorted((paths or {}).items()))

    @classmethod
    def parse(cls, text: str) -> FieldMap:
        """From `text=body,author=user.name`.

        Raises:
            InvalidParams: a part without `=` or with an unknown claim field.
        """
        parts = [p.partition("=") for p in text.split(",") if p.strip()]
        broken = [name for name, equals, path in parts if not equals or not path.strip()]
        if broken:
            raise InvalidParams(f"--map wants FIELD=NAME pairs, for example text=body,author=user.name; cannot read {broken[0]!r}")
        return cls({name.strip(): path.strip() for name, _, path in parts})

    def path(self, name: str) -> tuple[str, ...]:
        """Keys to follow, outermost first."""
        return self._paths[name]

    def get(self, record: Mapping[str, Any], name: str) -> Any:
        """The value for one claim field, or None. A key with dots in it is tried as it stands first."""
        path = self._paths[name]
        if len(path) == 1:
            return record.get(path[0])
        whole = record.get(".".join(path))
        if whole is not None:
            return whole
        value: Any = record
        for key in path:
            if not isinstance(value, Mapping):
                return None
            value = value.get(key)
        return value


DEFAULT_FIELDS = FieldMap()


def parse_json(raw: bytes) -> Mapping[str, Any]:
    """One JSON object from bytes.

    Raises:
        InvalidClaim: larger than `MAX_RECORD_BYTES`, not UTF-8, not JSON, or not an object.
    """
    if len(raw) > MAX_RECORD_BYTES:
        raise InvalidClaim("too_large", f"{len(raw)} bytes, at most {MAX_RECORD_BYTES} are read")
    try:
        record = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidClaim("not_json", str(error)) from None
    if not isinstance(record, dict):
        raise InvalidClaim("not_an_object", f"{kind_of(record)}, expected an object with a text")
    return record


def parse_row(raw: bytes, columns: Sequence[str], delimiter: str) -> Mapping[str, Any]:
    """One CSV or TSV row as a record.

    Raises:
        InvalidClaim: too large, not UTF-8, or more cells than columns.
    """
    if len(raw) > MAX_RECORD_BYTES:
        raise InvalidClaim("too_large", f"{len(raw)} bytes, at most {MAX_RECORD_BYTES} are read")
    try:
        cells = next(csv.reader(io.StringIO(raw.decode(), newline=""), delimiter=delimiter, strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidClaim("bad_row", str(error)) from None
    if len(cells) > len(columns):
        raise InvalidClaim("bad_row", f"{len(cells)} cells under {len(columns)} columns")
    return dict(zip(columns, cells, strict=False))


def parse_claim(
    record: Mapping[str, Any],
    *,
    fields: FieldMap = DEFAULT_FIELDS,
    origin: Origin | None = None,
    recorded_at: float | None = None,
) -> Claim:
    """A claim from a record with at least a text; other fields are read where they make sense.

    Args:
        record: decoded JSON object or CSV row.
        fields: which key feeds which field.
        origin: where the record came from.
        recorded_at: seconds since 1970 at which the record was written; used where it has no time of its own.

    Raises:
        InvalidClaim: there is no text, or nothing of it is left to compare.
    """
    text = fields.get(record, "text")
    if not isinstance(text, str):
        hint = " (in quotes, if its digits are meant)" if kind_of(text) == "a number" else ""
        raise InvalidClaim("no_text", f"{kind_of(text)} under {'.'.join(fields.path('text'))!r}, expected a string{hint}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidClaim("bad_encoding", f"text is not valid Unicode: {error.reason}") from None
    truncated = len(text) > MAX_TEXT_CHARS
    text = text[:MAX_TEXT_CHARS]
    comparison = normalise(text)
    if not comparison:
        raise InvalidClaim("no_text", "the text is empty, or has only spaces and invisible characters")
    created_at = parse_time(fields.get(record, "created_at"))
    author, source, url, lang = (_word(fields.get(record, name)) for name in ("author", "source", "url", "lang"))
    return Claim(
        id=_own_id(record, fields) or _derived_id((text, created_at, author, source, url), origin),
        text=text,
        comparison=comparison,
        fingerprint=fingerprint(comparison),
        words=tuple(tokens(comparison)),
        created_at=recorded_at if created_at is None else created_at,
        source=source,
        author=author,
        lang=lang,
        url=url,
        truncated=truncated,
        origin=origin,
        author_since=parse_time(fields.get(record, "author_since")),
    )


def kind_of(value: Any) -> str:
    """What a decoded JSON value is, in words.

    >>> kind_of(5), kind_of([5])
    ('a number', 'a list')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    named: dict[str, str] = {"str": "a string", "list": "a list", "dict": "an object"}
    name = type(value).__name__
    return named.get(name, f"a value of type {name}")


def has_derived_id(claim: Claim, record: Mapping[str, Any], fields: FieldMap) -> bool:
    """Whether the id of a claim that was made from this record is derived, for the record has none that can be read."""
    return claim.id.startswith(_DERIVED) and _own_id(record, fields) is None


def normalise(text: str) -> str:
    r"""The comparison text: entities read, NFKC, no invisible or control characters, no links, no leading RT and mentions, one space.

    A text of mentions or links alone keeps them, so that it can still be compared.

    >>> normalise("RT @desk: The da\u200bm  has burst http://t.co/x")
    'The dam has burst'
    """
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)))
    cleaned = _CONTROL.sub(" ", text)
    unlinked = _LINK.sub(" ", cleaned)
    return _fold(_LEAD.sub("", unlinked)) or _fold(unlinked) or _fold(cleaned)


def _fold(text: str) -> str:
    """White space as single spaces, none at the ends."""
    return " ".join(text.split())


def fingerprint(comparison: str) -> int:
    r"""64-bit hash of a comparison text, blind to case and to look-alike letters in Latin words.

    >>> fingerprint("The dam has burst") == fingerprint("the d\u0430m has BURST")
    True
    """
    folded = comparison.casefold()
    if not folded.isascii():
        folded = " ".join(w.translate(_LOOKALIKES) if _MIXABLE.search(w) else w for w in folded.split(" "))
    return int.from_bytes(hashlib.blake2b(folded.encode(), digest_size=8).digest(), "big")


def parse_time(value: Any) -> float | None:
    """Seconds since 1970 from a number (s, ms, µs or ns) or a date in ISO 8601, RFC 2822 or Twitter's form; None if unreadable.

    >>> parse_time("2016-03-01T12:00:00Z") == parse_time(1456833600000) == parse_time("1456833600")
    True
    """
    if isinstance(value, str):
        value = value.strip()
        number = _as_number(value)
        return (_seconds(number) if number is not None else None) or _parse_date(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return _seconds(value)


def isoformat(seconds: float) -> str:
    """RFC 3339 in UTC, milliseconds only where there are any.

    >>> isoformat(1456833600.0)
    '2016-03-01T12:00:00Z'
    """
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")


def _seconds(number: float) -> float | None:
    """Seconds, whatever unit a time stamp between 1990 and 2100 was written in."""
    for unit in (1, 10**3, 10**6, 10**9):
        if 631_152_000 * unit <= number < 4_102_444_800 * unit:
            return number / unit
    return None


def _parse_date(text: str) -> float | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime, _twitter_date):
        try:
            moment = read(text)
            return _seconds((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _twitter_date(text: str) -> datetime:
    return datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y")


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _word(value: Any) -> str | None:
    """A short string from a string or whole number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = _CONTROL.sub("", str(value)).strip()[:_LONGEST_WORD]
    return text.encode("utf-8", "replace").decode() or None


def _own_id(record: Mapping[str, Any], fields: FieldMap) -> str | None:
    """The poster's id for it; of a very long one the beginning, and a digest of all, for long addresses often differ at their end."""
    value = fields.get(record, "id")
    word = _word(value)
    if word is None or not isinstance(value, str) or len(value.strip()) <= _LONGEST_WORD:
        return word
    digest = hashlib.blake2b(value.strip().encode("utf-8", "replace"), digest_size=16).hexdigest()
    return f"{word[: _LONGEST_WORD - len(digest) - 1]}~{digest}"


def _derived_id(content: tuple[Any, ...], origin: Origin | None) -> str:
    """An id from the content; its place too where neither time nor url tells one post from another with the same words."""
    parts = [str(c) for c in content]
    _, created_at, _, _, url = content
    if created_at is None and url is None and origin is not None:
        parts += [origin.stream, str(origin.partition), str(origin.offset)]
    return _DERIVED + hashlib.blake2b("\x1f".join(parts).encode(), digest_size=10).hexdigest()
