"""Laws of the embedded server: one per directory, one writer, gone with its last user, data kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from streamclust.adapters.embedded_redis import EmbeddedRedis
from streamclust.errors import StoreUnavailable

OWNER = """
import signal
import sys, time
from pathlib import Path
import redis
from streamclust.adapters.embedded_redis import EmbeddedRedis
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job starts with it ignored
embedded = EmbeddedRedis.open(Path(sys.argv[1]), writer=True)
with redis.Redis.from_url(embedded.url) as client:
    client.set("who", "owner")
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.stdin.readline()
embedded.close()
"""


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that is the writer of `tmp_path / "state"`, in a process group of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path / "state")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()
    if (tmp_path / "state").exists():
        EmbeddedRedis.open(tmp_path / "state", writer=True).close()


def server_pid(embedded: EmbeddedRedis) -> int:
    with redis.Redis.from_url(embedded.url) as client:
        return int(client.info("server")["process_id"])


def ended(pid: int) -> bool:
    """Whether the process is gone, or is only waiting for its parent to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def set_key(embedded: EmbeddedRedis, name: str, value: str) -> None:
    with redis.Redis.from_url(embedded.url) as client:
        client.set(name, value)


def get_key(embedded: EmbeddedRedis, name: str) -> bytes | None:
    with redis.Redis.from_url(embedded.url) as client:
        value = client.get(name)
        assert value is None or isinstance(value, bytes)
        return value


def test_closing_leaves_no_process_and_no_socket(tmp_path: Path) -> None:
    embedded = EmbeddedRedis.open(tmp_path, writer=True)
    pid = server_pid(embedded)
    assert not ended(pid)
    embedded.close()
    assert ended(pid)
    assert not (tmp_path / "redis.sock").exists()


def test_closing_twice_is_closing_once(tmp_path: Path) -> None:
    embedded = EmbeddedRedis.open(tmp_path, writer=True)
    embedded.close()
    with EmbeddedRedis.open(tmp_path, writer=True) as again:
        embedded.close()
        assert get_key(again, "nothing") is None


def test_data_survives_closing_and_opening(tmp_path: Path) -> None:
    with EmbeddedRedis.open(tmp_path / "new" / "state", writer=True) as embedded:
        set_key(embedded, "claim", "dam")
    with EmbeddedRedis.open(tmp_path / "new" / "state", writer=True) as embedded:
        assert get_key(embedded, "claim") == b"dam"


def test_server_keeps_every_write_and_evicts_nothing(tmp_path: Path) -> None:
    wanted = {"appendonly": "yes", "appendfsync": "everysec", "save": "", "maxmemory-policy": "noeviction", "port": "0"}
    with EmbeddedRedis.open(tmp_path, writer=True) as embedded, redis.Redis.from_url(embedded.url, decode_responses=True) as client:
        assert client.config_get(*wanted) == wanted


def test_only_this_user_reaches_the_socket(tmp_path: Path) -> None:
    with EmbeddedRedis.open(tmp_path, writer=True):
        assert (tmp_path / "redis.sock").stat().st_mode & 0o777 == 0o700


def test_orphan_of_a_killed_owner_is_taken_over_and_stopped(tmp_path: Path, owner: subprocess.Popen[str]) -> None:
    owner.kill()
    owner.wait()
    with EmbeddedRedis.open(tmp_path / "state", writer=True) as embedded:
        pid = server_pid(embedded)
        assert str(pid) == (tmp_path / "state" / "redis.pid").read_text().strip()
        assert get_key(embedded, "who") == b"owner"
    assert ended(pid)


def test_data_survives_the_server_being_killed(tmp_path: Path) -> None:
    with EmbeddedRedis.open(tmp_path, writer=True) as embedded:
        set_key(embedded, "claim", "dam")
        pid = server_pid(embedded)
        os.kill(pid, signal.SIGKILL)
        while not ended(pid):
            time.sleep(0.01)
    with EmbeddedRedis.open(tmp_path, writer=True) as embedded:
        assert get_key(embedded, "claim") == b"dam"


def test_second_writer_is_refused_and_told_who_the_first_is(tmp_path: Path, owner: subprocess.Popen[str]) -> None:
    with pytest.raises(StoreUnavailable, match=rf"another streamclust is writing to .*state \(pid {owner.pid}\)"):
        EmbeddedRedis.open(tmp_path / "state", writer=True)
    with EmbeddedRedis.open(tmp_path / "state", writer=False) as reader:
        assert get_key(reader, "who") == b"owner"


def test_reader_beside_a_writer_leaves_the_server_running(tmp_path: Path) -> None:
    with EmbeddedRedis.open(tmp_path, writer=True) as embedded:
        pid = server_pid(embedded)
        with EmbeddedRedis.open(tmp_path, writer=False) as reader:
            assert server_pid(reader) == pid
        assert server_pid(embedded) == pid


def test_server_outlives_the_one_who_started_it_while_another_uses_it(tmp_path: Path) -> None:
    writer = EmbeddedRedis.open(tmp_path, writer=True)
    reader = EmbeddedRedis.open(tmp_path, writer=False)
    pid = server_pid(reader)
    writer.close()
    assert server_pid(reader) == pid
    reader.close()
    assert ended(pid)


def test_reader_can_be_the_one_to_start_it(tmp_path: Path) -> None:
    with EmbeddedRedis.open(tmp_path, writer=True) as writer:
        set_key(writer, "claim", "dam")
    with EmbeddedRedis.open(tmp_path, writer=False) as reader, EmbeddedRedis.open(tmp_path, writer=True) as writer:
        assert get_key(reader, "claim") == b"dam"
        assert server_pid(reader) == server_pid(writer)


def test_reader_makes_no_state(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="there is no state in"):
        EmbeddedRedis.open(tmp_path / "nowhere", writer=False)
    assert list(tmp_path.iterdir()) == []


def test_many_who_open_at_once_share_one_server(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
import redis
from streamclust.adapters.embedded_redis import EmbeddedRedis
with EmbeddedRedis.open(Path(sys.argv[1]), writer=False) as embedded, redis.Redis.from_url(embedded.url) as client:
    print(client.info("server")["process_id"], flush=True)
    sys.stdin.readline()
"""
    EmbeddedRedis.open(tmp_path, writer=True).close()
    command = [sys.executable, "-c", code, str(tmp_path)]
    readers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    pids = {int(reader.stdout.readline()) for reader in readers if reader.stdout}
    for reader in readers:
        reader.communicate("\n")
    assert len(pids) == 1
    assert [reader.returncode for reader in readers] == [0, 0, 0, 0]
    assert ended(pids.pop())


def test_interrupt_from_the_terminal_does_not_reach_the_server(tmp_path: Path, owner: subprocess.Popen[str]) -> None:
    os.killpg(owner.pid, signal.SIGINT)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "interrupted\n"
    with EmbeddedRedis.open(tmp_path / "state", writer=False) as reader:
        pid = server_pid(reader)
        owner.communicate("\n")
        assert owner.returncode == 0
        assert server_pid(reader) == pid


@pytest.mark.parametrize("name", ["with space % and ?#", "d" * 120, "--dir"])
def test_any_directory_name_will_do(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="sc") as short:  # a socket's address has room for some hundred bytes
        monkeypatch.setattr("tempfile.tempdir", short)
        with EmbeddedRedis.open(tmp_path / name, writer=True) as embedded:
            set_key(embedded, "claim", "dam")
        with EmbeddedRedis.open(tmp_path / name, writer=True) as embedded:
            assert get_key(embedded, "claim") == b"dam"


def test_directory_for_a_long_name_must_be_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    shared = tmp_path / f"streamclust-{os.getuid()}"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(StoreUnavailable, match="only you can use"):
        EmbeddedRedis.open(tmp_path / ("d" * 120), writer=True)


def test_data_the_server_refuses_is_reported_with_its_own_words(tmp_path: Path) -> None:
    with EmbeddedRedis.open(tmp_path, writer=True) as embedded:
        set_key(embedded, "claim", "dam")
    log = next((tmp_path / "appendonlydir").glob("*.incr.aof"))
    log.write_bytes(b"*9\r\nnonsense\r\n" + log.read_bytes())
    with pytest.raises(StoreUnavailable, match=r"(?s)refuses the data in .*--state.*Bad file format"):
        EmbeddedRedis.open(tmp_path, writer=True)
    with pytest.raises(StoreUnavailable, match="refuses the data"):
        EmbeddedRedis.open(tmp_path, writer=False)


def test_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot keep state in"):
        EmbeddedRedis.open(tmp_path / "state", writer=True)
