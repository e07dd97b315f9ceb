"""Which clusters are taking off: counts of authors against what the cluster's own past and the whole stream let expect.

Time is event time, cut into buckets (`trend_bucket` seconds) on the stream's clock, which no single claim can push ahead. What counts is
the number of authors *new to the cluster within the hour*: whatever somebody posts, and however often, counts once an hour, and so do
exact copies of a text that has no author. `TrendDetector` is a function of what it is told, in order: no clock, no chance.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple, Self

from streamclust.params import DAY, Params

QUIET, EMERGING, TRENDING, COOLING = "quiet", "emerging", "trending", "cooling"
BURST, RAMP = "burst", "ramp"
WINDOW = 12
"""Buckets that are remembered one by one; an hour of five minutes each."""

SCORE_HALF_LIFE = 7200.0
SAME_AGE = 15 * DAY
"""Accounts made less than this apart pass for made at the same time."""

_AUTHORS = 512
_OUTLIER = 4.0
_STEADY = 20.0
_SILENCE = 6
_BURSTINESS, _DOUBT = 0.2, 0.3
_RISE, _LIFT = 2.0, 6.0
_HALF_HOUR = 6.0
_HOUR, _WEEK, _TWO_HOURS = 3600.0, 168, 7200.0


class Excess(NamedTuple):
    """Authors of a window against what was expected in it.

    Args:
        authors: new ones, each counted once.
        buckets: length of the window, the open bucket included.
        expected: mean of what was expected.
        deviation: standard deviation of that.
        score: `surprise`, in standard deviations of a normal distribution.
    """

    authors: int
    buckets: int
    expected: float
    deviation: float
    score: float


class Onset(NamedTuple):
    """A trend that has just started.

    Args:
        kind: `BURST` or `RAMP`.
        excess: the window that gave it away.
    """

    kind: str
    excess: Excess


@dataclass(slots=True, eq=False)
class Tally:
    """Who stood behind the claims of late: counts that halve every half hour of event time.

    Args:
        posts: claims.
        authors: authors counted.
        copied: authors whose claim repeated a text without saying whose it is.
        dated: authors of whom it is known since when they exist.
        young: those among them that are younger than `young_account`.
        born: when an account was made that most others were made about the same time as, if most were.
        lead: at least so many were made about then: what a vote leaves that keeps one candidate only (Boyer and Moore, 1981).
    """

    posts: float = 0.0
    authors: float = 0.0
    copied: float = 0.0
    dated: float = 0.0
    young: float = 0.0
    born: float = 0.0
    lead: float = 0.0

    def date(self, born: float, *, young: bool) -> None:
        """Count an author whose account was made at `born`, seconds."""
        self.dated += 1.0
        self.young += young
        if abs(born - self.born) < SAME_AGE:
            self.lead += 1.0
        elif self.lead >= 1.0:
            self.lead -= 1.0
        else:
            self.born, self.lead = born, 1.0 - self.lead

    def fade(self, buckets: int) -> None:
        """So many buckets have passed."""
        left = math.exp2(-buckets / _HALF_HOUR)
        self.posts *= left
        self.authors *= left
        self.copied *= left
        self.dated *= left
        self.young *= left
        self.lead *= left

    def add(self, other: Tally) -> None:
        """Count what `other` counted."""
        self.posts += other.posts
        self.authors += other.authors
        self.copied += other.copied
        self.dated += other.dated
        self.young += other.young
        if abs(self.born - other.born) < SAME_AGE:
            self.lead += other.lead
        else:
            self.born = self.born if self.lead >= other.lead else other.born
            self.lead = abs(self.lead - other.lead)

    def values(self) -> list[float]:
        """For saving, in the order of the fields."""
        return [self.posts, self.authors, self.copied, self.dated, self.young, self.born, self.lead]


@dataclass(slots=True, eq=False)
class Trend:
    """What one cluster's trend is judged by.

    Args:
        bucket: the open bucket, the last one anything was counted in; number since 1970.
        counts: authors new within the hour, of the last `WINDOW` buckets, by bucket modulo `WINDOW`.
        given: those of them that count for what is expected: of a bucket far above all before only so many.
        seen: author → the bucket it was counted in, in the order they were counted.
        hour: authors counted in the last `WINDOW` buckets: the sum of `counts`.
        mean: exponentially weighted mean of the closed buckets' counts.
        past, past_square: the same, and that of their squares, of those that have left the window: a rise is no part of its own noise.
        usual: what a bucket is expected to count with the stream as ever.
        stock: the bucket the following two were worked out in.
        dispersion: squared coefficient of variation of the rate.
        spare: so many more authors cannot be a surprise yet in the open bucket.
        evidence: CUSUM of log likelihood ratios for a lasting rise.
        stage: one of `QUIET`, `EMERGING`, `TRENDING`, `COOLING`.
        episode: trends so far.
        started_at: event time at which the present one started.
        alive: the last bucket in which the present one was still above its lower limit.
        peak_score, peak_authors: highest of the present one.
        score, scored_at: the highest score of late, and the event time it is from; `standing` lets it fade.
    """

    bucket: int
    counts: list[int] = field(default_factory=lambda: [0] * WINDOW)
    given: list[int] = field(default_factory=lambda: [0] * WINDOW)
    seen: dict[int, int] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    hour: int = 0
    mean: float = 0.0
    past: float = 0.0
    past_square: float = 0.0
    usual: float = 0.0
    stock: int = 0
    dispersion: float = 0.0
    spare: int = 0
    evidence: float = 0.0
    stage: str = QUIET
    episode: int = 0
    started_at: float = 0.0
    alive: int = 0
    peak_score: float = 0.0
    peak_authors: int = 0
    score: float = 0.0
    scored_at: float = 0.0

    @property
    def open(self) -> int:
        """Authors counted in the open bucket."""
        return self.counts[self.bucket % WINDOW]

    @property
    def on(self) -> bool:
        """Whether an episode is going on."""
        return self.stage in (TRENDING, COOLING)

    def standing(self, now: float) -> float:
        """The score for ranking at event time `now`: it halves every two hours."""
        return self.score * math.exp2(-max(now - self.scored_at, 0.0) / SCORE_HALF_LIFE)

    def count(self, author: int, bucket: int) -> bool:
        """Count an author in a bucket of the window; False if it was counted within the hour."""
        known = self.seen.get(author)
        if known is not None and known > bucket - WINDOW:
            return False
        self.seen.pop(author, None)
        self.seen[author] = bucket
        self.counts[bucket % WINDOW] += 1
        self.hour += 1
        self.spare -= 1
        if len(self.seen) > _AUTHORS:
            del self.seen[next(iter(self.seen))]
        return True

    def to_record(self) -> list[Any]:
        """Plain values; `from_record` gives the same back, bit for bit."""
        authors, buckets = array("Q", self.seen.keys()), [self.bucket - bucket for bucket in self.seen.values()]
        learned = [self.hour, self.mean, self.past, self.past_square, self.usual]
        judged = [self.stock, self.dispersion, self.spare, self.evidence]
        episode = [self.stage, self.episode, self.started_at, self.alive, self.peak_score, self.peak_authors, self.score, self.scored_at]
        window = [list(self.counts), list(self.given), authors.tobytes(), buckets]
        return [self.bucket, *window, self.tally.values(), *learned, *judged, *episode]

    @classmethod
    def from_record(cls, record: list[Any]) -> Self:
        """What a record was made from."""
        bucket, counts, given, authors, ago, tally, *rest = record
        seen = dict(zip(array("Q", authors), (bucket - back for back in ago), strict=True))
        return cls(bucket, list(counts), list(given), seen, Tally(*tally), *rest)


class TrendDetector:
    """Judges the clusters of one stream.

    Expected in a window of w buckets is the cluster's exponentially weighted mean, times w, times how much busier the rest of the stream
    is in that window than on its own mean of the same memory; at least `trend_floor` a bucket. The two means weigh the past alike,
    so that the product is the cluster's share of the stream applied to the stream as it is now: prime time is no trend, nor is a new
    source of posts, nor the start of a stream. What a cluster did before its first claim is silence.

    Counts are taken for negative binomial with the dispersion seen in the cluster (posts come in flurries); `surprise` is the square
    root of twice the log likelihood ratio of a window's count, on the scale of a normal distribution: 5 is exceeded once in 3.5 million.
    A burst is a surprise of one bucket or two, the open one included, so that a trend need not wait for it to close. A ramp is
    a CUSUM (Page, 1954) of log likelihood ratios over closed buckets for a rate `_RISE` times the expected one and `_LIFT` more. Both are
    tested before the bucket goes into the mean. k empty buckets are caught up with in one step.

    >>> detector = TrendDetector(Params())
    >>> detector.turn(1_000_000.0)
    True
    >>> trend = detector.begin()
    >>> onsets = [detector.observe(trend, author, 1_000_000.0 + author) for author in range(12)]
    >>> [(author, onset.kind, onset.excess.authors) for author, onset in enumerate(onsets) if onset]
    [(7, 'burst', 8)]
    """

    def __init__(self, params: Params) -> None:
        self._params = params
        self._seconds = params.trend_bucket
        self._keep = math.exp2(-params.trend_bucket / params.trend_half_life)
        self._enough = params.trend_start**2 / 2.0
        self._cooldown = math.ceil(params.trend_cooldown / params.trend_bucket)
        self.bucket = self._hour = 0
        self._counts = [0] * WINDOW
        self._mean = 0.0
        self._weight = 1.0 - self._keep**_SILENCE
        self._week = [1.0] * _WEEK

    # the stream

    def turn(self, now: float) -> bool:
        """Go to the bucket of the stream's clock; False if it is the open one."""
        bucket = int(now // self._seconds)
        if bucket == self.bucket:
            return False
        if 0 < self.bucket < bucket:
            self._close_stream(bucket)
        else:  # the stream begins, or its first claim's word was taken back
            self._counts = [0] * WINDOW
        self.bucket = bucket
        self._hour = int(bucket * self._seconds // _HOUR) % _WEEK
        return True

    def _close_stream(self, bucket: int) -> None:
        """Learn the open bucket and the empty ones up to `bucket`."""
        passed, counted = bucket - self.bucket, self._counts[self.bucket % WINDOW]
        self._learn_hour(counted)
        left = self._keep**passed
        self._mean = left * self._mean + (left / self._keep - left) * counted
        self._weight = 1.0 - left * (1.0 - self._weight)
        _clear(self._counts, self.bucket, bucket)

    def _learn_hour(self, counted: int) -> None:
        """How busy this hour of the week is against the mean; two weeks teach two thirds of it."""
        ratio = (counted + _STEADY) / (self._mean / self._weight + _STEADY)
        self._week[self._hour] += min(self._seconds / _TWO_HOURS, 1.0) * (ratio - self._week[self._hour])

    # a cluster

    def begin(self) -> Trend:
        """For a cluster that had no trend so far."""
        return Trend(self.bucket)

    def observe(self, trend: Trend, author: int, seen_at: float, *, copied: bool = False, born: float | None = None) -> Onset | None:
        """Take note of one claim.

        A claim of the last hour counts in its own bucket, an older one is only a post; one that is ahead counts in the open bucket.

        Args:
            trend: the cluster's.
            author: hash of who posted it, 64 bits; of its text where nobody is named.
            seen_at: event time, seconds.
            copied: whether it repeats a text without saying whose it is.
            born: when its author's account was made, seconds; None if nobody knows.

        Returns:
            The onset if a trend starts with it.
        """
        if trend.bucket != self.bucket:
            self.catch_up(trend)
        tally = trend.tally
        tally.posts += 1.0
        bucket = min(int(seen_at // self._seconds), self.bucket)
        if bucket <= self.bucket - WINDOW or not trend.count(author, bucket):
            return None
        tally.authors += 1.0
        tally.copied += copied
        if born is not None:
            tally.date(born, young=seen_at - born < self._params.young_account)
        if bucket == self.bucket and trend.given[bucket % WINDOW] < _OUTLIER * (trend.usual + 1.0):
            trend.given[bucket % WINDOW] += 1
            self._counts[bucket % WINDOW] += 1
        if 2 * trend.hour < self._params.trend_authors:
            return None
        if trend.stock != self.bucket:
            self._take_stock(trend)
        return self._judge(trend) if trend.spare <= 0 else None

    def catch_up(self, trend: Trend) -> None:
        """Close the trend's open bucket and the empty ones up to the stream's, all in one step.

        With r the share kept per bucket, k empty buckets leave r^k of mean and mean square (SigniTrend: Schubert et al., KDD 2014), and
        take k / `WINDOW` of what is enough from the evidence.
        """
        passed = self.bucket - trend.bucket
        if passed > 0:
            self._add_evidence(trend, passed)
            left = self._keep**passed
            trend.mean = left * trend.mean + (left / self._keep - left) * trend.given[trend.bucket % WINDOW]
            self._leave_window(trend, passed)
            trend.usual = trend.mean / self._weight
            trend.tally.fade(passed)
            _drop_old(trend.seen, self.bucket - WINDOW)
            if trend.stage == EMERGING:
                trend.stage = QUIET
        trend.bucket = self.bucket

    def _leave_window(self, trend: Trend, passed: int) -> None:
        """Make room for the buckets that passed: counts that leave the window go into the past."""
        keep, learn = self._keep, 1.0 - self._keep
        counts, given, past, square = trend.counts, trend.given, trend.past, trend.past_square
        for bucket in range(trend.bucket + 1, trend.bucket + min(passed, WINDOW) + 1):
            slot = bucket % WINDOW
            count = given[slot]
            past = keep * past + learn * count
            square = keep * square + learn * count * count
            trend.hour -= counts[slot]
            counts[slot] = given[slot] = 0
        trend.past, trend.past_square = past, square
        if passed > WINDOW:
            left = self._keep ** (passed - WINDOW)
            trend.past *= left
            trend.past_square *= left

    def _take_stock(self, trend: Trend) -> None:
        """Work out what the closed buckets let expect of the open one."""
        trend.stock = self.bucket
        mean = trend.past / self._weight
        beyond = max(trend.past_square / self._weight - mean * mean - mean, 0.0)
        trend.dispersion = (beyond + _DOUBT * _BURSTINESS) / (mean * mean + _DOUBT)
        trend.spare = self._spare(trend)

    def _spare(self, trend: Trend) -> int:
        """How many more authors it takes at least until any window may be a surprise worth a name.

        What is expected only rises while the bucket is open, and the surprise is never above the plain z: variance rises with the mean.
        """
        least, spare = self._params.trend_stop, math.inf
        if 2.0 * trend.evidence >= least * least:
            return 0
        for _, authors, expected in self._windows(trend):
            spare = min(spare, expected + least * math.sqrt(expected + trend.dispersion * expected * expected) - authors)
        return math.ceil(spare)

    def cool(self, trend: Trend) -> bool:
        """Let an episode cool that has had a whole bucket below its lower limit; False if it goes on as it did."""
        if trend.stage == COOLING or self.bucket - trend.alive <= 1:
            return False
        trend.stage = COOLING
        return True

    def faded(self, trend: Trend) -> bool:
        """Whether an episode has been below its lower limit for the time it takes to end."""
        return self.bucket - trend.alive > self._cooldown

    def merge(self, kept: Trend, absorbed: Trend) -> None:
        """The one inherits what the other counted and expected; its own episode, or none, goes on."""
        for trend in (kept, absorbed):
            if trend.bucket != self.bucket:
                self.catch_up(trend)
        kept.past_square += absorbed.past_square + 2.0 * kept.past * absorbed.past / self._weight
        kept.past += absorbed.past
        kept.mean += absorbed.mean
        kept.usual = kept.mean / self._weight
        kept.stock = 0
        kept.evidence = max(kept.evidence, absorbed.evidence)
        for author, bucket in absorbed.seen.items():
            if bucket > self.bucket - WINDOW:
                kept.count(author, bucket)
        kept.given = [mine + theirs for mine, theirs in zip(kept.given, absorbed.given, strict=True)]
        kept.tally.add(absorbed.tally)
        if absorbed.standing(kept.scored_at) > kept.score:
            kept.score, kept.scored_at = absorbed.score, absorbed.scored_at

    # judging

    def _judge(self, trend: Trend) -> Onset | None:
        """Test the open bucket and move the trend to the stage that follows."""
        windows, dispersion = self._windows(trend), trend.dispersion
        scores = [surprise(authors, expected, dispersion) for _, authors, expected in windows]
        highest = max(scores)
        score = max(highest, math.sqrt(2.0 * trend.evidence))
        at = (self.bucket + 1) * self._seconds
        if score >= trend.standing(at):
            trend.score, trend.scored_at = score, at
        if trend.on:
            self._go_on(trend, score)
        elif score >= self._params.trend_start and trend.hour >= self._params.trend_authors:
            at = scores.index(highest) if highest >= self._params.trend_start else -1
            return self._start(trend, _excess(*windows[at], dispersion, score))
        else:
            trend.stage = EMERGING if 2.0 * score >= self._params.trend_start else QUIET
        return None

    def _start(self, trend: Trend, excess: Excess) -> Onset:
        trend.episode += 1
        trend.peak_score, trend.peak_authors = 0.0, 0
        self._go_on(trend, max(excess.score, self._params.trend_stop))
        return Onset(BURST if excess.buckets < WINDOW else RAMP, excess)

    def _go_on(self, trend: Trend, score: float) -> None:
        if score >= self._params.trend_stop:
            trend.stage, trend.alive = TRENDING, self.bucket
        trend.peak_score = max(trend.peak_score, score)
        trend.peak_authors = max(trend.peak_authors, trend.open)

    def _windows(self, trend: Trend) -> list[tuple[int, int, float]]:
        """(buckets, authors, expected authors) of the windows that are judged, the open bucket included in each; shortest first.

        The open bucket of the stream passes for at least as busy as the last, since it has only begun.
        """
        slot, counts, given, stream = self.bucket % WINDOW, trend.counts, trend.given, self._counts
        two = counts[slot] + counts[slot - 1]
        four = two + counts[slot - 2] + counts[slot - 3]
        open_, before = stream[slot] - given[slot], stream[slot - 1] - given[slot - 1]
        busy = max(open_, before)
        busy_two = busy + before
        busy_four = busy_two + stream[slot - 2] - given[slot - 2] + stream[slot - 3] - given[slot - 3]
        busy_all = busy - open_ + sum(stream) - sum(given)
        floor, usual, steady, rest = self._params.trend_floor, trend.usual, self._steady, self._rest(trend)
        return [
            (1, counts[slot], max(usual * (busy + steady) / rest, floor)),
            (2, two, max(usual * (busy_two / 2 + steady) / rest, floor) * 2),
            (4, four, max(usual * (busy_four / 4 + steady) / rest, floor) * 4),
            (WINDOW, trend.hour, max(usual * (busy_all / WINDOW + steady) / rest, floor) * WINDOW),
        ]

    @property
    def _steady(self) -> float:
        """Authors a bucket that are taken for granted, so that a thin stream is believed only in part."""
        return _STEADY * self._week[self._hour]

    def _rest(self, trend: Trend) -> float:
        """What the rest of the stream counts as a rule, with those that are taken for granted."""
        return max(self._mean - trend.mean, 0.0) / self._weight + _STEADY

    def _add_evidence(self, trend: Trend, passed: int) -> None:
        """Close the open bucket and `passed` - 1 empty ones for the CUSUM; an hour without anybody clears it.

        A bucket adds a twelfth of its hour's log likelihood ratio, because its buckets are not independent: a cluster's mood lasts.
        """
        if trend.open and trend.stock == trend.bucket and passed < WINDOW:
            gained = self._gain(trend) / WINDOW
            trend.evidence = min(max(trend.evidence + gained, 0.0), self._enough)
            passed -= 1
        trend.evidence = max(trend.evidence - passed * self._enough / WINDOW, 0.0)

    def _gain(self, trend: Trend) -> float:
        """Log likelihood ratio of the hour's count for a ramp against what was expected, both negative binomial."""
        slot = trend.bucket % WINDOW
        busy = self._counts[slot] - trend.given[slot] + self._steady
        expected = max(trend.usual * busy / self._rest(trend), self._params.trend_floor) * WINDOW
        risen = _RISE * expected + _LIFT
        shape = 1.0 / trend.dispersion
        step = math.log((risen + shape) / (expected + shape))
        return trend.hour * (math.log(risen / expected) - step) - shape * step

    # state

    def state(self) -> list[Any]:
        """Plain values for saving."""
        return [self.bucket, self._hour, list(self._counts), self._mean, self._weight, list(self._week)]

    def restore(self, state: list[Any]) -> None:
        """Go on from saved values."""
        self.bucket, self._hour, counts, self._mean, self._weight, week = state
        self._counts, self._week = list(counts), list(week)


def surprise(count: float, expected: float, dispersion: float) -> float:
    """How unlikely so many are, in standard deviations of a normal distribution: the signed root deviance of the negative binomial.

    Near the mean it is the usual z; in the tail it keeps to the distribution's own, where z promises too much.

    Args:
        count: what was counted.
        expected: mean, above 0.
        dispersion: squared coefficient of variation of the rate, above 0; near 0 the distribution is Poisson's.

    >>> round(surprise(23, 2.1, 0.2), 1), round(surprise(2, 2, 0.2), 1), surprise(0, 2, 0.2) < 0
    (5.8, 0.0, True)
    """
    shape = 1.0 / dispersion
    deviance = (count + shape) * math.log((expected + shape) / (count + shape))
    if count:
        deviance += count * math.log(count / expected)
    return math.copysign(math.sqrt(max(2.0 * deviance, 0.0)), count - expected)


def _excess(buckets: int, authors: int, expected: float, dispersion: float, score: float) -> Excess:
    return Excess(authors, buckets, expected, math.sqrt(expected + dispersion * expected * expected), score)


def _clear(ring: list[int], last: int, bucket: int) -> None:
    """Empty the slots of the buckets after `last` up to `bucket`."""
    for passed in range(max(last + 1, bucket - WINDOW + 1), bucket + 1):
        ring[passed % WINDOW] = 0


def _drop_old(seen: dict[int, int], oldest: int) -> None:
    """Forget authors counted in `oldest` or before, as far as they stand first."""
    gone = 0
    for bucket in seen.values():
        if bucket > oldest:
            break
        gone += 1
    for author in list(islice(seen, gone)):
        del seen[author]
