"""Named baselines: other ways to cluster the very vectors that the clusterer saw."""

from __future__ import annotations

from streamclust.errors import InvalidParams
from streamclust.evaluation.baselines.average_link import AverageLink
from streamclust.evaluation.baselines.base import Baseline
from streamclust.evaluation.baselines.density import Density
from streamclust.evaluation.baselines.first_story import FirstStory
from streamclust.evaluation.baselines.leader import Leader
from streamclust.evaluation.baselines.narratives import Narratives
from streamclust.evaluation.baselines.online_topics import OnlineTopics
from streamclust.evaluation.baselines.river_streams import DBStream, DenStream, TextClust

_ALL: tuple[type[Baseline], ...] = (FirstStory, Leader, OnlineTopics, DBStream, DenStream, TextClust, AverageLink, Density, Narratives)
BASELINES: dict[str, type[Baseline]] = {kind.name: kind for kind in _ALL}
"""By name, in the order they are shown: what sees a post once, then what sees all at once."""
EVERY = "all"


def pick(names: str) -> list[Baseline]:
    """The baselines that a list of names asks for, in the order of `BASELINES`.

    Args:
        names: names between commas, or `all`: every one that can run here.

    Raises:
        InvalidParams: an unknown name, or one whose package is not installed.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = sorted(set(wanted) - set(BASELINES) - {EVERY})
    if unknown or not wanted:
        raise InvalidParams(f"--compare does not know {', '.join(unknown) or 'an empty name'}; there are: {', '.join(BASELINES)}, {EVERY}")
    if Narratives.name in wanted and not Narratives.installed():
        raise InvalidParams(f"--compare {Narratives.name} needs a package of its own: pip install narrativecluster==0.1.9")
    usable = [name for name in BASELINES if name != Narratives.name or Narratives.installed()]
    return [BASELINES[name]() for name in usable if name in wanted or EVERY in wanted]
