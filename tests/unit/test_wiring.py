from __future__ import annotations

from pathlib import Path

import pytest

from streamclust.errors import InputUnreadable
from workers.states import is_address, shown
from workers.wiring import quiet_store, readable_store

CANARY = "c4n4ry"


@pytest.mark.parametrize("state", [f"redis://:{CANARY}@127.0.0.1:6379/0", f"rediss://ann:{CANARY}@cache.example"])
def test_a_password_is_never_shown(state: str) -> None:
    assert CANARY not in shown(state)
    assert is_address(shown(state))


@pytest.mark.parametrize("state", ["memory", ".streamclust", "redis://127.0.0.1:6379", "unix:///tmp/x.sock"])
def test_a_state_without_a_password_is_shown_as_it_is(state: str) -> None:
    assert shown(state) == state


@pytest.mark.parametrize("opened", [readable_store, quiet_store])
def test_looking_at_no_state_says_how_to_make_one(tmp_path: Path, opened: type) -> None:
    with pytest.raises(InputUnreadable, match="streamclust run FILE --state"), opened(str(tmp_path / "nowhere")):
        pass
