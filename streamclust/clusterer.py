"""The clusterer: claims in, in order, one pass; events out. It calls no store, no clock and no network."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from streamclust import coordination, episodes, rulings, upkeep
from streamclust.claims import Claim, EmbeddedClaim, Origin
from streamclust.clock import StreamClock
from streamclust.clusters import LIVE, RETIRED, Cluster, Limits, cluster_id, count_label, top_words
from streamclust.commands import Command, Evidence, Expel
from streamclust.digest import keywords, representative
from streamclust.events import (
    MILESTONES,
    ClaimAssigned,
    ClusterFounded,
    ClusterGrew,
    ClusterRetired,
    ClusterRevived,
    ClustersMerged,
    ClusterSplit,
    Event,
    LinkSuggested,
)
from streamclust.indexing import JournaledIndex, out_of_the_way
from streamclust.learning import LinkLearner
from streamclust.linking import Candidate, Found, Join, LinkModel, decide
from streamclust.params import Params
from streamclust.ports import CentroidIndex, Changes, Member, Snapshot, Split
from streamclust.review import Review
from streamclust.splitting import Halves, split_off, without
from streamclust.suggestions import Suggestion, Suggestions
from streamclust.trends import QUIET, Onset, Trend, TrendDetector
from streamclust.words import Commonness, WordStatistics

_MILESTONES = frozenset(MILESTONES)
_REPEATED = 0.97
_LATELY = 2000


class StreamClusterer:
    """Groups claims as they arrive.

    Everything is a function of the claims in their order: the same claims give the same clusters, ids and events,
    however they are cut into batches, and a restored clusterer goes on as if it had never stopped.

    Args:
        index: an empty index; one that answers alike after a replay of its writes (see `CentroidIndex`).
        params: the numbers that decide; the `claim` preset if left out.

    >>> from streamclust.testing import ExactIndex, embed
    >>> clusterer = StreamClusterer(ExactIndex())
    >>> [type(event).__name__ for event in clusterer.assign(embed(["the dam has burst", "the dam has burst"]))]
    ['ClusterFounded', 'ClaimAssigned', 'ClaimAssigned', 'ClusterGrew']
    """

    def __init__(self, index: CentroidIndex, params: Params | None = None) -> None:
        self.params = params or Params()
        self._index = JournaledIndex(index, self.params.rebuild_deleted)
        self._model = LinkModel(self.params)
        self._words = WordStatistics(self.params.vocabulary)
        self._clock = StreamClock(self.params.max_skew)
        self._trends = TrendDetector(self.params)
        self._trending: dict[int, Cluster] = {}
        self._heard: dict[str, int] = {}
        self._limits = Limits(self.params.exemplars, self.params.terms, self.params.exemplar_complexity)
        self._live: dict[int, Cluster] = {}
        self._by_id: dict[str, Cluster] = {}
        self._redirects: dict[str, str] = {}
        self._quietest: OrderedDict[int, None] = OrderedDict()
        self._asleep: OrderedDict[int, Cluster] = OrderedDict()
        self._retired: OrderedDict[str, upkeep.Gone] = OrderedDict()
        self._copies: OrderedDict[int, int] = OrderedDict()
        self._booked_in: dict[int, Cluster] = {}
        self._bridges: dict[tuple[str, str], None] = {}
        self._young: dict[int, None] = {}
        self._grown: dict[int, None] = {}
        self._review = Review(self.params)
        self._learner = LinkLearner(self.params.feedback_rate)
        self._claims = 0
        self._next_label = 0
        self._next_copy = 0
        self._touches = 0
        self._changes = Changes()
        self._changed: dict[str, Cluster] = {}

    def assign(self, claims: Iterable[EmbeddedClaim]) -> list[Event]:
        """Assign each claim in turn; each sees those before it.

        Args:
            claims: not seen before; vectors finite and of unit length (the pipeline sees to both).

        Returns:
            Events in the order they happened.
        """
        events: list[Event] = []
        for embedded in claims:
            self._assign_one(embedded.claim, embedded.vector, events)
            self._claims += 1
            if self._claims % self.params.upkeep_every == 0:
                self._upkeep(events)
                self._look_again(events)
        return events

    def tick(self, now: float) -> list[Event]:
        """Let event time pass without a claim.

        Args:
            now: seconds since 1970; earlier than the stream's clock changes nothing.
        """
        events: list[Event] = []
        self._clock.advance(now)
        self._turn(events)
        self._upkeep(events)
        return events

    def apply(self, command: Command) -> list[Event]:
        """Do what a person or judge asks for, once.

        Returns:
            What came of it; a `CommandRefused` where it cannot be done; nothing if it was done, or refused, before.
        """
        events: list[Event] = []
        if not self._review.take(command.id):
            return events
        if isinstance(command, Expel):
            self._expel(command, events)
        else:
            one, other = self.find(command.one), self.find(command.other)
            reason = self._review.refusal(command, one, other)
            if one is None or other is None or reason:
                events.append(rulings.refused(command, reason, at=self.now))
            else:
                self._rule_on(command, one, other, events)
        return events

    @property
    def now(self) -> float:
        """The stream's clock, seconds since 1970; 0.0 before any claim had a time."""
        return self._clock.now

    @property
    def clusters(self) -> list[Cluster]:
        """Live clusters, oldest first. They are the clusterer's own: read, do not change."""
        return [self._live[label] for label in sorted(self._live)]

    @property
    def trending(self) -> list[Cluster]:
        """Clusters whose trend goes on, the highest score first."""
        return sorted(self._trending.values(), key=lambda cluster: (-cluster.trend_score(self.now), cluster.label))

    @property
    def link_weights(self) -> tuple[float, ...]:
        """Bias and weights of the link model, as they are by now."""
        return self._model.weights

    @property
    def suggestions(self) -> Suggestions:
        """Pairs of clusters that may be one. They are the clusterer's own: read, do not change."""
        return self._review.suggestions

    @property
    def changed(self) -> list[Cluster]:
        """Clusters that changed since `take_changes` was last called, in order of their first change."""
        return list(self._changed.values())

    def find(self, cluster_id: str) -> Cluster | None:
        """The live cluster this id leads to, through merges; None if it retired or never was."""
        found = self._lead(cluster_id)
        return found if found is not None and found.status == LIVE else None

    def holding(self, fingerprint: int) -> Cluster | None:
        """The cluster, live or revivable, that has a text with this fingerprint; None if none has, or it is no longer remembered."""
        booked = self._copies.get(fingerprint)
        return self._booked_in.get(booked) if booked is not None else None

    @property
    def commonness(self) -> Commonness:
        """How common words are in the stream."""
        return self._words.commonness()

    def nearest(self, embedded: EmbeddedClaim) -> Join | Found:
        """What `assign` would decide for this claim if it came now. Nothing is counted, learned or written.

        Args:
            embedded: vector finite and of unit length.

        Returns:
            `Join` with all its figures at 1.0 where the text is an exact repeat.
        """
        cluster = self.holding(embedded.claim.fingerprint)
        if cluster is not None:
            return Join(Candidate(1.0, 1.0, 1.0, 1.0, self._touches - cluster.touch, 0.0, cluster))
        words = self._words.peek(embedded.claim.words)
        return decide(self._rank(embedded.claim, embedded.vector, words), self.params)

    def recall(self, most: int) -> float:
        """Share of some live clusters that the index finds by the very vector it holds for them; 1.0 where none lives.

        A canary: an index in which parts have become unreachable loses these first.

        Args:
            most: how many are looked for, spread from the oldest to the youngest.
        """
        labels = sorted(self._live)
        probes = labels[:: max(len(labels) // most, 1)][:most]
        found = sum(label in self._index.search(self._live[label].indexed, self.params.candidates) for label in probes)
        return found / len(probes) if probes else 1.0

    # one claim

    def _assign_one(self, claim: Claim, vector: np.ndarray, events: list[Event]) -> None:
        seen_at = self._clock.observe(claim.created_at)
        self._turn(events)
        if claim.source is not None:
            count_label(self._heard, claim.source)
        cluster = self.holding(claim.fingerprint)
        if cluster is not None:
            self._wake(cluster, claim, seen_at, events, repeated=True)
            onset = self._count(cluster, claim, seen_at, repeated=True)
            booked = self._copies[claim.fingerprint]
            cluster.credit(booked)
            self._book(cluster, Member(claim, cluster.id, seen_at, "copy", booked), 1.0, onset, events)
            return
        words = self._words.weigh(claim.words)
        ranked = self._rank(claim, vector, words)
        considered = tuple(
            [(c.id, score, cos, near, overlap, c.distinct, gap, clash) for score, cos, near, overlap, gap, clash, c in ranked]
        )
        decision = decide(ranked, self.params)
        onset = None
        if isinstance(decision, Join):
            rule, score, cluster = "linked", decision.best.score, decision.best.cluster
            self._wake(cluster, claim, seen_at, events)
            booked = cluster.absorb(claim, vector, words, number=self._next_copy, limits=self._limits)
            self._booked_in[booked] = cluster
            cluster.rival(upkeep.rivalry(decision.best, ranked))
            onset = self._count(cluster, claim, seen_at, repeated=decision.best.nearest >= _REPEATED)
            self._reindex_if_moved(cluster)
            if cluster.distinct >= cluster.check_at and cluster.distinct >= 2 * self.params.split_wordings:
                self._grown[cluster.label] = None
            self._notice_bridge(cluster, ranked)
        else:
            rule, score, booked, cluster = "founded", 0.0, self._next_copy, self._found(claim, vector, words, seen_at, events)
        self._remember_copy(claim.fingerprint, booked)
        self._keep_apart(claim.fingerprint, cluster)
        self._book(cluster, Member(claim, cluster.id, seen_at, rule, booked, considered), score, onset, events)
        self._suggest(cluster, ranked, claim, seen_at, events)

    def _rank(self, claim: Claim, vector: np.ndarray, words: dict[str, float]) -> list[Candidate]:
        """Its candidates; signs without a word have none, for a model of sentences finds all of them alike."""
        if claim.wordless:
            return []
        live, asleep = self._live, self._asleep
        clusters = [live[n] if n in live else asleep[n] for n in self._index.search(vector, self.params.candidates)]
        barred = self._review.constraints.barred(claim.fingerprint)
        if barred:
            closed = {self._lead(home) for home in barred}
            clusters = [cluster for cluster in clusters if cluster not in closed]
        return self._model.rank(vector, words, clusters, self._touches)

    def _keep_apart(self, fingerprint: int, cluster: Cluster) -> None:
        """Where a text was expelled, the cluster it has come to now is never to bring it back."""
        for home, ruling in self._review.constraints.barred(fingerprint).items():
            closed = self._lead(home)
            if closed is not None:
                self._review.constraints.part(cluster.id, closed.id, ruling)

    def _found(self, claim: Claim, vector: np.ndarray, words: dict[str, float], seen_at: float, events: list[Event]) -> Cluster:
        self._make_room(events)
        number, most = self._next_copy, self.params.terms
        kept = words if len(words) <= 2 * most else dict(top_words(words, most))
        vector = out_of_the_way(claim.fingerprint, vector.size) if claim.wordless else vector
        cluster = Cluster.found(claim, vector, kept, label=self._next_label, number=number, seen_at=seen_at, now=self._clock.now)
        if cluster.id in self._by_id or cluster.id in self._redirects:
            cluster.id = cluster_id(f"{claim.id}/{self._next_label}")
        self._next_label += 1
        self._live[cluster.label] = cluster
        if not claim.wordless:
            self._young[cluster.label] = None
        self._by_id[cluster.id] = self._booked_in[number] = cluster
        self._index.write(cluster.label, vector)
        cluster.note("founded", seen_at, claim_id=claim.id)
        events.append(ClusterFounded(cluster_id=cluster.id, at=seen_at, version=1, origin=claim.origin, claim_id=claim.id, text=claim.text))
        return cluster

    def _book(self, cluster: Cluster, member: Member, score: float, onset: Onset | None, events: list[Event]) -> None:
        """Write down one assignment: member, events, and that the cluster changed."""
        self._touch(cluster)
        self._changes.members.append(member)
        claim, seen_at = member.claim, member.seen_at
        events.append(
            ClaimAssigned(
                cluster_id=cluster.id, at=seen_at, version=cluster.version, origin=claim.origin,
                claim_id=claim.id, rule=member.rule, score=round(score, 6), size=cluster.size,
            )
        )  # fmt: skip
        if cluster.size in _MILESTONES:
            self._reach_milestones(cluster, cluster.size - 1, seen_at, claim.origin, events)
        if onset is not None and cluster.trend is not None:
            self._start_trend(cluster, cluster.trend, onset, claim, events)

    def _touch(self, cluster: Cluster) -> None:
        """Note that the cluster changed, and that it is now the last to fall quiet."""
        self._touches += 1
        cluster.touch = self._touches
        self._quietest[cluster.label] = None
        self._quietest.move_to_end(cluster.label)
        self._changed[cluster.id] = cluster

    def _reach_milestones(self, cluster: Cluster, before: int, at: float, origin: Origin | None, events: list[Event]) -> None:
        """Tell those that the cluster has reached since it had `before` claims, and never had before it was split."""
        reached = MILESTONES[bisect_right(MILESTONES, max(before, cluster.peak)) : bisect_right(MILESTONES, cluster.size)]
        if reached:
            cluster.note("grew", at, size=cluster.size, authors=cluster.authors.count)
        for milestone in reached:
            events.append(
                ClusterGrew(
                    cluster_id=cluster.id, at=at, version=cluster.version, origin=origin, milestone=milestone,
                    authors=cluster.authors.count, sources=len(cluster.sources), distinct=cluster.distinct,
                    text=representative(cluster).text,
                )
            )  # fmt: skip

    def _reindex_if_moved(self, cluster: Cluster) -> None:
        if float(cluster.total.dot(cluster.indexed)) < (1.0 - self.params.reindex_drift) * cluster.norm:
            self._reindex(cluster)

    def _reindex(self, cluster: Cluster) -> None:
        # A lone text's vector is kept once, as what the index has: it must be that very one.
        cluster.indexed = cluster.total if cluster.distinct == 1 else cluster.centroid.astype(np.float16).astype(np.float32)
        self._index.write(cluster.label, cluster.indexed)
        cluster.elect()

    def _notice_bridge(self, joined: Cluster, ranked: list[Candidate]) -> None:
        """Note that a claim would have joined another cluster as well: the two may be one."""
        for candidate in ranked[:2]:
            if candidate.cluster is not joined and candidate.score >= self.params.link_threshold:
                older, younger = sorted((joined, candidate.cluster), key=lambda c: c.label)
                self._bridges[(older.id, younger.id)] = None

    def _suggest(self, cluster: Cluster, ranked: list[Candidate], claim: Claim, seen_at: float, events: list[Event]) -> None:
        """Where another cluster was nearly joined, keep that for people and judges to look at."""
        shown = self._review.consider(cluster, ranked, claim.id, seen_at)
        if shown is not None:
            older, younger, suggestion = shown
            events.append(
                LinkSuggested(
                    cluster_id=older.id, at=seen_at, version=older.version, origin=claim.origin, other_id=younger.id, claim_id=claim.id,
                    score=round(suggestion.score, 6), features=[round(feature, 6) for feature in suggestion.features],
                    text=representative(older).text, other_text=representative(younger).text,
                )
            )  # fmt: skip

    def _remember_copy(self, fingerprint: int, booked: int) -> None:
        self._copies.pop(fingerprint, None)
        self._copies[fingerprint] = booked
        self._changes.copies.append((self._next_copy, fingerprint, booked))
        self._next_copy += 1
        if len(self._copies) > self.params.copies:
            self._changes.copies_forgotten.append(self._copies.popitem(last=False)[0])

    # trends

    def _count(self, cluster: Cluster, claim: Claim, seen_at: float, *, repeated: bool) -> Onset | None:
        """Book a claim of a cluster that is there; the onset if it takes off with it."""
        now = self._clock.now
        if cluster.trend is None and now:
            cluster.trend = self._begin_trend(cluster)
        author = cluster.count(claim, seen_at=seen_at, now=now)
        if cluster.trend is None:
            return None
        return self._trends.observe(
            cluster.trend,
            claim.fingerprint if author is None else author,
            seen_at,
            copied=repeated and not claim.shares,
            born=claim.author_since,
        )

    def _begin_trend(self, cluster: Cluster) -> Trend:
        """With the founder, where it stands alone so far."""
        trend = self._trends.begin()
        if cluster.size == 1:
            self._trends.observe(trend, cluster.authors.only or 0, cluster.first_at)
        return trend

    def _start_trend(self, cluster: Cluster, trend: Trend, onset: Onset, claim: Claim, events: list[Event]) -> None:
        trend.started_at = self.now
        cluster.version += 1
        self._trending[cluster.label] = cluster
        signs = coordination.signs(cluster, trend, self._lately(), self._heard)
        cluster.note("trend", self.now, reason=episodes.reason(cluster, onset, signs, self.params.trend_bucket))
        told = keywords(cluster, 8, self.commonness)
        events.append(episodes.started(cluster, trend, onset, signs, told, seconds=self.params.trend_bucket, origin=claim.origin))

    def _lately(self) -> Iterator[Cluster]:
        """Clusters that took a claim last, latest first."""
        return (self._live[label] for label in islice(reversed(self._quietest), _LATELY))

    def _turn(self, events: list[Event]) -> None:
        """When the stream's clock enters another bucket, let trends cool and end those that have faded."""
        if self._clock.now and self._trends.turn(self._clock.now):
            for _, cluster in sorted(self._trending.items()):
                if cluster.trend is not None and self._trends.faded(cluster.trend):
                    self._end_trend(cluster, "faded", events)
                elif cluster.trend is not None and self._trends.cool(cluster.trend):
                    cluster.version += 1
                    self._changed[cluster.id] = cluster

    def _end_trend(self, cluster: Cluster, why: str, events: list[Event]) -> None:
        trend = cluster.trend
        if trend is None or self._trending.pop(cluster.label, None) is None:
            return
        trend.stage = QUIET
        cluster.version += 1
        cluster.note("trend over", self.now, why=why)
        self._changed[cluster.id] = cluster
        events.append(episodes.ended(cluster, trend, why, at=self.now))

    def _join_trends(self, kept: Cluster, absorbed: Cluster, events: list[Event]) -> None:
        """The keeper inherits what the other counted; the other's episode is over."""
        self._end_trend(absorbed, "merged", events)
        if absorbed.trend is not None:
            kept.trend = kept.trend or self._trends.begin()
            self._trends.merge(kept.trend, absorbed.trend)

    # commands

    def _rule_on(self, command: Command, one: Cluster, other: Cluster, events: list[Event]) -> None:
        suggestion = self._review.suggestions.get(one.id, other.id)
        if suggestion is not None and command.answers:
            self._learn(suggestion, linked=command.joins)
        if command.joins and one is not other:
            one, other = upkeep.keeper(one, other)
            self._merge(one, other, self._model.affinity(one, other), f"{command.by} said that they are one", events)
        self._review.rule(command, one, other, self.now)
        for cluster, opposite in [(one, other), (other, one)][: 1 if one is other else 2]:
            if cluster.status == LIVE:
                cluster.version += 1
                self._changed[cluster.id] = cluster
                if opposite is not cluster:
                    cluster.note(f"{command.name}ed", self.now, other=opposite.id, by=command.by, role=command.role)
        events.append(rulings.ruled(command, one, other, suggested=suggestion is not None, at=self.now))

    def _learn(self, suggestion: Suggestion, *, linked: bool) -> None:
        """Move the link model by an answer about a claim that was near to joining; a runner-up of a join is another question."""
        if self.params.feedback_rate and suggestion.score < self.params.link_threshold:
            self._model.weights = self._learner.step(self._model.weights, suggestion.features, linked=linked)
            self._review.learned = self._model.weights

    def _expel(self, command: Expel, events: list[Event]) -> None:
        found = command.evidence
        home = self.find(command.one or (found.cluster_id if found is not None else ""))
        reason = self._review.objection(command, home, room=self._has_room)
        if found is None or home is None or reason:
            events.append(rulings.refused(command, reason, at=self.now))
            return
        self._review.expel(command, home, self.now)
        new_id = self._set_apart(command, found, command.vector, home, events) if command.vector is not None else None
        if new_id is None and self._copies.pop(found.claim.fingerprint, None) is not None:
            self._changes.copies_forgotten.append(found.claim.fingerprint)
        home.version += 1
        home.note("expelled", self.now, claim_id=command.other, by=command.by, role=command.role)
        self._changed[home.id] = home
        events.append(rulings.expelled(command, home, found.claims, new_id, at=self.now))

    def _set_apart(self, command: Expel, found: Evidence, vector: np.ndarray, home: Cluster, events: list[Event]) -> str:
        """Split one text off, with its copies; the id of its cluster."""
        number, before = self._next_copy, home.booked
        parts = without(home, found, vector, self._words.peek(found.claim.words), number=number)
        reason = f"{command.by} said that {command.other} does not belong here"
        new = self._split(home, parts, reason, ((found.claim.fingerprint, number),), events)
        for gone in set(before).difference(home.booked):
            self._booked_in.pop(gone, None)
        self._remember_copy(found.claim.fingerprint, number)
        self._review.rule(command, home, new, self.now)
        return new.id

    # upkeep

    def _upkeep(self, events: list[Event]) -> None:
        bridges, self._bridges = self._bridges, {}
        for one, other in bridges:
            self._merge_if_one(self.find(one), self.find(other), events)
        grown, self._grown = self._grown, {}
        for label in grown:
            if label in self._live:
                self._split_if_two(self._live[label], events)
        for cluster in list(upkeep.quiet_clusters(self._quietest, self._live, self.now, self.params)):
            self._retire(cluster, "quiet", events)
        for retired_id, gone in upkeep.forgettable(self._retired, self.now, self.params):
            self._forget(retired_id, gone)
        self._review.tidy()
        self._index.rebuild_if_due()

    def _merge_if_one(self, one: Cluster | None, other: Cluster | None, events: list[Event]) -> None:
        if one is None or other is None or one is other or self._parted(one, other):
            return
        score = upkeep.merge_score(one, other, self._model, self.params)
        if score is not None:
            self._merge(*upkeep.keeper(one, other), score, upkeep.why_merged(score), events)

    def _look_again(self, events: list[Event]) -> None:
        """Give each new cluster its second look, once; time that passes without claims brings none nearer, so `tick` has no part in it."""
        young, self._young = self._young, {}
        for label in young:
            if label in self._live and self._live[label].distinct <= self.params.second_look:
                self._look_once_more(self._live[label], events)

    def _look_once_more(self, cluster: Cluster, events: list[Event]) -> None:
        """Ask again where a new cluster belongs: what has come since may have led up to it from another side."""
        labels = self._index.search(cluster.indexed, self.params.candidates + 1)
        lively = [self._live[label] for label in labels if label in self._live]
        near = [other for other in lively if other is not cluster and not self._parted(cluster, other)]
        ranked = self._model.rank(cluster.centroid, cluster.word_weights, near, self._touches)
        decision = decide(ranked, self.params)
        if isinstance(decision, Join) and upkeep.stands_out(decision.best, ranked):
            score, other = decision.best.score, decision.best.cluster
            self._merge(*upkeep.keeper(cluster, other), score, upkeep.why_joined_late(score), events)

    def _merge(self, kept: Cluster, absorbed: Cluster, score: float, reason: str, events: list[Event]) -> None:
        self._join_trends(kept, absorbed, events)
        before = kept.size
        kept.merge(absorbed, now=self.now, limits=self._limits)
        kept.note("merged", self.now, absorbed=absorbed.id, score=round(score, 6), reason=reason)
        self._redirects[absorbed.id] = kept.id
        self._review.merge(kept.id, absorbed.id)
        self._changed[absorbed.id] = absorbed
        del self._live[absorbed.label], self._quietest[absorbed.label]
        self._take_out(absorbed)
        self._booked_in.update(dict.fromkeys(kept.booked, kept))
        self._reindex(kept)
        self._touch(kept)
        events.append(
            ClustersMerged(
                cluster_id=kept.id, at=self.now, version=kept.version, absorbed_id=absorbed.id, score=round(score, 6), size=kept.size,
                reason=reason,
            )
        )  # fmt: skip
        self._reach_milestones(kept, before, self.now, None, events)

    def _parted(self, one: Cluster, other: Cluster) -> bool:
        """Whether somebody said so, or the two were one cluster once, or what they have absorbed was."""
        if self._review.constraints.apart(one.id, other.id):
            return True
        pasts = ((one, other), (other, one))
        return any(self.find(past) is theirs for mine, theirs in pasts for past in mine.parted)

    def _split_if_two(self, cluster: Cluster, events: list[Event]) -> None:
        """Split a cluster that looks like two now and has done so each time it was looked at of late."""
        parts = None if self._review.constraints.held(cluster.id) else upkeep.division(cluster, self._model, self.params)
        cluster.look_again(self.params.split_every, doubts=cluster.doubts + 1 if parts else 0)
        self._changed[cluster.id] = cluster
        if parts is not None and cluster.doubts >= self.params.split_patience and self._has_room:
            self._split(cluster, parts, upkeep.why_split(cluster, parts, self.params), (), events)

    def _split(self, cluster: Cluster, parts: Halves, reason: str, texts: tuple[tuple[int, int], ...], events: list[Event]) -> Cluster:
        self._make_room(events)
        sources = (cluster.id, *cluster.absorbed)
        label, self._next_label = self._next_label, self._next_label + 1
        new_id = cluster_id(f"{cluster.id}/{representative(parts.new).claim_id}/{label}")
        new = split_off(cluster, parts, label=label, cluster_id=new_id, now=self.now)
        self._live[label] = self._by_id[new.id] = new
        self._booked_in.update(dict.fromkeys(new.booked, new))
        if not texts:  # what was expelled has no part in what was said of the rest, and no quarrel with what was expelled before
            self._review.split(cluster, new.id)
        self._changes.splits.append(Split(sources, new.id, frozenset(() if texts else new.booked), len(self._changes.members), texts))
        cluster.note("split", self.now, into=new.id, size=new.size, reason=reason)
        new.note("split off", self.now, of=cluster.id, reason=reason)
        for half in (cluster, new):
            half.look_again(self.params.split_every)
            self._reindex(half)
            self._touch(half)
        events.append(
            ClusterSplit(
                cluster_id=cluster.id, at=self.now, version=cluster.version, new_id=new.id, size=cluster.size, new_size=new.size,
                text=representative(cluster).text, new_text=representative(new).text, reason=reason,
            )
        )  # fmt: skip
        return new

    def _retire(self, cluster: Cluster, reason: str, events: list[Event]) -> None:
        """Let it sleep: it takes no part in upkeep, and is the first to go where there is no room."""
        self._end_trend(cluster, "retired", events)
        cluster.retire(now=self.now)
        cluster.note("retired", self.now, reason=reason)
        self._review.retire(cluster.id)
        self._changed[cluster.id] = cluster
        del self._live[cluster.label], self._quietest[cluster.label]
        self._asleep[cluster.label] = cluster
        self._retired[cluster.id] = upkeep.Gone(self.now, cluster.label, tuple(cluster.absorbed))
        events.append(
            ClusterRetired(
                cluster_id=cluster.id, at=self.now, version=cluster.version, reason=reason, size=cluster.size, times=cluster.retirements
            )
        )  # fmt: skip

    def _wake(self, cluster: Cluster, claim: Claim, seen_at: float, events: list[Event], *, repeated: bool = False) -> None:
        """Bring a cluster back that had retired, for a claim that belongs to it."""
        if cluster.status == LIVE:
            return
        reason = upkeep.why_revived(max(self.now - cluster.retired_at, 0.0), repeated=repeated)
        del self._asleep[cluster.label], self._retired[cluster.id]
        cluster.revive()
        cluster.note("revived", seen_at, claim_id=claim.id, reason=reason)
        self._live[cluster.label] = cluster
        events.append(
            ClusterRevived(
                cluster_id=cluster.id, at=seen_at, version=cluster.version, origin=claim.origin, claim_id=claim.id, reason=reason,
                size=cluster.size, text=representative(cluster).text,
            )
        )  # fmt: skip

    @property
    def _has_room(self) -> bool:
        """Whether one more cluster may live without another having to retire for it."""
        return len(self._live) < self.params.max_clusters

    def _make_room(self, events: list[Event]) -> None:
        """Where one more cluster is too many, the longest asleep gives way; where none is, the longest quiet."""
        if len(self._live) + len(self._asleep) < self.params.max_clusters:
            return
        if not self._asleep:
            self._retire(self._live[next(iter(self._quietest))], "capacity", events)
        self._close(next(iter(self._asleep)))

    def _close(self, label: int) -> None:
        """Nothing brings this cluster back any more."""
        cluster = self._asleep.pop(label)
        cluster.close()
        self._changed[cluster.id] = cluster
        self._take_out(cluster)

    def _take_out(self, cluster: Cluster) -> None:
        """No claim can join this cluster any more."""
        self._index.delete(cluster.label)
        del self._by_id[cluster.id]
        for number in cluster.booked:
            del self._booked_in[number]

    def _lead(self, cluster_id: str) -> Cluster | None:
        """The cluster this id leads to, through merges: live, or one that can be revived."""
        while cluster_id in self._redirects:
            cluster_id = self._redirects[cluster_id]
        return self._by_id.get(cluster_id)

    def _forget(self, retired_id: str, gone: upkeep.Gone) -> None:
        if gone.label in self._asleep:
            self._close(gone.label)
        ids = (retired_id, *gone.absorbed)
        for one in ids:
            self._review.forget(one)
        self._changes.forgotten += ids

    # state

    def take_changes(self) -> Changes:
        """All that changed since the last call, to be saved in one step with the events."""
        changes, self._changes = self._changes, Changes()
        changes.clusters = [cluster.to_record() for cluster in self._changed.values()]
        self._changed = {}
        changes.index_writes, changes.index_drops = self._index.take_changes()
        changes.words = self._words.take_changes()
        changes.copies = [copy for copy in changes.copies if copy[1] in self._copies]
        changes.copies_forgotten = [fingerprint for fingerprint in changes.copies_forgotten if fingerprint not in self._copies]
        changes.review = self._review.take_changes()
        changes.progress = self._progress()
        return changes

    def _progress(self) -> dict[str, Any]:
        return {
            "claims": self._claims,
            "texts": self._words.texts,
            "next_label": self._next_label,
            "next_copy": self._next_copy,
            "touches": self._touches,
            "review": self._review.state(),
            "bridges": [list(pair) for pair in self._bridges],
            "young": list(self._young),
            "grown": list(self._grown),
            "clock": self._clock.state(),
            "trends": self._trends.state(),
            "heard": dict(self._heard),
            "index": self._index.state(),
        }

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot. The clusterer must be new."""
        progress = snapshot.progress
        if not progress:
            return
        self._claims, self._touches = progress["claims"], progress["touches"]
        self._next_label, self._next_copy = progress["next_label"], progress["next_copy"]
        self._bridges = dict.fromkeys((one, other) for one, other in progress["bridges"])
        self._young = dict.fromkeys(progress["young"])
        self._grown = dict.fromkeys(progress["grown"])
        self._clock.restore(progress["clock"])
        self._trends.restore(progress["trends"])
        self._heard = dict(progress["heard"])
        self._words.restore(snapshot.words, progress["texts"])
        indexed = self._index.restore(snapshot.index_writes, progress["index"])
        self._redirects = dict(snapshot.redirects)
        self._review.restore(snapshot.review, progress["review"])
        self._model.weights = self._review.learned or self._model.weights
        self._restore_clusters(snapshot.clusters, indexed)
        self._copies = OrderedDict((fingerprint, booked) for _, fingerprint, booked in snapshot.copies)

    def _restore_clusters(self, records: list[dict[str, Any]], indexed: dict[int, np.ndarray]) -> None:
        for record in sorted(records, key=lambda r: r["label"]):
            if record["status"] == LIVE or record["revivable"]:
                cluster = Cluster.from_record(record, indexed[record["label"]])
                home = self._live if cluster.status == LIVE else self._asleep
                home[cluster.label] = self._by_id[cluster.id] = cluster
                self._booked_in.update(dict.fromkeys(cluster.booked, cluster))
        self._trending = {label: c for label, c in self._live.items() if c.trend is not None and c.trend.on}
        self._quietest = OrderedDict.fromkeys(sorted(self._live, key=lambda label: self._live[label].touch))
        retired = sorted((r for r in records if r["status"] == RETIRED), key=lambda r: (r["retired_at"], r["touch"]))
        self._retired = OrderedDict((r["id"], upkeep.Gone(r["retired_at"], r["label"], tuple(r["absorbed"]))) for r in retired)
        self._asleep = OrderedDict((gone.label, self._asleep[gone.label]) for gone in self._retired.values() if gone.label in self._asleep)
