"""What the models of a rules file have in common."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from streamclust.errors import InvalidParams

NAME = r"^[A-Za-z][A-Za-z0-9_-]{0,63}$"
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


class InvalidRules(InvalidParams):
    """The rules are not as they must be; the message names every problem with its line."""


class Model(BaseModel):
    """Unknown keys are refused, and nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def seconds(value: Any) -> Any:
    """Seconds of `90s`, `1h30m`, `7d`; what else comes is for whoever checks the number.

    >>> seconds("1h30m"), seconds("45")
    (5400.0, '45')
    """
    if isinstance(value, str) and _DURATION.fullmatch(value.strip()):
        return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(value))
    return value


Duration = Annotated[float, BeforeValidator(seconds), Field(ge=0.0, le=366 * 86_400.0, allow_inf_nan=False)]
Name = Annotated[str, Field(pattern=NAME)]
