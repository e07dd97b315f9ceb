"""Settings: all from the environment, all problems at once, no secret ever shown."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from workers.settings import PREFIX, InvalidSettings, Settings, variable

CANARY = "c4n4ry-hunter2"
OTHER: dict[str, tuple[str, Any]] = {
    "kafka_bootstrap_servers": ("a:1,b:2", "a:1,b:2"),
    "kafka_security_protocol": ("SSL", "SSL"),
    "kafka_sasl_mechanism": ("PLAIN", "PLAIN"),
    "kafka_sasl_username": ("ann", "ann"),
    "kafka_sasl_password": ("word", SecretStr("word")),
    "kafka_ssl_ca_file": ("ca.pem", Path("ca.pem")),
    "kafka_ssl_cert_file": ("cert.pem", Path("cert.pem")),
    "kafka_ssl_key_file": ("key.pem", Path("key.pem")),
    "redis_url": ("redis://elsewhere", SecretStr("redis://elsewhere")),
    "redis_username": ("bob", "bob"),
    "redis_password": ("word", SecretStr("word")),
    "redis_ca_file": ("redis.pem", Path("redis.pem")),
    "deployment": ("blue", "blue"),
    "topic_prefix": ("blue.", "blue."),
    "shards": ("4", 4),
    "instance_id": ("one", "one"),
    "assignment": ("range", "range"),
    "session_timeout_seconds": ("10", 10.0),
    "max_poll_interval_seconds": ("60", 60.0),
    "batch_records": ("64", 64),
    "batch_wait_seconds": ("0.5", 0.5),
    "batch_patience_seconds": ("5", 5.0),
    "drain_seconds": ("7", 7.0),
    "linger_seconds": ("30", 30.0),
    "backoff_max_seconds": ("3", 3.0),
    "dead_letters_in_a_row": ("9", 9),
    "dead_letter_share": ("0.25", 0.25),
    "alert_rules": ("rules.yaml", Path("rules.yaml")),
    "alert_allow": ("10.0.0.0/8", "10.0.0.0/8"),
    "judge_api_key": ("word", SecretStr("word")),
    "http_host": ("0.0.0.0", "0.0.0.0"),
    "http_port": ("0", 0),
    "log_format": ("plain", "plain"),
    "log_level": ("DEBUG", "DEBUG"),
}
SASL = {
    "kafka_security_protocol": "SASL_PLAINTEXT",
    "kafka_sasl_mechanism": "SCRAM-SHA-512",
    "kafka_sasl_username": "ann",
    "kafka_sasl_password": CANARY,
}


def read(**named: str) -> Settings:
    return Settings.read({variable(name): value for name, value in named.items()})


def refused(environment: dict[str, str]) -> list[str]:
    """The problems."""
    with pytest.raises(InvalidSettings) as caught:
        Settings.read(environment)
    first, *problems = str(caught.value).split("\n  ")
    assert first == "the environment is not right:"
    return problems


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_read_from_the_environment(name: str) -> None:
    fellow = {"kafka_ssl_cert_file": "kafka_ssl_key_file", "kafka_ssl_key_file": "kafka_ssl_cert_file"}.get(name, name)
    settings = read(**{each: OTHER[each][0] for each in (name, fellow)})
    assert getattr(settings, name) == OTHER[name][1] != Settings.model_fields[name].default


def test_an_empty_environment_and_names_of_others_give_the_defaults() -> None:
    assert Settings.read({}) == Settings.read({"PATH": "/bin", "STREAMCLUSTER": "x", "streamclust_shards": "9"})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("KAFKA_SASL_PASWORD", "KAFKA_SASL_PASSWORD"),
        ("SHARD", "SHARDS"),
        ("KAFKA_BOOTSTRAP_SERVER", "KAFKA_BOOTSTRAP_SERVERS"),
        ("shards", "SHARDS"),
        ("Redis_Url", "REDIS_URL"),
    ],
)
def test_an_unknown_name_is_refused_with_the_one_that_was_meant(name: str, meant: str) -> None:
    (problem,) = refused({PREFIX + name: CANARY})
    assert problem.startswith(f"{PREFIX}{name}: unknown; did you mean {PREFIX}{meant}? ")
    assert "README" in problem
    assert len(problem) < 200
    assert CANARY not in problem


def test_a_name_like_no_other_is_refused_without_a_guess() -> None:
    (problem,) = refused({PREFIX + "XQJZ": "1"})
    assert "did you mean" not in problem
    assert "README" in problem


def test_all_problems_are_told_at_once() -> None:
    problems = refused(
        {variable(name): value for name, value in {"shards": "0", "http_port": "many", "log_level": "loud", "shardz": "1"}.items()}
        | {PREFIX + "drain_seconds": "3"}
    )
    assert [problem.split(":")[0].split("=")[0] for problem in problems] == [
        f"{PREFIX}{name}" for name in ("SHARDS", "HTTP_PORT", "LOG_LEVEL", "SHARDZ", "drain_seconds")
    ]


def test_all_that_does_not_go_together_is_told_at_once() -> None:
    problems = refused(
        {
            variable("kafka_security_protocol"): "SASL_SSL",
            variable("kafka_ssl_key_file"): "key.pem",
            variable("batch_patience_seconds"): "300",
            PREFIX + "shards": "3",
        }
    )
    assert len(problems) == 4
    for named, problem in zip(("SASL_MECHANISM", "SSL_CERT_FILE", "MAX_POLL_INTERVAL", "did you mean"), problems, strict=True):
        assert named in problem


@given(st.sampled_from(sorted(set(Settings.model_fields) - {"shards"})), st.text(max_size=12))
def test_any_value_is_taken_or_refused_by_name(name: str, value: str) -> None:
    try:
        read(**{name: value})
    except InvalidSettings as error:
        told = str(error)
        assert variable(name) in told


def all_that_is_shown(settings: Settings) -> str:
    return " ".join([str(settings), repr(settings), settings.model_dump_json(), str(settings.model_dump()), f"{settings!r:>10}"])


def test_secrets_are_never_shown() -> None:
    settings = read(redis_url=f"redis://:{CANARY}@host/0", redis_password=CANARY, **SASL)
    assert CANARY not in all_that_is_shown(settings)
    assert settings.kafka()["sasl_plain_password"] == settings.redis()["password"] == CANARY


@pytest.mark.parametrize(
    "environment",
    [
        {"shards": "0"},
        {"kafka_sasl_mechanism": "none"},
        {"batch_patience_seconds": "300"},
        {"kafka_ssl_key_file": "key.pem"},
        {"kafka_sasl_username": None},
        {"shardz": CANARY, "redis_pasword": CANARY},
    ],
)
def test_secrets_are_in_no_error(environment: dict[str, str | None]) -> None:
    named = {"redis_url": f"rediss://:{CANARY}@host/0", "redis_password": CANARY, **SASL, **environment}
    with pytest.raises(InvalidSettings) as caught:
        Settings.read({variable(name): value for name, value in named.items() if value is not None})
    assert CANARY not in str(caught.value) + repr(caught.value)
    assert caught.value.__suppress_context__, "a traceback would show what pydantic was given"


def test_kafka_without_secrets_is_asked_plainly() -> None:
    assert read(kafka_bootstrap_servers="a:1, b:2", deployment="blue").kafka() == {
        "bootstrap_servers": ["a:1", "b:2"],
        "security_protocol": "PLAINTEXT",
        "client_id": "streamclust-blue",
    }


def test_sasl_reaches_kafka() -> None:
    options = read(**SASL).kafka()
    assert options["security_protocol"] == "SASL_PLAINTEXT"
    assert [options[f"sasl_{name}"] for name in ("mechanism", "plain_username", "plain_password")] == ["SCRAM-SHA-512", "ann", CANARY]
    assert "ssl_context" not in options


@pytest.mark.parametrize("protocol", ["SSL", "SASL_SSL"])
def test_tls_reaches_kafka_and_looks_at_who_answers(protocol: str) -> None:
    context = read(**{**SASL, "kafka_security_protocol": protocol}).kafka()["ssl_context"]
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize("content", [None, b"no certificate", b"-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n"])
@pytest.mark.parametrize("names", [("kafka_ssl_ca_file",), ("kafka_ssl_cert_file", "kafka_ssl_key_file")])
def test_certificates_that_cannot_be_read_are_told_by_name(names: tuple[str, ...], content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "broken.pem"
    if content is not None:
        path.write_bytes(content)
    settings = read(kafka_security_protocol="SSL", **dict.fromkeys(names, str(path)))
    with pytest.raises(InvalidSettings, match="certificates of STREAMCLUST_KAFKA_SSL_"):
        settings.kafka()


def test_redis_is_given_what_was_set_and_nothing_else() -> None:
    assert read().redis() == {}
    assert read(redis_username="bob", redis_password="word", redis_ca_file="ca.pem").redis() == {
        "username": "bob",
        "password": "word",
        "ssl_ca_certs": "ca.pem",
    }


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read().shards = 3  # type: ignore[misc]  # the point
