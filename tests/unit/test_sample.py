"""Laws of the sample stream."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest

import streamclust.evaluation
from streamclust.claims import parse_claim
from streamclust.errors import InvalidParams
from streamclust.evaluation import sample_phrases as phrases
from streamclust.evaluation.sample import START, _label, _Stream, generate

ROOT = Path(streamclust.evaluation.__file__).parents[2]
PRINT_HASH = (
    "import hashlib, orjson; from streamclust.evaluation.sample import generate; "
    "print(hashlib.sha256(b'\\n'.join(map(orjson.dumps, generate(3000, seed=7)))).hexdigest())"
)


def digest(records: list[dict[str, Any]]) -> str:
    return hashlib.sha256(b"\n".join(map(orjson.dumps, records))).hexdigest()


def hours(stream: list[dict[str, Any]]) -> float:
    first, last = (parse_claim(post).created_at or 0.0 for post in (stream[0], stream[-1]))
    return (last - first) / 3600


def slots_of(template: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", template))


@pytest.fixture(scope="module")
def posts() -> list[dict[str, Any]]:
    return list(generate(10_000))


@pytest.fixture(scope="module")
def long_stream() -> list[dict[str, Any]]:
    return list(generate(151_000))


@pytest.fixture(scope="module")
def by_cluster(posts: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    clusters = defaultdict(list)
    for post in posts:
        clusters[post["cluster"]].append(post)
    return clusters


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_a_seed_gives_the_same_bytes_in_every_process(hash_seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    other = subprocess.run([sys.executable, "-c", PRINT_HASH], env=environment, check=True, capture_output=True, text=True)
    assert other.stdout.strip() == digest(list(generate(3000, seed=7)))


def test_another_seed_gives_another_stream() -> None:
    assert digest(list(generate(200, seed=1))) != digest(list(generate(200, seed=2)))


def test_time_never_goes_back(posts: list[dict[str, Any]]) -> None:
    assert all(a["created_at"] <= b["created_at"] for a, b in pairwise(posts))


def test_three_hours_at_least() -> None:
    assert 2.5 < hours(list(generate(1_000))) < 4.0


def test_about_two_thousand_posts_an_hour(posts: list[dict[str, Any]], long_stream: list[dict[str, Any]]) -> None:
    assert 4.0 < hours(posts) < 6.0
    assert 65.0 < hours(long_stream) < 85.0


def test_the_stream_starts_when_told() -> None:
    moved, usual = (parse_claim(next(generate(10_000, start=at))).created_at or 0.0 for at in (START + 86_400, START))
    assert moved - usual == 86_400


@pytest.mark.parametrize("lines", [0, 1, 2, 37, 1999, 2000])
def test_as_many_posts_as_asked_for(lines: int) -> None:
    assert len(list(generate(lines))) == lines


def test_ids_are_unique(posts: list[dict[str, Any]]) -> None:
    assert len({post["id"] for post in posts}) == len(posts)


def test_every_post_is_a_valid_claim(posts: list[dict[str, Any]]) -> None:
    for post in posts:
        claim = parse_claim(post)
        assert (claim.id, claim.text, claim.author, claim.lang) == (post["id"], post["text"], post["author"], post["lang"])
        assert claim.created_at is not None
        assert not set("{[|") & set(claim.text)


@pytest.mark.parametrize("copies", [0.0, 0.2, 0.4, 0.5, 0.6])
def test_share_of_copies_is_as_asked_for(copies: float) -> None:
    seen: set[int] = set()
    repeats = 0
    for post in generate(10_000, copies=copies):
        fingerprint = parse_claim(post).fingerprint
        repeats += fingerprint in seen
        seen.add(fingerprint)
    assert repeats / 10_000 == pytest.approx(copies, abs=0.08 if copies == 0.0 else 0.03)


def test_copies_come_from_other_authors_too(by_cluster: dict[str, list[dict[str, Any]]]) -> None:
    biggest = max((c for c in by_cluster.values() if c[0]["kind"] == "claim"), key=len)
    text, times = Counter(post["text"] for post in biggest).most_common(1)[0]
    assert times > 2
    assert len({post["author"] for post in biggest if post["text"] == text}) > 2


def test_all_languages_speak_and_english_most(posts: list[dict[str, Any]]) -> None:
    shares = Counter(post["lang"] for post in posts)
    assert set(shares) == set(phrases.LANGS)
    assert 0.5 < shares["en"] / len(posts) < 0.8


def test_some_claims_cross_languages_under_one_label(by_cluster: dict[str, list[dict[str, Any]]]) -> None:
    shared = [c for c in by_cluster.values() if len(c) >= 10 and c[0]["kind"] == "claim"]
    crossing = [c for c in shared if len({post["lang"] for post in c}) > 1]
    assert 0.03 < len(crossing) / len(shared) < 0.3


def test_chatter_is_a_quarter_and_each_a_cluster_of_its_own(posts: list[dict[str, Any]]) -> None:
    chatter = [post for post in posts if post["kind"] == "chatter"]
    assert 0.2 < len(chatter) / len(posts) < 0.3
    assert len({post["cluster"] for post in chatter}) == len(chatter)
    assert len({post["text"] for post in chatter}) > 0.98 * len(chatter)


def test_cluster_sizes_are_heavy_tailed(by_cluster: dict[str, list[dict[str, Any]]]) -> None:
    sizes = sorted((len(c) for c in by_cluster.values() if c[0]["kind"] == "claim"), reverse=True)
    assert 100 < sizes[0] < 500
    assert sum(sizes[: len(sizes) // 10]) > 0.35 * sum(sizes)
    assert sum(size <= 2 for size in sizes) > 0.15 * len(sizes)


def test_a_flood_is_one_claim_of_many_accounts_within_an_hour(posts: list[dict[str, Any]]) -> None:
    flood = [post for post in posts if post["kind"] == "flood"]
    times = [parse_claim(post).created_at or 0.0 for post in flood]
    assert len(flood) == pytest.approx(0.03 * len(posts), rel=0.1)
    assert len({post["cluster"] for post in flood}) == 1
    assert len({post["author"] for post in flood}) > 100
    assert times[-1] - times[0] < 3600
    regulars = {post["author"] for post in posts if post["kind"] != "flood"}
    assert regulars.isdisjoint(post["author"] for post in flood)


def test_one_flood_per_hundred_thousand_posts(long_stream: list[dict[str, Any]]) -> None:
    streams = (list(generate(1_999)), list(generate(2_000)), long_stream)
    assert [len({post["cluster"] for post in s if post["kind"] == "flood"}) for s in streams] == [0, 1, 2]


def test_a_hard_negative_is_another_cluster_and_a_minority() -> None:
    stream = _Stream(10_000, 3, 0.4, START)
    told = [stream._slots("blackout", "en", ["en"]) for _ in range(2_000)]
    alike = [(a, b) for a, b in pairwise(told) if sum(a[name] != b[name] for name in a) == 1]
    assert all(_label("blackout", a) != _label("blackout", b) for a, b in alike)
    assert 0.05 < len(alike) / len(told) < 0.3


def test_many_families_are_told_at_once(by_cluster: dict[str, list[dict[str, Any]]]) -> None:
    families = Counter(name.rpartition("-")[0] for name, c in by_cluster.items() if c[0]["kind"] == "claim")
    assert len(families) > 40
    assert max(families.values()) < 0.15 * families.total()


def test_claims_of_one_label_never_share_a_text_with_another(by_cluster: dict[str, list[dict[str, Any]]]) -> None:
    owners: dict[int, set[str]] = defaultdict(set)
    for name, cluster in by_cluster.items():
        if cluster[0]["kind"] == "claim":
            for post in cluster:
                if not post["text"].rstrip().endswith("…") and "… http" not in post["text"]:
                    owners[parse_claim(post).fingerprint].add(name)
    assert sum(len(names) > 1 for names in owners.values()) <= 0.002 * len(owners)


def test_what_is_talked_about_changes(long_stream: list[dict[str, Any]]) -> None:
    ends = (long_stream[:20_000], long_stream[-20_000:])
    first, last = (Counter(post["cluster"].rpartition("-")[0] for post in end if post["kind"] == "claim") for end in ends)
    assert (first & last).total() < 0.8 * min(first.total(), last.total())


def test_the_stream_is_lazy() -> None:
    assert len(list(islice(generate(10_000_000), 100))) == 100


@pytest.mark.parametrize(("lines", "copies"), [(-1, 0.4), (10, -0.1), (10, 0.7)])
def test_arguments_out_of_range_are_refused_at_once(lines: int, copies: float) -> None:
    with pytest.raises(InvalidParams):
        generate(lines, copies=copies)


@pytest.mark.parametrize("family", phrases.FAMILIES)
def test_every_template_names_every_slot_of_its_family(family: str) -> None:
    spoken = phrases.FAMILIES[family]
    slots = slots_of(spoken["en"][0])
    assert slots
    assert len(spoken["en"]) >= 5
    assert all(slots_of(template) == slots for templates in spoken.values() for template in templates)
    assert all(len(templates) >= 3 for templates in spoken.values())


@pytest.mark.parametrize("table", phrases.TABLES)
def test_every_entry_has_one_form_or_one_for_each_language(table: str) -> None:
    entries = [entry.split("|") for entry in phrases.TABLES[table].split(";") if entry.strip()]
    assert {len(forms) for forms in entries} <= {1, len(phrases.LANGS)}
    assert len({forms[0].strip() for forms in entries}) == len(entries)


def test_families_in_other_languages_have_words_for_their_slots() -> None:
    abroad = [spoken for spoken in phrases.FAMILIES.values() if len(spoken) > 1]
    slots = {name for spoken in abroad for name in slots_of(spoken["en"][0])} - set(phrases.NUMBERS) - set(phrases.NAMES)
    assert len(phrases.FAMILIES) >= 40
    assert len(abroad) >= 15
    assert all("|" in phrases.TABLES[name] for name in slots)
