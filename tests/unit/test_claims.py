"""From a raw record to a claim, and which texts count as the same."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamclust.claims import (
    MAX_RECORD_BYTES,
    MAX_TEXT_CHARS,
    Claim,
    FieldMap,
    Origin,
    fingerprint,
    normalise,
    parse_claim,
    parse_json,
    parse_row,
    parse_time,
)
from streamclust.errors import InvalidClaim, InvalidParams

CLEAN = "The dam has burst near the old café, 40 dead, дамба прорвана"
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u061c\u180e\u2061\u2066\ufe0f\ufe00\U000e0061\U000e0100\u3164\uffa0\u115f"
BIDI = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
LOOKALIKES = {"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "y": "у", "x": "х", "i": "і", "s": "ѕ", "h": "һ", "T": "Т", "H": "Н"}
texts = st.text(min_size=1, max_size=80)
wild = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def mark(text: str) -> int:
    return fingerprint(normalise(text))


# what counts as the same text


@pytest.mark.parametrize("junk", [*INVISIBLE, *BIDI], ids=lambda c: f"U+{ord(c):04X}")
def test_invisible_junk_lands_on_the_clean_fingerprint(junk: str) -> None:
    assert mark(junk + junk.join(CLEAN) + junk) == mark(CLEAN)


@given(st.lists(st.tuples(st.integers(0, len(CLEAN)), st.sampled_from(INVISIBLE + BIDI)), max_size=30))
def test_junk_anywhere_lands_on_the_clean_fingerprint(injected: list[tuple[int, str]]) -> None:
    text = list(CLEAN)
    for at, junk in injected:
        text.insert(at, junk)
    assert mark("".join(text)) == mark(CLEAN)


def test_junk_between_a_letter_and_its_accent_lands_on_the_clean_fingerprint() -> None:
    apart = unicodedata.normalize("NFD", "the café has burned")
    assert mark("\u200b".join(apart)) == mark(apart) == mark("the café has burned")


@given(st.sets(st.integers(0, len("The cheapest physics school") - 1)))
def test_homoglyphs_in_latin_words_land_on_the_clean_fingerprint(places: set[int]) -> None:
    clean = "The cheapest physics school"
    forged = "".join(LOOKALIKES.get(letter, letter) if at in places else letter for at, letter in enumerate(clean))
    words = [word for word in forged.split() if any(letter.isascii() for letter in word)]
    if len(words) == len(clean.split()):
        assert mark(forged) == mark(clean)


def test_a_word_wholly_in_another_script_stays_its_own() -> None:
    assert mark("сосна") != mark("cocha")


@pytest.mark.parametrize(
    "same",
    [
        "RT @desk: The dam has burst",
        "rt @desk @other The dam has burst",
        "@desk The dam has burst",
        "The dam has burst https://t.co/abc",
        "https://t.co/abc The dam www.example.org/x has burst",
        "  The\tdam\n has \u00a0 burst ",
        "THE DAM HAS BURST",
        "Ｔｈｅ ｄａｍ ｈａｓ ｂｕｒｓｔ",
        "The dam\x00 has\x07 burst",
        "The dam has burst http…",
        "The&nbsp;dam has &#98;urst",
    ],
)
def test_dress_does_not_make_another_text(same: str) -> None:
    assert mark(same) == mark("The dam has burst")


@pytest.mark.parametrize(
    "other", ["The dam has not burst", "The dams have burst", "The dam has burst 2", "Dam the has burst", "The dam has burst!"]
)
def test_other_words_make_another_text(other: str) -> None:
    assert mark(other) != mark("The dam has burst")


@pytest.mark.parametrize("text", ["@desk", "RT @desk", "https://t.co/abc", "@desk https://t.co/abc"])
def test_a_text_of_mentions_or_links_alone_can_still_be_compared(text: str) -> None:
    assert normalise(text)


@given(texts)
def test_a_comparison_text_has_single_spaces_and_no_controls(text: str) -> None:
    found = normalise(text)
    assert found == " ".join(found.split())
    assert not any(unicodedata.category(letter) == "Cc" for letter in found)


@given(texts)
def test_a_fingerprint_has_64_bits_and_ignores_case(text: str) -> None:
    assert 0 <= fingerprint(text) < 1 << 64
    assert fingerprint(text.casefold()) == fingerprint(text)


# parsing


@given(st.dictionaries(st.sampled_from(["id", "text", "created_at", "source", "author", "lang", "url", "x"]), wild))
def test_any_record_becomes_a_claim_or_an_invalid_claim(record: dict[str, Any]) -> None:
    found = claim_or_reason(record)
    if isinstance(found, str):
        assert found in InvalidClaim.REASONS
        return
    assert found.id
    assert found.comparison == normalise(found.text)
    assert found.created_at is None or 631_152_000 <= found.created_at < 4_102_444_800
    assert all(value is None or 0 < len(value) <= 256 for value in (found.source, found.author, found.lang, found.url))


def claim_or_reason(record: dict[str, Any]) -> Claim | str:
    try:
        return parse_claim(record, origin=Origin("test", 0, 1))
    except InvalidClaim as problem:
        return problem.reason


@pytest.mark.parametrize(
    "record", [{}, {"text": None}, {"text": 5}, {"text": ["a"]}, {"text": ""}, {"text": " \n"}, {"text": "\u200b\ufeff"}]
)
def test_without_a_text_there_is_no_claim(record: dict[str, Any]) -> None:
    with pytest.raises(InvalidClaim) as caught:
        parse_claim(record)
    assert caught.value.reason == "no_text"


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(InvalidClaim) as caught:
        parse_claim({"text": "dam \ud800 burst"})
    assert caught.value.reason == "bad_encoding"


def test_the_original_text_is_kept() -> None:
    text = "RT @desk: the d\u0430m\u200b has\u202e burst http://t.co/x"
    assert parse_claim({"text": text}).text == text


@pytest.mark.parametrize(("length", "cut"), [(MAX_TEXT_CHARS, False), (MAX_TEXT_CHARS + 1, True), (1_000_000, True)])
def test_a_huge_text_is_cut_and_says_so(length: int, cut: bool) -> None:
    found = parse_claim({"text": "x" * length})
    assert (len(found.text), found.truncated) == (min(length, MAX_TEXT_CHARS), cut)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b'{"text": "a"', "not_json"),
        (b"null", "not_an_object"),
        (b"[1]", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"[" * 100_000, "not_json"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "not_json"),
        (b'{"text": "%s"}' % (b"x" * MAX_RECORD_BYTES), "too_large"),
        (b'{"text": NaN}', "not_json"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_bytes_that_are_no_record_are_refused_with_the_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(InvalidClaim) as caught:
        parse_json(raw)
    assert caught.value.reason == reason


def test_a_record_of_just_the_allowed_size_is_read() -> None:
    raw = json.dumps({"text": "x" * (MAX_RECORD_BYTES - len('{"text": ""}'))}).encode()
    assert len(raw) == MAX_RECORD_BYTES
    assert parse_claim(parse_json(raw)).truncated


@pytest.mark.parametrize(
    ("raw", "reason"),
    [(b"a,b,c", "bad_row"), (b"\xff,b", "bad_row"), (b'"a"x,b', "bad_row"), (b"x" * (MAX_RECORD_BYTES + 1), "too_large")],
)
def test_rows_that_are_none_are_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(InvalidClaim) as caught:
        parse_row(raw, ["id", "text"], ",")
    assert caught.value.reason == reason


def test_a_row_is_a_record_by_column() -> None:
    assert parse_row(b'1,"dam, ""burst""\nnear"', ["id", "text", "lang"], ",") == {"id": "1", "text": 'dam, "burst"\nnear'}


# ids


def test_a_missing_id_comes_from_the_content_alone() -> None:
    one = parse_claim({"text": "dam", "created_at": 1456833600}, origin=Origin("a", 0, 1))
    other = parse_claim({"text": "dam", "created_at": 1456833600}, origin=Origin("b", 5, 9))
    assert one.id == other.id
    assert one.id != parse_claim({"text": "dam", "author": "bob"}).id


def test_the_same_words_of_nobody_in_two_places_are_two_claims() -> None:
    one, other, again = (parse_claim({"text": "dam"}, origin=Origin("a", 0, n)).id for n in (1, 2, 1))
    assert one == again != other


@pytest.mark.parametrize(("given_id", "kept"), [("p1", "p1"), (7, "7"), (" p1 ", "p1"), ("x" * 256, "x" * 256)])
def test_a_given_id_is_kept_as_a_short_string(given_id: Any, kept: str) -> None:
    assert parse_claim({"id": given_id, "text": "dam"}).id == kept


def test_two_very_long_ids_that_begin_alike_stay_two() -> None:
    address = "https://example.org/" + "x" * 280
    one, other, again = (parse_claim({"id": given, "text": "dam"}).id for given in (address + "1", address + "2", f" {address}1 "))
    assert one == again != other
    assert {len(one), len(other)} == {256}
    assert one[:200] == address[:200]


@pytest.mark.parametrize("given_id", [None, "", "  ", True, 1.5, [], {}])
def test_what_is_no_id_is_replaced_by_one(given_id: Any) -> None:
    assert parse_claim({"id": given_id, "text": "dam"}).id == parse_claim({"text": "dam"}).id


# times


@given(st.integers(631_152_000, 4_102_444_799), st.sampled_from([1, 1000, 1_000_000, 1_000_000_000]))
def test_a_number_is_read_in_its_unit(seconds: int, unit: int) -> None:
    for value in (seconds * unit, str(seconds * unit), float(seconds * unit)):
        assert parse_time(value) == pytest.approx(seconds, abs=1e-3)


@pytest.mark.parametrize(
    "text",
    [
        "2016-03-01T12:00:00Z", "2016-03-01 12:00:00", "2016-03-01T13:00:00+01:00", "2016-03-01T12:00:00.000Z",
        "Tue, 01 Mar 2016 12:00:00 GMT", "Tue Mar 01 12:00:00 +0000 2016", " 1456833600 ",
    ],
)  # fmt: skip
def test_dates_are_read_in_the_forms_posts_carry(text: str) -> None:
    assert parse_time(text) == 1_456_833_600.0


@pytest.mark.parametrize(
    "value",
    [None, True, "", "soon", "nan", "inf", float("nan"), float("inf"), -1, 0, 5, 1e30, pytest.param(10**400, id="huge"), "9" * 500, [], {}],
)
def test_what_is_no_time_of_our_days_is_none(value: Any) -> None:
    assert parse_time(value) is None


def test_a_claim_without_a_time_has_the_records() -> None:
    assert parse_claim({"text": "dam"}, recorded_at=5.0).created_at == 5.0
    assert parse_claim({"text": "dam", "created_at": "soon"}, recorded_at=5.0).created_at == 5.0
    assert parse_claim({"text": "dam", "created_at": 1_456_833_600}, recorded_at=5.0).created_at == 1_456_833_600.0


# field maps


def test_fields_are_found_where_the_map_says() -> None:
    record = {"body": "dam", "user": {"name": "ann", "x": 1}, "a.b": "en", "a": {"b": "de"}}
    found = parse_claim(record, fields=FieldMap.parse("text=body, author=user.name,lang=a.b,url=user.name.deep"))
    assert (found.text, found.author, found.lang, found.url) == ("dam", "ann", "en", None)


@pytest.mark.parametrize("text", ["body", "text=", "colour=red", "text=body,colour=red"])
def test_a_map_that_is_none_is_refused_with_what_is_wanted(text: str) -> None:
    with pytest.raises(InvalidParams, match="--map"):
        FieldMap.parse(text)


@pytest.mark.parametrize("field", ["author", "source"])
def test_the_same_words_twice_are_two_claims_where_nothing_else_tells_them_apart(field: str) -> None:
    record = {"text": "dam", field: "desk"}
    assert parse_claim(record, origin=Origin("a", 0, 1)).id != parse_claim(record, origin=Origin("a", 0, 2)).id


def test_a_compact_date_is_a_date() -> None:
    assert parse_time("20160301") == parse_time("2016-03-01")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (7, "a number under 'text', expected a string (in quotes, if its digits are meant)"),
        (None, "nothing under 'text', expected a string"),
        ({"en": "x"}, "an object under 'text', expected a string"),
        (True, "true or false under 'text', expected a string"),
    ],
)
def test_what_is_there_instead_of_a_text_is_said_in_words(value: object, said: str) -> None:
    with pytest.raises(InvalidClaim) as raised:
        parse_claim({"text": value})
    assert (raised.value.reason, raised.value.detail) == ("no_text", said)


def test_a_post_with_neither_id_nor_time_is_known_by_its_content_and_place() -> None:
    def made(offset: int, **more: object) -> str:
        return parse_claim({"text": "the dam has burst", **more}, origin=Origin("stdin", 0, offset)).id

    assert made(5) == made(5) != made(6)
    assert made(5, created_at="2026-03-02T07:30:09Z") == made(6, created_at="2026-03-02T07:30:09Z")
