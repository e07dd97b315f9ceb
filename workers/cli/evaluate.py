"""`streamclust evaluate`: one pass over a labelled stream, and how right the clusters are; beside others, on request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from itertools import chain, islice
from pathlib import Path
from typing import Any

import click
import orjson

from streamclust.adapters.files import open_input
from streamclust.adapters.hnsw_index import HnswIndex
from streamclust.adapters.memory import ExactIndex
from streamclust.claims import Claim
from streamclust.counting import counted
from streamclust.errors import InputUnreadable, InvalidParams
from streamclust.evaluation import formats, pictures
from streamclust.evaluation.baselines import EVERY, pick
from streamclust.evaluation.baselines.base import Baseline
from streamclust.evaluation.built_in import BUILT_IN, NearMiss, near_misses
from streamclust.evaluation.comparison import Played, System, compare, judged
from streamclust.evaluation.confusions import confusions, wholeness
from streamclust.evaluation.delay import delays
from streamclust.evaluation.order import Order
from streamclust.evaluation.parts import parts, truth
from streamclust.evaluation.playing import Player
from streamclust.evaluation.report import AFTER_MERGES, AT_ARRIVAL, DataFile, Report, sha256_of, versions
from streamclust.evaluation.windows import POSTS, TIME, WINDOWS, over_time, with_times
from workers import wiring
from workers.cli.labelled import How, LabelledClaims
from workers.cli.options import grain_of, json_option, map_option, model_option, params_options, read_map, read_params, see_that_it_fits
from workers.cli.progress import ProgressLine

SKIP, NOISE = "skip", "noise"


class _Stream(click.Path):
    """A file, or the name of a stream that comes with the package where no file has that name."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(value if Path(value).exists() else BUILT_IN.get(value, value), param, ctx)


@click.command()
@click.argument("path", metavar="FILE", type=_Stream())
@params_options
@model_option
@map_option
@click.option(
    "--gold", "gold_field", metavar="FIELD", help="Field with the gold label, -1 is noise; `cluster`, or the form's, if left out."
)
@click.option(
    "--format", "form", type=click.Choice([formats.AUTO, *formats.FORMATS]), default=formats.AUTO, show_default=True, help="Form of FILE."
)
@click.option(
    "--pairs",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CheckThat!: tweets and their verified claims; the one *.qrels beside FILE if left out.",
)
@click.option("--unlabelled", type=click.Choice([SKIP, NOISE]), default=SKIP, show_default=True, help="What posts without a label are.")
@click.option("--order", default="file", show_default=True, metavar="file|time|shuffled:SEED", help="Order in which posts come.")
@click.option("--limit", type=click.IntRange(1), help="Take only the first N records.")
@click.option(
    "--compare",
    "others",
    is_flag=False,
    flag_value=EVERY,
    metavar="NAME,…",
    help="Put baselines beside it, on the same vectors; all that can run if none is named.",
)
@click.option("--windows", type=click.IntRange(1), default=WINDOWS, show_default=True, help="Windows of the figures over time.")
@click.option(
    "--windows-by",
    "by",
    type=click.Choice([POSTS, TIME]),
    default=POSTS,
    show_default=True,
    help="Windows of equally many posts, or equal spans of their time.",
)
@click.option("--pictures", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Draw SVG pictures there.")
@click.option("--exact", is_flag=True, help="Search every cluster instead of the HNSW index.")
@click.option("--batch", "size", type=click.IntRange(1), default=512, show_default=True, help="Claims taken at a time.")
@click.option("--markdown", is_flag=True, help="Write a section of Markdown.")
@json_option
def evaluate(
    path: Path,
    preset: str,
    overrides: tuple[str, ...],
    model: str | None,
    mapping: str,
    gold_field: str | None,
    form: str,
    pairs: Path | None,
    unlabelled: str,
    order: str,
    limit: int | None,
    others: str | None,
    windows: int,
    by: str,
    folder: Path | None,
    exact: bool,
    size: int,
    markdown: bool,
    as_json: bool,
) -> None:
    """Cluster the labelled stream in FILE in one pass and score the result.

    FILE may also be the word `multilingual`: our own test set of claims in many languages, each beside near-misses (the opposite,
    another number, another place, another claim of the same topic); the report then says how many were taken for the claim.

    At arrival: the cluster each claim was first put in. After merges: the one it is in at the end.
    """
    params, played_in = read_params(preset, overrides, model), Order.parse(order)
    see_that_time_passes(by, played_in)
    baselines = [] if others is None else pick(others)
    noise = unlabelled == NOISE
    how = How(form=form, mapping=read_map(mapping), gold_field=gold_field, pairs=pairs, keep_unlabelled=noise, limit=limit)
    with closing(open_input(str(path))) as source:
        claims = LabelledClaims(source, path, how)
        upcoming = iter(claims)
        first = list(islice(upcoming, 1))  # a file without labels is refused before a model is loaded
        encoder = wiring.encoder(model)
        see_that_it_fits(preset, model, encoder)
        index = ExactIndex() if exact else HnswIndex(encoder.dim, params)
        player = Player(encoder, params, index, claims.gold, keep=bool(baselines))
        labelled = chain(first, upcoming)
        play(player, with_times(labelled) if by == TIME else labelled, played_in, size)
    report = Report(
        data=data_file(path, claims, player),
        preset=preset,
        params=params,
        encoder=model or "built-in",
        encoder_fingerprint=encoder.fingerprint,
        index="exact" if exact else "hnsw",
        versions=versions(),
        order=str(played_in),
        **figures(player.played, baselines, grain_of(preset), windows, by),
        **easily_confused(player.played, near_misses(path) if path in BUILT_IN.values() else {}),
    )
    if folder:
        pictures.draw(folder, player.played, report)
    _show(report, markdown=markdown, as_json=as_json)
    for line in claims.notes.lines():
        click.echo(line, err=True)
    if model is None and claims.languages.hint:
        click.echo(claims.languages.hint, err=True)


def see_that_time_passes(by: str, order: Order) -> None:
    """Nothing where the windows fit the order.

    Raises:
        InvalidParams: windows by time of a stream that is shuffled.
    """
    if by == TIME and order.kind == "shuffled":
        raise InvalidParams("--windows-by time: in a shuffled order times tell nothing about early and late; take --order time or file")


def play(player: Player, claims: Iterable[Claim], order: Order, size: int) -> None:
    """All claims, through the engine that `run` uses. In a shuffled order their times tell nothing about early and late.

    Raises:
        InputUnreadable: no labelled record could become a claim.
    """
    progress = ProgressLine()
    player.play(order.of(claims), size=size, say=lambda posts: progress.say(lambda: f"{counted(posts, 'claim')}"))
    progress.clear()
    if order.kind == "shuffled":
        player.played.times = [None] * len(player.played.labels)
    if not player.played.labels:
        raise InputUnreadable("no labelled record could become a claim, so there is nothing to score; check --map and --gold")


def figures(played: Played, baselines: Sequence[Baseline], preset: str, windows: int, by: str) -> dict[str, Any]:
    """All that is measured, by the report's names for it."""
    gold, final = truth(played.labels), played.history.at_end()
    stages = {AT_ARRIVAL: judged(gold, played.history.at_arrival), AFTER_MERGES: judged(gold, final)}
    return {
        "scores": {stage: scores for stage, (scores, _) in stages.items()},
        "mistakes": {stage: wrong for stage, (_, wrong) in stages.items()},
        "parts": parts(played.labels, final),
        "delays": delays(gold, played.history, times=played.times),
        "windows": over_time(gold, played.history, times=played.times, count=windows, by=by),
        "windows_by": by,
        "systems": beside(played, baselines, preset) if baselines else [],
    }


def easily_confused(played: Played, near: Mapping[str, NearMiss]) -> dict[str, Any]:
    """What became of near-misses and of the claims they are near to, where the stream says which they are."""
    if not near:
        return {}
    final = played.history.at_end()
    return {"confusions": confusions(played.labels, final, near), "wholeness": wholeness(played.labels, final, near)}


def beside(played: Played, baselines: Sequence[Baseline], preset: str) -> list[System]:
    """Ours and the baselines, with a line on standard error for each that begins: some take their time."""
    return list(compare(played, baselines, preset, lambda name: click.echo(f"comparing with {name}", err=True)))


def data_file(path: Path, claims: LabelledClaims, player: Player) -> DataFile:
    """What was read, and what was left out."""
    return DataFile(
        name=path.name,
        lines=claims.read,
        sha256=sha256_of(path),
        unlabelled=claims.stream.unlabelled,
        dead_letters=claims.dead + player.unencodable,
        repeated=player.repeated,
        noise=claims.stream.noise,
        form=claims.form.name,
    )


def _show(report: Report, *, markdown: bool, as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps(report.as_dict(), option=orjson.OPT_INDENT_2))
    else:
        click.echo(report.as_markdown() if markdown else report.as_text())
