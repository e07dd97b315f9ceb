"""Params: ranges, all problems at once, fingerprints."""

from __future__ import annotations

import math
import shlex
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamclust.errors import InvalidParams
from streamclust.params import FOR_MODELS, PRESETS, Params, asked_for
from streamclust.records import identity_of, incompatibility
from streamclust.testing import HashEncoder
from workers.cli.options import read_params

FIELDS = [pytest.param(f, id=f.name) for f in fields(Params)]


@pytest.mark.parametrize("field", FIELDS)
def test_the_fingerprint_differs_when_any_value_differs(field: Any) -> None:
    limits = field.metadata
    other = limits["low"] if field.default != limits["low"] else limits["high"]
    assert Params(**{field.name: other}).fingerprint != Params().fingerprint


def test_equal_params_have_equal_fingerprints() -> None:
    assert Params(min_similarity=1).fingerprint == Params(min_similarity=1.0).fingerprint
    assert Params().fingerprint == Params.preset("claim").fingerprint


@pytest.mark.parametrize("field", FIELDS)
def test_a_value_outside_its_range_is_refused_by_name(field: Any) -> None:
    for value in (field.metadata["low"] - 1, field.metadata["high"] + 1):
        with pytest.raises(InvalidParams, match=rf"{field.name}=.* is outside"):
            Params(**{field.name: value})


@pytest.mark.parametrize("field", FIELDS)
def test_both_ends_of_a_range_are_allowed(field: Any) -> None:
    for value in (field.metadata["low"], field.metadata["high"]):
        assert getattr(Params(**{field.name: value}), field.name) == value


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "1", None])
def test_what_is_no_number_in_range_is_refused(field: Any, value: Any) -> None:
    with pytest.raises(InvalidParams, match=field.name):
        Params(**{field.name: value})


def test_whole_numbers_are_wanted_where_things_are_counted() -> None:
    with pytest.raises(InvalidParams, match=r"candidates must be a whole number, not 2\.5"):
        Params(candidates=2.5)  # type: ignore[arg-type]


def test_all_problems_are_reported_at_once() -> None:
    with pytest.raises(InvalidParams) as caught:
        Params(link_threshold=2.0, candidates=0, max_skew=math.nan)
    for name in ("link_threshold", "candidates", "max_skew"):
        assert name in str(caught.value)


def test_unknown_names_and_bad_values_are_reported_together() -> None:
    with pytest.raises(InvalidParams) as caught:
        Params.preset("claim", lnk_threshold=0.4, candidates=0, colour=1)
    for name in ("lnk_threshold", "colour", "candidates=0"):
        assert name in str(caught.value)


def test_an_unknown_preset_names_those_there_are() -> None:
    with pytest.raises(InvalidParams, match="claim, topic"):
        Params.preset("tpoic")


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_valid_and_keeps_overrides(name: str) -> None:
    assert Params.preset(name, candidates=3) == Params.preset(name).with_values(candidates=3)


def test_params_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Params().candidates = 3  # type: ignore[misc]


def test_a_copy_is_validated_again() -> None:
    with pytest.raises(InvalidParams, match="candidates"):
        Params().with_values(candidates=0)


def test_a_model_brings_values_of_its_own_and_an_unknown_one_none() -> None:
    assert Params.preset("claim", model="multilingual").link_overlap == 0.0
    assert Params.preset("claim", model="multilingual", link_overlap=2.0).link_overlap == 2.0
    assert Params.preset("claim", model="some/other") == Params.preset("claim")
    assert all(Params.preset(preset, model=model) for model, presets in FOR_MODELS.items() for preset in presets)


@pytest.mark.parametrize("model", [None, *FOR_MODELS])
@pytest.mark.parametrize("preset", PRESETS)
def test_params_are_told_by_the_preset_they_were_asked_for_with(preset: str, model: str | None) -> None:
    assert asked_for(Params.preset(preset, model=model).as_dict()) == (preset, model, {})
    assert asked_for(Params.preset(preset, model=model, exemplars=3).as_dict()) == (preset, model, {"exemplars": 3})


@st.composite
def changed(draw: st.DrawFn) -> Params:
    """A preset with a few values changed."""
    chosen = draw(st.lists(st.sampled_from(fields(Params)), max_size=4, unique_by=lambda f: f.name))
    bounds = {f.name: (f.type, f.metadata["low"], f.metadata["high"]) for f in chosen}
    values = {name: draw(st.integers(low, high) if kind == "int" else st.floats(low, high)) for name, (kind, low, high) in bounds.items()}
    return Params.preset(draw(st.sampled_from([*PRESETS])), model=draw(st.sampled_from([None, *FOR_MODELS])), **values)


@given(changed())
def test_params_asked_for_with_the_options_that_are_told_are_the_same(params: Params) -> None:
    words = shlex.split(asked_for(params.as_dict()).options)
    given = [(option, value) for option, value in zip(words[::2], words[1::2], strict=True)]
    assert {option for option, _ in given} <= {"--preset", "--model", "--set"}
    overrides = tuple(value for option, value in given if option == "--set")
    assert read_params(dict(given)["--preset"], overrides, dict(given).get("--model")) == params


def test_numbers_are_told_with_all_their_digits() -> None:
    assert asked_for(Params(max_clusters=1_000_000, link_bias=-5.4321987, retire_after=2_000_000.0).as_dict()).options == (
        "--preset claim --set link_bias=-5.4321987 --set retire_after=2000000 --set max_clusters=1000000"
    )


def test_many_changes_are_counted_and_few_are_told() -> None:
    few, many = Params(candidates=3, terms=9), Params(candidates=3, terms=9, exemplars=3, copies=5, max_clusters=99)
    assert str(asked_for(few.as_dict())) == "preset claim with candidates=3, terms=9"
    assert asked_for(few.as_dict()).options == "--preset claim --set candidates=3 --set terms=9"
    assert str(asked_for(many.as_dict())) == "preset claim and 5 values changed"


def test_a_state_made_with_another_preset_is_refused_by_its_name_with_the_options_that_fit_it() -> None:
    made, asked = Params.preset("topic", exemplars=3), Params.preset("claim")
    said = incompatibility(*(identity_of(params, HashEncoder()) for params in (made, asked)))
    assert said.startswith("the state was made with preset topic with exemplars=3, this run asks for preset claim; ")
    assert "exemplars: 3 -> 6" in said
    assert "Run with --preset topic --set exemplars=3, or start anew with another --state" in said


def test_a_state_of_a_version_with_other_params_is_refused_as_that_and_nobody_is_said_to_have_asked() -> None:
    wanted = identity_of(Params.preset("topic"), HashEncoder())
    params = {**wanted["params"], "gone": 1.0, "link_overlap": 3.0}
    del params["second_look"]
    said = incompatibility({**wanted, "params": params}, wanted)
    assert said.startswith("the state was made by another version of streamclust, with other params")
    assert "only the state has gone; only this version has second_look" in said
    assert "asks for" not in said
    assert "link_overlap" not in said
    assert "Go on with the version that made it, or start anew" in said


def test_a_param_that_is_none_is_answered_with_the_nearest_and_where_all_stand() -> None:
    with pytest.raises(InvalidParams) as raised:
        Params.preset("claim", link_treshold=0.4, foo=1)
    foo, treshold = str(raised.value).split("; there is no param ")
    assert foo.startswith("there is no param foo; the nearest are ")
    assert treshold.startswith("link_treshold; the nearest are link_threshold, ")
    assert str(raised.value).count(",") == 6, "three each, and README's two"
