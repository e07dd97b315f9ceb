"""Dead letters are counted, shown without harm, and sent back as they came, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from deployment import Deployment
from operating import operate

from streamclust.ports import DeadLetter
from workers.redrive import Redriven, TooManySingles
from workers.topics import dead_letter_message

if TYPE_CHECKING:
    from conftest import MakeDeployment

NASTY = b'{"text": "\x1b]0;gone\x07 \xe2\x80\xae red'


def set_aside(one: Deployment, *letters: tuple[bytes | None, str], redriven: int = 0, topic: str | None = None) -> None:
    """Letters as an embed worker sets them aside."""
    headers = ((("dlq.redriven", str(redriven).encode()),) if redriven else ()) + (("trace", b"abc"),)
    one.outlet.send(
        dead_letter_message(DeadLetter(raw, reason, "why", topic or one.topics.raw, 0, number, b"k", headers), one.topics)
        for number, (raw, reason) in enumerate(letters)
    )


def back(one: Deployment) -> list[tuple[Any, Any, dict[str, bytes]]]:
    """What is in claims.raw."""
    return [(record.value, record.key, dict(record.headers)) for record in one.records(one.topics.raw)]


def test_letters_are_counted_by_reason_and_topic(deployment: MakeDeployment) -> None:
    one = deployment()
    assert operate(one, "dlq", "list", "--json").json == {"letters": 0, "groups": [], "newest": []}
    set_aside(one, (b"a", "not_json"), (b"b", "no_text"), (None, "not_json"))
    found = operate(one, "dlq", "list", "--limit", 2, "--json").json
    assert found["letters"] == 3
    assert [(g["reason"], g["topic"], g["letters"]) for g in found["groups"]] == [
        ("not_json", one.topics.raw, 2),
        ("no_text", one.topics.raw, 1),
    ]
    assert [letter["offset"] for letter in found["newest"]] == [1, 2]
    plain = operate(one, "dlq", "list").out
    assert "not_json" in plain
    assert "at 2" in plain


def test_what_is_shown_cannot_act_on_the_terminal(deployment: MakeDeployment) -> None:
    one = deployment()
    set_aside(one, (NASTY, "not_json"), (b"\xff\x00", "bad_encoding"), (None, "not_json"))
    shown = operate(one, "dlq", "show", 0).out
    assert "not_json: why" in shown
    assert "\\x1b]0;gone\\x07 \\u202e red" in shown
    assert shown.replace("\n", "").isprintable()
    assert "ff 00" in operate(one, "dlq", "show", 1).out
    assert operate(one, "dlq", "show", 1, "--json").json["value"] == {"base64": "/wA="}
    whole = operate(one, "dlq", "show", 0, "--json")
    assert whole.json["value"]["text"].encode() == NASTY
    assert whole.json["headers"] == [{"name": "trace", "text": "abc"}]
    assert whole.out.isascii()
    assert operate(one, "dlq", "show", 2, "--json").json["value"] is None
    assert "it has offsets 0 to 2" in operate(one, "dlq", "show", 7, code=1).err


def test_a_letter_is_sent_back_as_it_came_and_once(deployment: MakeDeployment) -> None:
    one = deployment()
    set_aside(one, (NASTY, "not_json"), (b"\xff", "bad_encoding"), (None, "not_json"))
    assert "3 would be sent" in operate(one, "dlq", "redrive", "--all", "--dry-run").err
    assert back(one) == []
    assert len(operate(one, "dlq", "redrive", "--reason", "not_json", "--json").json["sent"]) == 2
    again = operate(one, "dlq", "redrive", "--all", "--json").json
    assert ([letter["offset"] for letter in again["sent"]], again["already"]) == ([1], 2)
    assert operate(one, "dlq", "redrive", "--offset", 0, "--json").json["sent"] == []
    own = {"trace": b"abc", "dlq.redriven": b"1"}
    assert back(one) == [(NASTY, b"k", own), (None, b"k", own), (b"\xff", b"k", own)]
    set_aside(one, (b"new", "no_text"))
    assert [letter["offset"] for letter in operate(one, "dlq", "redrive", "--all", "--json").json["sent"]] == [3]


def test_a_letter_picked_by_hand_is_not_sent_with_all_the_others(deployment: MakeDeployment) -> None:
    one = deployment()
    set_aside(one, (b"a", "no_text"), (b"b", "no_text"), (b"c", "no_text"))
    operate(one, "dlq", "redrive", "--offset", 1)
    operate(one, "dlq", "redrive", "--all")
    assert [value for value, *_ in back(one)] == [b"b", b"a", b"c"]


def test_a_letter_that_came_back_three_times_waits_for_force(deployment: MakeDeployment) -> None:
    one = deployment()
    set_aside(one, (b"stubborn", "not_json"), redriven=3)
    set_aside(one, (b"fresh", "not_json"))
    first = operate(one, "dlq", "redrive", "--all")
    assert "came back each time" in first.err
    assert [value for value, *_ in back(one)] == [b"fresh"]
    operate(one, "dlq", "redrive", "--all", "--force")
    assert [(value, headers["dlq.redriven"]) for value, _, headers in back(one)] == [(b"fresh", b"1"), (b"stubborn", b"4")]
    assert operate(one, "dlq", "redrive", "--all", "--force", "--json").json["sent"] == []


def test_a_letter_from_elsewhere_is_not_sent(deployment: MakeDeployment) -> None:
    one = deployment()
    set_aside(one, (b"x", "not_json"), topic="somebody.elses")
    assert "names no topic of this deployment" in operate(one, "dlq", "redrive", "--all").err


def test_a_redrive_says_which_letters(deployment: MakeDeployment) -> None:
    assert "--reason REASON" in operate(deployment(), "dlq", "redrive", code=2).err
    assert "--reason REASON" in operate(deployment(), "dlq", "redrive", "--all", "--offset", 1, code=2).err


def test_more_letters_than_a_portion_are_sent_once(deployment: MakeDeployment) -> None:
    one = deployment()
    set_aside(one, *((b"%d" % n, "no_text" if n % 2 else "not_json") for n in range(450)))
    assert len(operate(one, "dlq", "redrive", "--reason", "no_text", "--json").json["sent"]) == 225
    assert len(operate(one, "dlq", "redrive", "--all", "--json").json["sent"]) == 225
    assert sorted(int(value) for value, *_ in back(one)) == list(range(450))


def test_more_singles_than_can_be_remembered_are_refused() -> None:
    done = Redriven(singles=set(range(201)))
    with pytest.raises(TooManySingles, match="--all"):
        done.mark()


def test_what_was_redriven_survives_its_note() -> None:
    done = Redriven(5, {"no_text": 9}, {7}, {2})
    assert Redriven.read(done.mark()) == done
    assert len(Redriven(10**9, {}, set(range(10**9, 10**9 + 200)), set(range(10**8, 10**8 + 140))).mark().note) < 4096


def test_a_note_of_somebody_else_is_passed_over() -> None:
    from workers.offsets import Mark

    assert Redriven.read(Mark(3, "hello")) == Redriven.read(Mark(3, "[]")) == Redriven.read(Mark(3, "")) == Redriven(3)
