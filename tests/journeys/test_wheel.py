"""The wheel, installed beside nothing of the clone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import orjson

ROOT = Path(__file__).parents[2]
STARTS = "import sys; from workers.cli import main; import streamclust; print(streamclust.__file__, file=sys.stderr); main()"


def test_a_wheel_runs_outside_the_clone(tmp_path: Path, stream: Path, as_usual: list[str]) -> None:
    source, site = tmp_path / "source", tmp_path / "site"
    for name in ("streamclust", "workers"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip("wheel", "--no-build-isolation", "--wheel-dir", str(tmp_path), str(source))
    pip("install", "--target", str(site), *map(str, tmp_path.glob("streamclust-*.whl")))

    command = [sys.executable, "-c", STARTS, "run", str(stream), "--state", "state", "--json", *as_usual]
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert (site / "streamclust" / "adapters" / "language_correction.npz").is_file()
    assert (site / "streamclust" / "evaluation" / "multilingual_claims.jsonl").is_file()
    assert done.returncode == 0, done.stderr
    assert str(site) in done.stderr.splitlines()[0]
    assert orjson.loads(done.stdout)["assigned"] == len(stream.read_bytes().splitlines())


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", arguments[0], "--no-deps", *arguments[1:]]
    subprocess.run(command, check=True, capture_output=True)
