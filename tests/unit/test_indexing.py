"""The journal rebuilds the index that was lost, and stays bounded."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_streams import DIM, INDEXES

from streamclust import indexing
from streamclust.adapters.memory import ExactIndex
from streamclust.indexing import JournaledIndex
from streamclust.ports import IndexWrite

SHARE = 0.25
either_index = pytest.mark.parametrize("index", INDEXES)
steps = st.lists(st.tuples(st.sampled_from(["add", "add", "move", "delete", "rebuild", "save"]), st.integers(0, 1 << 16)), max_size=120)
Steps = list[tuple[str, int]]


@pytest.fixture(scope="module", autouse=True)
def early_rebuilds() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(indexing, "_SMALLEST_REBUILD", 3)
        yield


class Journal:
    """What a store keeps of an index."""

    def __init__(self) -> None:
        self.lines: dict[int, IndexWrite] = {}

    def save(self, index: JournaledIndex) -> None:
        writes, drops = index.take_changes()
        assert not {w.seq for w in writes} & {*self.lines, *drops}
        self.lines.update({w.seq: w for w in writes})
        for seq in drops:
            del self.lines[seq]

    def load(self) -> list[IndexWrite]:
        return [self.lines[seq] for seq in sorted(self.lines)]


def vector(number: int) -> np.ndarray:
    row = np.random.default_rng(number).standard_normal(DIM)
    return (row / np.linalg.norm(row)).astype(np.float16).astype(np.float32)


def play(what: Steps, index: JournaledIndex, journal: Journal) -> dict[int, np.ndarray]:
    """Do all steps; the vectors that live in the end."""
    live: dict[int, np.ndarray] = {}
    for label, (step, chance) in enumerate(what):
        old = sorted(live)[chance % len(live)] if live else None
        if step == "add" or (step == "move" and old is not None):
            at = label if step == "add" else old
            live[at] = vector(chance)
            index.write(at, live[at])
        elif step == "delete" and old is not None:
            index.delete(old)
            del live[old]
        elif step == "rebuild":
            index.rebuild_if_due()
        elif step == "save":
            journal.save(index)
    journal.save(index)
    return live


@either_index
@settings(max_examples=40, deadline=None)
@given(what=steps, after=steps)
def test_a_restored_index_answers_as_the_lost_one_did(index: str, what: Steps, after: Steps) -> None:
    original, journal = JournaledIndex(INDEXES[index](), SHARE), Journal()
    live = play(what, original, journal)
    restored = JournaledIndex(INDEXES[index](), SHARE)
    vectors = restored.restore(journal.load(), original.state())
    assert {label: v.tobytes() for label, v in vectors.items()} == {label: v.tobytes() for label, v in live.items()}
    assert len(restored) == len(original) == len(live)
    for twin in (original, restored):
        for number in range(20):
            twin.write(10_000 + number, vector(number))
    assert [restored.search(vector(q), 8) for q in range(20)] == [original.search(vector(q), 8) for q in range(20)]
    assert restored.state() == original.state()


@settings(max_examples=40, deadline=None)
@given(what=steps)
def test_after_a_rebuild_the_journal_holds_each_live_label_once(what: Steps) -> None:
    index, journal = JournaledIndex(ExactIndex(), SHARE), Journal()
    live = play(what, index, journal)
    if index.rebuild_if_due():
        journal.save(index)
        assert sorted(line.label for line in journal.load()) == sorted(live)


@settings(max_examples=40, deadline=None)
@given(what=steps)
def test_when_the_journal_is_saved_does_not_matter(what: Steps) -> None:
    once, often = Journal(), Journal()
    play([step for step in what if step[0] != "save"], JournaledIndex(ExactIndex(), SHARE), once)
    index = JournaledIndex(ExactIndex(), SHARE)
    for label, (step, chance) in enumerate([step for step in what if step[0] != "save"]):
        play_one(label, step, chance, index)
        often.save(index)
    assert [(w.seq, w.label) for w in often.load()] == [(w.seq, w.label) for w in once.load()]


def play_one(label: int, step: str, chance: int, index: JournaledIndex) -> None:
    live = sorted(index.search(vector(0), len(index)))
    old = live[chance % len(live)] if live else None
    if step == "add" or (step == "move" and old is not None):
        index.write(label if step == "add" else old, vector(chance))
    elif step == "delete" and old is not None:
        index.delete(old)
    elif step == "rebuild":
        index.rebuild_if_due()


def test_a_rebuild_waits_for_its_share_of_deletions() -> None:
    index = JournaledIndex(ExactIndex(), SHARE)
    for label in range(100):
        index.write(label, vector(label))
    for label in range(24):
        index.delete(label)
        assert not index.rebuild_if_due()
    index.delete(24)
    assert index.rebuild_if_due()
    assert not index.rebuild_if_due()


def test_changes_are_given_out_once() -> None:
    index = JournaledIndex(ExactIndex(), SHARE)
    index.write(1, vector(1))
    index.delete(1)
    writes, drops = index.take_changes()
    assert ([(w.seq, w.label, w.vector is None) for w in writes], drops) == ([(1, 1, False), (2, 1, True)], [])
    assert index.take_changes() == ([], [])


def test_a_journal_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="journal line 1 deletes label 7"):
        JournaledIndex(ExactIndex(), SHARE).restore([IndexWrite(1, 7, None)], {"generation": 1, "next_seq": 2})
