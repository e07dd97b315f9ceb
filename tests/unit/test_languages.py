"""A stream in several languages is told by what its posts say they are, or by their letters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from streamclust.testing import HashEncoder, claim
from workers import wiring
from workers.cli.evaluate import evaluate
from workers.cli.languages import Languages


def hint(*posts: tuple[str, str | None]) -> str:
    languages = Languages()
    for number, (text, lang) in enumerate(posts):
        languages.add(replace(claim(text, number), lang=lang))
    return languages.hint


ENGLISH = ("the dam has burst", None)


@pytest.mark.parametrize("other", [("la presa cedió", "es"), ("the dam", "pt-BR"), ("плотину прорвало", None), ("水坝决堤", None)])
def test_a_fifth_in_other_languages_is_enough_for_the_hint(other: tuple[str, str | None]) -> None:
    assert hint(other, *[ENGLISH] * 4).startswith("20% of the posts are not English")
    assert "--model multilingual" in hint(other)
    assert hint(other, *[ENGLISH] * 5) == ""


@pytest.mark.parametrize(
    "english", [ENGLISH, ("naïve café 😂😂😂 in the old town", None), ("плотину", "en"), ("плотину", "EN-gb"), ("123 😂", None)]
)
def test_english_needs_no_hint(english: tuple[str, str | None]) -> None:
    assert hint(english) == hint() == ""


@pytest.mark.parametrize("name", ["en", "EN-us", "en_GB", "eng", "ENG", "English", "english-AU", " English (UK)", "und"])
def test_english_by_any_of_its_names_needs_no_hint(name: str) -> None:
    assert hint(("плотину", name)) == ""


@pytest.mark.parametrize("name", ["enm", "engadin", "de", "German", "zh-Hans", "الإنجليزية"])
def test_no_other_language_is_taken_for_english(name: str) -> None:
    assert hint(("the dam", name))


@pytest.mark.parametrize(("options", "hinted"), [((), True), (("--json",), True), (("--model", "multilingual"), False)])
def test_an_evaluation_ends_with_the_hint_where_the_built_in_model_was_used(
    options: tuple[str, ...], hinted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "encoder", lambda model: HashEncoder(8))
    path = tmp_path / "posts.jsonl"
    path.write_text("".join(f'{{"text": "плотину прорвало {n}", "cluster": {n % 2}}}\n' for n in range(6)))
    done = CliRunner().invoke(evaluate, [str(path), *options])
    assert done.exit_code == 0
    assert ("--model multilingual" in done.stderr) == hinted
    assert "--model multilingual" not in done.stdout
