"""Does the saved state hold together, and does an index rebuilt from it find what is there?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from streamclust.clusters import LIVE, Cluster
from streamclust.indexing import JournaledIndex
from streamclust.params import Params
from streamclust.ports import CentroidIndex, ClusterStore, Snapshot

_ROUNDING = 2e-3
_PROBES = 500


class Finding(NamedTuple):
    """One thing that is not as it should be."""

    what: str
    detail: str


class Audit(NamedTuple):
    """What was looked at and found.

    Args:
        clusters: live clusters.
        claims: claims counted by all clusters on record.
        recall: share of probes (centroids) whose own label the index answers first; 1.0 for an empty index.
        findings: empty if all is well.
    """

    clusters: int
    claims: int
    recall: float
    findings: list[Finding]


def audit(store: ClusterStore, index: CentroidIndex, params: Params) -> Audit:
    """Compare index journal, clusters and members.

    Args:
        store: not written to while this runs.
        index: empty; the journal is replayed into it.
        params: those of the state.
    """
    snapshot = store.load()
    if not snapshot.progress:
        return Audit(0, 0, 1.0, [])
    indexed = JournaledIndex(index, params.rebuild_deleted).restore(snapshot.index_writes, snapshot.progress["index"])
    live = sum(r["status"] == LIVE for r in snapshot.clusters)
    open_to_claims = {r["label"]: r for r in snapshot.clusters if r["status"] == LIVE or r["revivable"]}
    findings = [*_index_against_clusters(indexed, open_to_claims, params), *_sizes_against_members(store, snapshot)]
    claims = sum(r["size"] for r in snapshot.clusters if not r["merged_into"])
    return Audit(live, claims, _recall(index, indexed), findings)


def _index_against_clusters(indexed: Mapping[int, np.ndarray], there: Mapping[int, dict[str, Any]], params: Params) -> Iterator[Finding]:
    for label in sorted(set(indexed) - set(there)):
        yield Finding("index without cluster", f"label {label} is in the index, no live cluster has it, and none that could be revived")
    for label in sorted(set(there) - set(indexed)):
        yield Finding("cluster without index", f"cluster {there[label]['id']} (label {label}) cannot be found by search")
    for label in sorted(set(there) & set(indexed)):
        cluster = Cluster.from_record(there[label], indexed[label])
        similarity = float(cluster.total.dot(indexed[label])) / cluster.norm
        if similarity < 1.0 - params.reindex_drift - _ROUNDING:
            yield Finding("drifted", f"cluster {cluster.id}: index and centroid are at cosine {similarity:.4f}")


def _sizes_against_members(store: ClusterStore, snapshot: Snapshot) -> Iterator[Finding]:
    for record in snapshot.clusters:
        if record["merged_into"]:
            continue
        counted = sum(len(store.members(cluster_id)) for cluster_id in (record["id"], *record["absorbed"]))
        if counted != record["size"]:
            yield Finding("miscounted", f"cluster {record['id']} says {record['size']} claims, {counted} are on record")
        elif (booked := sum(exemplar[4] for exemplar in record["exemplars"])) != record["size"]:
            yield Finding("misbooked", f"cluster {record['id']} says {record['size']} claims, its exemplars stand for {booked}")


def _recall(index: CentroidIndex, indexed: Mapping[int, np.ndarray]) -> float:
    """Share of evenly spread probes that the index finds, equals counted as found."""
    labels = sorted(indexed)
    probes = labels[:: max(1, len(labels) // _PROBES)]
    if not probes:
        return 1.0
    found = 0
    for label in probes:
        _, similarities = index.search(indexed[label], 1)
        found += similarities[0] >= float(indexed[label].dot(indexed[label])) - 1e-5
    return found / len(probes)
