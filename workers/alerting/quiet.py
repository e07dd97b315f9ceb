"""Quiet hours: when nobody is told, by the clock on somebody's wall."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator

from workers.alerting.models import Model

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEK: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_HALF_HOUR = 1800.0


def _time_of_day(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"(?:[01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError('should be a time of day from "00:00" to "23:59"')
    return value


TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]


class Quiet(Model):
    """Hours in which nobody is told. What matches then is told when they end, if it still goes on."""

    start: TimeOfDay = Field(alias="from", description="Time of day they begin")
    until: TimeOfDay = Field(description="Time of day they end; the same as `from`: a whole day")
    zone: str = Field("UTC", description="Whose time of day, such as `Europe/Vienna`")
    days: tuple[Day, ...] = Field(_WEEK, min_length=1, description="Days on which they begin")

    @field_validator("zone")
    @classmethod
    def _is_known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("no such time zone; names are like Europe/Vienna or UTC") from None
        return zone

    def end(self, at: float) -> float | None:
        """When the span ends that `at` lies in (seconds since 1970); None if it lies in none."""
        zone = ZoneInfo(self.zone)
        today = datetime.fromtimestamp(at, zone).date()
        for day in (today, today - _DAY):
            start, end = self._span(day, zone)
            if _WEEK[day.weekday()] in self.days and start <= at < end:
                return end
        return None

    def _span(self, day: date, zone: ZoneInfo) -> tuple[float, float]:
        last = day if self.until > self.start else day + _DAY
        return datetime.combine(day, self.start, zone).timestamp(), datetime.combine(last, self.until, zone).timestamp()


def quiet_until(spans: Sequence[Quiet], at: float) -> float | None:
    """End of the quiet hours that `at` falls into; spans that follow each other count as one. None outside of them.

    >>> night = Quiet.model_validate({"from": "22:00", "until": "07:00"})
    >>> quiet_until([night], 23 * 3600.0) == 31 * 3600.0, quiet_until([night], 8 * 3600.0)
    (True, None)
    """
    end = None
    for _ in range(2 * len(spans) * len(_WEEK)):
        later = max((found for span in spans if (found := span.end(at)) is not None), default=None)
        if later is None:
            break
        at = end = later
    return end


def never_end(spans: Sequence[Quiet]) -> bool:
    """Whether there is no moment in a fortnight outside of them."""
    fortnight = [number * _HALF_HOUR for number in range(14 * 48)]
    return bool(spans) and all(any(span.end(at) is not None for span in spans) for at in fortnight)
