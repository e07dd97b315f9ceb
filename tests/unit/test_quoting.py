"""Laws of a claim in one line: short ones whole, cut ones say so and end in a whole word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamclust.claims import normalise
from streamclust.events import ClusterGrew
from workers.cli.quoting import one_line
from workers.cli.view import event_line

TEXT = "Fire brigade in Lima gave up on the Olympic stadium after the second explosion, which nobody had expected at all"


@given(st.text(max_size=200), st.integers(2, 120))
def test_a_text_is_whole_or_its_beginning_and_says_that_it_is_cut(text: str, most: int) -> None:
    line, whole = one_line(text, most), normalise(text)
    assert len(line) <= most or line == whole
    assert line == whole if len(whole) <= most else line.endswith("…")
    assert whole.startswith(line.removesuffix("…"))


@given(st.lists(st.sampled_from(["dam", "flood", "mayor", "resigns"]), min_size=1, max_size=60), st.integers(20, 120))
def test_words_are_never_cut(words: list[str], most: int) -> None:
    line = one_line(" ".join(words), most)
    assert line.removesuffix("…").split() == words[: len(line.split())]


def test_an_event_line_says_where_a_claim_is_cut() -> None:
    grew = ClusterGrew(cluster_id="c1", version=5, at=0.0, milestone=5, authors=2, sources=1, distinct=1, text=TEXT)
    assert event_line(grew).endswith("“Fire brigade in Lima gave up on the Olympic stadium after the second explosion, which…”")
