"""Laws of reading: every record once, in order, exact; a bad input says what, where and what to do."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamclust.adapters.files import MAX_RAW_BYTES, Input, RawRecord, batches, open_input
from streamclust.claims import FieldMap
from streamclust.errors import InputUnreadable, InvalidClaim

POSTS = b'{"id":"1","text":"the dam burst"}\n\n{"id":"2","text":"it held"}\r\n   \n{"id":"3","text":"no end of line"}'
TABLE = b'id,text\n1,"the dam, they say,\nburst ""again"""\n\n2,it held\n'

Write = Callable[[str, bytes], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(name: str, content: bytes) -> str:
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return _write


@pytest.fixture
def pipe() -> Iterator[tuple[io.FileIO, io.BufferedReader]]:
    """(end to write to, end to read from)."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb", buffering=0) as into, os.fdopen(reader, "rb") as out:
        yield into, out


def records(path: str) -> list[RawRecord]:
    with open_input(path) as source:
        return list(source)


def texts(source: Input) -> list[str]:
    return [source.parse(record)["text"] for record in source]


def from_bytes(content: bytes) -> Input:
    return open_input("-", stdin=io.BytesIO(content))


def test_blank_lines_have_no_number(write: Write) -> None:
    assert [(r.number, r.raw[6:9]) for r in records(write("a.jsonl", POSTS))] == [(0, b'"1"'), (1, b'"2"'), (2, b'"3"')]


def test_raw_is_the_record_without_its_line_end(write: Write) -> None:
    assert records(write("a.jsonl", POSTS))[1].raw == b'{"id":"2","text":"it held"}'
    assert records(write("a.csv", TABLE))[0].raw == b'1,"the dam, they say,\nburst ""again"""'


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json", "a.txt", "a", "A.JSONL", "a.jsonl.gz", "wrong.gz"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_json_lines_read_alike_under_any_name_packing_and_mark(
    write: Write, name: str, pack: Callable[[bytes], bytes], mark: bytes
) -> None:
    with open_input(write(name, pack(mark + POSTS))) as source:
        assert texts(source) == ["the dam burst", "it held", "no end of line"]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.gz"])
def test_tables_are_read_by_the_delimiter_of_their_header(write: Write, name: str, delimiter: str) -> None:
    table = f'\nid{delimiter} text \n1{delimiter}"the{delimiter}dam\r\nburst"\n2{delimiter}it held\n'.encode()
    with open_input(write(name, table)) as source:
        assert source.columns == ("id", "text")
        assert texts(source) == [f"the{delimiter}dam\r\nburst", "it held"]


def test_tab_separated_by_name_keeps_commas(write: Write) -> None:
    with open_input(write("a.tsv", b"a,b,c\ttext\n1,2\tdam, burst\n")) as source:
        assert texts(source) == ["dam, burst"]


def test_empty_first_column_name_is_a_column() -> None:
    assert from_bytes(b"\tid\ttext\n0\t1\tdam\n").columns == ("", "id", "text")


@pytest.mark.parametrize("content", [b"", b"\n \r\n\n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.txt"])
def test_empty_file_has_no_records_and_is_no_error(write: Write, name: str, content: bytes) -> None:
    with open_input(write(name, content)) as source:
        source.check_columns(FieldMap({"text": "body"}))
        assert list(source) == []
        assert source.ended


def test_header_alone_has_no_records(write: Write) -> None:
    assert records(write("a.csv", b"id,text")) == []


cells = st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]), max_size=8)


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(st.tuples(cells, cells), max_size=12), quoted=st.booleans(), chunk=st.integers(1, 40))
def test_every_table_a_csv_writer_makes_is_read_back(rows: list[tuple[str, str]], quoted: bool, chunk: int) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerow(["left", "right"])
    written = [("x" + left, right) for left, right in rows]
    writer.writerows(written)
    source = open_input("-", stdin=Dribble(out.getvalue().encode(), chunk))
    assert [tuple(source.parse(r).values()) for r in source] == written


class Dribble(io.BytesIO):
    """Gives a few bytes at a time, as a slow pipe does."""

    def __init__(self, content: bytes, most: int) -> None:
        super().__init__(content)
        self._most = most

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._most)


@settings(deadline=None, max_examples=60)
@given(lines=st.lists(st.binary(max_size=30).filter(lambda b: b"\n" not in b and b.strip() and b[-1:] != b"\r")), chunk=st.integers(1, 40))
def test_where_reads_end_does_not_matter(lines: list[bytes], chunk: int) -> None:
    content = b"\n".join([b"{}", *lines])
    expected = [b"{}", *lines]
    assert [r.raw for r in open_input("-", stdin=Dribble(content, chunk))] == expected
    assert [r.raw for r in open_input("-", stdin=Dribble(gzip.compress(content), chunk))] == expected


def test_quote_inside_a_plain_cell_is_just_a_character() -> None:
    assert texts(from_bytes(b'id,text\n1,a 5" pipe\n2,it held\n')) == ['a 5" pipe', "it held"]


def test_stray_quote_costs_one_record_and_no_more() -> None:
    rows = [f"{number},plain words {number}" for number in range(40_000)]
    rows[7] = '7,"never closed'
    source = from_bytes("\n".join(["id,text", *rows]).encode())
    read = list(source)
    assert [r.raw.decode() for r in read] == rows
    with pytest.raises(InvalidClaim, match="bad_row"):
        source.parse(read[7])


def test_stray_quote_near_the_end_costs_one_record() -> None:
    assert [r.raw for r in from_bytes(b'id,text\n1,"never closed\n2,b\n3,c')] == [b'1,"never closed', b"2,b", b"3,c"]


def test_line_of_ten_megabytes_is_kept_whole_and_refused_when_parsed(write: Write) -> None:
    long = b'{"text":"' + b"x" * 10_000_000 + b'"}'
    with open_input(write("a.jsonl", b'{"text":"a"}\n' + long + b'\n{"text":"b"}\n')) as source:
        read = list(source)
        assert [r.raw for r in read] == [b'{"text":"a"}', long, b'{"text":"b"}']
        with pytest.raises(InvalidClaim, match="too_large"):
            source.parse(read[1])


def test_line_beyond_the_limit_is_cut_and_says_so(write: Write) -> None:
    whole, over = b"{" * MAX_RAW_BYTES, b"{" * (MAX_RAW_BYTES + 5)
    with open_input(write("a.jsonl", whole + b"\n" + over + b'\n{"text":"b"}\n')) as source:
        read = list(source)
        assert [(len(r.raw), r.cut) for r in read] == [(MAX_RAW_BYTES, False), (MAX_RAW_BYTES, True), (12, False)]
        with pytest.raises(InvalidClaim, match="too_large"):
            source.parse(read[1])


@pytest.mark.parametrize("raw", [b"no json", b"[1]", b'{"a":', b"\xff\xfe{}", b"null"])
def test_bad_record_is_an_invalid_claim_and_the_next_one_is_read(raw: bytes) -> None:
    source = from_bytes(b'{"text":"a"}\n' + raw + b'\n{"text":"b"}\n')
    first, bad, last = source
    assert bad.raw == raw
    assert source.parse(first) == {"text": "a"}
    with pytest.raises(InvalidClaim):
        source.parse(bad)
    assert source.parse(last) == {"text": "b"}


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.csv.gz"])
@pytest.mark.parametrize("skipped", [0, 1, 7, 4_999, 5_000])
def test_skipping_is_reading_without_looking(write: Write, name: str, skipped: int) -> None:
    rows = ["id,text"] * name.startswith("a.csv") + [f'{n},"words\n{n}"' if "csv" in name else f'{{"id":{n}}}' for n in range(5_000)]
    content = "\n".join(rows).encode()
    path = write(name, gzip.compress(content) if name.endswith("gz") else content)
    with open_input(path) as source:
        assert source.skip(skipped) == skipped
        assert list(source) == records(path)[skipped:]


def test_skipping_past_the_end_tells_how_many_there_were(write: Write) -> None:
    with open_input(write("a.jsonl", POSTS)) as source:
        assert source.skip(99) == 3
        assert source.ended


def test_name_is_the_absolute_path(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("a.jsonl", POSTS)
    monkeypatch.chdir(os.path.dirname(path))
    with open_input("a.jsonl") as source:
        assert source.name == path


def test_head_tells_a_replaced_file_from_a_grown_one(write: Write) -> None:
    with open_input(write("a.jsonl", POSTS)) as before:
        head = before.head
        assert before.continues(head)
    for more in (b"\n{}", b"\n" + POSTS * 200):
        with open_input(write("a.jsonl", POSTS + more)) as grown:
            assert grown.continues(head)
    for other in (b"", POSTS[:50], POSTS.replace(b"burst", b"stood")):
        with open_input(write("a.jsonl", other)) as replaced:
            assert not replaced.continues(head)


def test_head_of_the_same_content_is_the_same_packed_or_not(write: Write) -> None:
    with open_input(write("a.jsonl", POSTS * 99)) as plain, open_input(write("a.gz", gzip.compress(POSTS * 99))) as packed:
        assert plain.head == packed.head != ""
        assert plain.head.endswith("/4096")


def test_standard_input_is_live_and_has_no_head() -> None:
    source = from_bytes(POSTS)
    assert (source.name, source.head, source.live, source.progress) == ("stdin", "", True, None)


@pytest.mark.parametrize("lines", [10, 6_000, 60_000])
@pytest.mark.parametrize("skipped", [0, 7])
def test_progress_is_that_of_the_records_given_not_of_the_bytes_read_ahead(lines: int, skipped: int, write: Write) -> None:
    with open_input(write("a.jsonl", b'{"text":"the dam has burst"}\n' * lines)) as source:
        assert source.progress == 0.0
        source.skip(skipped)
        shares = [source.progress for _ in source]
        assert shares == pytest.approx([number / lines for number in range(skipped + 1, lines + 1)], abs=0.01)
        assert source.progress == 1.0


def test_missing_column_is_named_with_those_there_are(write: Write) -> None:
    with open_input(write("posts.csv", b"id,message,who\n1,a,b\n")) as source:
        source.check_columns(FieldMap.parse("text=message,author=who"))
        with pytest.raises(InputUnreadable, match=r"'body' not found in .*posts.csv; columns are: id, message, who; use --map text=NAME"):
            source.check_columns(FieldMap.parse("text=body"))
        with pytest.raises(InputUnreadable, match=r"'user' not found .* --map author=NAME"):
            source.check_columns(FieldMap.parse("text=message,author=user"))


def test_json_lines_have_no_columns_to_miss() -> None:
    from_bytes(POSTS).check_columns(FieldMap.parse("text=body"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("id,text\n1,a".encode("utf-16"), "UTF-16.*iconv"),
        (b'[{"text":"a"},{"text":"b"}]', "JSON array.*jq"),
        (b"id,text\r1,a\r2,b", "carriage return.*tr "),
        (b"id,t\xe9xt\n1,a\n", "header .* cannot be read"),
        (b"\x1f\x8bnot gzip at all", "damaged after 0 records"),
        (b"\x1f\x8b", "damaged after 0 records"),
    ],
)
def test_input_that_cannot_be_read_says_why(write: Write, content: bytes, says: str) -> None:
    with pytest.raises(InputUnreadable, match=f"(?s){says}"):
        records(write("a.txt", content))


def test_missing_file_and_directory_say_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(InputUnreadable, match=r"no such file: .*nowhere.jsonl"):
        open_input(str(tmp_path / "nowhere.jsonl"))
    with pytest.raises(InputUnreadable, match="is a directory"):
        open_input(str(tmp_path))


def test_other_packing_gives_bad_records_and_no_crash(write: Write) -> None:
    with open_input(write("a.jsonl", bz2.compress(POSTS))) as source:
        for record in source:
            with pytest.raises(InvalidClaim):
                source.parse(record)


def many_posts(count: int) -> bytes:
    return b"".join(b'{"id":%d,"text":"%d"}\n' % (n, n * n * 7919) for n in range(count))


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_cut_off_gzip_gives_all_records_before_the_cut(write: Write, share: float) -> None:
    content = many_posts(30_000)
    packed = gzip.compress(content)
    torn = packed[: int(len(packed) * share)]
    readable = zlib_readable(torn).count(b"\n")
    read: list[bytes] = []
    with open_input(write("a.jsonl.gz", torn)) as source, pytest.raises(InputUnreadable, match=f"damaged after {readable} records"):
        read.extend(record.raw for record in source)
    assert read == content.splitlines()[:readable]


def zlib_readable(packed: bytes) -> bytes:
    return zlib.decompressobj(wbits=31).decompress(packed)


def test_gzip_damaged_within_gives_all_records_before_the_damage(write: Write) -> None:
    first, second = many_posts(20_000), many_posts(10_000)
    packed = gzip.compress(first) + b"\x1f\x8b\x08\x00 no deflate stream follows here" + gzip.compress(second)
    read: list[bytes] = []
    with open_input(write("a.jsonl.gz", packed)) as source, pytest.raises(InputUnreadable, match="damaged after 20000 records"):
        read.extend(r.raw for batch in batches(source, size=7_000, wait=1.0) for r in batch)
    assert read == first.splitlines()


def test_gzip_of_several_members_and_padding_is_one_input(write: Write) -> None:
    packed = gzip.compress(b'{"id":1}\n{"i') + gzip.compress(b'd":2}\n') + b"\0" * 512
    assert [r.raw for r in records(write("a.jsonl.gz", packed))] == [b'{"id":1}', b'{"id":2}']


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_batches_of_a_file_are_full_but_the_last(write: Write, size: int) -> None:
    with open_input(write("a.jsonl", many_posts(100))) as source:
        lots = list(batches(source, size=size, wait=0.0))
    assert [r.number for lot in lots for r in lot] == list(range(100))
    assert {len(lot) for lot in lots[:-1]} <= {size}
    assert all(lots)


def test_live_batch_comes_after_the_wait_and_full_ones_at_once(pipe: tuple[io.FileIO, io.BufferedReader]) -> None:
    into, out = pipe
    into.write(many_posts(5))
    lots = batches(open_input("-", stdin=out), size=2, wait=0.1)
    began = time.monotonic()
    assert [len(next(lots)), len(next(lots))] == [2, 2]
    assert time.monotonic() - began < 0.1
    assert len(next(lots)) == 1
    assert 0.1 <= time.monotonic() - began < 0.9


def test_idle_pipe_gives_empty_batches_and_half_a_line_no_record(pipe: tuple[io.FileIO, io.BufferedReader]) -> None:
    into, out = pipe
    into.write(b'{"id":1}\n{"id":')
    lots = batches(open_input("-", stdin=out), size=10, wait=0.05)
    assert [r.raw for r in next(lots)] == [b'{"id":1}']
    assert next(lots) == []
    into.write(b"2}\n")
    assert [r.raw for r in next(lots)] == [b'{"id":2}']
    into.write(b'{"id":3}')
    into.close()
    assert [[r.raw for r in lot] for lot in lots] == [[b'{"id":3}']]


def test_pipe_gives_every_record_once_and_ends_with_its_writer(pipe: tuple[io.FileIO, io.BufferedReader]) -> None:
    into, out = pipe
    content = many_posts(20_000)

    def produce() -> None:
        with into:
            rest = memoryview(content)
            while rest:
                rest = rest[into.write(rest) :]

    producer = threading.Thread(target=produce)
    producer.start()
    lots = list(batches(open_input("-", stdin=out), size=512, wait=5.0))
    producer.join()
    assert [r.raw for lot in lots for r in lot] == content.splitlines()
    assert [r.number for lot in lots for r in lot] == list(range(20_000))
    assert max(map(len, lots)) == 512


def test_fast_producer_is_held_back(pipe: tuple[io.FileIO, io.BufferedReader]) -> None:
    into, out = pipe
    os.set_blocking(into.fileno(), False)
    into.write(many_posts(10))
    lots = batches(open_input("-", stdin=out), size=5, wait=0.1)
    next(lots)
    content, taken = many_posts(100_000), 0
    while (wrote := into.write(content[taken:])) is not None:
        taken += wrote
    assert 0 < taken < len(content)


def test_packed_pipe_shows_records_as_they_come(pipe: tuple[io.FileIO, io.BufferedReader]) -> None:
    into, out = pipe
    with gzip.GzipFile(fileobj=into, mode="wb") as packed:
        packed.write(b'{"id":1}\n')
        packed.flush()
        lots = batches(open_input("-", stdin=out), size=10, wait=0.05)
        assert [r.raw for r in next(lots)] == [b'{"id":1}']
        packed.write(b'{"id":2}\n')
    into.close()
    assert [[r.raw for r in lot] for lot in lots] == [[b'{"id":2}']]


def test_torn_packed_pipe_gives_what_came_and_then_the_error(pipe: tuple[io.FileIO, io.BufferedReader]) -> None:
    into, out = pipe
    into.write(gzip.compress(many_posts(10))[:-6])
    into.close()
    lots = batches(open_input("-", stdin=out), size=100, wait=5.0)
    assert len(next(lots)) == 10
    with pytest.raises(InputUnreadable, match=r"standard input: .* damaged after 10 records"):
        next(lots)


def test_named_pipe_is_live(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    os.mkfifo(path)
    producer = threading.Thread(target=path.write_bytes, args=(POSTS,))
    producer.start()
    with open_input(str(path)) as source:
        assert (source.live, source.head, source.name) == (True, "", str(path))
        assert len(list(source)) == 3
    producer.join()
