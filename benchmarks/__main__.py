"""`python -m benchmarks`: every measure of one process, or what is named (see README.md)."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import bench_ablation, bench_clusterer, bench_feedback, bench_memory, bench_pipeline, bench_trends, vectors
from benchmarks.harness import Result, report
from streamclust.claims import EmbeddedClaim
from streamclust.params import PRESETS, Params, parse_override
from streamclust.ports import Encoder

WHAT = ("ratios", "kafka", "memory", "trends", "languages", "feedback", "ablation")
_LINES, _TEXTS, _REPEATS = 20_000, 3_000, 5
_QUICK_LINES, _QUICK_TEXTS, _QUICK_REPEATS = 6_000, 1_000, 3


def main() -> int:
    """Run what was asked for; exit code 1 where a bar is missed."""
    options = _options()
    params = Params.preset(options.preset, **dict(options.overrides))
    if options.what == "memory":
        bench_memory.run(options.lines or 1_000_000, options.every, params)
        return 0
    if options.what == "trends":
        return bench_trends.run(params, quick=options.quick, data=options.data)
    if options.what in ("feedback", "ablation"):
        return _labelled(options, params)
    if options.what == "languages":
        return _languages(write=options.write)
    if options.what == "kafka":
        return report(_workers(options, params))
    print(f"preset {options.preset}; ratios count, rates depend on the machine and on what else it does")
    missed = report(_results(options, params))
    return max(missed, _encoder(_QUICK_TEXTS if options.quick else _TEXTS, _QUICK_REPEATS if options.quick else _REPEATS))


def _results(options: argparse.Namespace, params: Params) -> Iterator[Result]:
    """Measures one after the other. All but the encoder keeps to one thread of its own accord."""
    repeats = _QUICK_REPEATS if options.quick else _REPEATS
    ready, texts, encoder = _streams(options)
    yield from bench_clusterer.run(ready, params, repeats=repeats)
    yield from bench_pipeline.run(ready, texts, encoder, params, repeats=repeats)


def _streams(options: argparse.Namespace) -> tuple[list[EmbeddedClaim], vectors.Stream, Encoder]:
    """Claims with vectors, lines with distinct texts, and the encoder."""
    from streamclust.adapters.sentence_encoder import SentenceEncoder  # 400 MB that the measure of memory must not count

    lines = options.lines or (_QUICK_LINES if options.quick else _LINES)
    encoder = SentenceEncoder.load()
    stream = vectors.read(options.data, lines) if options.data else vectors.generated(lines, copies=0.4)
    ready = vectors.embedded(stream.claims(), encoder)
    print(f"stream: {stream.name}; encoder {encoder.name}, {encoder.backend}")
    return ready, vectors.distinct(stream, _QUICK_TEXTS if options.quick else _TEXTS), encoder


def _workers(options: argparse.Namespace, params: Params) -> Iterator[Result]:
    """The workers on a broker, against what they wrap."""
    from benchmarks import bench_kafka  # a broker comes with the development packages only

    ready, texts, encoder = _streams(options)
    yield from bench_kafka.run(ready, texts, encoder, params, repeats=_QUICK_REPEATS if options.quick else _REPEATS)


def _labelled(options: argparse.Namespace, params: Params) -> int:
    """What answers to suggestions bring, or what each part brings, on labelled posts."""
    if options.data is None:
        print(f"{options.what} wants --data FILE.jsonl whose posts name their `cluster`", file=sys.stderr)
        return 2
    from streamclust.adapters.sentence_encoder import SentenceEncoder  # as in `_streams`

    stream, encoder = vectors.read(options.data, options.lines or _LINES), SentenceEncoder.load()
    if options.what == "ablation":
        bench_ablation.run(stream, vectors.Ready(stream.claims(), encoder), params)
    else:
        bench_feedback.run(stream, vectors.embedded(stream.claims(), encoder), params)
    return 0


def _languages(*, write: bool) -> int:
    """What taking the language out of vectors brings."""
    from benchmarks import bench_languages  # its model comes with an extra

    bench_languages.run(write=write)
    return 0


def _encoder(texts: int, repeats: int) -> int:
    """The encoder's own benchmark, in a process of its own: it holds the model twice. Returns its exit code."""
    command = [sys.executable, "-m", "benchmarks.bench_encoder", "--texts", str(texts), "--repeats", str(repeats)]
    return subprocess.run(command, check=False).returncode


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", choices=WHAT, default="ratios")
    parser.add_argument("--quick", action="store_true", help="fewer claims and turns: a smoke test, not a figure to quote")
    parser.add_argument("--data", type=Path, metavar="FILE.jsonl", help="a stream of your own instead of the generated one")
    parser.add_argument("--preset", choices=tuple(PRESETS), default="claim")
    parser.add_argument("--set", dest="overrides", action="append", type=parse_override, default=[], metavar="NAME=VALUE", help="a param")
    parser.add_argument("--lines", type=int, help=f"lines of the stream (default {_LINES}; memory: 1000000)")
    parser.add_argument("--every", type=int, default=100_000, help="memory: claims between two rows")
    parser.add_argument("--write", action="store_true", help="languages: write the correction that is shipped, too")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
