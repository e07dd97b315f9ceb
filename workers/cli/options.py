"""Options that several commands share."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from streamclust.claims import FieldMap
from streamclust.errors import Incompatible, InvalidParams
from streamclust.params import PRESETS, SHORT_NAMES, Params, parse_override
from streamclust.ports import VectorSpace
from workers.invocation import told
from workers.states import DEFAULT_STATE

log = logging.getLogger(__name__)

Command = Callable[..., Any]


def state_option(command: Command) -> Command:
    """`--state`."""
    return click.option(
        "--state",
        default=DEFAULT_STATE,
        show_default=True,
        metavar="DIR|URL|memory",
        help="Where clusters are kept: a directory (an embedded Redis server with its data there), redis://…, or memory.",
    )(command)


def shard_option(command: Command) -> Command:
    """`--shard`."""
    return click.option(
        "--shard", type=click.IntRange(0), default=0, show_default=True, help="Which shard of a deployment; a run's state is shard 0."
    )(command)


def json_option(command: Command) -> Command:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")(command)


def _known_preset(context: click.Context, option: click.Parameter, value: str) -> str:
    """The preset, if there is one of that name or a file."""
    if value not in PRESETS and not Path(value).is_file():
        raise click.BadParameter(f"{value!r} is no preset and no file; there are: {', '.join(PRESETS)}")
    return value


def params_options(command: Command) -> Command:
    """`--preset` and `--set`."""
    command = click.option(
        "--set", "overrides", multiple=True, metavar="NAME=VALUE", help="Replace one param of the preset; may be repeated."
    )(command)
    return click.option(
        "--preset",
        default="claim",
        show_default=True,
        metavar="|".join([*PRESETS, "FILE"]),
        callback=_known_preset,
        help="How fine: one claim, or a whole topic; or a file that `streamclust fit` wrote.",
    )(command)


def model_option(command: Command) -> Command:
    """`--model`."""
    return click.option(
        "--model",
        metavar="multilingual|NAME|PATH",
        help="`multilingual` (an extra: streamclust[multilingual]), or a sentence-transformers model by name or path; the built-in English "
        "one if left out.",
    )(command)


def params_model_option(command: Command) -> Command:
    """`--model`, where vectors come ready made."""
    said = "The embed workers' model, whose params a preset brings; it is not loaded."
    return click.option("--model", metavar="NAME|PATH", help=said)(command)


def map_option(command: Command) -> Command:
    """`--map`."""
    return click.option(
        "--map", "mapping", default="", metavar="FIELD=NAME,…", help="Where fields stand in the input: text=body,author=user.name"
    )(command)


def read_params(preset: str, overrides: tuple[str, ...], model: str | None = None) -> Params:
    """The params that `--preset`, `--model` and `--set` ask for.

    Raises:
        InvalidParams: no such preset and no such file, or one with values that are none.
    """
    changed = dict(parse_override(text) for text in overrides)
    if preset in PRESETS:
        return Params.preset(preset, model=model, **changed)
    return Params.preset("claim", **{**_saved(Path(preset))["params"], **changed})


def grain_of(preset: str) -> str:
    """The preset's name; of a file, that of the one it was fitted from."""
    return preset if preset in PRESETS else str(_saved(Path(preset))["preset"])


def see_that_it_fits(
    preset: str, model: str | None, encoder: VectorSpace, cure: str = "Take the model it was fitted for (--model)"
) -> None:
    """See that a preset of a file was fitted to the vectors of this encoder; say so where a preset by name brings another model's params.

    Args:
        model: what `--model` says.
        cure: how vectors of the right encoder are had, or what else to do.

    Raises:
        Incompatible: it was fitted to those of another.
    """
    owner = next((name for name, short in SHORT_NAMES.items() if encoder.fingerprint.startswith(f"{short}@")), None)
    if preset in PRESETS and owner not in (None, model):
        log.warning(
            "the vectors are of %s, and --preset %s alone brings the params of the built-in model: give --model %s",
            encoder.fingerprint, preset, owner,
        )  # fmt: skip
    fitted = None if preset in PRESETS else _saved(Path(preset))["encoder"]
    if fitted not in (None, encoder.fingerprint):
        raise Incompatible(
            f"{preset} was fitted for encoder {fitted}, these vectors are of {encoder.fingerprint} and want other params. {cure}, or "
            f"move it to this model: {told('calibrate', 'FILE', '--preset', preset, '--model', 'MODEL', '--output', 'OTHER')}"
        )


def see_that_it_fits_ready_made(preset: str, model: str | None, encoder: VectorSpace) -> None:
    """The same where vectors come from the embed workers, and `--model` loads nothing.

    Raises:
        Incompatible: it was fitted to those of another encoder than theirs.
    """
    see_that_it_fits(
        preset, model, encoder, "The embed workers' model made them, and --model here changes no vector: give another --preset"
    )


def _saved(path: Path) -> dict[str, Any]:
    """What `streamclust fit` wrote there."""
    try:
        saved = json.loads(path.read_bytes())
        return {"preset": saved["preset"], "params": dict(saved["params"]), "encoder": saved.get("encoder")}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidParams(
            f"{path} holds no params ({error!r}); give a file that `streamclust fit` or `calibrate` wrote with --output"
        ) from None


def read_map(mapping: str) -> FieldMap:
    """The fields that `--map` names."""
    return FieldMap.parse(mapping)
