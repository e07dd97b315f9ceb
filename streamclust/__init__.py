"""streamclust: groups posts that make the same claim as they arrive, one pass.

The names a program needs, loaded on first use, so that `import streamclust` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streamclust.adapters.hnsw_index import HnswIndex
    from streamclust.adapters.sentence_encoder import SentenceEncoder
    from streamclust.claims import Claim, EmbeddedClaim, parse_claim
    from streamclust.clusterer import StreamClusterer
    from streamclust.estimator import ClaimClusterer
    from streamclust.params import Params
    from streamclust.pipeline import Clustering, Embedding

__version__ = "0.1.0"

_HOMES = {
    "Claim": "claims",
    "ClaimClusterer": "estimator",
    "Clustering": "pipeline",
    "EmbeddedClaim": "claims",
    "Embedding": "pipeline",
    "HnswIndex": "adapters.hnsw_index",
    "Params": "params",
    "SentenceEncoder": "adapters.sentence_encoder",
    "StreamClusterer": "clusterer",
    "parse_claim": "claims",
}
__all__ = [
    "Claim",
    "ClaimClusterer",
    "Clustering",
    "EmbeddedClaim",
    "Embedding",
    "HnswIndex",
    "Params",
    "SentenceEncoder",
    "StreamClusterer",
    "parse_claim",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'streamclust' has no attribute {name!r}")
    return getattr(import_module(f"streamclust.{_HOMES[name]}"), name)
