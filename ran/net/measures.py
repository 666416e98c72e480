"""What a card says of the pages' own measures: names, and the range of each number.

`python -m ran evidence` writes it (ran.study.evidence); a page shows it beside what it says of one
face. Each measure is a table, a row by what was asked; a number that is not known is null.
"""

from __future__ import annotations

from typing import Any

Evidence = dict[str, dict[str, dict[str, float | None]]]
_SHARE, _COUNT, _RHO = (0.0, 1.0), (0.0, 1e9), (-1.0, 1.0)
_ANY = (-1e9, 1e9)
_CONTROLS = (
    "another face", "mean", "uniform", "mu only", "nu only", "reversed", "whole face alone",
    "without the whole face",
)  # fmt: skip
LONGEST_ROW, MOST_ROWS = 60, 40
"""Letters of a row's name, and rows of a table."""


def _quantiles(*names: str) -> dict[str, tuple[float, float]]:
    return {f"{name}_{where}": _ANY for name in names for where in ("low", "middle", "high")}


MEASURES: dict[str, dict[str, tuple[float, float]] | None] = {
    "lists": {
        "n": _COUNT,
        **dict.fromkeys(("accuracy", "low", "high", "balanced", "macro_f1", "majority"), _SHARE),
    },
    "confusion": None,
    "mean_w": None,
    "ranks": {
        "n": _COUNT, "rho": _RHO, "rho_mean_w": _RHO, "rho_mu": _RHO, "rho_nu": _RHO,
        "mu_spread": _ANY, "nu_spread": _ANY,
    },
    "margins": {"n": _COUNT, "reaches": _SHARE, "rho": _RHO, "low": _RHO, "high": _RHO},
    "under_covers": {
        "n": _COUNT,
        **dict.fromkeys(("mu", "nu", "w"), _ANY),
        **dict.fromkeys(("mu_falls", "nu_falls", "w_falls"), _SHARE),
    },
    "leaving": {
        "n": _COUNT, "left": _SHARE, "came": _SHARE, "cannot_tell": _SHARE, "points": _ANY,
    },
    "controls": {
        "n": _COUNT,
        "learnt": _SHARE,
        **{f"{name}{end}": _SHARE for name in _CONTROLS for end in ("", ", p")},
    },
    "calibration": {
        "n": _COUNT,
        **dict.fromkeys(
            ("raters", "sure", "sure_t1", "ece_answer", "ece_answer_t1", "ece_raters",
             "ece_raters_t1"), _SHARE,
        ),
    },
    "badges": {
        "n": _COUNT,
        **dict.fromkeys(
            ("alarms", "caught", "unknown", "unknown_redrawn", "better", "tells_more"), _SHARE
        ),
        **_quantiles("insertion", "infidelity", "sensitivity", "gap"),
    },
    "fast": {"n": _COUNT, **dict.fromkeys(("agreement", "accuracy", "accuracy_fp32"), _SHARE)},
    "turned": {
        "n": _COUNT, "accuracy": _SHARE, "same": _SHARE, "whole": _ANY, "margin": _RHO,
    },
}  # fmt: skip
"""By measure, the columns of its table and from what to what each may go.

None: its columns are names of the network's own, classes or regions, and its numbers not negative.
"""


def is_evidence(value: Any) -> bool:
    """Say whether a value is Evidence: known measures, rows of a name each, numbers in range."""
    return isinstance(value, dict) and all(
        name in MEASURES and _is_table(table, MEASURES[name]) for name, table in value.items()
    )


def _is_table(table: Any, columns: dict[str, tuple[float, float]] | None) -> bool:
    return (
        isinstance(table, dict)
        and len(table) <= MOST_ROWS
        and all(_is_name(name) and _is_row(row, columns) for name, row in table.items())
    )


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and name.isprintable() and 1 <= len(name) <= LONGEST_ROW


def _is_row(row: Any, columns: dict[str, tuple[float, float]] | None) -> bool:
    if columns is None and isinstance(row, dict) and len(row) <= MOST_ROWS:
        columns = {name: _COUNT for name in row if _is_name(name)}
    return (
        isinstance(row, dict)
        and columns is not None
        and set(row) == set(columns)
        and all(_is_known(row[name], *limits) for name, limits in columns.items())
    )


def _is_known(value: Any, low: float, high: float) -> bool:
    if value is None:
        return True
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and low <= value <= high  # nothing is true of NaN
