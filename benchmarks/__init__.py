"""Speed and memory as ratios against a named baseline in the same run; `python -m benchmarks` prints them, fails where a bar is missed."""
