"""YAML of a person's hand: plain data, and the line each part stands in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """What a YAML text says.

    Args:
        data: mappings, lists and strings; what a string means is for whoever reads it (so that `no` can be Norwegian).
        lines: line of each part, by the keys and numbers that lead to it.
        problems: what cannot be meant, each with its line.
    """

    data: Any
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of a part, or of the nearest part around it that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse(text: str) -> Document:
    r"""Read a text; what is wrong is in `problems`.

    >>> document = parse("langs: [no, en]")
    >>> document.data, document.line(("langs", 1))
    ({'langs': ['no', 'en']}, 1)
    >>> parse("a: 1\na: 2").problems
    ["line 2: 'a' stands here for the second time, first in line 1"]
    """
    try:
        aliases = [event for event in yaml.parse(text, Loader=yaml.SafeLoader) if isinstance(event, yaml.AliasEvent)]
        if aliases:
            return Document(None, {}, [f"line {alias.start_mark.line + 1}: *{alias.anchor}: write it out" for alias in aliases])
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        return Document(None, {}, [f"{where}not YAML: {error.problem or error.context}"])
    except yaml.reader.ReaderError as error:
        return Document(None, {}, [f"line {text.count(chr(10), 0, error.position) + 1}: not YAML: {error.reason}"])
    found = Document(None)
    data = _plain(root, (), found) if root is not None else None
    return Document(data, found.lines, found.problems)


def _plain(node: Any, path: Path, found: Document) -> Any:
    found.lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, found)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(part, (*path, number), found) for number, part in enumerate(node.value)]
    return str(node.value)


def _mapping(node: Any, path: Path, found: Document) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            found.problems.append(f"line {line}: a key must be a word")
            continue
        name = str(key.value)
        if name in data:
            found.problems.append(f"line {line}: {name!r} stands here for the second time, first in line {found.lines[(*path, name)]}")
            continue
        data[name] = _plain(value, (*path, name), found)
        found.lines[(*path, name)] = line
    return data
