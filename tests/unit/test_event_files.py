"""Laws of writing: whole lines only, each event and letter once however often the process was killed, no loss unnoticed."""

from __future__ import annotations

import base64
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from streamclust.adapters import event_files
from streamclust.adapters.event_files import DeadLetterFile, EventFile
from streamclust.errors import PublishFailed
from streamclust.ports import DeadLetter

EVENTS = [json.dumps({"specversion": "1.0", "id": f"e{n}", "data": {"n": n}}).encode() for n in range(50)]


def letter(offset: int, raw: bytes = b"no json", stream: str = "/in/posts.jsonl") -> DeadLetter:
    return DeadLetter(raw, "not_json", "unexpected character", stream, 0, offset)


def publish(path: Path, events: list[bytes]) -> None:
    target = EventFile(str(path))
    target.publish(events)
    target.close()


def test_events_are_lines_in_order_across_openings(tmp_path: Path) -> None:
    publish(tmp_path / "e", EVENTS[:20])
    publish(tmp_path / "e", EVENTS[20:])
    assert (tmp_path / "e").read_bytes() == b"\n".join(EVENTS) + b"\n"


@pytest.mark.parametrize("repeated", [1, 7, 50])
def test_event_published_again_after_a_restart_stands_once(tmp_path: Path, repeated: int) -> None:
    publish(tmp_path / "e", EVENTS[:30])
    publish(tmp_path / "e", EVENTS[max(0, 30 - repeated) :])
    assert (tmp_path / "e").read_bytes().splitlines() == EVENTS


def test_event_published_again_by_the_same_process_stands_once(tmp_path: Path) -> None:
    target = EventFile(str(tmp_path / "e"))
    target.publish(EVENTS[:3])
    target.publish([EVENTS[2], EVENTS[3], EVENTS[3]])
    target.close()
    assert (tmp_path / "e").read_bytes().splitlines() == EVENTS[:4]


def test_kill_at_any_byte_and_publishing_again_gives_the_undisturbed_file(tmp_path: Path) -> None:
    path, whole = tmp_path / "e", b"\n".join(EVENTS[:4]) + b"\n"
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        publish(path, EVENTS[:4])
        assert path.read_bytes() == whole


def test_torn_line_longer_than_a_block_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "e"
    path.write_bytes(EVENTS[0] + b'\n{"specversion":"1.0","id":"' + b"x" * 700_000)
    publish(path, EVENTS[1:2])
    assert path.read_bytes().splitlines() == EVENTS[:2]


@pytest.mark.parametrize("ending", [b"", b"\n"])
@pytest.mark.parametrize(
    "content", [b"dear diary,\nno line end", b'{"id":"1","text":"a post"}', b'{"id":"1","text":"a post"}\n{"id":"2","text":"half a', b"[1]"]
)
@pytest.mark.parametrize("kind", [EventFile, DeadLetterFile])
def test_file_that_is_not_ours_is_left_alone(kind: Callable[[str], object], content: bytes, ending: bytes, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content + ending)
    with pytest.raises(PublishFailed, match=r"the last line of .*notes\.txt is no (CloudEvent|dead letter), so nothing is appended to it"):
        kind(str(path))
    assert path.read_bytes() == content + ending


def test_memory_is_of_the_last_lines_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_files, "REMEMBERED", 10)
    monkeypatch.setattr(event_files, "_BLOCK", 64)
    publish(tmp_path / "e", EVENTS)
    target = EventFile(str(tmp_path / "e"))
    target.publish(EVENTS)
    target.close()
    assert (tmp_path / "e").read_bytes().splitlines() == EVENTS + EVENTS[:40]


def test_tail_of_a_huge_file_is_read_from_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_files, "_BLOCK", 100)
    monkeypatch.setattr(event_files, "_TAIL_BYTES", 500)
    publish(tmp_path / "e", EVENTS)
    publish(tmp_path / "e", EVENTS[-5:])
    assert (tmp_path / "e").read_bytes().splitlines() == EVENTS


def test_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(PublishFailed, match="its directory does not exist"):
        EventFile(str(tmp_path / "nowhere" / "e"))
    with pytest.raises(PublishFailed, match="is a directory"):
        DeadLetterFile(str(tmp_path))


def test_failed_write_leaves_no_trace_and_can_be_repeated(tmp_path: Path) -> None:
    path = tmp_path / "e"
    target = EventFile(str(path))
    target.publish(EVENTS[:2])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 100, hard))
        with pytest.raises(PublishFailed, match=r"cannot write .*File too large"):
            target.publish(EVENTS[2:])
        assert path.read_bytes().splitlines() == EVENTS[:2]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    target.publish(EVENTS[2:])
    target.close()
    assert path.read_bytes().splitlines() == EVENTS


def test_full_disk_fails_the_publishing() -> None:
    target = EventFile("/dev/full")
    with pytest.raises(PublishFailed, match="No space left"):
        target.publish(EVENTS)
    target.close()


def test_standard_output_carries_the_events(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    target = EventFile("-")
    target.publish(EVENTS)
    assert capfdbinary.readouterr().out == b"\n".join(EVENTS) + b"\n"
    target.close()


def test_closed_standard_output_fails_every_publish_and_ends_quietly() -> None:
    code = """
import sys
from streamclust.adapters.event_files import EventFile
from streamclust.errors import PublishFailed
target = EventFile("-")
sys.stdin.readline()
for _ in range(2):
    try:
        target.publish([b'{"id":"1"}'])
    except PublishFailed as error:
        print(error, error.retriable, file=sys.stderr)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    said = process.communicate(b"\n")[1].decode().splitlines()
    assert process.returncode == 0
    assert len(said) == 2
    assert all(line.startswith("standard output was closed") and line.endswith("False") for line in said)


def test_letter_keeps_the_original_bytes(tmp_path: Path) -> None:
    raws = [b"plain", "naïve\u2028\x00".encode(), b"\xff\xfe broken", b'{"nested":"\\u0000"}', b""]
    target = DeadLetterFile(str(tmp_path / "d"))
    target.put(letter(n, raw) for n, raw in enumerate(raws))
    target.close()
    lines = [json.loads(line) for line in (tmp_path / "d").read_bytes().split(b"\n")[:-1]]
    assert [base64.b64decode(x["raw_base64"]) if "raw_base64" in x else x["raw"].encode() for x in lines] == raws
    assert "raw_base64" in lines[2]
    place = {"stream": "/in/posts.jsonl", "partition": 0, "offset": 0}
    assert lines[0] == {"reason": "not_json", "detail": "unexpected character", **place, "raw": "plain"}


def test_letters_put_again_after_a_kill_stand_once(tmp_path: Path) -> None:
    path = tmp_path / "d"
    first = DeadLetterFile(str(path))
    first.put([letter(1), letter(2)])
    first.close()
    whole = path.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 1, len(whole)):
        path.write_bytes(whole[:length])
        target = DeadLetterFile(str(path))
        target.put([letter(1), letter(2), letter(3)])
        target.close()
        assert [json.loads(line)["offset"] for line in path.read_bytes().splitlines()] == [1, 2, 3]


def test_other_letter_from_the_same_place_is_kept(tmp_path: Path) -> None:
    target = DeadLetterFile(str(tmp_path / "d"))
    target.put([letter(1, b"yesterday's input")])
    target.put([letter(1, b"today's input"), letter(1, b"today's input", stream="stdin")])
    target.close()
    assert len((tmp_path / "d").read_bytes().splitlines()) == 3


def test_closing_twice_is_closing_once(tmp_path: Path) -> None:
    target = EventFile(str(tmp_path / "e"))
    target.close()
    other = os.open(tmp_path / "other", os.O_CREAT)
    target.close()
    os.close(other)
    assert (tmp_path / "e").read_bytes() == b""
