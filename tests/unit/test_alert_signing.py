"""Signatures, against the words of the Standard Webhooks specification worked out anew here."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.alerting.models import InvalidRules
from workers.alerting.signing import read_secrets, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""The example of the specification."""


def expected(secret: str, id_: str, timestamp: int, body: bytes) -> str:
    """The signature as a receiver works it out."""
    key = base64.b64decode(secret.split("_", 1)[1])
    mac = hmac.new(key, f"{id_}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()


def test_the_example_of_the_specification_gets_its_signature() -> None:
    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330.9, b'{"test": 2432232314}', read_secrets(SECRET))
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(st.binary(min_size=24, max_size=64), st.text("abc-0123", min_size=1), st.integers(0, 2**33), st.binary(max_size=200))
def test_every_message_gets_the_signature_that_a_receiver_works_out(key: bytes, id_: str, timestamp: int, body: bytes) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    assert signed_headers(id_, timestamp, body, read_secrets(secret))["webhook-signature"] == expected(secret, id_, timestamp, body)


def test_while_a_secret_is_changed_both_sign() -> None:
    other = "whsec_" + base64.b64encode(bytes(range(32))).decode()
    headers = signed_headers("m1", 5, b"x", read_secrets(f"{SECRET} {other}"))
    assert headers["webhook-signature"].split() == [expected(secret, "m1", 5, b"x") for secret in (SECRET, other)]


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("", "empty"),
        ("hunter2-hunter2-hunter2-hunter2", "begins with whsec_"),
        ("whsec_%%%%", "not base64"),
        ("whsec_" + base64.b64encode(b"x" * 23).decode(), "has 23 bytes"),
        ("whsec_" + base64.b64encode(b"x" * 65).decode(), "has 65 bytes"),
    ],
)
def test_a_secret_that_is_none_is_refused_and_not_shown(secret: str, said: str) -> None:
    with pytest.raises(InvalidRules, match=said) as caught:
        read_secrets(secret)
    assert not secret or secret not in str(caught.value)
