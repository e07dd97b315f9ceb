"""What a state may be called: a directory, the address of a server, or memory."""

from __future__ import annotations

from urllib.parse import urlsplit

MEMORY = "memory"
DEFAULT_STATE = ".streamclust"


def is_address(state: str) -> bool:
    """Whether `state` names a server rather than a directory."""
    return "://" in state


def shown(state: str) -> str:
    """`state` as it may be printed: without a password."""
    parts = urlsplit(state)
    if not is_address(state) or parts.password is None:
        return state
    return state.replace(f":{parts.password}@", ":***@")
