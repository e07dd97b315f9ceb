"""`streamclust evaluate`: one pass over a labelled stream, and how right the clusters are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import orjson

from streamclust.adapters.files import Input, open_input
from streamclust.adapters.hnsw_index import HnswIndex
from streamclust.adapters.memory import ExactIndex, MemoryStore
from streamclust.claims import Claim, FieldMap, Origin, parse_claim
from streamclust.clusterer import StreamClusterer
from streamclust.errors import InputUnreadable, InvalidClaim
from streamclust.evaluation.metrics import Scores, score
from streamclust.evaluation.report import AFTER_MERGES, AT_ARRIVAL, DataFile, Report, sha256_of, versions
from streamclust.evaluation.streams import LabelledStream
from streamclust.events import ClaimAssigned
from streamclust.params import Params
from streamclust.pipeline import Clustering, Embedding
from streamclust.ports import Encoder
from streamclust.records import merged_id
from workers import wiring
from workers.cli.options import json_option, map_option, model_option, params_options, read_map, read_params


@dataclass(slots=True)
class LabelledClaims:
    """Claims of a labelled stream, in order, each with its gold label."""

    source: Input
    fields: FieldMap
    gold_field: str
    dead: int = 0
    unlabelled: int = 0
    gold: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Claim]:
        stream = LabelledStream(self._decoded(), self.gold_field)
        for number, (record, label) in enumerate(stream):
            try:
                claim = parse_claim(record, fields=self.fields, origin=Origin(Path(self.source.name).name, 0, number))
            except InvalidClaim:
                self.dead += 1
                continue
            self.gold.setdefault(claim.id, label)
            yield claim
        self.unlabelled = stream.unlabelled

    def _decoded(self) -> Iterator[Mapping[str, Any]]:
        for raw in self.source:
            try:
                yield self.source.parse(raw)
            except InvalidClaim:
                self.dead += 1


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@params_options
@model_option
@map_option
@click.option("--gold", "gold_field", default="cluster", show_default=True, metavar="FIELD", help="Field with the gold label.")
@click.option("--exact", is_flag=True, help="Search every cluster instead of the HNSW index.")
@click.option("--batch", "size", type=click.IntRange(1), default=512, show_default=True, help="Claims taken at a time.")
@click.option("--markdown", is_flag=True, help="Write a section of Markdown.")
@json_option
def evaluate(
    path: str,
    preset: str,
    overrides: tuple[str, ...],
    model: str | None,
    mapping: str,
    gold_field: str,
    exact: bool,
    size: int,
    markdown: bool,
    as_json: bool,
) -> None:
    """Cluster the labelled stream in FILE, in file order and one pass, and score the result.

    At arrival: the cluster each claim was first put in. After merges: the one it is in at the end.
    """
    params = read_params(preset, overrides)
    with closing(open_input(path)) as source:
        claims = LabelledClaims(source, read_map(mapping), gold_field)
        encoder = wiring.encoder(model)
        scores = evaluate_claims(claims, encoder, params, exact=exact, size=size)
        lines = source.number
    report = Report(
        data=DataFile(
            name=Path(path).name, lines=lines, sha256=sha256_of(Path(path)), unlabelled=claims.unlabelled, dead_letters=claims.dead
        ),
        preset=preset,
        params=params,
        encoder=model or "built-in",
        encoder_fingerprint=encoder.fingerprint,
        index="exact" if exact else "hnsw",
        versions=versions(),
        scores=scores,
    )
    if as_json:
        click.echo(orjson.dumps(report.as_dict(), option=orjson.OPT_INDENT_2))
    else:
        click.echo(report.as_markdown() if markdown else report.as_text())


def evaluate_claims(claims: LabelledClaims, encoder: Encoder, params: Params, *, exact: bool, size: int) -> dict[str, Scores]:
    """Scores by stage, from the engine that `run` uses.

    Raises:
        InputUnreadable: no labelled record could become a claim.
    """
    index = ExactIndex() if exact else HnswIndex(encoder.dim, params)
    store = MemoryStore()
    clustering = Clustering(StreamClusterer(index, params), store, encoder)
    clustering.start()
    arrival = _assignments(claims, Embedding(encoder), clustering, size)
    if not arrival:
        raise InputUnreadable("no labelled record could become a claim, so there is nothing to score; check --map and --gold")
    gold = [claims.gold[claim_id] for claim_id in arrival]
    final = [merged_id(store, cluster_id) for cluster_id in arrival.values()]
    return {AT_ARRIVAL: score(gold, list(arrival.values())), AFTER_MERGES: score(gold, final)}


def _assignments(claims: LabelledClaims, embedding: Embedding, clustering: Clustering, size: int) -> dict[str, str]:
    """Cluster id at arrival by claim id, in order."""
    assigned: dict[str, str] = {}
    for batch in _batches(claims, size):
        embedded, unencodable = embedding.run(batch)
        claims.dead += len(unencodable)
        events = clustering.run(embedded, {})
        assigned.update({e.claim_id: e.cluster_id for e in events if isinstance(e, ClaimAssigned)})
        click.echo(f"\r{len(assigned)} claims", err=True, nl=False)
    click.echo("\r", err=True, nl=False)
    return assigned


def _batches(claims: LabelledClaims, size: int) -> Iterator[list[Claim]]:
    batch: list[Claim] = []
    for claim in claims:
        batch.append(claim)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
