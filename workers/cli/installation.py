"""Which Python and packages streamclust asks for, and whether they are here."""

from __future__ import annotations

import platform
import re
import shlex
from collections.abc import Iterable
from importlib import metadata
from typing import NamedTuple

PROJECT = "streamclust"


class Package(NamedTuple):
    """A package that a plain installation asks for.

    Args:
        asked: as it is asked for, name and versions.
        name: the name alone.
        version: the one that is here; None where it is not.
    """

    asked: str
    name: str
    version: str | None

    @property
    def fits(self) -> bool:
        """Whether it is of a version that is asked for."""
        from packaging.requirements import Requirement  # `incomplete` has to do without any package

        return self.version is not None and Requirement(self.asked).specifier.contains(self.version, prereleases=True)


def packages() -> list[Package]:
    """All of them, in the order they are asked for; those of extras are not."""
    lines = [line.partition(";") for line in metadata.requires(PROJECT) or ()]
    names = [(asked.strip(), re.split(r"[^\w.-]", asked, maxsplit=1)[0]) for asked, _, condition in lines if "extra" not in condition]
    return [Package(asked, name, _version(name)) for asked, name in names]


def cure(missing: Iterable[Package]) -> str:
    """The command that installs these."""
    return "python -m pip install " + " ".join(shlex.quote(package.asked) for package in missing)


def incomplete(module: str | None) -> str:
    """What to say where a module cannot be found: what is missing, and how to get it."""
    if _version(PROJECT) is None:
        said = "" if module in (None, PROJECT) else f"the module {module} cannot be found, and "
        return f"{said}{PROJECT} is not installed here, though its source is; in its folder: python -m pip install -e ."
    gone = [package for package in packages() if package.version is None]
    if not gone:
        return f"the module {module} cannot be found, though all packages are there; install {PROJECT} again, or the module by hand"
    return f"the module {module} cannot be found. Missing: {', '.join(p.asked for p in gone)}; install it: {cure(gone)}"


def python_fits() -> bool:
    """Whether this is a Python that it is made for."""
    from packaging.specifiers import SpecifierSet

    return platform.python_version() in SpecifierSet(pythons())


def pythons() -> str:
    """Those it is made for, such as `>=3.11,<3.14`."""
    return str(metadata.metadata(PROJECT)["Requires-Python"])


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
