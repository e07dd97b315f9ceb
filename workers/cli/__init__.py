"""`streamclust …`: the command line."""

from __future__ import annotations

import signal
import sys
from importlib import import_module

import click

from streamclust import __version__
from streamclust.errors import InvalidParams, StreamclustError
from workers.cli.installation import incomplete

_HOMES = {
    "run": "run",
    "clusters": "listing",
    "show": "look",
    "explain": "look",
    "suggestions": "suggestions",
    "confirm": "review",
    "reject": "review",
    "link": "review",
    "unlink": "review",
    "expel": "review",
    "judge": "judge",
    "trends": "trends",
    "sample": "sample",
    "evaluate": "evaluate",
    "fit": "fit",
    "calibrate": "fit",
    "verify": "care",
    "doctor": "doctor",
    "topics": "topics",
    "dlq": "dlq",
    "replay": "replay",
    "tail": "tail",
    "rebuild": "rebuild",
    "alerts": "alerts",
}


class Commands(click.Group):
    """Loads a command's module when it is asked for, so that looking at a state does not wait for a model library."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order they are learned."""
        return list(_HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command by name, or None."""
        if cmd_name not in _HOMES:
            return None
        command: click.Command = getattr(import_module(f"workers.cli.{_HOMES[cmd_name]}"), cmd_name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="streamclust")
def cli() -> None:
    """Group posts that make the same claim as they arrive.

    Data goes to standard output, progress and messages to standard error. Exit codes: 0 done, 1 it could not be done,
    2 the command was wrong.
    """


def main() -> None:
    """Run a command; turn what can go wrong into one clear line and an exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what is open is closed, an embedded server with it
    try:
        sys.exit(cli(standalone_mode=False))
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("streamclust: stopped", err=True)
        sys.exit(1)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(2)
    except ModuleNotFoundError as error:
        click.echo(f"streamclust: {incomplete(error.name)}", err=True)
        sys.exit(1)
    except StreamclustError as error:
        click.echo(f"streamclust: {error}", err=True)
        sys.exit(2 if isinstance(error, InvalidParams) else 1)
