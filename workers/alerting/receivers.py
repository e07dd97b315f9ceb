"""Who is told of alerts, as a rules file says it; secrets stand there, in the environment or in files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from workers.alerting.models import Duration, InvalidRules, Model

Kind = Literal["alertmanager", "webhook", "slack"]


class Reference(Model):
    """A value that may be a secret: written here, or where it is found."""

    value: str | None = Field(None, min_length=1, description="The value itself")
    env: str | None = Field(None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="Environment variable")
    file: Path | None = Field(None, description="File; a line break at its end does not count")

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"value": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _is_one(self) -> Reference:
        if sum(part is not None for part in (self.value, self.env, self.file)) != 1:
            raise ValueError("should be a text, {env: NAME} or {file: PATH}")
        return self

    def read(self, environment: Mapping[str, str]) -> str:
        """The value.

        Raises:
            InvalidRules: it is not where it should be.
        """
        if self.value is not None:
            return self.value
        if self.file is not None:
            return _content(self.file)
        found = environment.get(str(self.env), "")
        if not found:
            raise InvalidRules(f"the environment variable {self.env} is not set")
        return found


def _content(path: Path) -> str:
    try:
        found = path.read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRules(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    if not found:
        raise InvalidRules(f"{path} is empty")
    return found


class Receiver(Model):
    """Who is told, and how."""

    kind: Kind = Field(description="`alertmanager`, `webhook` or `slack`")
    url: Reference = Field(description="Address; of an Alertmanager without `/api/v2/alerts`")
    secret: Reference | None = Field(
        None, description="`webhook` only: what bodies are signed with, `whsec_…`; two with a space between while one takes over"
    )
    token: Reference | None = Field(None, description="Sent as `Authorization: Bearer`")
    ca_file: Path | None = Field(None, description="CA certificates of the receiver, PEM; the system's if left out")
    ends: bool = Field(True, description="Whether it is told of ends too; an Alertmanager always is")
    timeout: Duration = Field(10.0, ge=0.1, le=30.0, description="How long a try may take, all in all")
    retry_first: Duration = Field(1.0, ge=0.05, description="Pause after a first failure; it doubles, with jitter")
    retry_longest: Duration = Field(300.0, ge=0.05, description="Longest pause between two tries; a `Retry-After` may ask for up to 1h")
    give_up: Duration = Field(86_400.0, gt=0.0, description="What was not taken for so long is dropped and counted as failed")
    resend: Duration = Field(60.0, ge=0.5, description="`alertmanager` only: how often active alerts are sent again")

    @model_validator(mode="after")
    def _fits_together(self) -> Receiver:
        if self.kind == "webhook" and self.secret is None:
            raise ValueError("secret is missing: a webhook's bodies are signed")
        if self.kind != "webhook" and self.secret is not None:
            raise ValueError(f"secret is for webhooks, {self.kind} has no signatures")
        return self
