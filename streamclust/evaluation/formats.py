"""The forms in which labelled posts are published, and how to tell them apart by their columns or keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from streamclust.errors import InputUnreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One published form.

    Args:
        name: what `--format` calls it.
        what: in words.
        needs: columns or keys by which it is known; of each group at least one is there.
        fields: where the fields of a claim may stand, by the claim's name for them; the first that is there counts.
        gold: where the gold label stands.
    """

    name: str
    what: str
    needs: tuple[tuple[str, ...], ...]
    fields: Mapping[str, tuple[str, ...]]
    gold: str = "cluster"

    def missing(self, names: Collection[str]) -> list[str]:
        """The groups of which `names` has none, in words."""
        return [" or ".join(map(repr, group)) for group in self.needs if not set(group) & set(names)]

    def map(self, names: Collection[str]) -> dict[str, str]:
        """Where the fields of a claim stand in a file with these columns or keys."""
        found = {name: next((place for place in places if place in names), None) for name, places in self.fields.items()}
        return {name: place for name, place in found.items() if place is not None}


POSTS = Format(name="posts", what="posts of this project's own form", needs=(), fields={})
MULTICLAIMNET = Format(
    name="multiclaimnet",
    what="MultiClaimNet (Panchendrarajan, Míguez and Zubiaga 2025): claims of fact-checks in many languages",
    needs=(("Claim",), ("ClusterID",)),
    fields={"id": ("NID",), "text": ("Claim",), "created_at": ("Timstamp", "Timestamp"), "lang": ("Language",), "url": ("URL",)},
    gold="ClusterID",
)
MSTREAM = Format(
    name="mstream",
    what="the JSON lines of MStream (Yin and others 2018): cleaned tweets or titles",
    needs=(("textCleaned",), ("clusterNo",)),
    fields={"id": ("tweetId",), "text": ("textCleaned",)},
    gold="clusterNo",
)
CHECKTHAT = Format(
    name="checkthat",
    what="CheckThat! (CLEF 2020 to 2022, claim retrieval): tweets, and pairs of tweet and verified claim in a file of their own",
    needs=(("tweet_content", "iclaim_content"),),
    fields={"text": ("tweet_content",)},
)

FORMATS = {one.name: one for one in (POSTS, MULTICLAIMNET, MSTREAM, CHECKTHAT)}
AUTO = "auto"


def choose(name: str, names: Collection[str], shown: str) -> Format:
    """The format that was asked for, or for `auto` the one the file looks like: `posts` if it is none of the others.

    Args:
        name: one of `FORMATS`, or `AUTO`.
        names: columns of the file, or keys of its first record.
        shown: the file, for messages.

    Raises:
        InputUnreadable: the file is not what it was said to be.
    """
    if name == AUTO:
        return next((one for one in FORMATS.values() if one.needs and not one.missing(names)), POSTS)
    wanted = FORMATS[name]
    missing = wanted.missing(names)
    if missing:
        there = ", ".join(map(repr, names)) or "none"
        raise InputUnreadable(
            f"{shown} is not {name} ({wanted.what}): it has no {', no '.join(missing)}; its columns or keys are: {there}. "
            f"Leave --format out, or name the right one: {', '.join(FORMATS)}"
        )
    return wanted
