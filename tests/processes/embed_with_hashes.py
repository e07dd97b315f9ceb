"""The embed worker with an encoder that needs no model, so that it starts at once."""

from __future__ import annotations

from streamclust.testing import HashEncoder
from workers import embed, wiring

wiring.encoder = lambda model: HashEncoder(32)

if __name__ == "__main__":
    embed.main()
