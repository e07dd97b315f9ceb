"""Logs of a worker: one JSON object or one plain line a record, on standard error. No claim's text is ever logged."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import orjson

_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


class JsonFormatter(logging.Formatter):
    """One line a record; what came in `extra` stands beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in record.__dict__.items() if name not in _OWN},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class PlainFormatter(logging.Formatter):
    """Time, level, message and what came in `extra`; line breaks are escaped, so that a record stays one line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        more = "".join(f" {name}={value}" for name, value in record.__dict__.items() if name not in _OWN)
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        line = f"{at} {record.levelname.lower():<7} {record.getMessage()}{more}"
        line = line.replace("\r", "\\r").replace("\n", "\\n")
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def start(form: str, level: str) -> None:
    """Send all logs to standard error in this form; libraries' from warnings on, the Kafka client's from errors on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else PlainFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty, least in (("kafka", logging.ERROR), ("sentence_transformers", logging.WARNING), ("httpx", logging.WARNING)):
        logging.getLogger(chatty).setLevel(max(least, logging.getLevelName(level)))
