"""Numbers as a visitor reads them: one way to write each kind, on every page."""

from __future__ import annotations

import math
from unicodedata import east_asian_width

MINUS = "\N{MINUS SIGN}"
_DIGITS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SATURATED = (0.005, 0.995)
"""Probabilities beyond these read 0.00 or 1.00 whatever happens: their logits stand beside them."""
TRACK_END = 8.0
"""The tracks of weights reach from an eighth to eight times uniform, for every face."""


def signed(value: float, digits: int = 2) -> str:
    """Return a number with its sign, a true minus, rounded: +0.42, −0.60, ±0.00."""
    rounded = round(value, digits)
    sign = "±" if rounded == 0 else "+" if rounded > 0 else MINUS
    return f"{sign}{abs(rounded):.{digits}f}"


def plain(value: float, digits: int = 2) -> str:
    """Return a number with a true minus, and no sign where it is above zero: 7.21, −0.60."""
    rounded = round(value, digits) + 0.0
    return f"{MINUS if rounded < 0 else ''}{abs(rounded):.{digits}f}"


def letters(text: str) -> int:
    """Return how many letters wide a text is: those of Korean and Chinese are as wide as two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def weight(value: float) -> str:
    """Return mu, nu or w with three decimals; a smaller one as 3.1 × 10⁻⁴, never as zero."""
    if value == 0 or value >= 0.0005:
        return f"{value:.3f}"
    digits, _, power = f"{value:.1e}".partition("e")
    return f"{digits} × 10{str(int(power)).translate(_DIGITS)}"


def times(relative: float) -> str:
    """Return a weight relative to uniform: 1.18×, 0.0042×, with two digits that count."""
    if relative == 0 or relative >= 0.095:
        return f"{relative:.2f}×"
    return f"{relative:.2g}×" if relative >= 0.0001 else f"{weight(relative)}×"


def on_track(relative: float) -> float:
    """Return where a weight relative to uniform stands on its log track, 0 to 100, uniform at 50.

    What lies beyond an end of the track stands at it.
    """
    if relative <= 0:
        return 0.0
    share = 0.5 + math.log(relative) / (2 * math.log(TRACK_END))
    return 100 * min(1.0, max(0.0, share))


def is_saturated(*probabilities: float) -> bool:
    """Say whether two decimals hide what a probability does."""
    low, high = SATURATED
    return any(value < low or value > high for value in probabilities)
