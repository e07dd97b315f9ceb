"""Signatures of webhooks in the form of Standard Webhooks 1.0: https://www.standardwebhooks.com."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence

from workers.alerting.models import InvalidRules

_PREFIX = "whsec_"
_LEAST, _MOST = 24, 64


def read_secrets(text: str) -> tuple[bytes, ...]:
    """The keys in `whsec_…`, or several with spaces between, while receivers change from one to the next.

    Raises:
        InvalidRules: it is none; the message does not show it.
    """
    keys = tuple(_key(part) for part in text.split())
    if not keys:
        raise InvalidRules("the secret is empty")
    return keys


def _key(text: str) -> bytes:
    if not text.startswith(_PREFIX):
        raise InvalidRules(f"a secret begins with {_PREFIX}, then 24 to 64 random bytes in base64 (`openssl rand -base64 32`)")
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRules(f"what follows {_PREFIX} in the secret is not base64") from None
    if not _LEAST <= len(key) <= _MOST:
        raise InvalidRules(f"the secret has {len(key)} bytes, it must have {_LEAST} to {_MOST}")
    return key


def signed_headers(message_id: str, at: float, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """The three headers of one try; the id stays the same over all of them.

    Args:
        message_id: of the message.
        at: when it is sent, seconds since 1970.
        body: as it is sent.
        keys: the receiver's, one signature each.
    """
    timestamp = str(int(at))
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    signatures = [base64.b64encode(hmac.digest(key, content, "sha256")).decode() for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
