"""The embed worker with an encoder that needs no model, so that it starts at once: `embed_with_hashes.py [NAME [SECONDS]] [options]`."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import numpy as np

from streamclust.testing import HashEncoder
from workers import embed, wiring


class SlowEncoder(HashEncoder):
    """Sleeps over the texts that ask for it."""

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(32, name)
        self._seconds = seconds

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        if any("slow" in text for text in texts):
            time.sleep(self._seconds)
        rows = super().encode(texts)
        for row, text in zip(rows, texts, strict=True):
            if "nan" in text:
                row[0] = np.nan
        return rows


if __name__ == "__main__":
    name = sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("--") else "hash"
    seconds = float(sys.argv.pop(1)) if len(sys.argv) > 1 and not sys.argv[1].startswith("--") else 0.0
    wiring.encoder = lambda model: SlowEncoder(name, seconds)
    embed.main()
