"""`Judge` that is a sentence-transformers cross-encoder on this machine: no post leaves it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from safetensors import SafetensorError
from sentence_transformers import CrossEncoder
from torch.nn import Sigmoid, Softmax

from streamclust.errors import JudgeUnavailable
from streamclust.ports import Verdict

_UNLOADABLE = (OSError, ValueError, RuntimeError, KeyError, ImportError, SafetensorError)
_ENTAILS = "entailment"


class CrossEncoderJudge:
    """Scores both orders of a pair; the lower probability of the two counts.

    A model with one output gives a probability that the two say the same; one for natural language inference the probability that
    one entails the other. At or above `same` they do, at or below `different` they do not, between them it is unsure.

    Args:
        model: the cross-encoder.
        name: readable name; a digest of the weights is added.
        same, different: bounds of the probability.
    """

    def __init__(self, model: CrossEncoder, name: str, *, same: float = 0.8, different: float = 0.2) -> None:
        self._model = model
        self._same, self._different = same, different
        self._column = _column_of(model, name)
        self._name = f"{name}@{_digest(model)}/{same:g}-{different:g}"

    @classmethod
    def load(cls, name: str, *, same: float = 0.8, different: float = 0.2) -> CrossEncoderJudge:
        """By name, which is fetched from the hub, or by path, which never is.

        Raises:
            JudgeUnavailable: it cannot be loaded, or is no model for pairs.
        """
        try:
            model = CrossEncoder(name, device="cpu")
        except _UNLOADABLE as error:
            raise JudgeUnavailable(f"cannot load the cross-encoder {name!r}: {error}; give a folder, or a name while online") from error
        return cls(model, name.rstrip("/").rpartition("/")[2], same=same, different=different)

    @property
    def name(self) -> str:
        """See `Judge.name`."""
        return self._name

    @property
    def version(self) -> str:
        """See `Judge.version`: the name says all."""
        return ""

    def cost(self, question: tuple[str, str]) -> int:
        """See `Judge.cost`: none; only pairs count."""
        return 0

    def judge(self, questions: Sequence[tuple[str, str]]) -> Iterator[Verdict]:
        """See `Judge.judge`."""
        if not questions:
            return
        both = [pair for one, other in questions for pair in ((one, other), (other, one))]
        lower = self._probabilities(both).reshape(-1, 2).min(axis=1)
        for probability in lower.tolist():
            yield Verdict(self._answer(probability), 0, nonsense=not 0.0 <= probability <= 1.0)

    def _probabilities(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """(n,) float32."""
        if self._column is None:
            scores: np.ndarray = np.asarray(self._model.predict(list(pairs), show_progress_bar=False, activation_fn=Sigmoid()), np.float32)
            return scores.reshape(-1)
        rows = np.asarray(self._model.predict(list(pairs), show_progress_bar=False, activation_fn=Softmax(-1)), np.float32)
        column: np.ndarray = rows[:, self._column]
        return column

    def _answer(self, probability: float) -> str:
        if not 0.0 <= probability <= 1.0:
            return "unsure"
        return "same" if probability >= self._same else "different" if probability <= self._different else "unsure"


def _column_of(model: CrossEncoder, name: str) -> int | None:
    """Which output says that the two agree; None where there is only one.

    Raises:
        JudgeUnavailable: none does.
    """
    labels = {str(label).lower(): int(number) for number, label in model.config.id2label.items()}
    if len(labels) == 1:
        return None
    if _ENTAILS not in labels:
        raise JudgeUnavailable(f"the cross-encoder {name!r} has the outputs {', '.join(labels)}; expected one, or one called {_ENTAILS}")
    return labels[_ENTAILS]


def _digest(model: CrossEncoder) -> str:
    digest = hashlib.sha256()
    for name, weights in sorted(model.model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weights.detach().cpu().float().numpy().tobytes())
    return digest.hexdigest()[:8]
