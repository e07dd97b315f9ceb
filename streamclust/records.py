"""Plain records the stores share: a member, and the identity of a state."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any, NamedTuple

from streamclust.params import Params, asked_for
from streamclust.ports import ClusterStore, Member, Split, VectorSpace


class Space(NamedTuple):
    """Which vectors a state holds: a `VectorSpace` without its encoder."""

    fingerprint: str
    dim: int


def member_record(member: Member) -> dict[str, Any]:
    """A member as plain values; the text of a copy is its first copy's and is kept all the same, as posted."""
    claim = member.claim
    return {
        "claim_id": claim.id,
        "cluster_id": member.cluster_id,
        "text": claim.text,
        "seen_at": member.seen_at,
        "author": claim.author,
        "source": claim.source,
        "lang": claim.lang,
        "url": claim.url,
        "rule": member.rule,
        "booked": member.booked,
        "candidates": member.candidates,
        "fingerprint": claim.fingerprint,
    }


def move(rosters: MutableMapping[str, list[dict[str, Any]]], split: Split) -> None:
    """Let the members of a split go over.

    Args:
        rosters: member records by cluster id, in order, of every cluster that the split names and that has any.
        split: what goes where.
    """
    texts = dict(split.texts)
    going: list[dict[str, Any]] = []
    for cluster_id in split.sources:
        members = rosters.get(cluster_id, [])
        for m in members:
            if m["booked"] in split.booked or m["fingerprint"] in texts:
                going.append(_moved(m, split.new_id, texts.get(m["fingerprint"], m["booked"])))
        rosters[cluster_id] = [m for m in members if m["booked"] not in split.booked and m["fingerprint"] not in texts]
    rosters[split.new_id] = going + rosters.get(split.new_id, [])


def _moved(member: Mapping[str, Any], cluster_id: str, booked: int) -> dict[str, Any]:
    """The member elsewhere; where it joined stays on record."""
    return {**member, "cluster_id": cluster_id, "booked": booked, "joined": member.get("joined", member["cluster_id"])}


def identity_of(params: Params, encoder: VectorSpace) -> dict[str, Any]:
    """What a state is made under: another of these and its numbers mean nothing."""
    return {"params": params.as_dict(), "encoder": encoder.fingerprint, "dim": encoder.dim}


def incompatibility(saved: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Why a state and a run do not fit together, and what to do; empty if they do."""
    if not saved or saved == wanted:
        return ""
    if set(saved["params"]) != set(wanted["params"]):
        return _of_another_version(saved["params"], wanted["params"])
    problems, cures = [], []
    if saved["encoder"] != wanted["encoder"]:
        problems.append(f"the state was made with encoder {saved['encoder']}, this run has {wanted['encoder']}")
        cures.append("name its model with --model")
    if saved["dim"] != wanted["dim"]:
        problems.append(f"its vectors have {saved['dim']} numbers, this run's have {wanted['dim']}")
    old, new = saved["params"], wanted["params"]
    changed = [f"{n}: {old.get(n)} -> {new.get(n)}" for n in sorted({*old, *new}) if old.get(n) != new.get(n)]
    if changed:
        asked = f"the state was made with {asked_for(old)}, this run asks for {asked_for(new)}"
        problems.append(f"{asked}; what differs (state -> this run): {', '.join(changed)}")
        cures.append(f"run with {asked_for(old).options}")
    ways = [" and ".join(cures), "start anew with another --state and feed the stream again"]
    cure = ", or ".join(way for way in ways if way)
    return f"{'; '.join(problems)}. {cure[0].upper()}{cure[1:]}."


def _of_another_version(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """What it means that params have other names, and what to do."""
    names = {"only the state has": set(old) - set(new), "only this version has": set(new) - set(old)}
    told = "; ".join(f"{whose} {', '.join(sorted(few))}" for whose, few in names.items() if few)
    return (
        f"the state was made by another version of streamclust, with other params ({told}): this version would decide otherwise than that "
        "one did, so it does not go on from there. Go on with the version that made it, or start anew with another --state and feed the "
        "stream again."
    )


def merged_id(store: ClusterStore, cluster_id: str) -> str:
    """The id this one leads to through all merges; itself if it was never absorbed."""
    while (absorber := store.redirect(cluster_id)) is not None:
        cluster_id = absorber
    return cluster_id
