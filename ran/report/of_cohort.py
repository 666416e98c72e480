"""A cohort's report: what was answered of many faces, how attention is spread over the regions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ran.figures.cohort.weights import mean_weights
from ran.figures.evidence.card_told import USE
from ran.figures.grammar import LIGHT
from ran.figures.html import render
from ran.figures.paper.spread_drawn import spreads
from ran.net.card import Card
from ran.report.of_cards import evidence_parts, network_parts
from ran.report.sections import WIDTH, Part, Section, columns, pictured, versions, whole
from ran.study.cohort.rows import CLEAN, Row
from ran.words import _, as_written, later

MOST_GROUPS, MOST_MISSED = 12, 50
_SPREAD = later("Dot: median; bar: half of the faces; line: nine of ten.")


@dataclass(frozen=True, eq=False)
class Surveyed:
    """What a cohort's report tells.

    name: the cohort's. rows: in the columns of `ran cohort`, one at least. missed: pictures without
    a row and why. made: the network and what was asked, as the parts' metadata has it. card: the
    network's with its number of parameters, or None where it is not at hand.
    """

    name: str
    rows: Sequence[Row]
    missed: Sequence[tuple[str, str]]
    made: Mapping[str, Any]
    card: tuple[Card, int] | None


def cohort_report(told: Surveyed) -> str:
    """Return the report of a cohort as one file of HTML."""
    with as_written():  # as its figures are
        return _report(told)


def _report(told: Surveyed) -> str:
    covers = list(dict.fromkeys(row["cover"] for row in told.rows))
    pictures = len({row["path"] for row in told.rows})
    lead = [
        _(
            "{rows:,} rows of {pictures:,} pictures: {faces:,} faces, {covers}. {missed:,} "
            "pictures gave no face."
        ).format(
            rows=len(told.rows), pictures=pictures, faces=len({_face(row) for row in told.rows}),
            covers=_("clean and under {covers}").format(
                covers=", ".join(_(one) for one in covers if one != CLEAN))
            if len(covers) > 1 else _("as they are"),
            missed=len(told.missed),
        ),
        _(USE),
    ]  # fmt: skip
    sections = (
        Section("answers", _("What was answered"), tuple(_answers(told.rows, covers))),
        Section("attention", _("Where attention lies"), tuple(_attention(told.rows, covers))),
        Section("spreads", _("How it is spread"), tuple(_spreads(told.rows, covers)), beside=True),
        Section("missed", _("Pictures without a row"), tuple(_missed(told.missed))),
        Section("evidence", _("Is attention evidence?"), tuple(_evidence(told))),
        Section("network", _("The network"), tuple(_network(told))),
        Section("again", _("Computed with"), tuple(_again(told))),
    )
    title = _("Region attention of many faces: {name}").format(name=told.name)
    return whole(title, lead, sections, as_json(told))


def as_json(told: Surveyed) -> dict[str, Any]:
    """Return a cohort's numbers as plain values: by cover, counts and means."""
    found = {}
    for cover, rows in _by_cover(told.rows).items():
        numbers = [name for name in _columns(rows) if name.startswith(("p_", "w_", "mu_", "nu_"))]
        numbers += [name for name in ("rb_margin", "shift") if _values(rows, name)]
        found[cover] = {
            "rows": len(rows),
            "expressions": dict(Counter(row["expression"] for row in rows)),
            "means": {name: float(np.mean(_values(rows, name))) for name in numbers},
        }
    return {
        "covers": found, "missed": len(told.missed), "made": dict(told.made),
        "versions": versions(),
    }  # fmt: skip


def _by_cover(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["cover"], []).append(row)
    return found


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _values(rows: Sequence[Row], name: str) -> list[float]:
    return [float(row[name]) for row in rows if row.get(name) is not None]


def _face(row: Row) -> tuple[str, int]:
    return row["path"], row.get("face", 0)


def _called(cover: str) -> str:
    return _("nothing") if cover == CLEAN else _(cover)


def _answers(rows: Sequence[Row], covers: Sequence[str]) -> Iterable[Part]:
    by_cover = _by_cover(rows)
    classes = [name.removeprefix("p_") for name in _columns(rows) if name.startswith("p_")]
    counts = {cover: Counter(row["expression"] for row in by_cover[cover]) for cover in covers}
    table = [
        (
            _(name),
            *(_share(counts[cover][name], len(by_cover[cover])) for cover in covers),
        )
        for name in classes
    ]
    heads = (_("cover"), *(_called(cover) for cover in covers))
    yield Part(tables=(columns(heads, table, _("How many faces were answered so")),))
    if len(covers) > 1 and covers[0] == CLEAN:
        kept = []
        clean = {_face(row): row["expression"] for row in by_cover[CLEAN]}
        for cover in covers[1:]:
            same = [clean.get(_face(row)) == row["expression"]
                    for row in by_cover[cover]]  # fmt: skip
            kept.append((_called(cover), f"{100 * float(np.mean(same)):.1f} %"))
        words = _("The share of faces whose answer stays under a cover.")
        yield Part(
            words=words, tables=(columns((_("cover"), _("answer stays")), kept, words),)
        )  # fmt: skip


def _share(count: int, of: int) -> str:
    return f"{count:,} ({100 * count / of:.1f} %)"


def _attention(rows: Sequence[Row], covers: Sequence[str]) -> Iterable[Part]:
    regions = _regions(rows)
    if not regions:
        return
    by_cover = _by_cover(rows)
    groups = {_called(cover): by_cover[cover] for cover in covers}
    clean = by_cover.get(CLEAN, rows)
    by_answer = Counter(row["expression"] for row in clean).most_common()
    for name, _count in by_answer:
        groups[_("answered {name}").format(name=_(name))] = [
            row for row in clean if row["expression"] == name
        ]
    table = [(name, len(found), _relative(found, regions)) for name, found in groups.items()]
    words = _(
        "The mean weight of each region against uniform (1), by what hides the face, and of the "
        "faces as they are by their answer."
    )
    names = [_(name) for name in regions]
    yield Part(words=words, tables=(mean_weights(names, table, LIGHT),))


def _regions(rows: Sequence[Row]) -> list[str]:
    names = [name.removeprefix("w_") for name in _columns(rows) if name.startswith("w_")]
    return names if len(names) > 1 else []


def _relative(rows: Sequence[Row], regions: Sequence[str]) -> list[float]:
    return [
        len(regions) * float(np.mean(_values(rows, f"w_{name}") or [np.nan])) for name in regions
    ]


def _spreads(rows: Sequence[Row], covers: Sequence[str]) -> Iterable[Part]:
    by_cover = _by_cover(rows)
    clean = by_cover.get(CLEAN, rows)
    regions = _regions(rows)
    if regions:
        found = [
            (name, [len(regions) * max(value, 1e-9) for value in _values(clean, f"w_{name}")])
            for name in regions
        ]
        yield from _spread(found, _("w against uniform, of faces as they are"), 1.0, is_log=True)
    sure = {
        _called(cover): [
            max(float(value) for name, value in row.items() if name.startswith("p_"))
            for row in by_cover[cover]
        ]
        for cover in covers
    }
    yield from _spread(list(sure.items()), _("probability of the answer, by cover"), None)
    for column, words, unit in (
        ("rb_margin", _("RB margin, by cover"), 1),
        ("shift", _("attention on the cover, change in points"), 100),
    ):
        of_cover = [
            (_called(cover), [unit * value for value in _values(by_cover[cover], column)])
            for cover in covers
        ]
        yield from _spread(of_cover, words, 0.0)


def _spread(
    rows: Sequence[tuple[str, Sequence[float]]], title: str, line: float | None, *,
    is_log: bool = False,
) -> Iterable[Part]:  # fmt: skip
    rows = [one for one in rows if len(one[1])][:MOST_GROUPS]
    if rows:
        draw = partial(spreads, rows, title, width=WIDTH, line=line, is_log=is_log)
        words = f"{title[:1].upper()}{title[1:]}. {_(_SPREAD)}"
        yield pictured(draw, words)


def _missed(missed: Sequence[tuple[str, str]]) -> Iterable[Part]:
    if missed:
        rows = list(missed[:MOST_MISSED])
        words = (
            _("The first {count} of {all:,}.").format(count=len(rows), all=len(missed))
            if len(missed) > len(rows) else ""
        )  # fmt: skip
        table = render(
            "columns", heads=(_("picture"), _("why")), rows=rows, name=_("Pictures without a row"),
            kind="words",
        )  # fmt: skip
        yield Part(words=words, tables=(table,))


def _evidence(told: Surveyed) -> Iterable[Part]:
    return () if told.card is None else evidence_parts([told.card])


def _network(told: Surveyed) -> Iterable[Part]:
    if told.card is not None:
        yield from network_parts([told.card])
        return
    words = _(
        "{name}, SHA-256 {sha256}. Its card was not at hand: give `--checkpoint` to put it here."
    ).format(name=told.made.get("checkpoint", ""), sha256=told.made.get("sha256", ""))
    yield Part(words=words)


def _again(told: Surveyed) -> Iterable[Part]:
    rows = {**told.made.get("conditions", {}), **versions()}
    yield Part(tables=(render("table", rows=rows, name=_("Device, precision and releases")),))
    if "wanted" in told.made:
        yield Part(_("What was asked"), text=json.dumps(told.made["wanted"], indent=2))
