"""Says what a machine lacks to install streamclust, before a long installation fails halfway. Plain Python, no packages."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from importlib.util import find_spec

OLDEST, NEWEST = (3, 11), (3, 13)
HOW = "Debian, Ubuntu: sudo apt-get install {debian}\nFedora: sudo dnf install {fedora}\nmacOS: {macos}"


def missing() -> Iterator[str]:
    """What is not there, each with how to get it."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        found = ".".join(map(str, sys.version_info[:2]))
        yield f"Python 3.11 to 3.13 is needed, this is {found}. Use another: make run PYTHON=python3.12"
    if find_spec("ensurepip") is None:
        yield "Python's venv module is incomplete.\n" + HOW.format(
            debian="python3-venv", fedora="python3", macos="use the python.org or Homebrew Python"
        )
    if not any(shutil.which(name) for name in (os.environ.get("CXX", "c++"), "g++", "clang++")):
        yield "A C++ compiler is needed: hnswlib is built on installation.\n" + HOW.format(
            debian="g++", fedora="gcc-c++", macos="xcode-select --install"
        )
    if not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")):
        yield "Python's headers (Python.h) are needed: hnswlib is built on installation.\n" + HOW.format(
            debian="python3-dev", fedora="python3-devel", macos="use the python.org or Homebrew Python"
        )


def main() -> int:
    """0 if nothing is missing."""
    problems = list(missing())
    for problem in problems:
        print(f"streamclust cannot be installed yet: {problem}\n", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
