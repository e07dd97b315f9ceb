"""A state is open for commands of people only where this version may go on with it."""

from __future__ import annotations

from typing import Any

import click
import pytest

from streamclust.adapters.memory import MemoryStore
from streamclust.errors import Incompatible
from streamclust.params import Params
from streamclust.records import identity_of
from streamclust.testing import HashEncoder
from workers.cli.care import _audited
from workers.cli.desk import Desk, see_two


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


def test_a_cluster_is_no_pair_however_its_id_is_typed() -> None:
    for asked in (("c98xy", "c98xy"), ("c98", "c98xy")):
        with pytest.raises(click.UsageError, match="are the same cluster, c98xy; name two"):
            see_two(asked, ("c98xy", "c98xy"))


def test_what_were_two_clusters_and_what_are_two_may_be_told_of() -> None:
    see_two(("c12ab", "c98xy"), ("c98xy", "c98xy"))
    see_two(("c12", "c98"), ("c12ab", "c98xy"))
