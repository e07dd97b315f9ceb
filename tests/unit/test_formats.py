"""Published forms of labelled posts: each is known by its columns, and refused where it is not what it was said to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamclust.errors import InputUnreadable
from streamclust.evaluation import checkthat, formats

COLUMNS = {
    "multiclaimnet": ("Claim", "ClusterID", "Translation", "Language", "NID", "Timstamp", "URL"),
    "mstream": ("tweetId", "clusterNo", "textCleaned"),
    "checkthat": ("", "tweet_content"),
    "posts": ("id", "text", "cluster"),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_each_form_is_known_by_its_columns(name: str) -> None:
    assert formats.choose(formats.AUTO, COLUMNS[name], "f").name == name
    assert formats.choose(name, COLUMNS[name], "f").name == name


def test_the_smaller_sets_of_multiclaimnet_have_fewer_columns_and_a_time_may_be_spelled_either_way() -> None:
    known = formats.FORMATS["multiclaimnet"]
    assert known.map(("Claim", "ClusterID")) == {"text": "Claim"}
    assert known.map(COLUMNS["multiclaimnet"])["created_at"] == "Timstamp"
    assert known.map(("Claim", "ClusterID", "Timestamp"))["created_at"] == "Timestamp"


@pytest.mark.parametrize("name", ["multiclaimnet", "mstream", "checkthat"])
def test_a_file_that_is_not_what_it_is_said_to_be_is_refused_with_what_it_has(name: str) -> None:
    with pytest.raises(InputUnreadable) as caught:
        formats.choose(name, ("id", "words"), "f.csv")
    for said in ("f.csv is not", name, "it has no", "'id', 'words'", "--format"):
        assert said in str(caught.value)


def test_tweets_of_one_verified_claim_are_one_cluster(tmp_path: Path) -> None:
    clusters = checkthat.read_pairs(pairs(tmp_path, "1\t0\tc9\t1\n2\t0\tc9\t1\n3\t0\tc4\t1\n"))
    assert clusters == {"1": "c9", "2": "c9", "3": "c4"}


def test_claims_that_share_a_tweet_are_one_cluster_and_pairs_of_no_relevance_say_nothing(tmp_path: Path) -> None:
    clusters = checkthat.read_pairs(pairs(tmp_path, "1 Q0 c1 1\n1 Q0 c2 1\n2 Q0 c2 1\n3 Q0 c3 1\n3 Q0 c1 0\n"))
    assert clusters["1"] == clusters["2"] != clusters["3"]


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=25))
def test_clusters_are_the_connected_parts_of_the_pairs(drawn: list[tuple[int, int]]) -> None:
    found = checkthat._clusters((f"t{tweet}", f"c{claim}") for tweet, claim in drawn)
    parts: list[set[str]] = []
    for tweet, claim in drawn:
        touched = [part for part in parts if {f"t{tweet}", f"c{claim}"} & part]
        parts = [part for part in parts if part not in touched] + [{f"t{tweet}", f"c{claim}"}.union(*touched)]
    assert sorted(found) == sorted({f"t{tweet}" for tweet, _ in drawn})
    for one in found:
        for other in found:
            assert (found[one] == found[other]) == any({one, other} <= part for part in parts)


@pytest.mark.parametrize("line", ["1\t0\tc1", "tweet_id\t0\tvclaim_id\trelevance", "just words"])
def test_a_line_that_is_no_pair_is_shown_with_its_number(tmp_path: Path, line: str) -> None:
    with pytest.raises(InputUnreadable, match=r"gold\.qrels, line 2 is no pair: .*expected four columns"):
        checkthat.read_pairs(pairs(tmp_path, f"1\t0\tc1\t1\n{line}\n"))


def test_the_pairs_beside_the_tweets_are_found_and_anything_else_is_asked_for(tmp_path: Path) -> None:
    tweets = tmp_path / "tweets.queries.tsv"
    with pytest.raises(InputUnreadable, match="none is beside it: name one with --pairs"):
        checkthat.find_pairs(tweets)
    first = pairs(tmp_path, "")
    assert checkthat.find_pairs(tweets) == first
    (tmp_path / "other.qrels").touch()
    with pytest.raises(InputUnreadable, match=r"gold\.qrels, other\.qrels: name one with --pairs"):
        checkthat.find_pairs(tweets)


def test_tweets_take_their_id_from_a_column_without_a_name_too() -> None:
    records: list[dict[str, Any]] = [
        {"": "1", "tweet_content": "a"},
        {"tweet_id": 2, "tweet_content": "b"},
        {"iclaim_id": "3", "iclaim_content": "c"},
    ]
    posts = list(checkthat.labelled(records, {"1": "x", "2": "y"}))
    assert [(post["id"], post["tweet_content"], post["cluster"]) for post in posts] == [("1", "a", "x"), ("2", "b", "y"), ("3", "c", None)]


def pairs(folder: Path, text: str) -> Path:
    path = folder / "gold.qrels"
    path.write_text(text)
    return path
