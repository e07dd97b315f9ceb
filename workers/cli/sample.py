"""`streamclust sample`: a realistic stream with gold labels, made on the spot."""

from __future__ import annotations

from typing import BinaryIO

import click
import orjson

from streamclust.evaluation.sample import generate


@click.command()
@click.argument("lines", type=click.IntRange(1, 100_000_000))
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another stream; the same seed, the same bytes.")
@click.option("--copies", type=click.FloatRange(0.0, 0.95), default=0.4, show_default=True, help="Share of exact copies.")
@click.option("--output", "-o", type=click.File("wb", lazy=True), default="-", help="Write here instead of standard output.")
def sample(lines: int, seed: int, copies: float, output: BinaryIO) -> None:
    """Write LINES posts as JSON lines: paraphrases, copies, chatter, drifting topics, bursts, a bot flood.

    The field `cluster` is the gold label; `streamclust evaluate` reads it, `streamclust run` does not.
    """
    for record in generate(lines, seed=seed, copies=copies):
        output.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
