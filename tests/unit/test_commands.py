"""People and judges have their say: once each, for good, and with a reason where it cannot be."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_streams import EAGER, ENCODER, INDEXES, commands_on, cut, ids, seeded_posts, streams

from streamclust.adapters.memory import ExactIndex, MemoryStore
from streamclust.audit import audit
from streamclust.claims import EmbeddedClaim
from streamclust.clusterer import StreamClusterer
from streamclust.clusters import Cluster
from streamclust.commands import KINDS, CannotLink, Command, Confirm, Expel, MustLink, Reject
from streamclust.constraints import Constraints, Ruling
from streamclust.events import ClaimExpelled, ClusterGrew, ClustersLinked, ClustersMerged, ClustersUnlinked, CommandRefused, Event
from streamclust.linking import Found
from streamclust.pipeline import Clustering
from streamclust.review import REMEMBERED, Review, rulings
from streamclust.testing import claim, embed

some = settings(max_examples=15, deadline=None)
numbers = count()
PARAMS = EAGER.with_values(suggest_threshold=0.3, max_clusters=100, retire_after=86_400.0)


def command(kind: type[Command], one: str, other: str, **more: Any) -> Command:
    return kind(**{"id": f"c{next(numbers)}", "by": "ann", "one": one, "other": other, **more})


@pytest.fixture
def clusterer() -> StreamClusterer:
    """Four clusters that have nothing in common."""
    made = StreamClusterer(ExactIndex(), PARAMS)
    made.assign(embed(["dam burst", "cats purr", "vote count", "bank run"]))
    assert len(made.clusters) == 4
    return made


@pytest.fixture
def four(clusterer: StreamClusterer) -> list[str]:
    return [cluster.id for cluster in clusterer.clusters]


def reason(events: Sequence[Event]) -> str:
    (event,) = events
    assert isinstance(event, CommandRefused)
    return event.reason


def test_a_must_link_merges_now(clusterer: StreamClusterer, four: list[str]) -> None:
    merged, grew, linked = clusterer.apply(command(MustLink, four[1], four[0]))
    assert isinstance(merged, ClustersMerged)
    assert (type(grew), grew.cluster_id, grew.milestone) == (ClusterGrew, four[0], 2)
    assert isinstance(linked, ClustersLinked)
    assert (linked.cluster_id, linked.other_id, linked.by, linked.role, linked.size) == (four[0], four[1], "ann", "analyst", 2)
    assert clusterer.find(four[1]) is clusterer.find(four[0])
    assert clusterer.find(four[0]).history[-1] == {"what": "linked", "at": clusterer.now, "other": four[1], "by": "ann", "role": "analyst"}


def test_a_cannot_link_is_on_record_with_both(clusterer: StreamClusterer, four: list[str]) -> None:
    (event,) = clusterer.apply(command(CannotLink, four[0], four[1], by="judge of mine", role="judge"))
    assert isinstance(event, ClustersUnlinked)
    assert (event.by, event.role) == ("judge of mine", "judge")
    assert all(clusterer.find(each).history[-1]["what"] == "unlinked" for each in four[:2])


def test_what_was_unlinked_cannot_be_linked_and_nothing_changes(clusterer: StreamClusterer, four: list[str]) -> None:
    clusterer.apply(command(CannotLink, four[0], four[1], id="the first"))
    clusterer.take_changes()
    assert "unlinked by ann, command the first" in reason(clusterer.apply(command(MustLink, four[1], four[0])))
    changes = clusterer.take_changes()
    assert changes.clusters == []
    assert [name.partition("/")[0] for name in changes.review] == ["command"]


def test_a_person_overrules_a_judge_and_no_judge_a_person(clusterer: StreamClusterer, four: list[str]) -> None:
    clusterer.apply(command(CannotLink, four[0], four[1], by="tiny", role="judge"))
    assert "stay apart" in reason(clusterer.apply(command(MustLink, four[0], four[1], by="another", role="judge")))
    assert isinstance(clusterer.apply(command(MustLink, four[0], four[1]))[-1], ClustersLinked)
    clusterer.apply(command(CannotLink, four[2], four[3]))
    assert "unlinked by ann" in reason(clusterer.apply(command(MustLink, four[2], four[3], by="tiny", role="judge")))
    left = {name: record for name, record in clusterer.take_changes().review.items() if name.startswith("apart") and record is not None}
    assert [record[0] for record in left.values()] == ["ann"]


def test_what_was_linked_cannot_be_unlinked(clusterer: StreamClusterer, four: list[str]) -> None:
    clusterer.apply(command(MustLink, four[0], four[1], by="bob"))
    assert "one cluster by now" in (said := reason(clusterer.apply(command(CannotLink, four[0], four[1]))))
    assert "linked by bob" in said


def test_a_cluster_inherits_what_it_is_kept_apart_from(clusterer: StreamClusterer, four: list[str]) -> None:
    """A is not B; B goes into C: A is not C either, nor what C goes into."""
    a, b, c, d = four
    clusterer.apply(command(CannotLink, a, b))
    clusterer.apply(command(MustLink, c, b))
    assert "stay apart" in reason(clusterer.apply(command(MustLink, a, c)))
    clusterer.apply(command(MustLink, d, c))
    assert "stay apart" in reason(clusterer.apply(command(MustLink, d, a)))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_unknown_ids_are_refused_by_name(clusterer: StreamClusterer, four: list[str], kind: type[Command]) -> None:
    assert "no live cluster nobody" in reason(clusterer.apply(command(kind, four[0], "nobody")))
    assert "no live cluster nobody" in reason(clusterer.apply(command(kind, "nobody", four[0])))


@pytest.mark.parametrize("kind", [Confirm, Reject])
def test_only_an_open_suggestion_can_be_answered(clusterer: StreamClusterer, four: list[str], kind: type[Command]) -> None:
    assert "no suggestion" in reason(clusterer.apply(command(kind, four[0], four[1])))


@pytest.mark.parametrize("kind", [Confirm, Reject])
def test_an_answered_suggestion_is_closed_and_does_not_open_again(kind: type[Command]) -> None:
    clusterer = StreamClusterer(ExactIndex(), PARAMS)
    clusterer.assign(seeded_posts(80, seed=5))
    pair, _ = clusterer.suggestions.ranked()[0]
    event = clusterer.apply(command(kind, *pair))[-1]
    assert isinstance(event, ClustersLinked | ClustersUnlinked)
    assert event.suggested
    assert clusterer.suggestions.get(*pair) is None
    clusterer.assign(seeded_posts(160, seed=5)[80:])
    assert clusterer.suggestions.get(*pair) is None


def test_a_command_is_done_once(clusterer: StreamClusterer, four: list[str]) -> None:
    once = command(MustLink, four[0], four[1])
    assert clusterer.apply(once)
    assert clusterer.apply(once) == []
    refused = command(MustLink, four[0], "nobody")
    assert clusterer.apply(refused)
    assert clusterer.apply(refused) == []


def test_ids_of_commands_are_remembered_for_a_while_only() -> None:
    review = Review(PARAMS)
    assert all(review.take(str(number)) for number in range(REMEMBERED + 1))
    assert not review.take("1")
    assert review.take("0")
    assert review.take_changes()["command/1"] is None


# laws


def told(clusterer: StreamClusterer, batches: Sequence[Sequence[EmbeddedClaim]]) -> Iterator[Event]:
    """Batches, and after each one of each kind of command about what is there."""
    for number, batch in enumerate(batches):
        yield from clusterer.assign(batch)
        for asked in commands_on(clusterer, number):
            yield from clusterer.apply(asked)


def unlinked(events: Sequence[Event]) -> list[tuple[str, str]]:
    return [(e.cluster_id, e.other_id) for e in events if isinstance(e, ClustersUnlinked)]


@some
@given(claims=streams)
def test_what_was_unlinked_is_never_one_cluster(claims: list[EmbeddedClaim]) -> None:
    clusterer = StreamClusterer(ExactIndex(), PARAMS)
    events = list(told(clusterer, cut(claims, [15])))
    for one, other in unlinked(events):
        found = clusterer.find(one)
        assert found is None or found is not clusterer.find(other)


@some
@given(claims=streams)
def test_no_suggestion_is_open_of_what_was_unlinked(claims: list[EmbeddedClaim]) -> None:
    clusterer = StreamClusterer(ExactIndex(), PARAMS)
    pairs = unlinked(list(told(clusterer, cut(claims, [15]))))
    now = [{found.id for each in pair if (found := clusterer.find(each))} for pair in pairs]
    assert all(set(pair) not in now for pair, _ in clusterer.suggestions.ranked())


@pytest.mark.parametrize("index", INDEXES)
@some
@given(claims=streams, saves=st.sets(st.integers(0, 12)))
def test_a_clusterer_restored_between_commands_goes_on_as_if_it_had_never_stopped(
    index: str, claims: list[EmbeddedClaim], saves: set[int]
) -> None:
    undisturbed, store = StreamClusterer(INDEXES[index](), EAGER), MemoryStore()
    going = StreamClusterer(INDEXES[index](), EAGER)
    for number, batch in enumerate(cut(claims, [15])):
        asked = commands_on(undisturbed, number)
        assert commands_on(going, number) == asked
        for act in ("assign", "apply"):
            steps = [batch] if act == "assign" else asked
            for step in steps:
                assert getattr(going, act)(step) == getattr(undisturbed, act)(step)
            if number in saves:
                store.save(going.take_changes(), offsets={})
                going = StreamClusterer(INDEXES[index](), EAGER)
                going.restore(store.load())
    whole = MemoryStore()
    whole.save(undisturbed.take_changes(), offsets={})
    store.save(going.take_changes(), offsets={})
    assert store.review() == whole.review()
    assert store.load().progress == whole.load().progress


@some
@given(claims=streams)
def test_event_ids_stay_unique_with_commands(claims: list[EmbeddedClaim]) -> None:
    found = ids(told(StreamClusterer(ExactIndex(), PARAMS), cut(claims, [15])))
    assert len(set(found)) == len(found)


# a claim that does not belong


def kept(posts: Sequence[EmbeddedClaim], store: MemoryStore | None = None) -> tuple[Clustering, MemoryStore]:
    """What a stream leaves in a store, and the engine over it."""
    store = store or MemoryStore()
    clustering = Clustering(StreamClusterer(ExactIndex(), PARAMS), store, ENCODER)
    clustering.start()
    clustering.run(posts, {})
    return clustering, store


def expelled(posts: Sequence[EmbeddedClaim], claim_id: str, *, vector: bool = True) -> Expel:
    found = next(post for post in posts if post.claim.id == claim_id)
    return Expel(id=f"c{next(numbers)}", by="ann", one="", other=claim_id, vector=found.vector if vector else None)


def go_on(clusterer: StreamClusterer) -> None:
    """Claims of something else, and an upkeep at least."""
    clusterer.assign([EmbeddedClaim(claim(f"cats purr {n}", 100 + n), ENCODER.encode([f"cats purr {n}"])[0]) for n in range(6)])


def largest(clustering: Clustering) -> Cluster:
    return max(clustering.clusterer.clusters, key=lambda c: (c.distinct, c.size))


def findings(store: MemoryStore) -> list[Any]:
    return audit(store, ExactIndex(), PARAMS).findings


@some
@given(claims=streams, which=st.integers(0, 1000))
def test_an_expelled_claim_leaves_with_its_copies_and_all_books_stay_right(claims: list[EmbeddedClaim], which: int) -> None:
    clustering, store = kept(claims)
    home = largest(clustering)
    members = [m for cluster_id in (home.id, *home.absorbed) for m in store.members(cluster_id)]
    chosen = members[which % len(members)]
    size, same = home.size, [m["claim_id"] for m in members if m["fingerprint"] == chosen["fingerprint"]]
    events = clustering.obey([expelled(claims, chosen["claim_id"])], {})
    assert findings(store) == []
    if len(same) == size:
        assert "says nothing else" in reason(events)
        return
    event = events[-1]
    assert isinstance(event, ClaimExpelled)
    assert event.new_id is not None
    assert (event.cluster_id, event.claims) == (home.id, len(same))
    assert {m["claim_id"] for m in store.members(event.new_id)} == set(same)
    assert (home.size, clustering.clusterer.find(event.new_id).size) == (size - len(same), len(same))
    assert clustering.clusterer.holding(chosen["fingerprint"]) is clustering.clusterer.find(event.new_id)
    assert "stay apart" in reason(clustering.obey([command(MustLink, home.id, event.new_id, role="judge")], {}))


@some
@given(claims=streams, which=st.lists(st.integers(0, 1000), min_size=1, max_size=6))
def test_a_clusterer_restored_after_expulsions_goes_on_as_if_it_had_never_stopped(claims: list[EmbeddedClaim], which: list[int]) -> None:
    half = len(claims) // 2
    going, store = kept(claims[:half])
    for number in which:
        going.obey([expelled(claims, claims[number % half].claim.id)], {})
    again = Clustering(StreamClusterer(ExactIndex(), PARAMS), copy.deepcopy(store), ENCODER)
    again.start()
    assert again.run(claims[half:], {}) == going.run(claims[half:], {})
    assert [msgpack.packb(c.to_record()) for c in again.clusterer.clusters] == [
        msgpack.packb(c.to_record()) for c in going.clusterer.clusters
    ]
    assert findings(store) == []


def test_an_expelled_text_never_goes_back_though_its_own_cluster_has_retired() -> None:
    posts = embed(["dam burst in the valley", "dam burst in a valley", "dam burst in that valley"], ENCODER)
    clustering, _ = kept(posts)
    (home,) = clustering.clusterer.clusters
    event = clustering.obey([expelled(posts, "post-1")], {})[-1]
    assert isinstance(event, ClaimExpelled)
    clusterer = clustering.clusterer
    own = clusterer.find(event.new_id)
    clusterer._retire(own, "quiet", [])
    again = EmbeddedClaim(claim("dam burst in a valley", 9), posts[1].vector)
    assert clusterer.nearest(again).best.cluster is own
    clusterer._close(own.label)
    assert isinstance(clusterer.nearest(again), Found)
    founded = clusterer.assign([again])[0]
    assert founded.cluster_id not in (home.id, event.new_id)
    go_on(clusterer)
    assert clusterer.find(founded.cluster_id) is not home


def test_a_text_is_no_longer_kept_out_of_what_is_forgotten_with_the_cluster_that_took_it_in() -> None:
    posts = embed(["dam burst in the valley", "dam burst in a valley", "cats purr", "cats purr at night", "cats purr all night"], ENCODER)
    clustering, _ = kept(posts)
    clusterer = clustering.clusterer
    home, other = sorted(clusterer.clusters, key=lambda c: c.size)
    clustering.obey([expelled(posts, "post-1"), command(MustLink, home.id, other.id)], {})
    keeper = clusterer.find(home.id)
    assert home.id in keeper.absorbed
    barred = clusterer._review.constraints.barred
    assert list(barred(posts[1].claim.fingerprint)) == [home.id]
    clusterer._retire(keeper, "quiet", [])
    clusterer._forget(*clusterer._retired.popitem())
    assert not barred(posts[1].claim.fingerprint)


def test_without_its_vector_a_claim_stays_on_record_and_its_next_copy_goes_elsewhere() -> None:
    posts = embed(["dam burst in the valley", "dam burst in a valley", "dam burst in that valley"], ENCODER)
    clustering, store = kept(posts)
    (home,) = clustering.clusterer.clusters
    (event,) = clustering.obey([expelled(posts, "post-1", vector=False)], {})
    assert isinstance(event, ClaimExpelled)
    assert event.new_id is None
    assert len(store.members(home.id)) == home.size == 3
    elsewhere = clustering.run([EmbeddedClaim(claim("dam burst in a valley", 9), posts[1].vector)], {})[0].cluster_id
    go_on(clustering.clusterer)
    assert clustering.clusterer.find(elsewhere) is not home


def test_what_takes_in_an_expelled_text_is_not_merged_with_where_it_came_from() -> None:
    posts = embed(["dam burst in the valley", "dam burst in a valley", "dam burst in that valley"], ENCODER)
    clustering, store = kept(posts)
    (home,) = clustering.clusterer.clusters
    clustering.obey([expelled(posts, "post-1", vector=False)], {})
    elsewhere = clustering.run([EmbeddedClaim(claim("dam burst in a valley", 9), posts[1].vector)], {})[0].cluster_id
    assert "stay apart" in reason(clustering.obey([command(MustLink, home.id, elsewhere, role="judge")], {}))
    assert findings(store) == []


def test_clusters_that_are_one_already_can_be_linked_and_no_cluster_is_linked_with_itself(
    clusterer: StreamClusterer, four: list[str]
) -> None:
    clusterer.apply(command(MustLink, four[0], four[1]))
    (linked,) = clusterer.apply(command(MustLink, four[0], four[1]))
    assert isinstance(linked, ClustersLinked)
    history = clusterer.find(four[0]).history
    assert [line["other"] for line in history if line["what"] == "linked"] == [four[1]]


def test_what_cannot_be_expelled_is_refused_with_the_reason() -> None:
    posts = embed(["dam burst in the valley", "dam burst in a valley"], ENCODER)
    clustering, _ = kept(posts)
    wrong = Expel(id="x", by="ann", one="", other="post-1", vector=posts[0].vector[:8])
    assert "another model" in reason(clustering.obey([wrong], {}))
    assert "no claim nobody" in reason(clustering.obey([Expel(id="y", by="ann", one="", other="nobody")], {}))
    assert isinstance(clustering.obey([expelled(posts, "post-1")], {})[-1], ClaimExpelled)
    assert "says nothing else" in reason(clustering.obey([expelled(posts, "post-1")], {}))


# constraints alone

RULING = Ruling("ann", "analyst", 5.0, "c1")


def test_an_own_ruling_stays_before_an_inherited_one() -> None:
    book, other = Constraints(), Ruling("bob", "analyst", 6.0, "c2")
    book.part("ca", "cx", RULING)
    book.part("cb", "cx", other)
    book.hold("cb", other)
    book.merge("ca", "cb")
    assert (book.apart("cx", "ca"), book.apart("cx", "cb"), book.held("ca"), book.held("cb")) == (RULING, None, other, None)


def test_what_is_split_off_inherits_what_the_whole_is_kept_apart_from() -> None:
    book = Constraints()
    book.part("ca", "cx", RULING)
    book.inherit("cn", ["ca"])
    assert book.apart("cn", "cx") == book.apart("ca", "cx") == RULING


def test_a_text_that_is_kept_out_of_a_cluster_is_kept_out_of_what_is_split_off_from_it() -> None:
    book = Constraints()
    book.bar(7, "cold", RULING)
    book.inherit("cn", ["ca", "cold"])
    assert book.barred(7) == {"cold": RULING, "cn": RULING}


def test_two_texts_that_were_expelled_from_one_cluster_may_be_linked() -> None:
    posts = embed(["dam burst in the valley", "dam burst in a valley", "dam burst in that valley", "dam burst in this valley"], ENCODER)
    clustering, _ = kept(posts)
    one, other = (clustering.obey([expelled(posts, f"post-{n}")], {})[-1] for n in (1, 2))
    assert isinstance(clustering.obey([command(MustLink, one.new_id, other.new_id)], {})[-1], ClustersLinked)


def test_a_forgotten_cluster_leaves_no_constraint() -> None:
    book = Constraints()
    book.part("ca", "cx", RULING)
    book.hold("ca", RULING)
    book.take_changes()
    book.forget("ca")
    assert book.take_changes() == ({("ca", "cx"): None}, {"ca": None}, {})
    assert book.apart_from("cx") == []


def test_rulings_are_read_from_saved_records(clusterer: StreamClusterer, four: list[str]) -> None:
    clusterer.apply(command(MustLink, four[0], four[1], by="bob"))
    clusterer.apply(command(CannotLink, four[2], four[0]))
    held, apart = rulings(clusterer.take_changes().review, four[0])
    assert held is not None
    assert (held.by, {name: ruling.by for name, ruling in apart.items()}) == ("bob", {four[2]: "ann"})
