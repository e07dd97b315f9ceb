"""The trend detector: laws on bare arrivals, the four campaigns end to end, and what late and absurd times do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import stats
from small_streams import EAGER, cut, ids, run, seeded_posts

from streamclust.adapters.memory import ExactIndex, MemoryStore
from streamclust.claims import EmbeddedClaim, Origin, parse_claim
from streamclust.clusterer import StreamClusterer
from streamclust.digest import summary
from streamclust.evaluation.bursts import BUCKET, START, Arrivals, Background, Watch, burst, flood, records
from streamclust.events import ClustersMerged, Event, TrendEnded, TrendStarted
from streamclust.params import Params
from streamclust.testing import HashEncoder
from streamclust.trends import BURST, COOLING, EMERGING, QUIET, RAMP, SAME_AGE, TRENDING, WINDOW, Tally, Trend, TrendDetector, surprise

PARAMS = Params()
HOUR = 3600.0
some = settings(max_examples=40, deadline=None)


class Stage:
    """A detector, one cluster and a stream beside it that posts evenly."""

    def __init__(self, params: Params = PARAMS, beside: int = 20) -> None:
        self.detector = TrendDetector(params)
        self.detector.turn(START)
        self.trend = self.detector.begin()
        self.onsets: list[Any] = []
        self._beside = [self.detector.begin() for _ in range(beside)]
        self._author = 0

    def bucket(self, authors: int, **told: Any) -> None:
        """One bucket with so many new authors; then the next one opens."""
        at = self.detector.bucket * BUCKET
        for other in self._beside:
            self._author += 1
            self.detector.observe(other, self._author, at)
        for _ in range(authors):
            self._author += 1
            self.onsets.append(self.detector.observe(self.trend, self._author, at, **told))
        self.detector.turn(at + BUCKET)
        if self.trend.on:
            if self.detector.faded(self.trend):
                self.trend.stage = QUIET
            else:
                self.detector.cool(self.trend)

    def run(self, counts: Sequence[int]) -> list[Any]:
        for count in counts:
            self.bucket(count)
        return [onset for onset in self.onsets if onset]


def fed(counts: Sequence[int], detector: TrendDetector) -> Trend:
    detector.turn(START)
    trend = detector.begin()
    author = 0
    for bucket, count in enumerate(counts):
        detector.turn(START + bucket * BUCKET)
        for _ in range(count):
            author += 1
            detector.observe(trend, author, START + bucket * BUCKET)
    return trend


# the figures


@some
@given(st.lists(st.integers(0, 4), min_size=1, max_size=60))
def test_mean_and_mean_square_are_those_of_river(counts: list[int]) -> None:
    detector = TrendDetector(PARAMS)
    detector.turn(START)
    trend = detector.begin()
    keep = 0.5 ** (BUCKET / PARAMS.trend_half_life)
    mean, square = stats.EWMean(fading_factor=1.0 - keep), stats.EWMean(fading_factor=1.0 - keep)
    for value in (mean, square):
        value.update(0.0)  # what was before the first claim is silence
    author = 0
    for bucket, count in enumerate(counts):
        for _ in range(count):
            author += 1
            detector.observe(trend, author, START + bucket * BUCKET)
        detector.turn(START + (bucket + 1) * BUCKET)
        detector.catch_up(trend)
        mean.update(float(count))
        if bucket >= WINDOW - 1:
            square.update(float(counts[bucket - WINDOW + 1] ** 2))
    assert trend.mean == pytest.approx(mean.get(), rel=1e-9, abs=1e-12)
    assert trend.past_square == pytest.approx(square.get(), rel=1e-9, abs=1e-12)


@some
@given(st.lists(st.integers(0, 12), min_size=1, max_size=30), st.integers(1, 40))
def test_catching_up_with_many_empty_buckets_is_catching_up_with_each(counts: list[int], empty: int) -> None:
    at_once, each = TrendDetector(PARAMS), TrendDetector(PARAMS)
    one, other = fed(counts, at_once), fed(counts, each)
    last = START + (len(counts) - 1) * BUCKET
    at_once.turn(last + empty * BUCKET)
    at_once.catch_up(one)
    for passed in range(1, empty + 1):
        each.turn(last + passed * BUCKET)
        each.catch_up(other)
    assert one.counts == other.counts
    for name in ("mean", "past", "past_square", "usual", "evidence", "hour", "bucket"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9, abs=1e-12), name
    assert at_once._mean == pytest.approx(each._mean, rel=1e-9)
    assert at_once._weight == pytest.approx(each._weight, rel=1e-9)


def test_a_million_empty_buckets_are_one_step() -> None:
    detector = TrendDetector(PARAMS)
    trend = fed([3, 5, 2], detector)
    detector.turn(START + 1e6 * BUCKET)
    detector.catch_up(trend)
    assert (trend.hour, trend.evidence, sum(trend.counts)) == (0, 0.0, 0)


@given(st.integers(0, 400), st.floats(0.05, 100.0), st.floats(0.01, 5.0))
def test_surprise_has_the_sign_of_the_excess_and_never_exceeds_the_plain_z(count: int, expected: float, dispersion: float) -> None:
    found = surprise(count, expected, dispersion)
    z = (count - expected) / math.sqrt(expected + dispersion * expected**2)
    assert math.copysign(1.0, found) == math.copysign(1.0, z) or abs(z) < 1e-9
    if z > 0.0:
        assert found <= z + 1e-6


@given(st.integers(1, 200), st.floats(0.05, 50.0), st.floats(0.01, 5.0))
def test_surprise_rises_with_the_count(count: int, expected: float, dispersion: float) -> None:
    assert surprise(count + 1, expected, dispersion) > surprise(count, expected, dispersion)


@some
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(-3, 3)), max_size=80))
def test_a_record_gives_the_same_trend_back(claims: list[tuple[int, int]]) -> None:
    detector = TrendDetector(PARAMS)
    detector.turn(START)
    trend = detector.begin()
    for number, (author, bucket) in enumerate(claims):
        detector.turn(START + number * 60.0)
        detector.observe(
            trend, author, START + number * 60.0 + bucket * BUCKET, copied=author % 2 == 0, born=START - author % 3 * 40 * 86_400.0
        )
    again = Trend.from_record(msgpack.unpackb(msgpack.packb(trend.to_record())))
    assert again.to_record() == trend.to_record()
    restored = TrendDetector(PARAMS)
    restored.restore(msgpack.unpackb(msgpack.packb(detector.state())))
    for author in range(100, 130):
        one, other = (d.observe(t, author, START + 5000.0) for d, t in ((detector, trend), (restored, again)))
        assert one == other
    assert again.to_record() == trend.to_record()


# what counts


def test_whatever_somebody_posts_counts_once_an_hour() -> None:
    detector = TrendDetector(PARAMS)
    detector.turn(START)
    trend = detector.begin()
    assert not any(detector.observe(trend, 7, START) for _ in range(10_000))
    assert (trend.hour, trend.open) == (1, 1)
    detector.turn(START + 11 * BUCKET)
    detector.observe(trend, 7, START + 11 * BUCKET)
    assert (trend.hour, trend.open) == (1, 0)
    detector.turn(START + 12 * BUCKET)
    detector.observe(trend, 7, START + 12 * BUCKET)
    assert (trend.hour, trend.open) == (1, 1)


@pytest.mark.parametrize(("late", "hour"), [(0.0, 1), (4 * BUCKET, 1), (11 * BUCKET, 1), (12 * BUCKET, 0), (30 * 86_400.0, 0)])
def test_a_late_claim_counts_where_it_belongs_for_an_hour_and_then_no_more(late: float, hour: int) -> None:
    detector = TrendDetector(PARAMS)
    detector.turn(START)
    trend = detector.begin()
    detector.observe(trend, 7, START - late)
    assert trend.hour == hour
    assert trend.counts[int((START - late) // BUCKET) % WINDOW] == hour


def test_a_claim_that_is_ahead_counts_in_the_open_bucket() -> None:
    detector = TrendDetector(PARAMS)
    detector.turn(START)
    trend = detector.begin()
    detector.observe(trend, 7, START + 3650 * 86_400.0)
    assert (trend.open, trend.bucket) == (1, int(START // BUCKET))


# stages


def test_a_burst_starts_while_its_bucket_is_open_and_ends_after_the_cooldown() -> None:
    stage = Stage()
    assert stage.run([0] * 40) == []
    stage.bucket(15)
    assert [onset.kind for onset in stage.onsets if onset] == [BURST]
    assert next(number for number, onset in enumerate(stage.onsets, 1) if onset) < 15
    assert (stage.trend.stage, stage.trend.episode) == (TRENDING, 1)
    stages = []
    for _ in range(16):
        stage.bucket(0)
        stages.append(stage.trend.stage)
    assert stages == sorted(stages, key=[TRENDING, COOLING, QUIET].index)
    assert stages.index(QUIET) * BUCKET == pytest.approx(PARAMS.trend_cooldown, abs=2 * BUCKET)
    assert len([onset for onset in stage.onsets if onset]) == 1


def test_a_burst_that_comes_back_within_the_cooldown_is_the_same_episode() -> None:
    stage = Stage()
    assert len(stage.run([0] * 40 + [15, 14, 0, 0, 0, 0, 0, 30, 28, 0, 0])) == 1
    assert (stage.trend.episode, stage.trend.stage) == (1, COOLING)
    assert stage.trend.peak_authors == 30


def test_a_second_burst_much_later_is_another_episode() -> None:
    stage = Stage()
    assert len(stage.run([0] * 40 + [15, 12] + [0] * 300 + [40])) == 2
    assert stage.trend.episode == 2


def test_a_slow_ramp_starts_a_trend_though_no_bucket_stands_out() -> None:
    stage = Stage()
    onsets = stage.run([0, 1] * 100 + [2, 2, 3, 3, 3, 4, 3, 4, 4, 4, 4, 4] * 3)
    assert [onset.kind for onset in onsets] == [RAMP]


def test_fewer_authors_than_it_takes_are_only_emerging() -> None:
    stage = Stage(PARAMS.with_values(trend_authors=12))
    assert stage.run([0] * 40) == []
    for author in range(11):
        assert stage.detector.observe(stage.trend, -1 - author & 0xFFFF, stage.detector.bucket * BUCKET) is None
    assert (stage.trend.stage, stage.trend.episode) == (EMERGING, 0)


def test_a_steady_rate_becomes_what_is_expected() -> None:
    stage = Stage()
    stage.run([10] * 2000)
    assert stage.trend.stage == QUIET
    assert stage.trend.usual == pytest.approx(10.0, rel=0.1)


def test_the_score_halves_every_two_hours() -> None:
    stage = Stage()
    stage.run([0] * 40 + [20])
    at = stage.trend.scored_at
    assert stage.trend.standing(at) > PARAMS.trend_start
    assert stage.trend.standing(at + 4 * HOUR) == pytest.approx(stage.trend.standing(at) / 4.0)


# the stream


def test_a_stream_that_grows_as_a_whole_is_no_trend() -> None:
    steady = Background(clusters=60, days=4.0, busiest=4.0, tail=0.4, surge_at=0.6, surge=3.0).arrivals(11)
    starts = [found for found in Watch().run(steady) if found.at > START + 1.5 * 86_400]
    assert starts == []


def test_the_same_growth_of_one_cluster_is_a_trend() -> None:
    steady = Background(clusters=60, days=3.0, busiest=4.0, tail=0.4).arrivals(11)
    found = [f for f in Watch().run(steady.joined(burst(1, 0, START + 2.5 * 86_400, 60, 12))) if f.at > START + 1.5 * 86_400]
    assert [(f.cluster, f.onset.kind) for f in found] == [(0, BURST)]


def test_nights_are_quiet_and_mornings_no_trend() -> None:
    nights = Background(clusters=80, days=5.0, night=0.0, busiest=6.0).arrivals(12)
    assert [f for f in Watch().run(nights) if f.at > START + 2 * 86_400] == []


@pytest.mark.parametrize("size", [10, 20, 40])
def test_a_burst_is_found_within_two_buckets(size: int) -> None:
    quiet = Background(clusters=100, days=3.0).arrivals(13)
    starts = [START + 2.2 * 86_400 + number * 2.5 * HOUR for number in range(7)]
    stream = quiet
    for number, start in enumerate(starts):
        stream = stream.joined(burst(number, 30 + number, start, size, 8))
    delays = []
    found = list(Watch().run(stream))
    for number, start in enumerate(starts):
        times = [f.at - start for f in found if f.cluster == 30 + number and f.at >= start]
        delays.append(min(times, default=math.inf) / BUCKET)
    assert sorted(delays)[3] <= 2.0


# end to end: the four campaigns of a flood


ENCODER = HashEncoder(32)


@cache
def _vectors(text: str) -> Any:
    return ENCODER.encode([text])[0]


def embedded(posts: Iterator[dict[str, Any]]) -> list[EmbeddedClaim]:
    found = []
    for number, post in enumerate(posts):
        claim = parse_claim(post, origin=Origin("posts", 0, number))
        found.append(EmbeddedClaim(claim, _vectors(claim.comparison)))
    return found


@cache
def _calm() -> Arrivals:
    return Background(clusters=20, days=0.5, busiest=1.5).arrivals(14)


def campaign(other: Arrivals) -> list[Event]:
    """What the clusterer tells of a calm half day with this in it."""
    claims = embedded(records(_calm().joined(other)))
    clusterer = StreamClusterer(ExactIndex(), PARAMS.with_values(upkeep_every=64))
    return clusterer.assign(claims)


def starts_of(events: list[Event], word: str) -> list[TrendStarted]:
    return [e for e in events if isinstance(e, TrendStarted) and word in e.keywords]


AT = START + 8 * HOUR


def test_one_bot_with_thousands_of_posts_is_no_trend() -> None:
    assert starts_of(campaign(flood(1, 50, AT, "bot", posts=2_000)), "flood50") == []


def test_five_hundred_bots_with_one_text_are_flagged() -> None:
    started = starts_of(campaign(flood(2, 50, AT, "copies")), "flood50")
    assert len(started) == 1
    assert started[0].coordinated
    assert any(sign.startswith("one text") for sign in started[0].signs)


def test_five_hundred_bots_that_paraphrase_are_flagged() -> None:
    started = starts_of(campaign(flood(3, 50, AT, "paraphrases")), "flood50")
    assert len(started) == 1
    assert any(sign.startswith("new accounts") for sign in started[0].signs)


def test_bots_whose_accounts_were_made_together_long_ago_are_flagged() -> None:
    posts = records(flood(3, 50, AT, "paraphrases"))
    farm = [{**post, "author_since": AT - (1000.0 + number % 9) * 86_400.0} for number, post in enumerate(posts)]
    clusterer = StreamClusterer(ExactIndex(), PARAMS)
    started = [e for e in clusterer.assign(embedded(iter(farm))) if isinstance(e, TrendStarted)]
    assert [e.coordinated for e in started] == [True]
    assert [sign.split(":")[0] for sign in started[0].signs] == ["accounts of one age"]


@given(st.lists(st.floats(0.0, 400.0), min_size=1, max_size=60))
def test_a_lead_is_never_more_than_there_are_accounts_of_that_age(days: list[float]) -> None:
    tally = Tally()
    for day in days:
        tally.date(START - day * 86_400.0, young=False)
    same = sum(1 for day in days if abs(START - day * 86_400.0 - tally.born) < SAME_AGE)
    assert 0.0 <= tally.lead <= same


def test_a_record_from_before_ages_were_kept_is_read() -> None:
    record = Trend(7, tally=Tally(3.0, 2.0, 1.0, 1.0, 1.0)).to_record()
    record[5] = record[5][:5]
    assert Trend.from_record(record).tally.values() == [3.0, 2.0, 1.0, 1.0, 1.0, 0.0, 0.0]


def test_an_organic_burst_is_a_plain_trend_with_its_reason() -> None:
    events = campaign(burst(4, 50, AT, 25, 12, "wave"))
    started = starts_of(events, "flood50")
    assert [(e.coordinated, e.signs, e.kind, e.episode) for e in started] == [(False, [], BURST, 1)]
    one = started[0]
    assert AT <= one.at <= AT + 2 * BUCKET
    assert f"{one.authors} authors in {one.seconds / 60:g} min" in one.reason
    assert f"z = {one.score:.1f}" in one.reason
    assert one.origin is not None
    ended = [e for e in events if isinstance(e, TrendEnded) and e.cluster_id == one.cluster_id]
    assert [(e.episode, e.reason, e.started_at) for e in ended] == [(1, "faded", one.at)]
    assert ended[0].peak_authors >= 20


def test_accounts_that_post_together_elsewhere_are_flagged() -> None:
    one, two = burst(5, 50, AT, 20, 6), burst(5, 51, AT + 20.0, 20, 6)
    events = campaign(one.joined(two))
    signs = [sign for word in ("flood50", "flood51") for e in starts_of(events, word) for sign in e.signs]
    assert any(sign.startswith("posting together") for sign in signs)


def test_shares_that_say_whose_they_are_are_no_copies() -> None:
    posts = [{**post, "text": f"RT @desk: {post['text']}"} for post in records(flood(6, 50, AT, "copies", seconds=1800.0))]
    clusterer = StreamClusterer(ExactIndex(), PARAMS)
    started = [e for e in clusterer.assign(embedded(iter(posts))) if isinstance(e, TrendStarted)]
    assert [e.coordinated for e in started] == [False]


def test_a_stream_without_times_has_no_trends_and_keeps_nothing_for_them() -> None:
    posts = [{**post, "created_at": None} for post in records(burst(7, 50, AT, 40, 12))]
    clusterer = StreamClusterer(ExactIndex(), PARAMS)
    assert not [e for e in clusterer.assign(embedded(iter(posts))) if isinstance(e, TrendStarted)]
    assert all(cluster.trend is None for cluster in clusterer.clusters)


def test_a_trend_ends_without_a_claim_when_the_clock_is_told_to_go_on() -> None:
    clusterer = StreamClusterer(ExactIndex(), PARAMS)
    clusterer.assign(embedded(records(burst(8, 50, AT, 30, 4))))
    assert len(clusterer.trending) == 1
    assert summary(clusterer.trending[0])["trend"]["stage"] == TRENDING
    assert clusterer.tick(AT + HOUR) == []
    ended = clusterer.tick(AT + 3 * HOUR)
    assert [(type(e), e.at) for e in ended] == [(TrendEnded, AT + 3 * HOUR)]
    assert clusterer.trending == []


@pytest.mark.parametrize("absurd", [AT - 30 * 86_400.0, AT + 3650 * 86_400.0, AT * 1000.0, None])
def test_absurd_times_start_and_end_no_trend(absurd: float | None) -> None:
    plain = list(records(_calm().joined(burst(9, 50, AT, 25, 12, "wave"))))
    odd = [{**post, "created_at": absurd} if number % 40 == 7 else post for number, post in enumerate(plain)]
    told = []
    for posts in (plain, odd):
        events = StreamClusterer(ExactIndex(), PARAMS).assign(embedded(iter(posts)))
        told.append([(type(e), e.cluster_id) for e in events if isinstance(e, (TrendStarted, TrendEnded))])
    assert told[0] == told[1]
    assert len(told[0]) == 2


# episodes and the life of a cluster


def test_every_start_has_one_end_or_goes_on() -> None:
    for seed in range(6):
        clusterer, events = run(seeded_posts(300, seed=seed))
        on: dict[str, int] = {}
        for event in events:
            if isinstance(event, TrendStarted):
                assert event.cluster_id not in on
                on[event.cluster_id] = event.episode
            elif isinstance(event, TrendEnded):
                assert on.pop(event.cluster_id) == event.episode
            elif isinstance(event, ClustersMerged):
                assert event.absorbed_id not in on
        assert on == {c.id: c.trend.episode for c in clusterer.trending if c.trend is not None}


def test_ends_tell_why() -> None:
    ends = [e.reason for seed in (0, 1, 22) for e in run(seeded_posts(300, seed=seed))[1] if isinstance(e, TrendEnded)]
    assert set(ends) == {"faded", "merged", "retired"}


def test_a_clusterer_restored_in_the_middle_of_a_trend_tells_the_same() -> None:
    claims = embedded(records(_calm().joined(burst(10, 50, AT, 25, 12, "wave"))))
    whole = [e for e in StreamClusterer(ExactIndex(), PARAMS).assign(claims) if isinstance(e, (TrendStarted, TrendEnded))]
    store, told = MemoryStore(), []
    for batch in cut(claims, [97]):
        clusterer = StreamClusterer(ExactIndex(), PARAMS)
        clusterer.restore(store.load())
        told += [e for e in clusterer.assign(batch) if isinstance(e, (TrendStarted, TrendEnded))]
        store.save(clusterer.take_changes(), offsets={})
    assert told == whole
    assert ids(told) == ids(whole)
    assert len(whole) == 2


def test_the_keeper_of_a_merge_inherits_the_counts() -> None:
    detector = TrendDetector(EAGER)
    detector.turn(START)
    one, other = detector.begin(), detector.begin()
    for author in range(6):
        detector.observe(one, author, START)
        detector.observe(other, author + 4, START)
    detector.merge(one, other)
    assert (one.hour, sum(one.counts)) == (10, 10)
