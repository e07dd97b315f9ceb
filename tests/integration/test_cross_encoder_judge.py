"""The judge on this machine: tiny cross-encoders of random weights, saved and loaded as real ones are. What they say means nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from sentence_transformers import CrossEncoder
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from streamclust.adapters.cross_encoder_judge import CrossEncoderJudge
from streamclust.errors import JudgeUnavailable

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "dam", "has", "burst", "bridge", "fell", "vote", "count"]
QUESTIONS = [("the dam has burst", "dam burst"), ("the bridge fell", "vote count"), ("dam", "dam")]
NLI = {0: "contradiction", 1: "entailment", 2: "neutral"}


def save_tiny(folder: Path, labels: dict[int, str] | None = None, *, bias: float = 0.0) -> Path:
    """A BERT of two layers; `bias` is what its first output says whatever it reads."""
    torch.manual_seed(1)
    named = {"id2label": labels, "label2id": {name: number for number, name in labels.items()}} if labels else {"num_labels": 1}
    config = BertConfig(vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, **named)
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        model.classifier.weight.mul_(100.0)
        model.classifier.bias[0] += bias
    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", [("[CLS]", 2), ("[SEP]", 3)])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=64)
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("models") / "tiny")


def test_every_question_has_a_verdict_that_costs_nothing(tiny: Path) -> None:
    judge = CrossEncoderJudge.load(str(tiny))
    found = list(judge.judge(QUESTIONS))
    assert len(found) == 3
    assert {v.answer for v in found} <= {"same", "different", "unsure"}
    assert not any(v.nonsense or v.tokens for v in found)
    assert judge.cost(QUESTIONS[0]) == 0
    assert list(judge.judge([])) == []


def test_the_order_of_the_two_does_not_matter(tiny: Path) -> None:
    judge = CrossEncoderJudge.load(str(tiny))
    assert list(judge.judge(QUESTIONS)) == list(judge.judge([(other, one) for one, other in QUESTIONS]))


def test_bounds_decide(tiny: Path) -> None:
    def answers(same: float, different: float) -> set[str]:
        return {v.answer for v in CrossEncoderJudge.load(str(tiny), same=same, different=different).judge(QUESTIONS)}

    assert answers(0.0, -1.0) == {"same"}
    assert answers(2.0, 1.0) == {"different"}
    assert answers(2.0, -1.0) == {"unsure"}


def test_the_name_tells_weights_apart(tiny: Path, tmp_path: Path) -> None:
    assert CrossEncoderJudge.load(str(tiny)).name == CrossEncoderJudge.load(str(tiny)).name
    assert CrossEncoderJudge.load(str(tiny)).name.startswith("tiny@")
    other = save_tiny(tmp_path / "tiny", bias=1.0)
    assert CrossEncoderJudge.load(str(other)).name != CrossEncoderJudge.load(str(tiny)).name


@pytest.mark.parametrize(("output", "answer"), [("entailment", "same"), ("contradiction", "different")])
def test_of_a_model_for_inference_it_is_entailment_that_counts(tmp_path: Path, output: str, answer: str) -> None:
    labels = {0: output, **{n + 1: name for n, name in enumerate(name for name in NLI.values() if name != output)}}
    judge = CrossEncoderJudge.load(str(save_tiny(tmp_path / "nli", labels, bias=1000.0)))
    assert {v.answer for v in judge.judge(QUESTIONS)} == {answer}


def test_a_model_whose_numbers_are_none_says_nothing(tmp_path: Path) -> None:
    model = CrossEncoder(str(save_tiny(tmp_path / "broken", bias=float("nan"))), device="cpu")
    assert all(v.nonsense and v.answer == "unsure" for v in CrossEncoderJudge(model, "broken").judge(QUESTIONS))


def test_what_is_no_model_for_pairs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JudgeUnavailable, match="tone"):
        CrossEncoderJudge.load(str(save_tiny(tmp_path / "tone", {0: "tone", 1: "mood"})))
    with pytest.raises(JudgeUnavailable, match="cannot load"):
        CrossEncoderJudge.load(str(tmp_path / "none"))
