"""Where messages may go. An address of a receiver must not lead into the house (server-side request forgery).

Everything but `resolve` is pure. What is allowed:

    a public host           https, and every address its name stands for is one of the public internet
    a host of the list      http too; its addresses may be private or of this machine, not link-local
    a network of the list   http too, if all addresses lie in networks of the list

A message goes to one of the very addresses that were looked at, so that a name cannot change its mind in between.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from streamclust.errors import InvalidParams, StreamclustError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Sequence[str]]
"""All addresses of a name. Raises `OSError` where there are none."""

_HOST = re.compile(r"(?=.{1,253}\.?$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.?", re.ASCII)
_PORTS = {"https": 443, "http": 80}
_NOT_PUBLIC = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers, and the metadata of one cloud
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's agent behind a public number
        "169.254.0.0/16",  # link-local, and the metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocols, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries any IPv4 address
        "3fff::/20",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_NEVER = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("169.254.0.0/16"),
    IPv4Network("224.0.0.0/3"),
    IPv6Network("fe80::/10"),
    IPv6Network("ff00::/8"),
)


class Refused(StreamclustError):
    """A message must not go there."""

    retriable = True


@dataclass(frozen=True, slots=True)
class Place:
    """A URL, taken apart once.

    Args:
        scheme: `https` or `http`.
        host: name, or address without brackets, in lower case.
        port: number.
        target: path and query.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def shown(self) -> str:
        """For logs: without path and query, which may be secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")


@dataclass(frozen=True, slots=True)
class AllowList:
    """Hosts and networks that are ours.

    >>> AllowList.parse("alertmanager, 10.1.0.0/16").hosts
    frozenset({'alertmanager'})
    """

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> AllowList:
        """Names, addresses and networks with commas between.

        Raises:
            InvalidParams: a part is none of these.
        """
        hosts, networks, wrong = set(), [], []
        for part in filter(None, (part.strip().lower() for part in text.split(","))):
            try:
                networks.append(ip_network(part))
            except ValueError:
                if _HOST.fullmatch(part) and not _numeric(part):
                    hosts.add(part.removesuffix("."))
                else:
                    wrong.append(part)
        if wrong:
            raise InvalidParams(f"neither host names nor networks (10.1.0.0/16): {', '.join(wrong)}")
        return cls(frozenset(hosts), tuple(networks))

    def names(self, host: str) -> bool:
        """Whether a host is on the list by its name."""
        return host.removesuffix(".") in self.hosts

    def holds(self, address: Address) -> bool:
        """Whether an address lies in a network of the list."""
        return any(address.version == network.version and address in network for network in self.networks)


def take_apart(url: str) -> Place:
    """A URL as it may be used; nothing is looked up.

    Raises:
        InvalidParams: it is not plainly one; the message shows no path.
    """
    if not url.isascii() or re.search(r"[\x00-\x20\x7f\\]", url):
        raise InvalidParams("the address has characters that no URL has; write other scripts as xn--… and %…")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidParams(f"the address is not a URL: {error}") from None
    if parts.scheme not in _PORTS:
        raise InvalidParams("the address must begin with https://")
    if "@" in parts.netloc:
        raise InvalidParams("the address must not hold a user or password; there is `token` for that")
    if parts.fragment or url.endswith("#"):
        raise InvalidParams("the address must not have a part after #")
    host = (parts.hostname or "").lower()
    _check_host(host, bracketed="[" in parts.netloc)
    if port == 0 or parts.netloc.endswith(":"):
        raise InvalidParams("the port of the address must be from 1 to 65535")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, host, port or _PORTS[parts.scheme], target)


def _check_host(host: str, *, bracketed: bool) -> None:
    if bracketed:
        if "%" in host or not isinstance(_address(host), IPv6Address):
            raise InvalidParams("what stands in [] must be an IPv6 address, without a zone")
    elif not _HOST.fullmatch(host):
        raise InvalidParams("the address has no host that can be")
    elif _numeric(host) and not isinstance(_address(host), IPv4Address):
        raise InvalidParams("the host is a number in a form that hides which; write it as four numbers from 0 to 255")


def _numeric(host: str) -> bool:
    """Whether a resolver may take a host for a number: 127.1, 0x7f000001, 017700000001, 2130706433."""
    last = host.removesuffix(".").rpartition(".")[2]
    return bool(re.fullmatch(r"\d+|0x[0-9a-f]*", last))


def _address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet.

    >>> is_public(ip_address("1.1.1.1")), is_public(ip_address("::ffff:10.0.0.1")), is_public(ip_address("fd00::1"))
    (True, False, False)
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC)
    inner = _inner(address)
    if inner is not None:
        return is_public(inner)
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)


def _inner(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def judge(place: Place, addresses: Sequence[str], allowed: AllowList) -> list[str]:
    """The addresses a message may go to: all of them, or none.

    Args:
        place: of the receiver.
        addresses: all that its host stands for.
        allowed: what is ours.

    Raises:
        Refused: it must not go there.
    """
    found = [_parsed(place, text) for text in addresses]
    if not found:
        raise Refused(f"{place.shown}: the host has no address")
    named = allowed.names(place.host)
    listed = all(allowed.holds(_inner(address) or address) for address in found)
    if place.scheme != "https" and not (named or listed):
        raise Refused(f"{place.shown}: only https, unless STREAMCLUST_ALERT_ALLOW names the host or its network")
    for address in found:
        _check(place, address, allowed, named=named)
    return [str(address) for address in found]


def check_beforehand(place: Place, allowed: AllowList) -> None:
    """Refuse at once what can be refused without looking the host up.

    Raises:
        Refused: no answer of a resolver would make it right.
    """
    if _address(place.host) is not None:
        judge(place, [place.host], allowed)
    elif place.scheme != "https" and not allowed.names(place.host) and not allowed.networks:
        raise Refused(f"{place.shown}: only https, unless STREAMCLUST_ALERT_ALLOW names the host")


def _parsed(place: Place, text: str) -> Address:
    address = _address(text)
    if address is None or "%" in text:
        raise Refused(f"{place.shown}: {text} is not an address to send to")
    return address


def _check(place: Place, address: Address, allowed: AllowList, *, named: bool) -> None:
    real = _inner(address) or address
    if is_public(address) or allowed.holds(real):
        return
    if named and not any(real.version == network.version and real in network for network in _NEVER):
        return
    raise Refused(
        f"{place.shown}: {address} is not an address of the public internet. If this receiver is yours, name its host or network in "
        "STREAMCLUST_ALERT_ALLOW"
    )


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a name, as this machine finds them.

    Raises:
        OSError: there are none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
