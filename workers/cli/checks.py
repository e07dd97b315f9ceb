"""Things looked at, and how they are shown: `ok`, `warn` or `FAIL`, a name, and what was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import click
import orjson

OK, WARN, FAIL = "ok", "warn", "FAIL"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    state: str
    detail: str


def report(found: Iterable[Check], *, as_json: bool) -> None:
    """Print what was found; exit code 1 if anything fails."""
    checks = list(found)
    if as_json:
        click.echo(orjson.dumps([asdict(check) for check in checks], option=orjson.OPT_INDENT_2))
    else:
        width = max(len(check.name) for check in checks)
        for check in checks:
            click.echo(f"{check.state:<5} {check.name:<{width}} {check.detail}")
    if any(check.state == FAIL for check in checks):
        raise click.exceptions.Exit(1)
