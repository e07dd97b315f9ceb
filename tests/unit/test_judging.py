"""Suggestions before a judge: no pair twice, never beyond the budget, and what came before a failure stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from streamclust.adapters.verdict_file import VerdictFile
from streamclust.errors import InputUnreadable, JudgeUnavailable
from streamclust.judging import Budget, Judged, Question, deliberate, key_of
from streamclust.ports import NONSENSE, Unanswered, Verdict

QUESTIONS: list[Question] = [(f"claim {n}", f"other {n}") for n in range(10)]


class Scripted:
    """Says `same` of even questions and `different` of odd ones; falls silent at `silent`, passes over `lost`, raves at `raves`."""

    def __init__(
        self,
        name: str = "scripted",
        *,
        version: str = "",
        silent: int | None = None,
        lost: int | None = None,
        raves: int | None = None,
        tokens: int = 10,
        tries: int = 1,
    ) -> None:
        self.name, self.version = name, version
        self._lost = lost
        self.asked: list[Question] = []
        self.batches: list[int] = []
        self._silent, self._raves, self._tokens, self._tries = silent, raves, tokens, tries

    def cost(self, question: Question) -> int:
        return 20

    def judge(self, questions: Sequence[Question]) -> Iterator[Verdict | Unanswered]:
        self.batches.append(len(questions))
        for question in questions:
            number = int(question[0].split()[1])
            if number == self._silent:
                raise JudgeUnavailable("gone")
            if number == self._lost:
                yield Unanswered(self._tries)
                continue
            self.asked.append(question)
            yield NONSENSE if number == self._raves else Verdict("different" if number % 2 else "same", self._tokens, tries=self._tries)
        if self._lost is not None and f"claim {self._lost}" in dict(questions):
            raise JudgeUnavailable("one was lost")


def plenty() -> Budget:
    return Budget(100, 10_000)


def test_every_question_is_answered_in_order() -> None:
    found = list(deliberate(QUESTIONS, Scripted(), {}, plenty(), batch=3))
    assert found == [Judged(n, "different" if n % 2 else "same", False) for n in range(10)]


def test_what_was_judged_before_is_free() -> None:
    cache: dict[str, str] = {}
    first, again = Scripted(), Scripted()
    list(deliberate(QUESTIONS[:4], first, cache, plenty()))
    budget = Budget(3, 10_000)
    found = list(deliberate(QUESTIONS, again, cache, budget, batch=2))
    assert [(j.number, j.cached) for j in found] == [*((n, True) for n in range(4)), (4, False), (5, False), (6, False)]
    assert again.asked == QUESTIONS[4:7]
    assert budget.asked == 3


def test_another_judge_is_asked_again() -> None:
    cache: dict[str, str] = {}
    list(deliberate(QUESTIONS, Scripted(), cache, plenty()))
    other = Scripted("another")
    list(deliberate(QUESTIONS, other, cache, plenty()))
    assert other.asked == QUESTIONS


def test_a_budget_of_tokens_is_never_passed_by_what_is_asked_next() -> None:
    judge, budget = Scripted(tokens=10), Budget(100, 55)
    list(deliberate(QUESTIONS, judge, {}, budget, batch=1))
    assert (len(judge.asked), budget.spent) == (4, 40), "a fifth might take 20 tokens and only 15 are left"


def test_nonsense_is_told_from_doubt_and_asked_again_the_next_time() -> None:
    cache: dict[str, str] = {}
    budget = plenty()
    found = list(deliberate(QUESTIONS, Scripted(raves=2), cache, budget))
    assert (found[2].answer, budget.nonsense, len(cache)) == ("unreadable", 1, 9)
    again = Scripted()
    list(deliberate(QUESTIONS, again, cache, plenty()))
    assert again.asked == [QUESTIONS[2]]


def test_what_a_judge_said_before_it_fell_silent_stands() -> None:
    cache: dict[str, str] = {}
    budget = plenty()
    found: list[Judged] = []
    with pytest.raises(JudgeUnavailable):
        found.extend(deliberate(QUESTIONS, Scripted(silent=3), cache, budget))
    assert [j.number for j in found] == [0, 1, 2]
    assert len(cache) == 3
    assert (budget.asked, budget.spent) == (5, 30 + 2 * 20), "what it gave no word of may have been sent"


def test_a_question_without_an_answer_costs_no_other_its_verdict() -> None:
    cache: dict[str, str] = {}
    budget, judge = plenty(), Scripted(lost=2)
    found: list[Judged] = []
    with pytest.raises(JudgeUnavailable):
        found.extend(deliberate(QUESTIONS, judge, cache, budget, batch=5))
    assert [j.number for j in found] == [0, 1, 3, 4, 5]
    assert {key_of(question, judge.name) for question in judge.asked} == set(cache)
    assert (budget.asked, budget.spent) == (6, 50 + 20), "the lost one was sent, too"


def test_the_first_question_is_put_alone() -> None:
    judge = Scripted()
    list(deliberate(QUESTIONS, judge, {}, plenty()))
    assert judge.batches == [1, 4, 4, 1]


def test_after_an_answer_dearer_than_the_budget_nothing_is_asked() -> None:
    judge, budget = Scripted(tokens=5_000), Budget(100, 4_000)
    list(deliberate(QUESTIONS, judge, {}, budget))
    assert (len(judge.asked), budget.asked, budget.spent) == (1, 1, 5_000)


def test_the_dearest_answer_so_far_is_set_aside_for_the_next() -> None:
    judge, budget = Scripted(tokens=300), Budget(100, 1_000)
    list(deliberate(QUESTIONS, judge, {}, budget))
    assert (len(judge.asked), budget.spent) == (3, 900), "by the estimate of 20 there would be room for a fourth"


def test_every_try_counts_and_one_without_an_answer_as_was_set_aside() -> None:
    judge, budget = Scripted(tries=3), Budget(10, 10_000)
    list(deliberate(QUESTIONS, judge, {}, budget, batch=1))
    assert (len(judge.asked), budget.asked, budget.spent) == (4, 12, 4 * (10 + 2 * 20))
    lost = Budget(10, 10_000)
    with pytest.raises(JudgeUnavailable):
        list(deliberate(QUESTIONS[:1], Scripted(lost=0, tries=3), {}, lost))
    assert (lost.asked, lost.spent) == (3, 60)


def test_a_question_that_was_never_sent_costs_nothing() -> None:
    budget = plenty()
    with pytest.raises(JudgeUnavailable):
        list(deliberate(QUESTIONS[:1], Scripted(lost=0, tries=0), {}, budget))
    assert (budget.asked, budget.spent) == (0, 0)


def test_another_version_of_a_judge_is_asked_again() -> None:
    cache: dict[str, str] = {}
    for version in ("", "a1", "b2", "a1"):
        list(deliberate(QUESTIONS[:3], judge := Scripted(version=version), cache, plenty()))
    assert len(cache) == 9
    assert judge.asked == []


def test_the_key_tells_texts_and_judges_apart_but_not_their_order() -> None:
    assert key_of(("a dam", "a bridge"), "x") == key_of(("a bridge", "RT @desk: A dam http://t.co/1"), "x")
    assert len({key_of(("a dam", "a bridge"), "x"), key_of(("a dam", "a ridge"), "x"), key_of(("a dam", "a bridge"), "y")}) == 3


# in a file


def kept(path: Path) -> dict[str, str]:
    with closing(VerdictFile(path)) as file:
        return dict(file)


def test_verdicts_are_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    for _ in range(2):
        file = VerdictFile(tmp_path / "deep" / "verdicts.jsonl")
        file["k"] = "same"
        file.close()
    assert kept(tmp_path / "deep" / "verdicts.jsonl") == {"k": "same"}


def test_a_line_that_was_cut_off_costs_that_verdict_alone(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.jsonl"
    path.write_bytes(b'{"key": "a", "answer": "same"}\n[1]\n{"key": "x", "answer": "perhaps"}\n{"key": "b", "ans')
    file = VerdictFile(path)
    file["c"] = "different"
    file.close()
    assert kept(path) == {"a": "same", "c": "different"}


@pytest.mark.parametrize("content", [b"# My notes\n", b"text,id\nA dam,1\n", b'{"id": "p1"}'])
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes"
    path.write_bytes(content)
    with pytest.raises(InputUnreadable, match=r"other things than verdicts.*--cache"):
        VerdictFile(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"\n", b'{"k', b'{"key":"a","ans'])
def test_a_file_whose_first_line_was_cut_off_is_gone_on_with(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "verdicts.jsonl"
    path.write_bytes(content)
    with closing(VerdictFile(path)) as file:
        file["b"] = "same"
    assert kept(path) == {"b": "same"}


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputUnreadable, match="--cache"):
        VerdictFile(tmp_path)
