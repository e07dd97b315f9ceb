"""A seeded stream of posts as they might come from social media, with the claim each one makes as its gold label.

Only exactly rounded arithmetic is used (no log, exp or power), so that a seed gives the same bytes on every machine.
"""

from __future__ import annotations

import hashlib
import heapq
import re
from bisect import bisect
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import accumulate, product
from math import sqrt
from random import Random
from typing import Any

from streamclust.errors import InvalidParams
from streamclust.evaluation import sample_phrases as phrases

START = datetime(2026, 3, 2, 7, 30, tzinfo=UTC).timestamp()
MOST_COPIES = 0.6

_HOUR = 3600.0
_LINES_PER_HOUR = 2000
_SHORTEST_HOURS = 3.0
_CHATTER = 0.25
_ENGLISH = 0.65
_CROSSING = 0.10
_HARD_NEGATIVE = 0.10
_SECOND_WAVE = 0.10
_STEADY_BIRTHS = 0.02
_NEAR_COPY = 0.3
_REMEMBERED = 32
_LINES_PER_FLOOD = 100_000
_FEWEST_LINES_WITH_FLOOD = 2000
_DRIFT_EVERY = 1200.0
_LONGEST = 240
_HANDLES = tuple(phrases.HANDLES.split())
_SOURCES = tuple(phrases.SOURCES.split())
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"

Row = tuple[str, ...]
Slots = dict[str, Row]


def generate(lines: int, *, seed: int = 1, copies: float = 0.4, start: float = START) -> Iterator[dict[str, Any]]:
    """Posts in the order of their time, each with its gold cluster. Lazy; memory grows with the claims alive at one time.

    About 2,000 posts per hour of event time. A claim is a family (what sort of thing is said) and its slots (where, who, how many):
    the same family with another number is another cluster. Chatter claims nothing and is a cluster of its own each time.

    Args:
        lines: how many posts; a prefix of a longer stream is not the shorter stream.
        seed: the same seed and arguments give the same posts, byte for byte.
        copies: share of posts that repeat an earlier text, RT prefix, link and case apart; 0 to `MOST_COPIES`.
            Different hands sometimes find the same words, so that a few remain at 0.
        start: seconds since 1970 of the first post.

    Yields:
        id, text, created_at (ISO 8601, UTC), author, source, lang, url (of some), cluster (gold label), kind (claim, chatter or flood).

    Raises:
        InvalidParams: `lines` is negative or `copies` out of range.
    """
    if lines < 0:
        raise InvalidParams(f"lines={lines} is below 0")
    if not 0.0 <= copies <= MOST_COPIES:
        raise InvalidParams(f"copies={copies} is outside 0..{MOST_COPIES}")
    return _Stream(lines, seed, copies, start).posts()


@dataclass(slots=True)
class _Voice:
    """How a claim is told in one language."""

    lang: str
    slots: dict[str, str]
    templates: tuple[tuple[str, ...], ...]
    hashtag: str


@dataclass(slots=True)
class _Claim:
    """A claim that is spreading.

    Args:
        due_from: hours of stream activity at which the present wave began.
        pace: hours by which half of a wave has been posted.
        size, sent: posts of the present wave.
        later: posts of a second wave still to come.
        texts: (text, author, lang) of wordings to copy from.
        known: all wordings so far, without case; at most `size`.
    """

    label: str
    voices: list[_Voice]
    due_from: float
    pace: float
    size: int
    later: int
    sent: int = 0
    texts: list[tuple[str, str, str]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    def due(self, chance: float) -> float:
        """When the next post comes: the quantiles of a wave that rises fast and decays slowly (log-logistic, shape 4/3)."""
        share = 0.97 * (self.sent + chance) / self.size
        odds = sqrt(share / (1.0 - share))
        return self.due_from + self.pace * odds * sqrt(odds)

    def come_back(self, at: float) -> None:
        """Start the second wave."""
        self.due_from, self.size, self.later, self.sent = at, self.later, 0, 0

    def remember(self, text: str, author: str, lang: str, slot: int) -> None:
        """Keep a wording to copy from; once full, in place of another."""
        if len(self.texts) < _REMEMBERED:
            self.texts.append((text, author, lang))
        else:
            self.texts[slot] = (text, author, lang)
        self.known.add(text.casefold())


@dataclass(slots=True)
class _Flood:
    """One text from hundreds of young accounts within minutes."""

    claim: _Claim
    first_line: int
    left: int
    accounts: int


class _Stream:
    """One run of the generator."""

    def __init__(self, lines: int, seed: int, copies: float, start: float) -> None:
        self.rng = Random(seed)
        self.chance = self.rng.random
        self.seed, self.lines, self.copies = seed, lines, copies
        hours = max(_SHORTEST_HOURS, lines / _LINES_PER_HOUR)
        self.gap = hours * _HOUR / max(lines, 1)
        self.activity_gap = hours / max(lines, 1)
        self.now, self.activity, self.line, self.copied, self.serial = start, 0.0, 0, 0, 0
        self.pace = min(1.0, hours * 0.06)
        self.largest = min(5000.0, 2.0 * sqrt(lines))
        self.population = max(300, int(lines * 0.35))
        self.queue: list[tuple[float, int, _Claim]] = []
        self.told: dict[tuple[str, str], deque[Slots]] = {}
        self.topics = _Topics(self.rng)
        self.writer = _Writer(self.rng)
        self.floods = self._plan_floods()
        self.flood: _Flood | None = None

    def posts(self) -> Iterator[dict[str, Any]]:
        """All posts."""
        for line in range(1, self.lines + 1):
            self.line = line
            self.now += 2.0 * self.chance() * self.gap / _daily(self.now)
            self.activity += self.activity_gap
            flood = self._flood_due()
            if flood is not None:
                yield self._flood_post(flood)
            elif self.chance() < _CHATTER:
                yield self._chatter_post()
            else:
                yield self._claim_post(self._next_claim())

    def _plan_floods(self) -> list[int]:
        """First lines of the floods to come, last one first."""
        if self.lines < _FEWEST_LINES_WITH_FLOOD:
            return []
        count = max(1, round(self.lines / _LINES_PER_FLOOD))
        part = self.lines / count
        return [int((number + 0.2 + 0.4 * self.chance()) * part) for number in reversed(range(count))]

    def _flood_due(self) -> _Flood | None:
        if self.floods and self.line >= self.floods[-1]:
            self.floods.pop()
            size = int(min(900.0, max(40.0, 0.03 * self.lines)))
            self.flood = _Flood(self._new_claim("en"), self.line, size, max(30, size * 2 // 3))
        flood = self.flood
        return flood if flood is not None and flood.left and self.chance() < 0.5 else None

    def _flood_post(self, flood: _Flood) -> dict[str, Any]:
        claim, flood.left = flood.claim, flood.left - 1
        if not claim.texts:
            claim.remember(self.writer.wording(claim.voices[0]) + self.writer.tags(claim.voices[0]), "", "en", 0)
        text = claim.texts[0][0]
        if self.chance() < 0.15:
            text = self.writer.variant(text)
        self._count_copy(claim, text, "", "en")
        number = int(self.chance() * flood.accounts)
        author = f"{_HANDLES[number % len(_HANDLES)]}{flood.first_line * 7919 % 90_000 + 10_000 + number}"
        return self._record(text + self.writer.link(), author, "en", claim.label, "flood")

    def _chatter_post(self) -> dict[str, Any]:
        lang = "en" if self.chance() < _ENGLISH else self.topics.other_lang(self.chance())
        return self._record(self.writer.chatter(lang), self._author(), lang, f"chatter-{self.line}", "chatter")

    def _next_claim(self) -> _Claim:
        """The claim whose post is due; a new one where none is, and now and then anyway."""
        queue, roll = self.queue, self.chance()
        ready = bool(queue) and queue[0][0] <= self.activity
        if roll >= _STEADY_BIRTHS and queue and (ready or roll < 0.5):
            return heapq.heappop(queue)[2]
        lang = "en" if self.chance() < _ENGLISH else self.topics.other_lang(self.chance())
        return self._new_claim(lang)

    def _claim_post(self, claim: _Claim) -> dict[str, Any]:
        author = self._author()
        if claim.texts and self.copied < self.copies * self.line and self.chance() < 0.9:
            text, lang = self._copy(claim, author)
        else:
            text, lang = self._wording(claim, author)
        self._schedule(claim)
        record = self._record(text, author, lang, claim.label, "claim")
        if self.chance() < 0.2:
            record["url"] = f"https://example.org/{claim.label}"
        return record

    def _copy(self, claim: _Claim, author: str) -> tuple[str, str]:
        """An earlier text again, most often one of the first."""
        text, by, lang = claim.texts[int(len(claim.texts) * self.chance() * self.chance())]
        self.copied += 1
        roll = self.chance()
        if roll < 0.25 and by != author:
            text = f"RT @{by}: {text}"
        return (text + self.writer.link() if roll > 0.9 else text), lang

    def _wording(self, claim: _Claim, author: str) -> tuple[str, str]:
        """Own words, or an earlier text with one thing changed."""
        if claim.texts and self.chance() < _NEAR_COPY:
            text, _, lang = claim.texts[int(len(claim.texts) * self.chance())]
            text = self.writer.variant(text)
        else:
            voice = claim.voices[0 if self.chance() < 0.7 else int(self.chance() * len(claim.voices))]
            text, lang = self.writer.dressed(voice), voice.lang
        if text.casefold() in claim.known and self.copied >= self.copies * self.line:
            text = self.writer.variant(self.writer.variant(text))
        self._count_copy(claim, text, author, lang)
        roll = self.chance()
        return (text + self.writer.link() if roll < 0.2 else text.upper() if roll < 0.23 else text), lang

    def _count_copy(self, claim: _Claim, text: str, author: str, lang: str) -> None:
        """Remember a text, or note that it was there before."""
        if text.casefold() in claim.known:
            self.copied += 1
        else:
            claim.remember(text, author, lang, 1 + int(self.chance() * (_REMEMBERED - 1)))

    def _schedule(self, claim: _Claim) -> None:
        claim.sent += 1
        if claim.sent >= claim.size:
            if not claim.later:
                return
            claim.come_back(self.activity + self.pace * (4.0 + 30.0 * self.chance()))
        self.serial += 1
        heapq.heappush(self.queue, (claim.due(self.chance()), self.serial, claim))

    def _new_claim(self, lang: str) -> _Claim:
        family = self.topics.family(lang, self.now, self.chance())
        langs = self._langs(family, lang)
        slots = self._slots(family, lang, langs)
        size = self._size()
        later = size * 2 // 5 if size >= 6 and self.chance() < _SECOND_WAVE else 0
        spread = self.chance()
        pace = self.pace * (0.2 + 2.8 * spread * spread) * (0.5 + sqrt(size) / 10.0)
        voices = [_voice(family, each, slots) for each in langs]
        return _Claim(_label(family, slots), voices, self.activity, pace, size - later, later)

    def _size(self) -> int:
        """Posts of a claim: a Pareto law with exponent 0.8, cut at the top."""
        chance = 1.0 - self.chance()
        size = 1.6 / (chance * sqrt(sqrt(chance)))
        return max(1, int(size if size < self.largest else self.largest * (0.4 + 0.6 * self.chance())))

    def _langs(self, family: str, lang: str) -> list[str]:
        """The claim's own language first, then those it crosses into."""
        spoken = _families()[family]
        if len(spoken) == 1 or self.chance() >= _CROSSING * (1.8 if lang == "en" else 1.0):
            return [lang]
        others = [other for other in spoken if other != lang]
        return [lang, *self.rng.sample(others, min(len(others), 1 + (self.chance() < 0.4)))]

    def _slots(self, family: str, lang: str, langs: Sequence[str]) -> Slots:
        """What the claim is about: unlike the family's latest, or, for a hard negative, like it in all but one slot."""
        latest = self.told.setdefault((family, lang), deque(maxlen=8))
        names, everywhere = _slot_names(family), list(langs) != ["en"]
        if latest and self.chance() < _HARD_NEGATIVE:
            slots = self._hard_negative(latest[-1], names, everywhere)
        else:
            slots = self._unlike(latest, names, everywhere)
        latest.append(slots)
        return slots

    def _hard_negative(self, before: Slots, names: Sequence[str], everywhere: bool) -> Slots:
        usable = all(len(row) > 1 for row in before.values()) or not everywhere
        slots = dict(before) if usable else self._draw(names, everywhere)
        name = names[int(self.chance() * len(names))]
        while slots[name] == before[name]:
            slots[name] = _draw_row(name, everywhere, self.chance)
        return slots

    def _unlike(self, latest: Sequence[Slots], names: Sequence[str], everywhere: bool) -> Slots:
        for _ in range(4):
            slots = self._draw(names, everywhere)
            if not any(slots[name] == old[name] for old in latest for name in names if name not in phrases.NUMBERS):
                break
        return slots

    def _draw(self, names: Sequence[str], everywhere: bool) -> Slots:
        return {name: _draw_row(name, everywhere, self.chance) for name in names}

    def _author(self) -> str:
        """A few post often, most seldom."""
        roll = self.chance()
        number = int(self.population * roll * roll)
        return f"{_HANDLES[number * 7 % len(_HANDLES)]}_{_HANDLES[number // 3 % len(_HANDLES)]}{number}"

    def _record(self, text: str, author: str, lang: str, cluster: str, kind: str) -> dict[str, Any]:
        return {
            "id": f"{self.seed}-{self.line}",
            "text": text,
            "created_at": datetime.fromtimestamp(int(self.now), UTC).isoformat()[:-6] + "Z",
            "author": author,
            "source": _SOURCES[len(author) * 5 % len(_SOURCES) if kind != "flood" else 0],
            "lang": lang,
            "cluster": cluster,
            "kind": kind,
        }


class _Topics:
    """Which families are talked about, by language; weights drift with event time, each family in its own period."""

    def __init__(self, rng: Random) -> None:
        self.names = list(_families())
        self.phases = [rng.random() for _ in self.names]
        self.periods = [_HOUR * (8.0 + 160.0 * rng.random()) for _ in self.names]
        self.bases = [0.4 + rng.random() for _ in self.names]
        self.others = list(phrases.OTHER_LANG_WEIGHTS)
        self.other_weights = list(accumulate(phrases.OTHER_LANG_WEIGHTS.values()))
        self.spoken = {lang: [i for i, name in enumerate(self.names) if lang in _families()[name]] for lang in phrases.LANGS}
        self.weights: dict[str, list[float]] = {}
        self.weighed_at = -1.0

    def other_lang(self, chance: float) -> str:
        """A language other than English."""
        return self.others[bisect(self.other_weights, chance * self.other_weights[-1])]

    def family(self, lang: str, now: float, chance: float) -> str:
        """A family told in `lang`, by its weight at event time `now`."""
        if now // _DRIFT_EVERY != self.weighed_at:
            self._weigh(now)
        weights = self.weights[lang]
        return self.names[self.spoken[lang][bisect(weights, chance * weights[-1])]]

    def _weigh(self, now: float) -> None:
        self.weighed_at = now // _DRIFT_EVERY
        heat = [
            base * (0.05 + _wave(now / period + phase)) for base, period, phase in zip(self.bases, self.periods, self.phases, strict=True)
        ]
        self.weights = {lang: list(accumulate(heat[i] for i in spoken)) for lang, spoken in self.spoken.items()}


class _Writer:
    """Puts a claim, or nothing much, into words."""

    def __init__(self, rng: Random) -> None:
        self.rng, self.chance = rng, rng.random

    def pick(self, options: Sequence[str]) -> str:
        """One of the options."""
        return options[int(self.chance() * len(options))]

    def wording(self, voice: _Voice) -> str:
        """A filled template."""
        templates = voice.templates
        forms = templates[int(self.chance() * len(templates))]
        return forms[int(self.chance() * len(forms))].format_map(voice.slots)

    def dressed(self, voice: _Voice) -> str:
        """A filled template with what people put before, after and into it."""
        text = self.wording(voice)
        roll = self.chance()
        if roll < 0.08:
            text = self._typo(text)
        elif roll < 0.11:
            text = text.lower()
        if self.chance() < 0.25:
            text = f"{self.pick(_split(phrases.LEADS[voice.lang]))} {text}"
        elif roll > 0.4:
            text = text[0].upper() + text[1:]
        text += self._ending(voice)
        return self._shorten(text) if self.chance() < 0.04 or len(text) > _LONGEST else text

    def variant(self, text: str) -> str:
        """The text with one small change."""
        roll = self.chance()
        if roll < 0.3:
            return self._typo(text)
        if roll < 0.4:
            return self._shorten(text)
        if len(text) > _LONGEST or roll < 0.5:
            return text.rstrip("!. ") + "."
        return text + (
            f" {self.pick(phrases.EMOJI)}" if roll < 0.75 else f" #{self.pick(_words(phrases.HASHTAGS))}" if roll < 0.9 else "!!"
        )

    def tags(self, voice: _Voice) -> str:
        """Two hashtags."""
        return f" #{voice.hashtag} #{self.pick(_words(phrases.HASHTAGS))}"

    def link(self) -> str:
        """A shortened link."""
        return " https://example.org/" + "".join([_BASE36[int(self.chance() * 36)] for _ in range(5)])

    def chatter(self, lang: str) -> str:
        """One or two everyday sentences."""
        text = self._chat(lang)
        if lang != "en" or self.chance() < 0.3:
            text = f"{text}. {self._chat(lang)}"
        if self.chance() < 0.25:
            text = f"{text} {self.pick(phrases.EMOJI)}"
        return text

    def _chat(self, lang: str) -> str:
        patterns = _chatter(lang)
        parts = patterns[int(self.chance() * len(patterns))]
        return "".join([part if isinstance(part, str) else self.pick(part) for part in parts])

    def _ending(self, voice: _Voice) -> str:
        roll = self.chance()
        if roll < 0.14:
            return f". {self.pick(_split(phrases.TAILS[voice.lang]))}"
        if roll < 0.28:
            return self.tags(voice) if roll < 0.2 else f" #{voice.hashtag}"
        if roll < 0.42:
            return f" {self.pick(phrases.EMOJI)}" * (1 + (roll > 0.36))
        return "!" * (1 + int(self.chance() * 3)) if roll < 0.52 else ""

    def _typo(self, text: str) -> str:
        """Two letters swapped, one dropped or one doubled; digits stay."""
        at = int(self.chance() * (len(text) - 2)) + 1 if len(text) > 4 else 0
        if not at or not text[at : at + 2].isalpha():
            return text + "!"
        roll = self.chance()
        middle = text[at + 1] + text[at] if roll < 0.5 else text[at + 1] if roll < 0.8 else text[at] + text[at] + text[at + 1]
        return text[:at] + middle + text[at + 2 :]

    def _shorten(self, text: str) -> str:
        keep = int(min(len(text), _LONGEST) * (0.7 + 0.25 * self.chance()))
        return text[:keep].rstrip() + "…"


def _daily(now: float) -> float:
    """Relative rate of the stream: mean 1, lowest at 3:00 UTC, highest at 15:00."""
    share = ((now / _HOUR - 9.0) % 24.0) / 24.0
    half = share if share < 0.5 else share - 0.5
    bump = 0.6 * 16.0 * half * (0.5 - half)
    return 1.0 + bump if share < 0.5 else 1.0 - bump


def _wave(turns: float) -> float:
    """A smooth-topped wave between 0 and 1 of period 1, with a long trough."""
    ramp = 2.0 * abs(turns % 1.0 - 0.5)
    return ramp * ramp * ramp


def _label(family: str, slots: Slots) -> str:
    """The gold label: the same wherever, whenever and in whichever language the claim is made."""
    what = "\x1f".join(f"{name}={slots[name][0]}" for name in sorted(slots))
    return f"{family}-{hashlib.blake2b(what.encode(), digest_size=5).hexdigest()}"


def _voice(family: str, lang: str, slots: Slots) -> _Voice:
    column = phrases.LANGS.index(lang)
    told = {name: row[column] if len(row) > 1 else row[0] for name, row in slots.items()}
    words = next((told[name] for name in told if name not in phrases.NUMBERS), "breaking")
    return _Voice(lang, told, _families()[family][lang], "".join(c for c in words if c.isalnum() or not c.isascii()).replace(" ", ""))


def _draw_row(name: str, everywhere: bool, chance: Any) -> Row:
    """A value for a slot, in all languages or, where English is enough, perhaps only in that one."""
    if name in phrases.NUMBERS:
        low, high, step = phrases.NUMBERS[name]
        return _number(low + step * int(chance() * ((high - low) // step + 1)), name)
    rows, translated = _table(name)
    return rows[int(chance() * (translated if everywhere else len(rows)))]


def _number(value: int, name: str) -> Row:
    """A number as each language writes it; years stay bare."""
    if name == "year" or value < 1000:
        return (str(value),) * len(phrases.LANGS)
    grouped = f"{value:,}"
    return tuple(grouped if lang in {"en", "hi", "ar"} else grouped.replace(",", ".") for lang in phrases.LANGS)


@cache
def _table(name: str) -> tuple[tuple[Row, ...], int]:
    """A table's rows, those with all languages first, and how many those are."""
    if name == "person":
        pairs = product(phrases.FIRST_NAMES.split(), phrases.LAST_NAMES.split())
        rows: list[Row] = [(f"{first} {last}",) * len(phrases.LANGS) for first, last in pairs]
    else:
        rows = [tuple(form.strip() for form in entry.split("|")) for entry in _split(phrases.TABLES[name])]
    if name in phrases.NAMES:
        rows = [(row[0],) * len(phrases.LANGS) for row in rows]
    rows.sort(key=lambda row: len(row) == 1)
    return tuple(rows), sum(len(row) > 1 for row in rows)


@cache
def _families() -> Mapping[str, Mapping[str, tuple[tuple[str, ...], ...]]]:
    """Family → language → template → its spellings, choices written out."""
    return {name: {lang: tuple(map(_spellings, forms)) for lang, forms in spoken.items()} for name, spoken in phrases.FAMILIES.items()}


@cache
def _slot_names(family: str) -> tuple[str, ...]:
    """The slots of a family, in the order of its first template."""
    return tuple(dict.fromkeys(re.findall(r"{(\w+)}", phrases.FAMILIES[family]["en"][0])))


def _spellings(template: str) -> tuple[str, ...]:
    """Every reading of a template's `[a|b]` choices.

    >>> _spellings("it [fell|broke]")
    ('it fell', 'it broke')
    """
    parts = re.split(r"\[([^\]]+)\]", template)
    return tuple("".join(reading) for reading in product(*(p.split("|") if i % 2 else [p] for i, p in enumerate(parts))))


@cache
def _chatter(lang: str) -> tuple[tuple[str | tuple[str, ...], ...], ...]:
    """Patterns of everyday talk: literal text and tables to pick from, in turn."""
    block = phrases.CHATTER[lang]
    return tuple(tuple(_column(block, part) if i % 2 else part for i, part in enumerate(re.split(r"{(\w+)}", pattern)))
                 for pattern in _split(block["patterns"]))  # fmt: skip


def _column(block: Mapping[str, str], name: str) -> tuple[str, ...]:
    text = block[name]
    return _split(block[text[1:]] if text.startswith("@") else text)


@cache
def _split(text: str) -> tuple[str, ...]:
    return tuple(entry.strip() for entry in text.split(";") if entry.strip())


@cache
def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())
