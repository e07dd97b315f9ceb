"""The numbers that decide the clusters: frozen, validated, fingerprinted, saved with the state.

Settings (addresses, secrets) are another matter and never stand here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any, NamedTuple, Self

from streamclust.errors import InvalidParams

DAY = 86_400.0


def _number(default: float, low: float, high: float, what: str) -> Any:
    """A dataclass field that carries its own range and meaning."""
    return field(default=default, metadata={"low": low, "high": high, "what": what})


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Everything that changes the result. Defaults are the `claim` preset.

    Thresholds were chosen on labelled development streams; `benchmarks/LOG.md` says on which and how.
    """

    link_threshold: float = _number(0.5, 0.0, 1.0, "join the best cluster at or above this link score")
    suggest_threshold: float = _number(0.3, 0.0, 1.0, "from this link score on, clusters that a claim did not join are suggested as one")
    link_bias: float = _number(-6.6, -100.0, 100.0, "link model: constant; less joins less")
    link_similarity: float = _number(6.5, 0.0, 100.0, "link model: weight of the cosine to the centroid")
    link_nearest: float = _number(3.5, 0.0, 100.0, "link model: weight of the cosine to the nearest exemplar")
    link_overlap: float = _number(5.5, 0.0, 100.0, "link model: weight of the words in common")
    link_size: float = _number(0.1, 0.0, 10.0, "link model: weight of the log of the cluster's wordings")
    link_gap: float = _number(0.35, 0.0, 10.0, "link model: what is taken off per log of the claims since the cluster's last")
    link_clash: float = _number(2.0, 0.0, 100.0, "link model: what is taken off where both name numbers and share none")
    feedback_rate: float = _number(0.05, 0.0, 10.0, "log-odds by which one confirmed or rejected suggestion moves the link model")
    min_similarity: float = _number(0.25, 0.0, 1.0, "never join below this cosine to the centroid: bounds the radius")
    merge_threshold: float = _number(0.99, 0.0, 1.0, "merge two clusters at or above this link score")
    second_look: int = _number(3, 0, 1_000, "texts that a new cluster may have to be compared once more at the next upkeep; 0: none is")
    split_cohesion: float = _number(0.82, 0.0, 1.0, "split only clusters whose mean cosine to the centroid is at most this; 0: none")
    split_threshold: float = _number(0.86, 0.0, 1.0, "split a cluster whose halves have a link score of at most this")
    split_patience: int = _number(2, 1, 100, "times in a row, each after new texts, that a cluster must look like two before it is split")
    split_every: int = _number(8, 1, 100_000, "new texts between two looks at whether a cluster has become two")
    split_wordings: int = _number(4, 2, 100_000, "texts that either half must have")
    candidates: int = _number(4, 1, 64, "clusters looked at for each claim")
    suggestions: int = _number(1_000, 0, 1_000_000, "suggestions kept; the lowest scores go first")
    exemplars: int = _number(6, 1, 32, "diverse members kept per cluster")
    exemplar_complexity: float = _number(0.07, 0.001, 1.0, "spread times distance to its neighbors that earns a cluster an exemplar more")
    terms: int = _number(64, 8, 1024, "words kept per cluster")
    copies: int = _number(1_000_000, 0, 100_000_000, "texts recognised when they come again")
    vocabulary: int = _number(200_000, 1_000, 10_000_000, "words whose frequency is tracked")
    retire_after: float = _number(
        180 * DAY, 60.0, 3650 * DAY, "seconds of event time without a claim before a cluster retires; one that belongs to it brings it back"
    )
    forget_after: float = _number(365 * DAY, 0.0, 3650 * DAY, "seconds of event time a retired cluster stays on record")
    max_clusters: int = _number(
        100_000, 16, 5_000_000, "clusters at most that a claim can join; the longest retired gives way first, then the longest quiet"
    )
    max_retired: int = _number(1_000_000, 0, 100_000_000, "retired clusters on record at most; the longest retired is forgotten first")
    max_skew: float = _number(DAY, 0.0, 365 * DAY, "seconds a claim may run ahead of the stream's clock")
    trend_bucket: float = _number(300.0, 60.0, 3600.0, "seconds of event time in which authors are counted; an hour is twelve of them")
    trend_half_life: float = _number(DAY, 600.0, 365 * DAY, "seconds after which a cluster's past counts half in what is expected")
    trend_floor: float = _number(0.2, 0.01, 100.0, "authors a bucket that are never a surprise")
    trend_start: float = _number(5.5, 1.0, 100.0, "surprise at which a trend starts, in standard deviations")
    trend_stop: float = _number(2.0, 0.0, 100.0, "surprise below which it cools")
    trend_authors: int = _number(8, 2, 100_000, "authors within the hour that a trend takes")
    trend_cooldown: float = _number(3600.0, 0.0, 30 * DAY, "seconds a trend has to stay below before it has ended")
    young_account: float = _number(30 * DAY, 0.0, 3650 * DAY, "seconds since an account was made in which it is young")
    upkeep_every: int = _number(256, 1, 100_000, "claims between two upkeep passes")
    reindex_drift: float = _number(0.005, 0.0, 1.0, "cosine distance a centroid moves before it is indexed again")
    rebuild_deleted: float = _number(0.25, 0.05, 0.9, "deleted share of the index that starts a fresh generation")
    index_neighbors: int = _number(16, 4, 64, "HNSW M: links per node")
    index_build_effort: int = _number(100, 16, 1000, "HNSW ef_construction")
    index_search_effort: int = _number(100, 16, 2000, "HNSW ef at search")

    def __post_init__(self) -> None:
        problems = [p for f in fields(self) if (p := _problem(f.name, getattr(self, f.name), f.metadata, f.type))]
        if problems:
            raise InvalidParams("; ".join(problems))

    @classmethod
    def preset(cls, name: str, *, model: str | None = None, **overrides: Any) -> Self:
        """The named preset with single values replaced.

        Args:
            model: the encoder's name; a key of `FOR_MODELS` brings values of its own, any other has those of the built-in one.

        Raises:
            InvalidParams: unknown preset, unknown name or value out of range; all of them in one message.
        """
        if name not in PRESETS:
            raise InvalidParams(f"unknown preset {name!r}; there are: {', '.join(PRESETS)}")
        known = [f.name for f in fields(cls)]
        problems = [_unknown(name, known) for name in sorted(set(overrides) - set(known))]
        values = {**PRESETS[name], **FOR_MODELS.get(model or "", {}).get(name, {})}
        try:
            params = cls(**{**values, **{n: v for n, v in overrides.items() if n in known}})
        except InvalidParams as error:
            raise InvalidParams("; ".join([str(error), *problems])) from None
        if problems:
            raise InvalidParams("; ".join(problems))
        return params

    def with_values(self, **overrides: Any) -> Self:
        """A copy with single values replaced, validated again."""
        return replace(self, **overrides)

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that differ when any value differs."""
        text = json.dumps({name: float(value) for name, value in asdict(self).items()}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def as_dict(self) -> dict[str, float | int]:
        """Plain values by name, for saving and showing."""
        return asdict(self)


PRESETS: dict[str, dict[str, float | int]] = {
    "claim": {},
    "topic": {
        "link_bias": -3.0,
        "link_similarity": 7.8,
        "link_nearest": 0.0,
        "link_overlap": 7.2,
        "link_size": 0.08,
        "link_gap": 0.32,
        "link_clash": 0.0,
        "min_similarity": 0.1,
        "merge_threshold": 0.98,
        "exemplars": 4,
        "split_cohesion": 0.7,
        "split_threshold": 0.88,
    },
}

SHORT_NAMES = {"multilingual": "multilingual-e5-small"}
"""Models of `FOR_MODELS`, with what their fingerprints begin with."""
FOR_MODELS: dict[str, dict[str, dict[str, float | int]]] = {
    "multilingual": {
        "claim": {"link_similarity": 5.0, "link_nearest": 5.0, "link_overlap": 0.0, "link_bias": -4.6},
        "topic": {"link_overlap": 0.0},
    },
}
"""Where vectors of another model want other values than the preset's. Two languages share no words, so words do not count there."""


class Asked(NamedTuple):
    """How params can be asked for.

    Args:
        preset: the one that is the fewest changes away.
        model: the encoder whose values it has; None for any without values of its own.
        changed: values that are not the preset's.
    """

    preset: str
    model: str | None
    changed: dict[str, float | int]

    def __str__(self) -> str:
        """In words.

        >>> print(asked_for(Params.preset("topic", exemplars=3).as_dict()))
        preset topic with exemplars=3
        """
        model = f" for model {self.model}" if self.model else ""
        return f"preset {self.preset}{model}{self._with(' with ', ', ', ' and {} values changed')}"

    @property
    def options(self) -> str:
        """As a command line has them.

        >>> asked_for(Params.preset("claim", model="multilingual", link_threshold=0.4).as_dict()).options
        '--preset claim --model multilingual --set link_threshold=0.4'
        """
        model = f" --model {self.model}" if self.model else ""
        return f"--preset {self.preset}{model}{self._with(' --set ', ' --set ', ' and the same {} values with --set or in a preset file')}"

    def _with(self, before: str, between: str, many: str) -> str:
        if len(self.changed) > _TELLING:
            return many.format(len(self.changed))
        told = between.join(f"{name}={_typeable(value)}" for name, value in self.changed.items())
        return before + told if told else ""


_TELLING = 4
"""Changes to a preset that are told one by one; with more, it is hardly that preset any more."""


def _typeable(value: float | int) -> str:
    """All digits of it, as `parse_override` reads them."""
    return str(value).removesuffix(".0")


def asked_for(values: Mapping[str, float | int]) -> Asked:
    """The preset that these values are the fewest changes from.

    Args:
        values: by name, as `Params.as_dict` gives them; of another version perhaps.
    """
    models = (None, *FOR_MODELS)
    known = [(preset, model, Params.preset(preset, model=model).as_dict()) for model in models for preset in PRESETS]
    found = [Asked(preset, model, {n: v for n, v in values.items() if there.get(n) != v}) for preset, model, there in known]
    return min(found, key=lambda asked: len(asked.changed))


def parse_override(text: str) -> tuple[str, float | int]:
    """`"link_threshold=0.5"` as a name and a number of the type the param has.

    Raises:
        InvalidParams: not NAME=VALUE, or not a number.
    """
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals or not name:
        raise InvalidParams(f"{text!r} is not NAME=VALUE, for example link_threshold=0.45")
    try:
        return name, int(value)
    except ValueError:
        pass
    try:
        return name, float(value)
    except ValueError:
        raise InvalidParams(f"{name}={value!r} is not a number") from None


def _unknown(name: str, known: Sequence[str]) -> str:
    nearest = ", ".join(get_close_matches(name, known, 3, cutoff=0.0))
    return f'there is no param {name}; the nearest are {nearest} (all of them: README, "Params")'


def _problem(name: str, value: Any, limits: Any, declared: Any) -> str | None:
    """What is wrong with one value, or None."""
    whole = declared in ("int", int)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or (whole and not isinstance(value, int)):
        return f"{name} must be {'a whole number' if whole else 'a number'}, not {value!r}"
    if not limits["low"] <= value <= limits["high"]:
        return f"{name}={value} is outside {limits['low']}..{limits['high']} ({limits['what']})"
    return None
