"""`streamclust …`: the command line."""

from __future__ import annotations

import sys

import click

from streamclust import __version__
from streamclust.errors import InvalidParams, StreamclustError
from workers.cli.care import doctor, verify
from workers.cli.evaluate import evaluate
from workers.cli.look import clusters, explain, show
from workers.cli.run import run
from workers.cli.sample import sample


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="streamclust")
def cli() -> None:
    """Group posts that make the same claim as they arrive.

    Data goes to standard output, progress and messages to standard error. Exit codes: 0 done, 1 it could not be done,
    2 the command was wrong.
    """


for command in (run, clusters, show, explain, sample, evaluate, verify, doctor):
    cli.add_command(command)


def main() -> None:
    """Run a command; turn what can go wrong into one clear line and an exit code."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.Abort:
        click.echo("streamclust: stopped", err=True)
        sys.exit(1)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(2)
    except StreamclustError as error:
        click.echo(f"streamclust: {error}", err=True)
        sys.exit(2 if isinstance(error, InvalidParams) else 1)
