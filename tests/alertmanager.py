"""A real Alertmanager, Debian's, that hands on to a receiver of ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from brokers import wait_for_port

_CONFIG = """
route:
  receiver: desk
  group_by: [...]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 4h
receivers:
  - name: desk
    webhook_configs:
      - {{url: "{url}", send_resolved: true}}
"""


class Alertmanager:
    """Listens on a port of 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def alerts(self) -> list[dict[str, Any]]:
        """What it holds for active."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=5) as answer:
            return list(orjson.loads(answer.read()))


@contextmanager
def running_alertmanager(directory: Path, receiver_url: str, port: int) -> Iterator[Alertmanager]:
    """One that groups nothing and tells the receiver at once."""
    binary = shutil.which("prometheus-alertmanager")
    if binary is None:
        what = "prometheus-alertmanager is not installed: apt-get install prometheus-alertmanager"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(what)
    config = directory / "alertmanager.yml"
    config.write_text(_CONFIG.format(url=receiver_url))
    listen = [f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", f"--storage.path={directory / 'am'}"]
    with (directory / "alertmanager.log").open("ab") as log:
        process = subprocess.Popen([str(binary), f"--config.file={config}", *listen], stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_for_port(port)
        yield Alertmanager(port)
    finally:
        process.terminate()
        process.wait(20)
