"""How right the clusters are on our own claims, hand-written in many languages with near-misses; floors well below what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import pytest
from sklearn.metrics import roc_auc_score

from streamclust.adapters.memory import ExactIndex
from streamclust.claims import Claim, normalise, parse_claim
from streamclust.encoders import MULTILINGUAL, open_encoder
from streamclust.evaluation.built_in import BUILT_IN, near_misses
from streamclust.evaluation.confusions import confusions, wholeness
from streamclust.evaluation.metrics import Scores, score
from streamclust.evaluation.playing import Player
from streamclust.params import Params
from streamclust.ports import Encoder

pytestmark = pytest.mark.model

PATH = BUILT_IN["multilingual"]
POSTS = [orjson.loads(line) for line in PATH.read_bytes().splitlines()]
NEAR = near_misses(PATH)


@dataclass(frozen=True)
class Pairs:
    """All pairs of posts: their cosine, and what is true of them."""

    cosine: np.ndarray
    same: np.ndarray
    near: np.ndarray
    one_language: np.ndarray
    english: np.ndarray

    def auc(self, chosen: np.ndarray) -> float:
        """How surely the same claim is nearer than another one, among the chosen pairs."""
        return float(roc_auc_score(self.same[chosen], self.cosine[chosen]))


class Remembering:
    """An encoder that computes no vector twice."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._rows: dict[str, np.ndarray] = {}
        self.name, self.fingerprint, self.dim = encoder.name, encoder.fingerprint, encoder.dim

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        self._rows.update(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._rows[text] for text in texts])


def pairs(encoder: Encoder) -> Pairs:
    vectors = encoder.encode([normalise(post["text"]) for post in POSTS])
    label, near, lang = (np.array([post.get(name, post["cluster"]) for post in POSTS]) for name in ("cluster", "near", "lang"))
    one, other = np.triu_indices(len(POSTS), 1)
    same = label[one] == label[other]
    spoken = lang[one] == lang[other]
    return Pairs((vectors @ vectors.T)[one, other], same, (near[one] == near[other]) & ~same, spoken, spoken & (lang[one] == "en"))


def played(encoder: Encoder, params: Params, langs: set[str] | None = None) -> tuple[list[str], list[str], Scores]:
    """Gold labels, found clusters and figures of one pass over the posts in these languages."""
    chosen = [post for post in POSTS if langs is None or post["lang"] in langs]
    claims: list[Claim] = [parse_claim(post) for post in chosen]
    player = Player(encoder, params, ExactIndex(), {post["id"]: post["cluster"] for post in chosen})
    player.play(claims, size=128)
    found = player.played.history.at_end()
    return player.played.labels, found, score(player.played.labels, found)


@pytest.fixture(scope="module")
def english() -> Encoder:
    return Remembering(open_encoder())


@pytest.fixture(scope="module")
def multilingual(multilingual_cache: Path) -> Encoder:
    return Remembering(open_encoder(MULTILINGUAL))


def test_the_same_claim_is_nearer_than_another_whatever_the_languages(multilingual: Encoder) -> None:
    told = pairs(multilingual)
    assert told.auc(told.one_language) >= 0.985
    assert told.auc(~told.one_language) >= 0.99
    assert (
        told.auc(told.same & ~told.one_language | told.one_language & ~told.same & ~told.near) >= 0.99
    )  # a shared language is no evidence
    assert told.auc(told.same | told.near) >= 0.75


def test_the_built_in_model_tells_english_claims_apart(english: Encoder) -> None:
    told = pairs(english)
    assert told.auc(told.english) >= 0.97
    assert told.auc(told.english & ~told.near) >= 0.99


def test_cosines_of_both_models_are_on_one_scale(english: Encoder, multilingual: Encoder) -> None:
    for told in (pairs(english), pairs(multilingual)):
        assert 0.6 <= told.cosine[told.english & told.same].mean() <= 0.8
        assert 0 <= told.cosine[told.english & ~told.same & ~told.near].mean() <= 0.15


def test_claims_in_many_languages_mostly_come_into_one_cluster(multilingual: Encoder) -> None:
    labels, found, scores = played(multilingual, Params.preset("claim", model="multilingual"))
    assert scores.ami >= 0.72
    assert scores.pair_f1 >= 0.57
    assert scores.b3_f1 >= 0.70
    whole = wholeness(labels, found, NEAR)
    assert whole.whole >= 0.4
    assert whole.held >= 0.78
    joined = {one.kind: one.joined for one in confusions(labels, found, NEAR)}
    assert joined["topic"] <= 0.4
    assert joined["place"] <= 0.5


def test_the_built_in_model_groups_the_english_posts_as_shipped(english: Encoder) -> None:
    _, _, scores = played(english, Params.preset("claim"), {"en"})
    assert scores.ami >= 0.45
    assert scores.pair_recall >= 0.7
