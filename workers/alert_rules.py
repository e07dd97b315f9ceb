"""The file of alert rules: read, checked as a whole, every problem told with its line.

    rules = load_rules(Path("alert-rules.yaml"))
    for rule in rules.rules:
        print(rule.verdict(event))      # Matched, or Missed and why

An event is a structured CloudEvent, as `workers.topics.read_event` and `streamclust.events.cloud_event` give it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from workers import yaml_lines
from workers.alerting.models import NAME, InvalidRules
from workers.alerting.quiet import Quiet
from workers.alerting.receivers import Receiver, Reference
from workers.alerting.rules import ASKS, Digest, Keywords, Matched, Missed, Rule, Rules, Top
from workers.yaml_lines import Document

__all__ = ["InvalidRules", "Matched", "Missed", "Receiver", "Rule", "Rules", "load_rules", "parse_rules"]


def load_rules(path: Path) -> Rules:
    """The rules in a file. Secrets are not looked up.

    Raises:
        InvalidRules: it cannot be read, or is not as it must be: every problem in one message, with its line.
    """
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRules(f"cannot read the alert rules in {path}: {getattr(error, 'strerror', None) or error}") from None
    return parse_rules(text, str(path))


def parse_rules(text: str, name: str = "alert rules") -> Rules:
    """The rules in a text.

    Raises:
        InvalidRules: every problem in one message, with its line.
    """
    document = yaml_lines.parse(text)
    problems = document.problems if document.problems or document.data is not None else ["line 1: the file is empty"]
    top = None if document.data is None else _checked(Top, document, (), problems)
    raw: dict[str, Any] = document.data if isinstance(document.data, dict) else {}
    rules = [_checked(Rule, document, ("rules", number), problems) for number in range(len(_part(raw, "rules", list)))]
    receivers = {key: _checked(Receiver, document, ("receivers", key), problems) for key in _part(raw, "receivers", dict)}
    problems += [*_names(document, raw), *_addressees(document, raw), *_vain(document, raw)]
    if problems or top is None:
        raise InvalidRules("\n  ".join([f"{name}: not right:", *sorted(set(problems), key=_line_of)]))
    return Rules(tuple(rules), receivers, top.link, top.stale_after, top.digest)


def _line_of(problem: str) -> tuple[int, str]:
    found = re.match(r"line (\d+)", problem)
    return int(found[1]) if found else 0, problem


def _part(raw: Mapping[str, Any], name: str, kind: type) -> Any:
    found = raw.get(name)
    return found if isinstance(found, kind) else kind()


def _checked(model: Any, document: Document, path: yaml_lines.Path, problems: list[str]) -> Any:
    """A part of the document as a model, or None after what is wrong with it has been added."""
    data = document.data
    for step in path:
        data = data[step]
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems += [_problem(model, document, path, problem) for problem in error.errors(include_input=False, include_url=False)]
        return None


def _problem(model: Any, document: Document, path: yaml_lines.Path, problem: Any) -> str:
    where = (*path, *problem["loc"])
    what = ".".join(str(step) for step in problem["loc"])
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        known = ", ".join(_keys(model, problem["loc"][:-1]))
        message = f"unknown; there are {known}" if known else "unknown"
    elif problem["type"] == "missing":
        message = "missing"
    return f"line {document.line(where)}{_owner(document, path)}: {what + ': ' if what else ''}{message}"


_INNER = {"keywords": Keywords, "quiet": Quiet, "digest": Digest, "url": Reference, "secret": Reference, "token": Reference}


def _keys(model: Any, loc: Sequence[Any]) -> list[str]:
    """The keys that a part of a model may have."""
    for step in loc:
        model = _INNER.get(step, model)
    return [info.alias or name for name, info in model.model_fields.items() if (model, name) != (Reference, "value")]


def _owner(document: Document, path: yaml_lines.Path) -> str:
    """Whose problem it is, for a person who looks at the message alone."""
    if not path:
        return ""
    if path[0] == "receivers":
        return f", receiver {path[1]}"
    rule = document.data["rules"][path[1]]
    name = rule.get("name") if isinstance(rule, dict) else None
    return f", rule {name}" if isinstance(name, str) else f", rule {int(path[1]) + 1}"


def _names(document: Document, raw: Mapping[str, Any]) -> Iterator[str]:
    """Names that are none, or that two rules have."""
    first: dict[str, int] = {}
    for number, rule in enumerate(_part(raw, "rules", list)):
        name = rule.get("name") if isinstance(rule, dict) else None
        line = document.line(("rules", number))
        if isinstance(name, str) and first.setdefault(name, line) != line:
            yield f"line {line}, rule {name}: another rule is called so, in line {first[name]}"
    for name in _part(raw, "receivers", dict):
        if not re.fullmatch(NAME, name):
            yield f"line {document.line(('receivers', name))}, receiver {name}: a name has letters, digits, _ and - only, 64 at most"


def _addressees(document: Document, raw: Mapping[str, Any]) -> Iterator[str]:
    """Receivers of rules that are not there."""
    known = _part(raw, "receivers", dict)
    for number, rule in enumerate(_part(raw, "rules", list)):
        named = _part(rule, "receivers", list) if isinstance(rule, dict) else []
        for place, name in enumerate(named):
            if isinstance(name, str) and name not in known:
                line = document.line(("rules", number, "receivers", place))
                yield f"line {line}{_owner(document, ('rules', number))}: no receiver {name}; there are {', '.join(known) or 'none'}"


def _vain(document: Document, raw: Mapping[str, Any]) -> Iterator[str]:
    """Conditions that the events of a rule say nothing of."""
    for number, rule in enumerate(_part(raw, "rules", list)):
        on = rule.get("on") if isinstance(rule, dict) else None
        if not isinstance(on, str) or on not in ASKS:
            continue
        for key in sorted((ASKS["trend_started"] - ASKS[on]) & rule.keys()):
            line = document.line(("rules", number, key))
            yield f"line {line}{_owner(document, ('rules', number))}: {key}: an event of the kind {on} does not say"
