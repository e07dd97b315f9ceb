"""`streamclust judge`: a model looks at the open suggestions, once, within a budget. A dry run unless told to apply."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import orjson

from streamclust.adapters.verdict_file import VerdictFile
from streamclust.commands import JUDGE, Command, Confirm, Reject
from streamclust.counting import counted
from streamclust.digest import representative
from streamclust.errors import JudgeUnavailable
from streamclust.judging import Budget, Judged, deliberate
from streamclust.ports import Judge
from workers import states, wiring
from workers.cli.desk import new_id, opened
from workers.cli.options import json_option, state_option
from workers.cli.progress import ProgressLine
from workers.cli.suggestions import Open, print_suggestion, read_suggestions
from workers.settings import Settings

_DECIDES: dict[str, type[Command]] = {"same": Confirm, "different": Reject}
_CACHE = "verdicts.jsonl"

Obey = Callable[[Command], str]
"""Has a command done; what became of it in a word."""


@click.command()
@state_option
@click.option("--endpoint", metavar="URL", help="An API like OpenAI's, up to its version: https://HOST/v1. Posts are sent there.")
@click.option("--model", metavar="NAME", help="Model of the endpoint.")
@click.option("--cross-encoder", metavar="NAME|PATH", help="A sentence-transformers cross-encoder, on this machine, instead.")
@click.option("--budget", "pairs", type=click.IntRange(0), default=100, show_default=True, help="Pairs asked about at most; 0: none.")
@click.option("--tokens", type=click.IntRange(1), default=200_000, show_default=True, help="Tokens at most, for an endpoint.")
@click.option("--timeout", type=click.FloatRange(0.1, 600), default=30.0, show_default=True, help="Seconds for one try at an endpoint.")
@click.option("--min-score", type=click.FloatRange(0.0, 1.0), default=0.0, help="Only suggestions of at least this link score.")
@click.option("--cache", metavar="FILE", help=f"Where verdicts are kept; {_CACHE} beside the state if left out.")
@click.option("--apply", "applied", is_flag=True, help="Confirm and reject as the judge says; a dry run without.")
@click.option("--take-over", is_flag=True, help="For a state at an address: nothing else writes to it, so become its writer.")
@click.option("--kafka", is_flag=True, help="The suggestions of a deployment; commands go to its cluster workers.")
@json_option
def judge(
    state: str,
    endpoint: str | None,
    model: str | None,
    cross_encoder: str | None,
    pairs: int,
    tokens: int,
    timeout: float,
    min_score: float,
    cache: str | None,
    applied: bool,
    take_over: bool,
    kafka: bool,
    as_json: bool,
) -> None:
    """Have a model judge the open suggestions, the best score first: the same claim, different ones, or unsure.

    A dry run: it shows the verdicts, and keeps them. --apply --budget 0 afterwards applies those and asks nothing. --apply with a larger
    budget goes on to pairs of which nobody has seen a verdict, and applies those too; what was confirmed cannot be undone. What is applied
    carries the judge's name. The key of an endpoint is read from STREAMCLUST_JUDGE_API_KEY.
    """
    if (endpoint is None) == (cross_encoder is None) or (endpoint is not None) != (model is not None):
        raise click.UsageError("give either --endpoint URL and --model NAME, or --cross-encoder NAME|PATH")
    asked = _judge(endpoint, model, cross_encoder, timeout)
    budget = Budget(pairs, tokens)
    with ExitStack() as stack:
        suggested, obey = stack.enter_context(_bench(state, applied=applied, take_over=take_over, kafka=kafka))
        found = [one for one in suggested if one.suggestion.score >= min_score]
        verdicts = stack.enter_context(closing(VerdictFile(Path(cache or default_cache(state, kafka=kafka)))))
        session = Session(found, asked, obey if applied else None)
        try:
            failure = session.hold(verdicts, budget)
        finally:  # also of what was applied before somebody lost patience
            session.tell(budget, as_json=as_json)
    if failure is not None:
        raise failure


@dataclass(slots=True)
class Session:
    """One sitting of a judge.

    Args:
        found: open suggestions, the best score first.
        judge: see the port.
        obey: has a verdict applied; None for a dry run.

    Attributes:
        became: what was judged, and what became of it, by place in `found`.
    """

    found: Sequence[Open]
    judge: Judge
    obey: Obey | None
    answers: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    became: dict[int, tuple[Judged, str]] = field(default_factory=dict)

    def hold(self, verdicts: VerdictFile, budget: Budget) -> JudgeUnavailable | None:
        """Go through the suggestions; what stopped it, if the judge does not answer."""
        questions = [(representative(one.older).text, representative(one.younger).text) for one in self.found]
        progress = ProgressLine()
        try:
            for judged in deliberate(questions, self.judge, verdicts, budget):
                self._take(judged)
                progress.say(lambda: f"{counted(len(self.became), 'pair')} judged")
        except JudgeUnavailable as error:
            return error
        finally:
            progress.clear()
        return None

    def _take(self, judged: Judged) -> None:
        one, answer = self.found[judged.number], judged.answer
        self.answers[answer] += 1
        became = "kept" if answer not in _DECIDES else "would be" if self.obey is None else self.obey(self._command(one, answer))
        self.outcomes[became] += 1
        self.became[judged.number] = (judged, became)

    def _command(self, one: Open, answer: str) -> Command:
        return _DECIDES[answer](id=new_id(), by=self.judge.name, role=JUDGE, one=one.older.id, other=one.younger.id)

    def tell(self, budget: Budget, *, as_json: bool) -> None:
        """What came of it all, the best score first: what was judged before came before the rest."""
        taken = [(self.found[number], *self.became[number]) for number in sorted(self.became)]
        if as_json:
            used = {"pairs": budget.asked, "tokens": budget.spent, "nonsense": budget.nonsense}
            told = {"judge": self.judge.name, "applied": self.obey is not None, "used": used, "verdicts": [_line(*one) for one in taken]}
            click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
            return
        for one, judged, _ in taken:
            click.echo(f"{judged.answer}{' (judged before)' if judged.cached else ''}")
            print_suggestion(one)
        click.echo(f"{self.judge.name}: {self._said(budget)}", err=True)
        if self.obey is not None and self.outcomes:
            click.echo(", ".join(f"{number} {became}" for became, number in sorted(self.outcomes.items())), err=True)
        elif self.outcomes["would be"]:
            click.echo("a dry run: nothing was changed; --apply --budget 0 applies just these and asks nothing more", err=True)

    def _said(self, budget: Budget) -> str:
        of = counted(len(self.found), "suggestion")
        if not self.found:
            return "there is no open suggestion to judge"
        said = ", ".join(f"{number} {answer}" for answer, number in sorted(self.answers.items()))
        of = f"{said}, of {of}" if said else f"no verdict on any of {of}"
        if budget.asked:
            return f"{of}; {budget.asked} asked, {counted(budget.spent, 'token')}"
        return f"{of}; all judged before, nothing asked" if said else of


def _line(one: Open, judged: Judged, became: str) -> dict[str, Any]:
    return {"clusters": [one.older.id, one.younger.id], "verdict": judged.answer, "cached": judged.cached, "became": became}


@contextmanager
def _bench(state: str, *, applied: bool, take_over: bool, kafka: bool) -> Iterator[tuple[list[Open], Obey | None]]:
    """The open suggestions, and who obeys; nobody where the state is only looked at."""
    if kafka:
        from workers.cli.sending import sending  # a Kafka client, half a second to import: only where it is needed

        with sending() as deployment:
            yield deployment.suggestions(), deployment.obey
    elif applied:
        with opened(state, take_over=take_over, sink=None) as desk:
            yield desk.suggestions(), desk.obey
    else:
        with wiring.readable_store(state) as store:
            yield read_suggestions(store), None


def _judge(endpoint: str | None, model: str | None, cross_encoder: str | None, timeout: float) -> Judge:
    if endpoint is not None:
        from streamclust.adapters.endpoint_judge import EndpointJudge

        key = Settings.read(os.environ).judge_api_key
        return EndpointJudge(endpoint, model or "", key.get_secret_value() if key is not None else None, timeout=timeout)
    from streamclust.adapters.cross_encoder_judge import CrossEncoderJudge  # seconds to import: only where it is needed

    return CrossEncoderJudge.load(cross_encoder or "")


def default_cache(state: str, *, kafka: bool) -> str:
    """Where verdicts are kept when nobody said: in the state's directory, or here."""
    return str((Path() if kafka or states.is_address(state) else Path(state)) / _CACHE)
