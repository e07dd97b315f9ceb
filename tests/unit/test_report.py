"""A report names all that is needed to measure again, in every form."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
from evaluations import ARRIVAL, GOLD, MERGED, PARAMS, Fake, lines, report, whole_report

from streamclust.errors import InputUnreadable
from streamclust.evaluation.history import Arrived, History, Merged
from streamclust.evaluation.metrics import Scores, score
from streamclust.evaluation.mistakes import Mistakes
from streamclust.evaluation.pages import FIGURES, WRONG
from streamclust.evaluation.report import AFTER_MERGES, AT_ARRIVAL, DataFile, sha256_of, versions
from streamclust.evaluation.windows import POSTS, TIME, over_time
from streamclust.params import Params

FORMS = ["as_text", "as_markdown"]


def test_a_report_comes_back_from_json_as_it_went() -> None:
    plain = report().as_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert Scores(**plain["scores"][AFTER_MERGES]) == MERGED
    assert Params(**plain["params"]["values"]) == PARAMS


def test_a_report_with_everything_in_it_comes_back_too() -> None:
    plain = whole_report().as_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert {name for name, value in plain.items() if not value} == set()
    assert plain["systems"][2]["scores"]["n_items"] == len(GOLD)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_data_order_params_encoder_index_and_versions(form: str) -> None:
    page = getattr(report(), form)()
    said = ["posts.jsonl, 6 lines", "sha256 0123456789ab", "file order, one pass", PARAMS.fingerprint, "link_threshold=0.5"]
    said += ["all-MiniLM-L6-v2 (feedfeedfeed)", "hnsw", "python 3.11.2", "numpy 2.4.6"]
    assert [words for words in said if words not in page] == []


@pytest.mark.parametrize("form", FORMS)
def test_every_metric_is_shown_and_explained(form: str) -> None:
    said = getattr(whole_report(), form)().splitlines()
    for name, _ in (*FIGURES.values(), *WRONG.values()):
        assert sum(name in line.partition("  ")[0] or f"| {name} |" in line or f"**{name}**" in line for line in said) >= 2, name


@pytest.mark.parametrize("form", FORMS)
def test_figures_come_first_then_what_they_are_of_then_what_they_mean(form: str) -> None:
    page = getattr(whole_report(), form)()
    order = ["agreement (AMI)", "Detection delay", "Comparison"]
    order += ["What was measured", "link_threshold=", "What the figures mean", "Which systems"]
    places = [page.index(words) for words in order]
    assert places == sorted(places)
    assert len(page[: places[0]].splitlines()) <= 6


def test_each_meaning_is_one_line_of_the_page() -> None:
    assert len(report().as_text().partition("What the figures mean")[2].splitlines()) == 1 + len(FIGURES)


def test_every_score_has_a_name_and_a_meaning() -> None:
    assert sorted(FIGURES) == sorted(f.name for f in fields(Scores))
    assert sorted(WRONG) == sorted(f.name for f in fields(Mistakes))
    assert len({name for name, _ in (*FIGURES.values(), *WRONG.values())}) == len(FIGURES) + len(WRONG)


def test_each_stage_is_a_column_with_its_own_figures() -> None:
    said = report().as_text().splitlines()
    head = next(line for line in said if line.startswith("metric"))
    row = next(line for line in said if line.startswith("agreement (AMI)"))
    assert head.endswith(f"{AT_ARRIVAL}  {AFTER_MERGES}")
    assert row.split()[-2:] == [f"{ARRIVAL.ami:.4f}", "1.0000"]
    assert len(row) == len(head)


def test_counts_have_no_decimals() -> None:
    row = next(line for line in report().as_text().splitlines() if line.startswith("found clusters "))
    assert row.split()[-2:] == ["4", "3"]


def test_a_figure_just_below_nothing_shows_no_minus() -> None:
    lump = score([0, 0, 0, 1, 1, 2], [0, 1, 2, 3, 4, 5])
    below = replace(lump, ami=-1e-9)
    assert "-0.0000" not in report(scores={AT_ARRIVAL: below}).as_text()


def test_records_left_out_are_named_and_only_where_there_are_some() -> None:
    data = DataFile(name="p", lines=9, sha256="0" * 12, unlabelled=2, dead_letters=1, repeated=3, noise=4, form="mstream")
    page = " ".join(report(data=data).as_text().split())
    assert "p in the form of mstream, 9 lines, 2 without a gold label left out, 1 that could not be read left out" in page
    assert "3 with an id that came before left out, 4 labelled as noise" in page
    assert "left out" not in report().as_text().partition("What was measured")[2].partition("What the figures mean")[0]


def test_no_line_of_the_page_is_wider_than_a_hundred() -> None:
    assert max(map(len, whole_report().as_text().splitlines())) <= 100


def test_tables_of_the_document_are_well_formed_and_lie_apart() -> None:
    blocks = whole_report().as_markdown().split("\n\n")
    tables = [block.splitlines() for block in blocks if block.startswith("|")]
    assert len(tables) == 7
    for table in tables:
        assert len({row.count("|") for row in table}) == 1
        assert set(table[1]) <= set("| -:")


@pytest.mark.parametrize(("by", "first"), [(POSTS, "posts from"), (TIME, "from posts")])
def test_figures_over_time_are_shown_at_arrival_and_after_merges(by: str, first: str) -> None:
    steps = [*(Arrived(n % 2) for n in range(60)), Merged(1, 0)]
    windows = over_time("a" * 60, History(steps), times=[1.7e9 + n for n in range(60)], count=3, by=by)
    page = report(windows=windows, windows_by=by).as_text()
    arrived, merged = (page.partition(f"Over time ({stage})")[2].split("\n\n")[0] for stage in (AT_ARRIVAL, AFTER_MERGES))
    for table, ari, found in ((arrived, "0.0000", "2"), (merged, "1.0000", "1")):
        head, *rows = table.splitlines()[-4:]
        assert " ".join(head.split()).startswith(first)
        assert [(row.split()[3], row.split()[-1]) for row in rows] == [(ari, found)] * 3
    assert report(windows=windows, windows_by=by).as_dict()["windows"][0]["at_arrival"]["ari"] == 0.0


def test_what_was_not_measured_is_not_shown() -> None:
    page = report().as_text()
    assert not [title for title in ("Detection delay", "Over time", "Comparison", "Lone posts") if title in page]


def test_a_delay_that_never_ends_is_called_never() -> None:
    row = next(line for line in whole_report(history="xyzuvwxyzuvw").as_text().splitlines() if line.startswith("2 posts"))
    assert "never" in row
    assert "None" not in row


def test_each_system_of_the_comparison_is_a_row_with_what_it_is_below() -> None:
    page = " ".join(report(systems=lines(Fake([0, 0, 0, 0], [0, 0, 1, 2]))).as_text().split())
    assert "fake setting 0 fixed 6" in page
    assert "fake setting 1 best 6 1.0000 1.0000" in page
    assert "fake a fake, one pass" in page


def test_versions_name_python_and_what_the_figures_depend_on() -> None:
    found = versions()
    assert {"python", "numpy", "hnswlib", "sentence-transformers", "scikit-learn"} <= set(found)
    assert found["python"].startswith("3.")
    assert found["numpy"][0].isdigit()


def test_a_file_goes_by_the_first_twelve_digits_of_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_bytes(b'{"text": "a"}\n')
    assert sha256_of(path) == hashlib.sha256(b'{"text": "a"}\n').hexdigest()[:12]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputUnreadable, match=r"gone\.jsonl: No such file"):
        sha256_of(tmp_path / "gone.jsonl")
