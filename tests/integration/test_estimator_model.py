"""`ClaimClusterer` as a user first meets it: with the default model."""

from __future__ import annotations

import pickle

import pytest

from streamclust import ClaimClusterer

POSTS = [
    "The dam above the town has burst",
    "BREAKING: dam upstream of town bursts, people told to flee",
    "Mayor resigns over bribery charges",
    "The mayor has stepped down after being accused of taking bribes",
    "New vaccine causes memory loss, doctors warn",
]


@pytest.mark.model
def test_paraphrases_share_a_cluster_and_the_model_stays_out_of_pickles() -> None:
    model = ClaimClusterer()
    assert model.fit_predict(POSTS).tolist() == [0, 0, 1, 1, 2]
    pickled = pickle.dumps(model)
    assert len(pickled) < 100_000
    assert pickle.loads(pickled).predict_one("The dam near the town burst today") == 0
