"""A state is open for commands of people only where this version may go on with it."""

from __future__ import annotations

from typing import Any

import pytest

from streamclust.adapters.memory import MemoryStore
from streamclust.errors import Incompatible
from streamclust.params import Params
from streamclust.records import identity_of
from streamclust.testing import HashEncoder
from workers.cli.care import _audited
from workers.cli.review import Desk


def made_by_a_version_with(**params: Any) -> MemoryStore:
    store, identity = MemoryStore(), identity_of(Params(), HashEncoder())
    store.claim_writer({**identity, "params": {n: v for n, v in {**identity["params"], **params}.items() if v is not None}})
    return store


def test_a_state_of_this_version_is_open_whatever_its_params() -> None:
    assert Desk(made_by_a_version_with(link_threshold=0.4), None).suggestions() == []


@pytest.mark.parametrize("params", [{"gone": 1.0}, {"second_look": None}], ids=["has one more", "has one less"])
def test_a_state_of_a_version_with_other_params_is_refused_as_that(params: dict[str, Any]) -> None:
    with pytest.raises(Incompatible, match="made by another version of streamclust") as refused:
        Desk(made_by_a_version_with(**params), None)
    assert "asks for" not in str(refused.value)


def test_a_state_of_another_version_can_be_verified() -> None:
    found = _audited(made_by_a_version_with(gone=1.0, second_look=None))
    assert found is not None
    assert found.findings == []
