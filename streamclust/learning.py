"""How the link model learns from who confirms and rejects: one bounded step an answer, from the shipped weights on."""

from __future__ import annotations

from collections.abc import Sequence

from river import optim

Weights = tuple[float, ...]
"""The link model's: its bias, then one for each feature."""


class LinkLearner:
    """River's stochastic gradient descent on its log loss, normalised by the length of the features.

        g = dLog(linked, z) / dz                       -1 < g < 1
        weight_i -= rate * g * feature_i / |features|²

    so that one answer moves the log-odds of the pair it is about by `rate` at most, however long the features are (the normalised
    least mean squares of Nagumo and Noda, 1967, with the logistic gradient). Weights stay plain floats; none but the bias goes below 0.

    Args:
        rate: log-odds that one answer may move; 0 learns nothing.

    >>> LinkLearner(1.0).step((0.0, 1.0), (1.0,), linked=False) < (0.0, 1.0)
    True
    """

    def __init__(self, rate: float) -> None:
        self._optimizer = optim.SGD(rate)
        self._loss = optim.losses.Log()

    def step(self, weights: Weights, features: Sequence[float], *, linked: bool) -> Weights:
        """The weights after one answer.

        Args:
            weights: bias first.
            features: of the pair, as the link model sees it.
            linked: what the answer is.
        """
        inputs = (1.0, *features)
        z = sum(weight * x for weight, x in zip(weights, inputs, strict=True))
        slope = self._loss.gradient(linked, z) / sum(x * x for x in inputs)
        moved = self._optimizer.step(dict(enumerate(weights)), {number: slope * x for number, x in enumerate(inputs)})
        bias, *rest = (float(moved[number]) for number in range(len(weights)))
        return bias, *(max(weight, 0.0) for weight in rest)
