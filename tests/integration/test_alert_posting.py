"""One POST over real sockets: pinned addresses, names kept, no redirects, bounded in time and size."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from receivers import CUT, DRIP, HANG, Receiver

from workers.alerting.guard import AllowList, Refused, take_apart
from workers.alerting.posting import Answer, NoAnswer, Poster, trust

CRLF = b"\r\n"
HOME = AllowList.parse("127.0.0.1, receiver.example")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as one:
        yield one


def post(url: str, *, timeout: float = 5.0, allowed: AllowList = HOME, tls: ssl.SSLContext | None = None, body: bytes = b"{}") -> Answer:
    def here(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    return Poster(allowed, here).post(take_apart(url), {"X-Test": "1"}, body, timeout=timeout, tls=tls)


def test_a_message_arrives_whole_and_the_answer_comes_back(receiver: Receiver) -> None:
    receiver.behave("/hook?x=1", [(429, {"Retry-After": "7"})])
    body = b"x" * 300_000
    assert post(receiver.url("/hook?x=1"), body=body)[:2] == (429, "7")
    (request,) = receiver.requests
    assert request.body == body
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["x-test"] == "1"


def test_the_name_stays_while_the_address_is_ours(receiver: Receiver) -> None:
    post(f"http://receiver.example:{receiver.port}/hook")
    assert receiver.requests[0].headers["host"] == f"receiver.example:{receiver.port}"


def test_a_redirect_is_an_answer_and_not_followed(receiver: Receiver) -> None:
    with Receiver() as other:
        receiver.behave("/hook", [(302, {"Location": other.url("/elsewhere")})])
        assert post(receiver.url()).status == 302
        assert other.requests == []


def test_nobody_is_reached_who_is_not_on_the_list(receiver: Receiver) -> None:
    with pytest.raises(Refused):
        post(receiver.url(), allowed=AllowList())
    assert receiver.requests == []


@pytest.mark.parametrize("manner", [HANG, DRIP])
def test_however_slowly_somebody_answers_the_time_is_kept(receiver: Receiver, manner: str) -> None:
    receiver.behave("/hook", [manner])
    began = time.monotonic()
    with pytest.raises(NoAnswer, match=r"no answer within 0\.5 s"):
        post(receiver.url(), timeout=0.5)
    assert time.monotonic() - began < 1.0


def test_somebody_who_hangs_up_has_not_answered(receiver: Receiver) -> None:
    receiver.behave("/hook", [CUT])
    with pytest.raises(NoAnswer, match="disconnected"):
        post(receiver.url())


def test_a_message_is_taken_when_the_status_says_so_however_the_rest_ends() -> None:
    for rest in (b"Content-Length: 1000\r\n\r\nonly so much", b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n"):
        answer = post(f"http://127.0.0.1:{served_raw(b'HTTP/1.1 202 Accepted' + CRLF + rest, once=True)}/", timeout=0.5)
        assert answer.status == 202


def served_raw(answer: bytes, *, once: bool = False) -> int:
    """A port that answers one connection with these bytes, again and again, or once and then keeps silent."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as client:
            client.recv(65536)
            try:
                client.sendall(answer)
                while not once:
                    client.sendall(answer)
                client.recv(1)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    return int(listener.getsockname()[1])


def test_an_endless_answer_is_cut() -> None:
    began = time.monotonic()
    port = served_raw(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 50_000)
    answer = post(f"http://127.0.0.1:{port}/")
    assert answer.status == 200
    assert len(answer.text) == 200
    assert time.monotonic() - began < 2.0


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000, b"\x00\x01\x02", b"HTTP/9 x\r\n\r\n"]
)
def test_what_is_no_http_is_no_answer(answer: bytes) -> None:
    with pytest.raises(NoAnswer):
        post(f"http://127.0.0.1:{served_raw(answer)}/", timeout=2.0)


def test_a_message_larger_than_anybody_reads_keeps_the_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf, pytest.raises(NoAnswer):
        post(f"http://127.0.0.1:{deaf.getsockname()[1]}/", timeout=0.5, body=b"x" * 50_000_000)


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Of receiver.example, signed by itself."""
    if shutil.which("openssl") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("openssl is not installed: apt-get install openssl")
    where = tmp_path_factory.mktemp("tls")
    cert, key = where / "cert.pem", where / "key.pem"
    name = ["-subj", "/CN=receiver.example", "-addext", "subjectAltName=DNS:receiver.example"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", *name]
    subprocess.run([*command, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


@pytest.fixture
def encrypted(certificate: tuple[Path, Path]) -> Iterator[tuple[Receiver, list[str | None]]]:
    """A receiver behind TLS, and the names it was asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    names: list[str | None] = []
    context.sni_callback = lambda sock, name, ctx: names.append(name)
    with Receiver(context) as one:
        yield one, names


def test_under_tls_the_name_is_asked_for_and_believed(encrypted: tuple[Receiver, list[str | None]], certificate: tuple[Path, Path]) -> None:
    receiver, names = encrypted
    url = f"https://receiver.example:{receiver.port}/hook"
    assert post(url, tls=trust(certificate[0])).status == 200
    assert names == ["receiver.example"]
    assert receiver.requests[0].headers["host"] == f"receiver.example:{receiver.port}"


@pytest.mark.parametrize(("host", "own"), [("receiver.example", False), ("other.example", True), ("127.0.0.1", True)])
def test_under_tls_nobody_is_believed_who_is_another(
    encrypted: tuple[Receiver, list[str | None]], certificate: tuple[Path, Path], host: str, own: bool
) -> None:
    receiver, _ = encrypted
    allowed = AllowList.parse("127.0.0.1, receiver.example, other.example")
    with pytest.raises(NoAnswer, match="certificate verify failed"):
        post(f"https://{host}:{receiver.port}/hook", tls=trust(certificate[0] if own else None), allowed=allowed)
    assert receiver.requests == []
