"""What a card says of many faces, as tables in Markdown: those of docs/evidence.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ran.explain.trust.usual import Usual
from ran.net.card import Card

_Row = Mapping[str, float | None]
_Cell = Callable[[_Row], str]


def _share(name: str, digits: int = 1) -> _Cell:
    return lambda row: "–" if row[name] is None else f"{100 * (row[name] or 0.0):.{digits}f} %"


def _signed(name: str, digits: int = 2) -> _Cell:
    return lambda row: "–" if row[name] is None else _minus(f"{row[name]:+.{digits}f}")


def _plain(name: str, digits: int = 2) -> _Cell:
    return lambda row: "–" if row[name] is None else _minus(f"{row[name]:.{digits}f}")


def _count(row: _Row) -> str:
    return f"{row['n']:,.0f}"


def _between(name: str) -> _Cell:
    def cell(row: _Row) -> str:
        found = Usual(row).between(name)
        return "–" if found is None else _minus(f"{found[0]:.2f} to {found[1]:.2f}")

    return cell


def _minus(text: str) -> str:
    return text.replace("-", "−")


def _weight(name: str) -> _Cell:
    def cell(row: _Row) -> str:
        return f"{100 * (row[f'{name}_falls'] or 0.0):.0f} % ({_signed(name, 3)(row)})"

    return cell


_TABLES: dict[str, tuple[tuple[str, _Cell], ...]] = {
    "lists": (
        ("faces", _count), ("accuracy", _share("accuracy")), ("balanced", _share("balanced")),
        ("macro F1", _share("macro_f1")), ("commonest class", _share("majority")),
    ),
    "calibration": (
        ("mean probability of the answer", _share("sure")),
        ("raters who chose it", _share("raters")),
        ("error against raters", _share("ece_raters")),
        ("against the label", _share("ece_answer")),
        ("without T: against raters", _share("ece_raters_t1")),
        ("against the label, without T", _share("ece_answer_t1")),
    ),
    "ranks": (
        ("faces", _count), ("w", _signed("rho")), ("mean w, for all", _signed("rho_mean_w")),
        ("μ", _signed("rho_mu")), ("ν", _signed("rho_nu")),
        ("variance of ln μ", _plain("mu_spread", 3)), ("of ln ν", _plain("nu_spread")),
    ),
    "margins": (
        ("faces", _count), ("reach α", _share("reaches")), ("ρ", _signed("rho")),
        ("from", _signed("low")), ("to", _signed("high")),
    ),
    "under_covers": (
        ("regions", _count), ("w falls in", _weight("w")), ("μ", _weight("mu")),
        ("ν", _weight("nu")),
    ),
    "leaving": (
        ("faces", _count), ("yes", _share("left", 0)), ("no, it came", _share("came", 0)),
        ("cannot tell", _share("cannot_tell", 0)), ("mean change, points", _signed("points", 1)),
    ),
    "badges": (
        ("insertion − deletion", _between("insertion")), ("beats the centre", _share("better", 0)),
        ("infidelity", _between("infidelity")), ("tells more", _share("tells_more", 0)),
        ("max-sensitivity", _between("sensitivity")), ("gap", _between("gap")),
        ("flagged", _share("alarms", 0)), ("flagged, untrained", _share("caught", 0)),
        ("badge", lambda row: "yes" if Usual(row).tells_apart else "no"),
    ),
    "turned": (
        ("faces", _count), ("accuracy", _share("accuracy")),
        ("answered as frontal", _share("same", 0)), ("whole face, × uniform", _plain("whole")),
        ("RB margin", _signed("margin", 3)),
    ),
}  # fmt: skip


def tables(card: Card) -> dict[str, str]:
    """Return each measure of a card as a table in Markdown, by its name; none it has not."""
    found = {
        name: _table(["", *(head for head, _cell in columns)],
                     [[row_name, *(cell(row) for _head, cell in columns)]
                      for row_name, row in card.evidence[name].items()])
        for name, columns in _TABLES.items()
        if name in card.evidence
    }  # fmt: skip
    if "controls" in card.evidence:
        found["controls"] = _controls(card.evidence["controls"])
    if "confusion" in card.evidence:
        counts = card.evidence["confusion"]
        found["confusion"] = _table(
            ["labelled, answered", *counts],
            [[label, *(f"{value or 0:.0f}" for value in row.values())]
             for label, row in counts.items()],
        )  # fmt: skip
    return found


def _controls(rows: Mapping[str, _Row]) -> str:
    """Return accuracy under each control, a row a control and layout, a column a list."""
    kinds, lists = (list(dict.fromkeys(part)) for part in zip(*(name.split(", ") for name in rows),
                                                              strict=True))  # fmt: skip

    def cell(row: _Row, control: str) -> str:
        p = row.get(f"{control}, p")
        found, own = row[control] or 0.0, row["learnt"] or 0.0
        said = f"{100 * found:.1f} %"
        if p is None:
            return said
        small = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
        return f"{said} ({_minus(f'{100 * (found - own):+.1f}')}, {small})"

    controls = [name for name in next(iter(rows.values())) if name != "n" and ", p" not in name]
    return _table(
        ["", *lists],
        [[f"{kind}: {control}", *(cell(rows[f"{kind}, {name}"], control) for name in lists)]
         for kind in kinds for control in controls],
    )  # fmt: skip


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
