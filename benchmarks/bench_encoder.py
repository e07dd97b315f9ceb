"""SentenceEncoder against plain SentenceTransformer.encode in float32: the same distinct texts, turn by turn in one run."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from itertools import islice
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from sentence_transformers import SentenceTransformer

from streamclust.adapters.sentence_encoder import SentenceEncoder, default_folder
from streamclust.evaluation.sample import generate

BAR = 2.5
LEAST_COSINE = 0.999


def main() -> int:
    """Print one line; exit code 1 where a bar is missed."""
    options = _options()
    texts = distinct_texts(options.texts, options.seed)
    encoder = SentenceEncoder.load(backend=options.backend)
    plain = SentenceTransformer(str(default_folder()), device="cpu", local_files_only=True)
    ratio, cosine, rates = compare(encoder, plain, texts, options.repeats)
    reached = ratio >= BAR and cosine >= LEAST_COSINE
    print(
        f"encoder {encoder.name} {encoder.backend}: {ratio:.2f}x plain float32 (bar {BAR}), smallest cosine {cosine:.5f} "
        f"(bar {LEAST_COSINE}), {rates[0]:.0f}/s against {rates[1]:.0f}/s, {len(texts)} texts: {'ok' if reached else 'MISSED'}"
    )
    return 0 if reached else 1


def distinct_texts(count: int, seed: int) -> list[str]:
    """The first `count` different texts of the generated stream."""
    seen = dict.fromkeys(post["text"] for post in generate(2 * count + 100, seed=seed, copies=0.0))
    return list(islice(seen, count))


def compare(
    encoder: SentenceEncoder, plain: SentenceTransformer, texts: Sequence[str], repeats: int
) -> tuple[float, float, tuple[float, float]]:
    """Median ratio of the rates, smallest cosine, and the two median rates in texts per second."""

    def reference() -> Any:
        return plain.encode(list(texts), batch_size=64, normalize_embeddings=True, show_progress_bar=False)

    cosine = float(np.sum(encoder.encode(texts) * reference(), axis=1).min())  # warms both up, too
    pairs = [(_seconds(lambda: encoder.encode(texts)), _seconds(reference)) for _ in range(repeats)]
    ours, theirs = zip(*pairs, strict=True)
    ratio = median(slow / fast for fast, slow in pairs)
    return ratio, cosine, (len(texts) / median(ours), len(texts) / median(theirs))


def _seconds(work: Callable[[], Any]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=1024, help="different texts to encode (default 1024)")
    parser.add_argument("--repeats", type=int, default=5, help="turns of both; the median ratio counts (default 5)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the generated texts")
    parser.add_argument("--backend", choices=("bfloat16", "float32"), help="instead of the one the encoder chooses itself")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
