"""Options that several commands share: what is said of params that do not go with a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from streamclust.ports import VectorSpace
from workers.cli.options import see_that_it_fits, see_that_it_fits_ready_made


class Vectors(NamedTuple):
    fingerprint: str
    dim: int = 384


@pytest.mark.parametrize("look", [see_that_it_fits, see_that_it_fits_ready_made])
@pytest.mark.parametrize("model", [None, "/models/multilingual-e5-small"])
def test_vectors_of_a_model_with_params_of_its_own_are_not_taken_with_others_in_silence(
    look: Callable[[str, str | None, VectorSpace], None], model: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    look("claim", model, Vectors("multilingual-e5-small@0123"))
    (record,) = caplog.records
    assert record.getMessage().endswith("--preset claim alone brings the params of the built-in model: give --model multilingual")


@pytest.mark.parametrize(("model", "fingerprint"), [("multilingual", "multilingual-e5-small@0123"), (None, "MiniLM@45"), ("x", "y@67")])
def test_nothing_is_said_where_params_and_vectors_go_together_or_nothing_is_known(
    model: str | None, fingerprint: str, caplog: pytest.LogCaptureFixture
) -> None:
    see_that_it_fits("claim", model, Vectors(fingerprint))
    assert caplog.records == []
