"""Just enough SVG for plain charts: no library, no script, readable on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
"""Told apart by all eyes (Okabe and Ito 2008)."""
_STYLE = """
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-size:12px;fill:#222}
.title{font-size:16px;font-weight:600}.soft{fill:#666}.grid{stroke:#ddd;stroke-width:1}.paper{fill:#fff}
.light{fill:#fff}.axis{stroke:#888;stroke-width:1}
@media(prefers-color-scheme:dark){text{fill:#eee}.soft{fill:#aaa}.grid{stroke:#3a3a3a}.paper{fill:#1b1b1b}}
"""

Point = tuple[float, float]


class Drawing:
    """Shapes in the order they are drawn, pixels from the top left.

    Args:
        width: pixels.
        height: pixels.
        title: shown at the top, and read out.
    """

    def __init__(self, width: int, height: int, title: str) -> None:
        self._width, self._height, self._title = width, height, title
        self._shapes: list[str] = []
        self.text(24, 32, title, kind="title")

    def text(self, x: float, y: float, words: str, *, kind: str = "", anchor: str = "start", color: str = "") -> None:
        """Words that start, end or have their middle at x; y is their foot."""
        style = f' style="fill:{color}"' if color else ""
        self._shapes.append(f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}"{style}>{escape(words)}</text>')

    def line(self, start: Point, end: Point, kind: str = "grid") -> None:
        """A straight line."""
        self._shapes.append(f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" class="{kind}"/>')

    def path(self, points: Iterable[Point], color: str, *, dashed: bool = False) -> None:
        """A line through points."""
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        style = 'stroke-width="1.5" stroke-dasharray="5 4"' if dashed else 'stroke-width="2.5"'
        self._shapes.append(f'<polyline points="{places}" fill="none" stroke="{color}" {style} stroke-linejoin="round"/>')

    def dot(self, at: Point, color: str, said: str) -> None:
        """A point; `said` shows when the mouse is on it."""
        self._shapes.append(f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="3.5" fill="{color}"><title>{escape(said)}</title></circle>')

    def box(self, at: Point, size: Point, color: str, *, opacity: float = 1.0, said: str = "", hollow: bool = False) -> None:
        """A rectangle from its top left corner."""
        paint = f'fill="none" stroke="{color}" stroke-width="1.5"' if hollow else f'fill="{color}" fill-opacity="{opacity:.3f}"'
        place = f'x="{at[0]:.1f}" y="{at[1]:.1f}" width="{size[0]:.1f}" height="{size[1]:.1f}"'
        self._shapes.append(f'<rect {place} rx="2" {paint}><title>{escape(said)}</title></rect>')

    def __str__(self) -> str:
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self._width} {self._height}" width="{self._width}" role="img"'
        paper = f'<rect class="paper" width="{self._width}" height="{self._height}"/>'
        return "\n".join([f"{head} aria-label={quoteattr(self._title)}>", f"<style>{_STYLE}</style>", paper, *self._shapes, "</svg>", ""])


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to pixels.

    Args:
        low: value at `start`.
        high: value at `end`.
        start: pixel.
        end: pixel.
        logarithmic: whether equal factors are equally far apart; values are above 0 then.

    >>> Scale(0, 10, 100, 200)(5)
    150.0
    """

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        low, high, at = (math.log(v) if self.logarithmic else v for v in (self.low, self.high, value))
        return self.start + (self.end - self.start) * ((at - low) / (high - low) if high > low else 0.5)

    def ticks(self) -> list[float]:
        """Round values inside: powers of ten, or steps of 1, 2 or 5 times one."""
        if self.logarithmic:
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            return [10.0**power for power in powers if self.low <= 10.0**power <= self.high]
        step = _round_step((self.high - self.low) / 5)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


def apart(wanted: Sequence[float], gap: float) -> list[float]:
    """Heights for labels as near to the wanted ones as a gap between them allows, in the order of `wanted`.

    >>> apart([10, 12, 50], 14)
    [10, 24, 50]
    """
    placed = list(wanted)
    below = -math.inf
    for number in sorted(range(len(wanted)), key=lambda i: wanted[i]):
        placed[number] = below = max(wanted[number], below + gap)
    return placed


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
