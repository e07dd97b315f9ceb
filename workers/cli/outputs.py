"""Where a command may write: never over what it reads, and over a file that is there only where that was asked for."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

Command = Callable[..., Any]


def force_option(command: Command) -> Command:
    """`--force`."""
    return click.option("--force", is_flag=True, help="Let --output replace a file that is there; never one that is read.")(command)


def see_that_it_is_free(output: str, *, force: bool, reads: Mapping[str, str] | None = None) -> None:
    """See that writing to `--output` loses nothing that was not given up.

    Args:
        output: a path, or "-".
        force: whether a file that is there may go.
        reads: what the command reads: paths, each with what it was given as.

    Raises:
        click.UsageError: it would, or nothing can be written there.
    """
    see_that_they_differ("--output", output, reads or {})
    if not Path(output).parent.is_dir():
        raise click.UsageError(f"--output {output}: its directory does not exist; make it first")
    if not force and _is_filled(output):
        raise click.UsageError(f"--output {output}: a file is there, and would be replaced; name another one, or say --force")


def see_that_they_differ(option: str, output: str, others: Mapping[str, str]) -> None:
    """See that an option's file is none of these, by whatever path.

    Args:
        option: its name.
        output: what it says; "-" is standard output and no file.
        others: paths, each with what it was given as; "-" is standard input.

    Raises:
        click.UsageError: it is one of them.
    """
    for path, name in others.items():
        if output != "-" and _is_same(output, path):
            raise click.UsageError(f"{option} {output} is the same file as {name} {path}; name another one")


def _is_filled(path: str) -> bool:
    """Whether a regular file with something in it is there."""
    place = Path(path)
    return path != "-" and place.is_file() and place.stat().st_size > 0


def _is_same(one: str, other: str) -> bool:
    """Whether both are one regular file, or would become one."""
    here, there = _status(one), _status(0 if other == "-" else other)
    if here is not None and there is not None:
        return stat.S_ISREG(here.st_mode) and os.path.samestat(here, there)
    return other != "-" and os.path.realpath(one) == os.path.realpath(other)


def _status(file: str | int) -> os.stat_result | None:
    """What is known of a file; None where there is none."""
    try:
        return os.stat(file)
    except OSError:
        return None
