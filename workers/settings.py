"""Settings: addresses, secrets and limits of one process, read once from the environment.

What changes the clusters (params, model) is no setting: it is given on the command line and saved with the state.
"""

from __future__ import annotations

import difflib
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from streamclust.errors import InvalidParams

PREFIX = "STREAMCLUST_"

Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
Assignment = Literal["cooperative-sticky", "range", "sticky"]


class InvalidSettings(InvalidParams):
    """The environment is not as it must be; the message names every problem."""


class Settings(BaseModel):
    """Everything a worker takes from the environment; each name is `STREAMCLUST_` and the field's in capitals."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kafka_bootstrap_servers: str = Field("127.0.0.1:9092", min_length=1, description="Brokers, `host:port,host:port`")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="How to talk to the brokers"
    )
    kafka_sasl_mechanism: Mechanism | None = Field(None, description="`PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`")
    kafka_sasl_username: str | None = Field(None, description="SASL user")
    kafka_sasl_password: SecretStr | None = Field(None, description="SASL password")
    kafka_ssl_ca_file: Path | None = Field(None, description="CA certificates of the brokers, PEM; the system's if left out")
    kafka_ssl_cert_file: Path | None = Field(None, description="Client certificate, PEM")
    kafka_ssl_key_file: Path | None = Field(None, description="Client key, PEM")
    redis_url: SecretStr = Field(
        SecretStr("redis://127.0.0.1:6379/0"), description="Where state is kept: `redis://`, `rediss://` or `unix://`"
    )
    redis_username: str | None = Field(None, description="Redis ACL user")
    redis_password: SecretStr | None = Field(None, description="Redis password")
    redis_ca_file: Path | None = Field(None, description="CA certificates of the Redis server, PEM, for `rediss://`")
    deployment: str = Field("default", pattern=r"^[A-Za-z0-9_-]+$", description="Name of the deployment, part of the consumer groups")
    topic_prefix: str = Field("", pattern=r"^[A-Za-z0-9._-]*$", description="Put before every topic name")
    shards: int = Field(1, ge=1, le=1024, description="Partitions of `claims.embedded`: one writer each")
    instance_id: str | None = Field(
        None, min_length=1, description="Static member name, unique in its group: a restart causes no rebalance"
    )
    assignment: Assignment = Field(
        "cooperative-sticky", description="How partitions are shared out: `cooperative-sticky`, `sticky` or `range`"
    )
    session_timeout_seconds: float = Field(45.0, ge=1.0, le=1800.0, description="Silence after which the broker takes a worker for dead")
    max_poll_interval_seconds: float = Field(
        300.0, ge=5.0, le=86_400.0, description="Silence of the loop after which a worker leaves its group"
    )
    batch_records: int = Field(512, ge=1, le=10_000, description="Records taken at a time, at most")
    batch_wait_seconds: float = Field(0.2, ge=0.0, le=60.0, description="How long a record waits for others of its batch")
    batch_patience_seconds: float = Field(10.0, ge=0.0, le=300.0, description="How long a rebalance waits for the batch in hand")
    drain_seconds: float = Field(20.0, ge=0.0, le=600.0, description="How long SIGTERM waits for the batch in hand")
    linger_seconds: float = Field(
        0.0, ge=0.0, le=600.0, description="How long a worker that cannot go on still says why, in `streamclust_stopped`, before it ends"
    )
    backoff_max_seconds: float = Field(10.0, ge=0.1, le=600.0, description="Longest pause between two tries when Redis or a broker is away")
    dead_letters_in_a_row: int = Field(100, ge=1, le=1_000_000, description="So many bad records in a row stop the worker")
    dead_letter_share: float = Field(
        0.5, gt=0.0, le=1.0, description="So large a share of bad records among the last 1,000 stops the worker"
    )
    alert_rules: Path | None = Field(None, description="Rules of the alert worker, a YAML file")
    alert_allow: str = Field(
        "", description="Hosts and networks of receivers of alerts that are not on the public internet: `alertmanager,10.1.0.0/16`"
    )
    judge_api_key: SecretStr | None = Field(None, description="Key of the endpoint of `streamclust judge`")
    http_host: str = Field("127.0.0.1", min_length=1, description="Where `/livez`, `/readyz` and `/metrics` are served")
    http_port: int = Field(9464, ge=0, le=65535, description="Their port; 0 takes a free one")
    log_format: Literal["json", "plain"] = Field("json", description="`json` or `plain`, to standard error")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level logged; claim texts appear at no level"
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Settings:
        problems = []
        sasl = self.kafka_security_protocol.startswith("SASL")
        if sasl and not (self.kafka_sasl_mechanism and self.kafka_sasl_username and self.kafka_sasl_password):
            problems.append(
                f"{PREFIX}KAFKA_SECURITY_PROTOCOL={self.kafka_security_protocol} needs KAFKA_SASL_MECHANISM, _USERNAME and _PASSWORD too"
            )
        if (self.kafka_ssl_cert_file is None) != (self.kafka_ssl_key_file is None):
            problems.append(f"{PREFIX}KAFKA_SSL_CERT_FILE and {PREFIX}KAFKA_SSL_KEY_FILE go together")
        if self.batch_patience_seconds >= self.max_poll_interval_seconds:
            problems.append(f"{PREFIX}BATCH_PATIENCE_SECONDS must be below {PREFIX}MAX_POLL_INTERVAL_SECONDS")
        if problems:
            raise ValueError("\n  ".join(problems))
        return self

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """The settings in this environment; variables without the prefix are none of our business.

        Raises:
            InvalidSettings: unknown names, values out of range and, once each is right by itself, things that do not go together:
                all in one message, no secret in it.
        """
        named = {name.removeprefix(PREFIX): value for name, value in environment.items() if name.startswith(PREFIX)}
        values = {name.lower(): value for name, value in named.items() if name == name.upper()}
        wrong_case = [_unknown(PREFIX + name) for name in named if name != name.upper()]
        try:
            settings = cls(**values)  # type: ignore[arg-type]  # pydantic turns the strings into what the fields say
        except ValidationError as error:
            problems = [_problem(problem, values) for problem in error.errors(include_input=False, include_url=False)]
            raise InvalidSettings("\n  ".join(["the environment is not right:", *problems, *wrong_case])) from None
        if wrong_case:
            raise InvalidSettings("\n  ".join(["the environment is not right:", *wrong_case]))
        return settings

    @property
    def heartbeat_seconds(self) -> float:
        """How often a worker tells its group that it is alive, and hears what changed."""
        return min(self.session_timeout_seconds / 3, 3.0)

    def kafka(self) -> dict[str, Any]:
        """What every Kafka client is given."""
        options: dict[str, Any] = {
            "bootstrap_servers": [server.strip() for server in self.kafka_bootstrap_servers.split(",")],
            "security_protocol": self.kafka_security_protocol,
            "client_id": f"streamclust-{self.deployment}",
        }
        if self.kafka_sasl_mechanism and self.kafka_sasl_password:
            options["sasl_mechanism"] = self.kafka_sasl_mechanism
            options["sasl_plain_username"] = self.kafka_sasl_username
            options["sasl_plain_password"] = self.kafka_sasl_password.get_secret_value()
        if self.kafka_security_protocol.endswith("SSL"):
            options["ssl_context"] = self._ssl_context()
        return options

    def redis(self) -> dict[str, Any]:
        """What the Redis client is given beside the address."""
        options: dict[str, Any] = {}
        if self.redis_username is not None:
            options["username"] = self.redis_username
        if self.redis_password is not None:
            options["password"] = self.redis_password.get_secret_value()
        if self.redis_ca_file is not None:
            options["ssl_ca_certs"] = str(self.redis_ca_file)
        return options

    def _ssl_context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.kafka_ssl_ca_file)
            if self.kafka_ssl_cert_file is not None:
                context.load_cert_chain(self.kafka_ssl_cert_file, self.kafka_ssl_key_file)
        except OSError as error:
            raise InvalidSettings(f"cannot read the certificates of {PREFIX}KAFKA_SSL_*: {error.strerror or error}") from error
        return context


def variable(field: str) -> str:
    """The environment variable of a field.

    >>> variable("redis_url")
    'STREAMCLUST_REDIS_URL'
    """
    return PREFIX + field.upper()


def _problem(problem: Any, values: Mapping[str, str]) -> str:
    """One problem in a line, without the value where it may be secret."""
    if not problem["loc"]:
        return str(problem["msg"]).removeprefix("Value error, ")
    name = str(problem["loc"][0])
    if problem["type"] == "extra_forbidden":
        return _unknown(variable(name))
    secret = any(word in name for word in ("password", "url", "api_key"))
    return f"{variable(name)}{'' if secret else '=' + values.get(name, '')}: {problem['msg']}"


def _unknown(name: str) -> str:
    """What is wrong with a name that is none, and which one may have been meant."""
    near = difflib.get_close_matches(name.removeprefix(PREFIX).lower(), Settings.model_fields, n=1)
    guess = f"did you mean {variable(near[0])}?" if near else "no setting is called so."
    return f"{name}: unknown; {guess} All names are in the README's table of settings, in capitals"
