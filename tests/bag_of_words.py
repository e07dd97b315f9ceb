"""A model folder as sentence-transformers saves one, made at once: the vector of a text is the mean of random vectors of its words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

DIM = 64
_WORD = re.compile(r"\w+|[^\w\s]+")
_MODULE = "sentence_transformers.sentence_transformer.modules.static_embedding.StaticEmbedding"


def save_bag_of_words(folder: Path, posts: list[dict[str, Any]], *, seed: int) -> Path:
    """Write the files by hand: importing the model library here would take longer than a journey."""
    words = sorted({word for post in posts for word in _WORD.findall(post["text"].lower())})
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0, **{word: number for number, word in enumerate(words, 1)}}, unk_token="[UNK]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    weights = np.random.default_rng(seed).standard_normal((len(words) + 1, DIM)).astype(np.float32)
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file({"embedding.weight": weights}, str(folder / "model.safetensors"))
    (folder / "modules.json").write_bytes(orjson.dumps([{"idx": 0, "name": "0", "path": "", "type": _MODULE}]))
    (folder / "config_sentence_transformers.json").write_bytes(b'{"model_type": "SentenceTransformer", "similarity_fn_name": "cosine"}')
    return folder
