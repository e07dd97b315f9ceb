"""Labelled files in each of the published forms, small ones of our own, as the command reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamclust.adapters.files import open_input
from streamclust.claims import Claim, FieldMap
from streamclust.errors import InputUnreadable
from workers.cli.labelled import How, LabelledClaims

MULTICLAIMNET = (
    "Claim,ClusterID,Translation,Language,NID,Timstamp,URL\n"
    '"El dique, roto",4,"The dam, burst",spa,n1,2021-03-01 10:00:00,https://a.example/1\n'
    "The dam has burst,4,The dam has burst,eng,n2,,\n"
    "Cats can fly,5,Cats can fly,eng,n3,2021-03-02 10:00:00,https://a.example/3\n"
)
MSTREAM = (
    '{"tweetId": "0062", "clusterNo": 8, "textCleaned": "dam burst river"}\n'
    '{"tweetId": "0063", "clusterNo": 8, "textCleaned": "burst dam"}\n'
    '{"tweetId": "0064", "clusterNo": 40, "textCleaned": "cat fly"}\n'
)
TWEETS = '\ttweet_content\n1\t"The ""dam"" has burst pic.twitter.com/x"\n2\tDam burst\n3\tCats can fly\n9\tNobody checked this\n'
PAIRS = "1\t0\tc92\t1\n2\t0\tc92\t1\n3\t0\tc7\t1\n"


def read(path: Path, **how: object) -> tuple[LabelledClaims, list[Claim]]:
    with open_input(str(path)) as source:
        labelled = LabelledClaims(source, path, How(**how))  # type: ignore[arg-type]
        return labelled, list(labelled)


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_multiclaimnet(tmp_path: Path) -> None:
    labelled, claims = read(written(tmp_path, "claims.csv", MULTICLAIMNET))
    assert labelled.form.name == "multiclaimnet"
    assert [(one.id, one.text, one.lang) for one in claims] == [
        ("n1", "El dique, roto", "spa"), ("n2", "The dam has burst", "eng"), ("n3", "Cats can fly", "eng"),
    ]  # fmt: skip
    assert [one.created_at for one in claims] == [1614592800.0, None, 1614679200.0]
    assert claims[0].url == "https://a.example/1"
    assert labelled.gold == {"n1": "4", "n2": "4", "n3": "5"}


def test_fields_mapped_by_hand_go_before_those_of_the_form(tmp_path: Path) -> None:
    _, claims = read(written(tmp_path, "claims.csv", MULTICLAIMNET), mapping=FieldMap.parse("text=Translation"))
    assert [one.text for one in claims] == ["The dam, burst", "The dam has burst", "Cats can fly"]
    assert claims[0].lang == "spa"


def test_values_that_cannot_be_read_are_noted_and_fields_mapped_by_hand_that_are_nowhere(tmp_path: Path) -> None:
    path = written(tmp_path, "claims.csv", MULTICLAIMNET.replace("2021-03-02 10:00:00", "2021-13-02"))
    labelled, _ = read(path, mapping=FieldMap.parse("author=Who"))
    unreadable, nowhere = labelled.notes.lines()
    assert unreadable.startswith("1 of 3 records had no readable created_at (under 'Timstamp'), e.g. record 3 of claims.csv: '2021-13-02'")
    assert nowhere.startswith("--map author=Who: no record has a value under 'Who'; fields there are: Claim, ClusterID,")


def test_mstream(tmp_path: Path) -> None:
    labelled, claims = read(written(tmp_path, "Tweets", MSTREAM))
    assert (labelled.form.name, labelled.gold) == ("mstream", {"0062": "8", "0063": "8", "0064": "40"})
    assert [one.text for one in claims] == ["dam burst river", "burst dam", "cat fly"]


def test_checkthat_with_its_pairs_beside_it(tmp_path: Path) -> None:
    written(tmp_path, "tweet-vclaim-pairs.qrels", PAIRS)
    labelled, claims = read(written(tmp_path, "tweets.queries.tsv", TWEETS))
    assert [(one.id, one.text[:13]) for one in claims] == [("1", 'The "dam" has'), ("2", "Dam burst"), ("3", "Cats can fly")]
    assert labelled.gold == {"1": "c92", "2": "c92", "3": "c7"}
    assert (labelled.read, labelled.stream.unlabelled) == (4, 1)


def test_checkthat_as_json_lines_with_its_pairs_named(tmp_path: Path) -> None:
    (elsewhere := tmp_path / "elsewhere").mkdir()
    pairs = written(elsewhere, "p.txt", PAIRS)
    tweets = written(tmp_path, "t.jsonl", '{"tweet_id": 1, "tweet_content": "a b"}\n{"tweet_id": 3, "tweet_content": "c d"}\n')
    labelled, _ = read(tweets, pairs=pairs)
    assert (labelled.form.name, labelled.gold) == ("checkthat", {"1": "c92", "3": "c7"})


@pytest.mark.parametrize(
    ("name", "text"), [("p.csv", "text,cluster\nthe dam,1\nthe cat,-1\nno label,\n"), ("p.jsonl", '{"text": "the dam", "cluster": 1}\n')]
)
def test_plain_posts_from_csv_and_json_lines(tmp_path: Path, name: str, text: str) -> None:
    labelled, claims = read(written(tmp_path, name, text))
    assert (labelled.form.name, claims[0].text) == ("posts", "the dam")
    assert set(labelled.gold.values()) <= {"1", "-1"}


def test_what_it_is_said_to_be_is_checked_before_anything_else_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, "t.jsonl", MSTREAM)
    with pytest.raises(InputUnreadable, match=r"t\.jsonl is not multiclaimnet.*'tweetId', 'clusterNo', 'textCleaned'"):
        read(path, form="multiclaimnet")


def test_tweets_of_checkthat_without_pairs_ask_for_them(tmp_path: Path) -> None:
    with pytest.raises(InputUnreadable, match="--pairs"):
        read(written(tmp_path, "t.tsv", TWEETS))


def test_a_limit_is_one_of_records(tmp_path: Path) -> None:
    labelled, claims = read(written(tmp_path, "t.jsonl", MSTREAM), limit=2)
    assert (labelled.read, len(claims)) == (2, 2)


def test_posts_without_a_label_can_be_taken_for_noise(tmp_path: Path) -> None:
    path = written(tmp_path, "p.csv", "id,text,cluster\n1,the dam,7\n2,no label,\n")
    labelled, _ = read(path, keep_unlabelled=True)
    assert (labelled.gold, labelled.stream.noise) == ({"1": "7", "2": "-1"}, 1)


def test_a_file_without_records_is_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(InputUnreadable, match="no records"):
        read(written(tmp_path, "empty.jsonl", "\n"))
