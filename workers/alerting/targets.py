"""Receivers with all that is needed to reach them: addresses taken apart, secrets read."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from streamclust.errors import InvalidParams, StreamclustError
from workers.alerting.guard import AllowList, Place, check_beforehand, take_apart
from workers.alerting.models import InvalidRules
from workers.alerting.posting import trust
from workers.alerting.receivers import Receiver
from workers.alerting.rules import Rules
from workers.alerting.signing import read_secrets

_ALERTS = "/api/v2/alerts"


@dataclass(frozen=True, slots=True)
class Target:
    """One receiver, ready to be told.

    Args:
        name: as the rules call it.
        receiver: kind and patience.
        place: where messages go.
        keys: what bodies are signed with.
        token: of the Authorization header; empty for none.
        tls: whom to trust; None without TLS.
    """

    name: str
    receiver: Receiver
    place: Place
    keys: tuple[bytes, ...] = field(default=(), repr=False)
    token: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Fingerprint of the address: tells another one, tells nothing of it."""
        place = self.place
        return hashlib.sha256(f"{place.scheme} {place.host} {place.port} {place.target}".encode()).hexdigest()[:16]


def targets_of(rules: Rules, environment: Mapping[str, str], allowed: AllowList) -> dict[str, Target]:
    """Every receiver of the rules.

    Raises:
        InvalidRules: a secret is not where it should be, or an address leads where nothing may go: all problems in one message.
    """
    targets: dict[str, Target] = {}
    problems: list[str] = []
    for name, receiver in rules.receivers.items():
        try:
            targets[name] = target_of(name, receiver, environment, allowed)
        except StreamclustError as error:
            problems.append(f"receiver {name}: {error}")
    if problems:
        raise InvalidRules("\n  ".join(["the receivers of alerts are not right:", *problems]))
    return targets


def target_of(name: str, receiver: Receiver, environment: Mapping[str, str], allowed: AllowList) -> Target:
    """One receiver.

    Raises:
        InvalidParams: a secret is not where it should be, or what is there is none.
        Refused: its address leads where nothing may go.
    """
    url = receiver.url.read(environment)
    if receiver.kind == "alertmanager" and "?" in url:
        raise InvalidParams("the address of an Alertmanager has no part after ?")
    place = take_apart(url.rstrip("/") + _ALERTS if receiver.kind == "alertmanager" else url)
    check_beforehand(place, allowed)
    keys = read_secrets(receiver.secret.read(environment)) if receiver.secret else ()
    token = receiver.token.read(environment) if receiver.token else ""
    if not (token.isascii() and token.isprintable()):
        raise InvalidParams("the token has characters that no header may have")
    return Target(name, receiver, place, keys, token, _tls(receiver.ca_file) if place.scheme == "https" else None)


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return trust(ca_file)
    except OSError as error:
        raise InvalidParams(f"cannot read the certificates in {ca_file}: {error.strerror or error}") from None
