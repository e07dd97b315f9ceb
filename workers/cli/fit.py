"""`streamclust fit` and `streamclust calibrate`: params for labelled streams of one's own, or for another model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import orjson

from streamclust.adapters.files import open_input
from streamclust.claims import Claim
from streamclust.counting import counted
from streamclust.errors import InputUnreadable
from streamclust.evaluation import fitting
from streamclust.evaluation.fitting import Bench, Labelled
from streamclust.evaluation.metrics import Scores
from streamclust.evaluation.streams import NOISE
from streamclust.params import Params
from workers import wiring
from workers.cli.labelled import How, LabelledClaims
from workers.cli.options import grain_of, json_option, map_option, model_option, params_options, read_map, read_params
from workers.cli.outputs import force_option, see_that_it_is_free

Command = Callable[..., Any]

_FEWEST = 20
"""Claims with two posts or more below which one more or less moves every figure by some percent."""


def _options(command: Command) -> Command:
    for option in (
        click.argument("paths", metavar="FILE…", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        params_options,
        model_option,
        map_option,
        click.option(
            "--gold", "gold_field", metavar="FIELD", help="Field with the gold label, -1 is noise; `cluster`, or the form's, if left out."
        ),
        click.option("--limit", type=click.IntRange(1), help="Take only the first N records of each FILE."),
        click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the params there, for `--preset`."),
        force_option,
        json_option,
    ):
        command = option(command)
    return command


@click.command()
@_options
@click.option("--tries", type=click.IntRange(0), default=40, show_default=True, help="Steps of refinement on the clusters themselves.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the refinement.")
@click.option("--test", "tests", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Score this one too.")
def fit(tries: int, seed: int, tests: tuple[Path, ...], **given: Any) -> None:
    """Fit the link model to the labelled streams in FILE…: weights, bias, thresholds.

    It starts from the preset, plays every stream many times and takes minutes. What was not fitted on says more than what was: give
    it with --test.
    """
    _change(given, lambda bench, params: fitting.fit(bench, params, tries=tries, seed=seed, say=_say), tests)


@click.command()
@_options
def calibrate(**given: Any) -> None:
    """Move bias and merge threshold of the preset to where the clusters of the labelled streams in FILE… are best.

    After it a link score of .5 means for this model what it means for the built-in one.
    """
    _change(given, fitting.calibrate, ())


def _change(given: dict[str, Any], change: Callable[[Bench, Params], Params], tests: Sequence[Path]) -> None:
    if given["output"]:
        reads = {**{str(path): "FILE" for path in given["paths"]}, **{str(path): "--test" for path in tests}}
        see_that_it_is_free(str(given["output"]), force=given["force"], reads=reads)
    start = read_params(given["preset"], given["overrides"], given["model"])
    how = How(mapping=read_map(given["mapping"]), gold_field=given["gold_field"], limit=given["limit"])
    streams, unseen = ([_read(path, how) for path in paths] for paths in (given["paths"], tests))
    warnings = [*_too_few(streams, "what is fitted to so few holds for them alone"), *_too_few(unseen, "its figures say little")]
    for warning in warnings:
        _say(f"warning: {warning}")
    encoder = wiring.encoder(given["model"])
    bench = Bench(streams, encoder)
    found = change(bench, start)
    rows = [*_rows(bench, start, found), *_rows(Bench(unseen, encoder), start, found, unseen=True)]
    written = {"preset": grain_of(given["preset"]), "encoder": encoder.fingerprint, "params": found.as_dict()}
    if given["output"]:
        given["output"].write_bytes(orjson.dumps(written, option=orjson.OPT_INDENT_2))
    _show(given, start, found, {**written, "streams": rows, "warnings": warnings})


def _read(path: Path, how: How) -> Labelled:
    """The claims of a file; of an id that comes again the first record counts, as it does in a run."""
    with closing(open_input(str(path))) as source:
        claims = LabelledClaims(source, path, how)
        read: dict[str, Claim] = {}
        for claim in claims:
            read.setdefault(claim.id, claim)
    if not read:
        raise InputUnreadable(f"no labelled record of {path} could become a claim, so there is nothing to fit; check --map and --gold")
    for line in claims.notes.lines():
        _say(line)
    return Labelled(path.name, list(read.values()), claims.gold)


def _too_few(streams: Sequence[Labelled], so: str) -> list[str]:
    """What to say of labelled posts that are too few to tell good params from bad ones; nothing of enough."""
    sizes = Counter((number, stream.gold[claim.id]) for number, stream in enumerate(streams) for claim in stream.claims)
    several = sum(size > 1 for (_, label), size in sizes.items() if label != NOISE)
    if not streams or several >= _FEWEST:
        return []
    names = ", ".join(stream.name for stream in streams)
    have = "has" if several == 1 else "have"
    return [f"only {counted(several, 'claim')} in {names} {have} two posts or more: {so}; label at least {_FEWEST} such claims"]


def _rows(bench: Bench, start: Params, found: Params, *, unseen: bool = False) -> list[dict[str, Any]]:
    scored = zip(bench.streams, bench.scores(start), bench.scores(found), strict=True)
    return [
        {"stream": s.name, "fitted_on": not unseen, "before": _figures(before), "after": _figures(after)} for s, before, after in scored
    ]


def _figures(scores: Scores) -> dict[str, float]:
    return {name: round(getattr(scores, name), 4) for name in ("ami", "ari", "b3_f1")}


def _show(given: dict[str, Any], start: Params, found: Params, report: dict[str, Any]) -> None:
    if given["as_json"]:
        click.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2))
        return
    click.echo(f"{'stream':<32} {'':<7}  before: AMI   ARI   B³    after: AMI   ARI   B³")
    for row in report["streams"]:
        before, after = ("  ".join(f"{value:.3f}" for value in row[stage].values()) for stage in ("before", "after"))
        click.echo(f"{row['stream']:<32} {'' if row['fitted_on'] else 'unseen':<7}         {before}         {after}")
    changed = {name: value for name, value in found.as_dict().items() if value != start.as_dict()[name]}
    for name, value in changed.items():
        click.echo(f"  {name} {start.as_dict()[name]:g} -> {value:g}")
    if not changed:
        click.echo("  nothing to be gained: the params are as they were")
    if given["output"]:
        click.echo(f"Written to {given['output']}; use it with --preset {given['output']}")


def _say(line: str) -> None:
    click.echo(line, err=True)
