"""The rules, read again when their file says something else, or when somebody asks for it. What is wrong with new ones keeps the old."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from streamclust.errors import InvalidParams
from workers.alert_rules import Rules
from workers.alerting.targets import Target
from workers.metrics import WorkerMetrics

log = logging.getLogger(__name__)

LOOK = 10.0
"""Seconds between two looks at the file."""


class Reading(NamedTuple):
    """Rules with their receivers, ready to be worked by.

    Args:
        rules: what is asked for, and who is told.
        targets: every receiver of the rules.
    """

    rules: Rules
    targets: Mapping[str, Target]


class RulesWatch:
    """Looks whether there are other rules.

    Args:
        path: the file; it may be replaced, or lead elsewhere.
        read: reads it, and what it refers to; raises `InvalidParams` for what is not right.
        metrics: told how reading went.
    """

    def __init__(self, path: Path, read: Callable[[], Reading], metrics: WorkerMetrics) -> None:
        self._path = path
        self._read = read
        self._metrics = metrics
        self._asked = False
        self._content = _content(path)
        self._next = 0.0

    def first(self) -> Reading:
        """The rules to begin with.

        Raises:
            InvalidParams: they are not right.
        """
        return self._read()

    def ask(self) -> None:
        """Read at the next look, changed or not: what the file refers to may have changed."""
        self._asked = True

    def look(self, now: float) -> Reading | None:
        """The rules if they were read again and are right; None if all stays as it was.

        Args:
            now: seconds since 1970.
        """
        if not self._is_due(now):
            return None
        try:
            reading = self._read()
        except InvalidParams as error:
            self._metrics.alert_rules_read(right=False)
            log.error("kept the old alert rules: the new ones are not right", extra={"file": str(self._path), "error": str(error)})
            return None
        self._metrics.alert_rules_read(right=True)
        log.info("read the alert rules again", extra={"file": str(self._path), "rules": len(reading.rules.rules)})
        return reading

    def _is_due(self, now: float) -> bool:
        if self._asked:
            self._asked, self._content = False, _content(self._path)
            return True
        if now < self._next:
            return False
        self._next = now + LOOK
        before, self._content = self._content, _content(self._path)
        return self._content != before


def _content(path: Path) -> bytes:
    """Tells one content from another; a file that is not there has none."""
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return b""
