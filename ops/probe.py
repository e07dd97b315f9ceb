"""Health check of a worker in its container: exit code 0 if the path given answers 200. Plain Python, no packages."""

from __future__ import annotations

import os
import sys
import urllib.request

PORT = os.environ.get("STREAMCLUST_HTTP_PORT", "9464")


def main(path: str) -> int:
    """0 if `path` on this worker's port answers 200, else 1."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=4):
            return 0
    except OSError as error:
        print(f"{path} on port {PORT}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
