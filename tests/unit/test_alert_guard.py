"""Where messages may go: hostile addresses are refused before any socket is opened."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamclust.errors import InvalidParams
from workers.alerting.guard import AllowList, Refused, check_beforehand, is_public, judge, take_apart
from workers.alerting.posting import NoAnswer, Poster

NAMES = {
    "public.example": ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
    "localhost": ["127.0.0.1", "::1"],
    "localhost.": ["127.0.0.1"],
    "sneaky.example": ["93.184.215.14", "10.0.0.5"],
    "rebound.example": ["127.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "mapped.example": ["::ffff:169.254.169.254"],
    "ula.example": ["fd00:ec2::254"],
    "intern": ["10.1.2.3"],
    "intern6": ["fd00::7"],
    "linklocal": ["169.254.169.254"],
    "empty.example": [],
    "zone.example": ["fe80::1%eth0"],
}
HOSTILE = [
    "http://public.example/hook",  # not encrypted
    "https://localhost/hook",
    "https://localhost./hook",
    "https://LOCALHOST:8443/hook",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://0/",
    "https://0.0.0.0:9093/",
    "https://127.0.0.1.:80/",
    "https://[::1]/",
    "https://[::]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://[fc00::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://100.100.100.200/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "https://168.63.129.16/metadata",
    "https://192.0.0.192/opc/v2/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://sneaky.example/",
    "https://rebound.example/",
    "https://mapped.example/",
    "https://ula.example/",
    "https://zone.example/",
    "https://empty.example/",
    "https://intern/",
    "https://public.example@127.0.0.1/",
    "https://user:word@public.example/",
    "https://public.example:word@intern/",
    "https://public.example\\@intern/",
    "https://public.example#@intern/",
    "https://public.example\t.intern/",
    "https://public.example\r\nHost: intern/",
    "https://public.example /",
    "https://127。0。0。1/",
    "https://①②⑦.0.0.1/",
    "https://ⓛocalhost/",
    "https:///hook",
    "https://",
    "https:public.example",
    "//public.example/",
    "public.example",
    "ftp://public.example/",
    "file:///etc/passwd",
    "gopher://public.example:70/_x",
    "unix:///var/run/docker.sock",
    "javascript:alert(1)",
    "https://public.example:0/",
    "https://public.example:99999/",
    "https://public.example:80a/",
    "https://[::1",
    "https://[v1.fe80::a]/",
    "https://-x.example/",
    "https://a..example/",
    "https://" + "a" * 64 + ".example/",
    "https://%31%32%37.0.0.1/",
]

_opened: list[tuple[Any, ...]] = []
_watching = threading.Event()


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching.is_set() and event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"):
        _opened.append((event, *arguments))


sys.addaudithook(_watch)


@pytest.fixture
def no_socket() -> Iterator[None]:
    """The interpreter itself tells of every connection and look-up; there must be none."""
    _opened.clear()
    _watching.set()
    yield
    _watching.clear()
    assert _opened == []


def looked_up(host: str, port: int) -> list[str]:
    """Our own resolver, which opens nothing; a literal address stands for itself, however it is written."""
    if host in NAMES:
        return NAMES[host]
    try:
        return [str(ip_address(host))]
    except ValueError:
        return [socket.inet_ntoa(socket.inet_aton(host.removesuffix(".")))]


def post(url: str, allow: str = "") -> Any:
    """All that is done for one message."""
    poster = Poster(AllowList.parse(allow), looked_up)
    return poster.post(take_apart(url), {}, b"{}", timeout=1.0)


def test_there_are_enough_of_them() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) >= 60


@pytest.mark.usefixtures("no_socket")
@pytest.mark.parametrize("url", HOSTILE)
def test_no_socket_is_opened_for_a_hostile_address(url: str) -> None:
    with pytest.raises((InvalidParams, Refused)):
        post(url)


def test_the_watch_would_notice() -> None:
    _opened.clear()
    _watching.set()
    try:
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", 1), 0.2)
    finally:
        _watching.clear()
    assert _opened


def test_an_address_of_the_public_internet_is_let_through() -> None:
    place = take_apart("https://public.example/hook?x=1")
    assert judge(place, NAMES["public.example"], AllowList()) == NAMES["public.example"]
    assert (place.host, place.port, place.target) == ("public.example", 443, "/hook?x=1")


@pytest.mark.parametrize(
    ("url", "allow", "goes"),
    [
        ("https://intern/", "intern", True),
        ("http://intern:9093/", "intern", True),
        ("https://intern/", "10.1.0.0/16", True),
        ("http://intern/", "10.1.0.0/16", True),
        ("http://intern6/", "fd00::/8", True),
        ("http://localhost:9093/", "localhost", True),
        ("https://127.0.0.1/", "127.0.0.1", True),
        ("https://[::ffff:10.1.2.3]/", "10.1.0.0/16", True),
        ("https://intern/", "10.2.0.0/16", False),
        ("https://intern/", "interna", False),
        ("https://sneaky.example/", "10.1.0.0/16", False),
        ("https://linklocal/", "linklocal", False),
        ("https://linklocal/", "169.254.0.0/16", True),
        ("http://public.example/", "10.1.0.0/16", False),
        ("http://public.example/", "public.example", True),
    ],
)
def test_the_list_opens_what_it_names_and_nothing_else(url: str, allow: str, goes: bool) -> None:
    place = take_apart(url)
    addresses = looked_up(place.host, place.port)
    if goes:
        assert judge(place, addresses, AllowList.parse(allow))
    else:
        with pytest.raises(Refused):
            judge(place, addresses, AllowList.parse(allow))


@pytest.mark.parametrize("text", ["10.1.0.0/33", "a b", "http://x", "10.1.2.3/16", "*.example", "127.1", "x/y"])
def test_a_list_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidParams, match="neither host names nor networks"):
        AllowList.parse(text)


def test_what_can_be_refused_before_anything_is_looked_up_is() -> None:
    for url in ("https://127.0.0.1/", "https://[fd00::1]/", "http://public.example/"):
        with pytest.raises(Refused):
            check_beforehand(take_apart(url), AllowList())
    for url, allow in (("https://intern/", ""), ("http://intern/", "10.0.0.0/8"), ("http://127.0.0.1/", "127.0.0.0/8")):
        check_beforehand(take_apart(url), AllowList.parse(allow))


def test_refusals_show_neither_path_nor_query() -> None:
    for url in ("https://intern/services/s3cret?key=s3cret", "http://public.example/s3cret"):
        with pytest.raises(Refused) as caught:
            post(url)
        assert "s3cret" not in str(caught.value)


def test_a_host_is_looked_up_once_a_message_and_only_that_answer_counts() -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    port = _closed_port()
    poster = Poster(AllowList.parse("127.0.0.1"), lambda host, port: next(answers))
    with pytest.raises(NoAnswer, match="refused"):
        poster.post(take_apart(f"http://rebound.example:{port}/"), {}, b"", timeout=1.0)
    assert next(answers) == ["10.0.0.1"]


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_host_that_nobody_knows_is_no_answer() -> None:
    def nobody(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(NoAnswer, match="cannot look the host up: Name or service not known"):
        Poster(AllowList(), nobody).post(take_apart("https://public.example/"), {}, b"", timeout=1.0)


@given(st.ip_addresses(v=4))
def test_an_address_hidden_in_ipv6_is_what_it_hides(address: Any) -> None:
    for hidden in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert is_public(ip_address(hidden)) == is_public(address)


@given(st.ip_addresses())
def test_what_python_calls_private_is_never_public(address: Any) -> None:
    hides = address.version == 6 and (address.ipv4_mapped is not None or str(address).startswith("64:ff9b::"))
    assert address.is_global or hides or not is_public(address)


@given(st.text(max_size=40))
def test_any_text_is_a_place_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}/"):
        try:
            place = take_apart(url)
        except InvalidParams:
            continue
        assert place.scheme in ("http", "https")
        assert place.host.isascii()
        assert 0 < place.port < 65536
        assert place.target.startswith("/")
