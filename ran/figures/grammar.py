"""What all figures share: colours, and changes in words.

Hollow dot = the first of what is compared, filled dot = the last, bar between = the change. Red and
blue mean higher and lower, nothing else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ran.figures.numbers import signed


@dataclass(frozen=True)
class Theme:
    """The colours of one theme, light or dark."""

    text: str
    muted: str
    grid: str
    panel: str
    before: str
    after: str
    up: str
    down: str
    warn: str
    loss_zone: str
    paper: str
    low: str
    even: str
    high: str
    weights: tuple[str, ...]
    """Of a weight against uniform, from a quarter to four times, evenly on a log scale."""


@dataclass(frozen=True)
class Moved:
    """A change in words, and which way it went: "up", "down" or "same"."""

    text: str
    way: str

    @staticmethod
    def by(value: float, digits: int = 2, unit: str = "") -> Moved:
        """Return a change, rounded after subtraction."""
        rounded = round(value, digits)
        way = "same" if rounded == 0 else "up" if rounded > 0 else "down"
        return Moved(f"{change(value, digits)}{unit}", way)


_LIGHT_WEIGHTS = ("#7B3294", "#C2A5CF", "#F0F0F0", "#A6DBA0", "#1B7837")
_DARK_WEIGHTS = ("#C79BD6", "#7A5C86", "#3A4145", "#5E8F68", "#7CC98D")
LIGHT = Theme("#1B2326", "#55605F", "#DCE2E0", "#F3F5F4", "#6B7775", "#0F766E", "#B2182B",
              "#2166AC", "#93430A", "#F6E7D3", "#FFFFFF", "#7B3294", "#DCE2E0", "#1B7837",
              _LIGHT_WEIGHTS)  # fmt: skip
DARK = Theme("#E6EBE9", "#A3AFAE", "#37424A", "#1C2327", "#A9B5B3", "#3DBFB2", "#F08A72",
             "#74AEE8", "#F2B65A", "#40321E", "#12171A", "#C79BD6", "#37424A", "#7CC98D",
             _DARK_WEIGHTS)  # fmt: skip
CONFIG = {"displayModeBar": False}


def saving(name: str) -> dict[str, Any]:
    """Return the settings of a chart with one button, which saves it as NAME.svg."""
    return {
        "displayModeBar": True,
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "svg", "filename": name},
    }


def change(value: float, digits: int = 2) -> str:
    """Return a signed change with its mark: ▲ +0.42, ▼ −0.60, ● ±0.00."""
    rounded = round(value, digits)
    return f"{'●' if rounded == 0 else '▲' if rounded > 0 else '▼'} {signed(value, digits)}"


def change_colour(value: float, theme: Theme, digits: int = 2) -> str:
    """Return the colour of a change: up, down, or muted for none."""
    rounded = round(value, digits)
    return theme.muted if rounded == 0 else theme.up if rounded > 0 else theme.down


def weight_colour(relative: float, theme: Theme) -> str:
    """Return the colour of a weight relative to uniform: purple below, green above, grey at 1."""
    steps = theme.weights
    place = (math.log(max(relative, 1e-9), 4) + 1) / 2 * (len(steps) - 1)
    low = min(len(steps) - 2, max(0, math.floor(place)))
    share = min(1.0, max(0.0, place - low))
    mixed = (
        round(
            (1 - share) * int(steps[low][k : k + 2], 16)
            + share * int(steps[low + 1][k : k + 2], 16)
        )
        for k in (1, 3, 5)
    )
    return "#" + "".join(f"{level:02X}" for level in mixed)


def ink_on(colour: str) -> str:
    """Return black or white, whichever is read better on a colour #RRGGBB (WCAG 2 luminance)."""
    linear = [
        share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4
        for share in (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) ** 2 > 0.05 * 1.05 else "#FFFFFF"
