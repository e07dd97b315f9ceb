"""`streamclust sample`: a realistic stream with gold labels, made on the spot."""

from __future__ import annotations

import click
import orjson

from streamclust.evaluation.sample import generate
from workers.cli.outputs import force_option, see_that_it_is_free


@click.command()
@click.argument("lines", type=click.IntRange(1, 100_000_000))
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another stream; the same seed, the same bytes.")
@click.option("--copies", type=click.FloatRange(0.0, 0.95), default=0.4, show_default=True, help="Share of exact copies.")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, allow_dash=True), default="-", help="Write here instead of standard output."
)
@force_option
def sample(lines: int, seed: int, copies: float, output: str, force: bool) -> None:
    """Write LINES posts as JSON lines: paraphrases, copies, chatter, drifting topics, bursts, a bot flood.

    The field `cluster` is the gold label; `streamclust evaluate` reads it, `streamclust run` does not.
    """
    see_that_it_is_free(output, force=force)
    with click.open_file(output, "wb", lazy=True) as target:
        for record in generate(lines, seed=seed, copies=copies):
            target.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
