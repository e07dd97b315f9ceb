"""Logs of a worker: one JSON object or one plain line a record, on standard error. No claim's text is ever logged."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime

import orjson

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
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
        try:
            return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
        except orjson.JSONEncodeError:  # half a surrogate pair, or a number beyond 64 bits
            return json.dumps(line, default=str, skipkeys=True)


class PlainFormatter(logging.Formatter):
    """Time, level, message and what came in `extra`; line breaks are escaped, so that a record stays one line.

    A traceback follows on lines that are indented, so that none of them looks like a record.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        more = "".join(f" {name}={value}" for name, value in record.__dict__.items() if name not in _OWN)
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        line = f"{at} {record.levelname.lower():<7} {record.getMessage()}{more}"
        trace = self.formatException(record.exc_info).split("\n") if record.exc_info else []
        return "\n    ".join(map(_escaped, [line, *trace]))


def _escaped(line: str) -> str:
    """Without anything that breaks a line or commands a terminal."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], line)


def start(form: str, level: str) -> None:
    """Send all logs to standard error in this form; libraries' from warnings on, the Kafka client's from errors on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else PlainFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty, least in (("kafka", logging.ERROR), ("sentence_transformers", logging.WARNING), ("httpx", logging.WARNING)):
        logging.getLogger(chatty).setLevel(max(least, logging.getLevelName(level)))
