"""Which encoder a name stands for."""

from __future__ import annotations

from streamclust.ports import Encoder

MULTILINGUAL = "multilingual"
"""The model of the optional extra, for some hundred languages; any other name is a folder or one on the hub."""


def open_encoder(model: str | None = None) -> Encoder:
    """The encoder by name or path; the built-in English one for None.

    Raises:
        EncoderUnavailable: it cannot be loaded; says what to install or to do.
    """
    from streamclust.adapters.sentence_encoder import SentenceEncoder  # seconds to import: only where it is needed

    if model != MULTILINGUAL:
        return SentenceEncoder.load(model)
    from streamclust.adapters.multilingual_model import folder

    return SentenceEncoder.load(folder())
