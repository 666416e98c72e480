"""What the pages' own measures do on many faces, from the card: whether what they say holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from ran import figures
from ran.explain.maps.methods import METHODS
from ran.explain.regions.controls import CONTROLS, LEARNT
from ran.explain.trust.usual import Usual
from ran.figures import signed
from ran.figures.evidence.falls import under_covers
from ran.figures.evidence.taken_for import confusion_matrix
from ran.net.card import Card
from ran.study.evaluation.published import LIST_NAMES
from ran.study.evidence.ranking import BINS
from ran.ui.shared import panels
from ran.ui.shared.outside import escaped
from ran.ui.shared.settings.widgets import key_of
from ran.words import _, called, later

_Table = Mapping[str, Mapping[str, float | None]]
FEWEST = 100
"""Regions that a share is told of."""
_UNKNOWN = "\N{EN DASH}"
_OTHER_LISTS = {"photographs": later("As photographs")}


def taken_for(card: Card) -> tuple[list[str], list[list[int]]] | None:
    """Return the classes and what is taken for what on the test list, if the card has it."""
    table = card.evidence.get("confusion")
    if not table or any(list(row) != list(table) for row in table.values()):
        return None
    return list(table), [[int(value or 0) for value in row.values()] for row in table.values()]


def confusion(card: Card) -> None:
    """Draw what is taken for what on the test list, and what accuracy leaves out of each list."""
    table, lists = taken_for(card), card.evidence.get("lists")
    if table is None or not lists:
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _("**What is taken for what**"),
            help=_(
                "The test list: a row is what most of ten people chose, a column what the network "
                "answered. Numbers are faces; the shade is their share of the row. "
                "`python -m ran evidence --measure answers`"
            ),
        )
        st.html(confusion_matrix(*table))
        heads = ("", _("accuracy"), _("balanced"), _("macro F1"), _("commonest class"))
        rows = [
            (_listed(name), *(_percent(row[key])
                              for key in ("accuracy", "balanced", "macro_f1", "majority")))
            for name, row in lists.items()
        ]  # fmt: skip
        panels.columns(heads, rows, _("What accuracy leaves out"))
        st.markdown(
            _(
                ":small[:gray[Balanced: the mean over expressions of the share answered rightly. "
                "Commonest class: what answering it always would reach.]]"
            )
        )


def probabilities(card: Card) -> None:
    """Draw what a probability stands for, and how well, list by list."""
    table = card.evidence.get("calibration")
    if not table:
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _("**What a probability means**"),
            help=_(
                "softmax(z / T). T = {temperature:.2f} was fitted to the votes of FER2013Valid: "
                "{meaning} The expected calibration error is the mean distance between the two, "
                "over 15 bins of probability (Guo et al. 2017, arXiv:1706.04599). As photographs: "
                "the test list on larger canvases, of the faces that are found there."
            ).format(
                temperature=card.temperature,
                meaning=_(
                    "a probability stands for the share of raters who would say so, not for the "
                    "chance that most of them would."
                ),
            ),
        )
        heads = ("", _("mean probability of the answer"), _("raters who chose it"),
                 _("error against raters"), _("against the label"))  # fmt: skip
        rows = [
            (_listed(name), *(_percent(row[key])
                              for key in ("sure", "raters", "ece_raters", "ece_answer")))
            for name, row in table.items()
        ]  # fmt: skip
        panels.columns(heads, rows, _("What a probability means, list by list"))


def covers(card: Card) -> None:
    """Draw what mu, nu and w of a region do when a part of it is hidden."""
    found = _by_layout(card)
    if not found:
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _("**What a cover does to μ, ν and w**"),
            help=_(
                "Every region of FER2013Valid's faces, clean and under the cover of covered list "
                "1, by how much of the region is hidden: in how many of them each weight falls. "
                "At 50 % it is a coin. `python -m ran evidence --measure attention`"
            ),
        )
        st.plotly_chart(
            under_covers(found, panels.theme()), theme=None, config=figures.CONFIG,
            alt=_("In how many regions each weight falls, by how much of the region is hidden"),
        )  # fmt: skip
        said = []
        for kind, rows in found.items():
            hidden, row = list(rows.items())[-1]
            falls = {name: 100 * (row[f"{name}_falls"] or 0.0) for name in ("w", "mu", "nu")}
            said.append(
                _(
                    "{kind} crops, {hidden} hidden: w falls in {w:.0f} % of the regions, μ in "
                    "{mu:.0f} %, ν in {nu:.0f} %"
                ).format(
                    kind=called(kind), hidden=hidden, w=falls["w"], mu=falls["mu"], nu=falls["nu"]
                )
            )
        st.markdown(f":small[:gray[{'; '.join(said)}.]]")


def ranks(card: Card) -> None:
    """Draw how attention ranks regions beside their worth, and one order for all faces does."""
    table = card.evidence.get("ranks")
    if not table:
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _("**Does w rank regions as they count?**"),
            help=_(
                "Spearman's correlation with the exact Shapley values of the class that is "
                "answered, mean over {faces:,.0f} faces of FER2013Valid. One fixed order, that of "
                "the mean w, knows nothing of the face: what w knows is what it has beyond."
            ).format(faces=max(row["n"] or 0 for row in table.values())),
        )
        heads = ("", "w", _("mean w, the same for all"), "μ", "ν", _("spread of ln μ, ln ν"))
        rows = [
            (_(name), *(_signed(row[key]) for key in ("rho", "rho_mean_w", "rho_mu", "rho_nu")),
             f"{row['mu_spread'] or 0:.2f}, {row['nu_spread'] or 0:.2f}")
            for name, row in table.items()
        ]  # fmt: skip
        panels.columns(heads, rows, _("Rank correlation with the regions' worth"))
        margins = card.evidence.get("margins", {})
        if margins:
            st.markdown(f":small[:gray[{_margins(margins)}]]")


def _margins(table: _Table) -> str:
    """Return in words whether the RB margin has anything to do with the answer."""
    said = "; ".join(
        f"{escaped(_(name))} {_signed(row['rho'])} ({_signed(row['low'])} to "
        f"{_signed(row['high'])})"
        for name, row in table.items()
    )
    return _(
        "The RB margin against the probability of the label, Spearman with its 95 % interval: "
        "{said}."
    ).format(said=said)


def measures(card: Card) -> None:
    """Draw, folded, how often the pages' other measures speak and are wrong."""
    offered: dict[str, tuple[str, Callable[[_Table], None]]] = {
        "controls": (later("Other weights in place of w, on the test lists"), _controls),
        "leaving": (later("How often attention is said to leave a cover"), _leaving),
        "badges": (later("What the badges of maps usually say"), partial(_badges, card)),
        "turned": (later("Turned faces beside turned heads"), _turned),
    }
    for name, (title, draw) in offered.items():
        table = card.evidence.get(name)
        if not table:
            continue
        place = st.expander(_(title), key=key_of("evidence", name), on_change="rerun")
        if place.open:
            with place:
                draw(table)


def _controls(table: _Table) -> None:
    """Draw accuracy under each control, list by list, a table a layout."""
    kinds = dict.fromkeys(name.partition(", ")[0] for name in table)
    for kind in kinds:
        lists = [name for name in LIST_NAMES if f"{kind}, {name}" in table]
        if not lists:  # a visitor's card may name anything
            continue
        rows = [
            (called(control), *(_under(table[f"{kind}, {name}"], control) for name in lists))
            for control in CONTROLS
        ]
        heads = (_("{kind} crops").format(kind=escaped(called(kind))), *map(_listed, lists))
        panels.columns(
            heads, rows, _("Accuracy with other weights, {kind} crops").format(kind=called(kind))
        )
    st.markdown(
        _(
            ":small[:gray[Accuracy, the difference to the learnt weights in points, and p of an "
            "exact McNemar test, two-sided. Mean w and other faces are of the same list.]]"
        )
    )


def _under(row: Mapping[str, float | None], control: str) -> str:
    """Return a control's accuracy on a list, with what it costs and its p."""
    found, own, p = row[control], row[LEARNT], row.get(f"{control}, p")
    if found is None or own is None or p is None:
        return _percent(found)
    said = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    return f"{_percent(found)} ({signed(100 * (found - own), 1)}, {said})"


def _leaving(table: _Table) -> None:
    heads = (_("cover, fill"), _("faces"), _("yes"), _("no, it came"), _("cannot tell"),
             _("mean change"))  # fmt: skip
    rows = [
        (_(name), f"{row['n'] or 0:.0f}",
         *(_percent(row[key], 0) for key in ("left", "came", "cannot_tell")),
         _("{points} points").format(points=signed(row["points"] or 0.0, 1)))
        for name, row in table.items()
    ]  # fmt: skip
    panels.columns(heads, rows, _("What is said of covers"))
    st.markdown(
        _(
            ":small[:gray[Faces of FER2013Valid. Where nothing is hidden and values move by two "
            "grey levels, yes and no are false alarms.]]"
        )
    )


def _badges(card: Card, table: _Table) -> None:
    heads = (_("method"), _("insertion − deletion"), _("beats the centre"), _("infidelity"),
             _("max-sensitivity"), _("randomised: flagged"), _("…if untrained"))  # fmt: skip
    rows = []
    for name, row in table.items():
        usual = Usual.of(card, name)
        label = METHODS[name].label if name in METHODS else name
        rows.append(
            (_(label), _range(usual, "insertion"), _percent(row["better"], 0),
             _range(usual, "infidelity"), _range(usual, "sensitivity"),
             _percent(row["alarms"], 0),
             _percent(row["caught"], 0) + ("" if usual.tells_apart else _(", no badge")))
        )  # fmt: skip
    panels.columns(heads, rows, _("What badges usually say"))
    st.markdown(
        _(
            ":small[:gray[From to: the middle 80 % of {faces:.0f} faces of FER2013Valid, their "
            "answer, against black. Randomised: a map is flagged where networks with redrawn "
            "parameters give much the same; where an untrained network is not flagged more "
            "often, the badge says nothing and is not drawn.]]"
        ).format(faces=max(row["n"] or 0 for row in table.values()))
    )


def _turned(table: _Table) -> None:
    heads = (_("faces"), _("how many"), _("accuracy"), _("answered as frontal"),
             _("w of the whole face"), _("RB margin"))  # fmt: skip
    rows = [
        (_(name), f"{row['n'] or 0:,.0f}", _percent(row["accuracy"]), _percent(row["same"], 0),
         f"{row['whole'] or 0:.2f}×", signed(row["margin"] or 0.0, 3))
        for name, row in table.items()
    ]  # fmt: skip
    panels.columns(heads, rows, _("Turned faces beside turned heads"))
    st.markdown(f":small[:gray[{turned_words(table)}]]")


def turned_words(table: _Table) -> str:
    """Return in words whether the network treats turned faces as photographs of turned heads."""
    frontal, made = (table.get(name, {}).get("whole") for name in ("frontal", "turned by 45°"))
    front, real = (
        table.get(f"list, {name}", {}).get("whole") for name in ("not above 30°", "> 45°")
    )
    if None in (frontal, made, front, real):
        return ""
    assert frontal is not None and made is not None and front is not None and real is not None
    said = _(
        "Turned by 45° here, the whole face's weight goes from {frontal:.2f} to {made:.2f} of "
        "uniform; from the list's frontal faces to its heads beyond 45° it goes from {front:.2f} "
        "to {real:.2f}."
    ).format(frontal=frontal, made=made, front=front, real=real)
    if (made - frontal) * (real - front) >= 0:
        return said
    return said + " " + _("The network does not take a turned face for a turned head.")


def _by_layout(card: Card) -> dict[str, dict[str, Mapping[str, float | None]]]:
    """Return the rows of each layout, by how much is hidden, of FEWEST regions and more.

    Of layouts and shares that there are: a card of a visitor's may name anything.
    """
    table = card.evidence.get("under_covers", {})
    found: dict[str, dict[str, Mapping[str, float | None]]] = {
        kind: {
            share: row
            for share in BINS
            if (row := table.get(f"{kind}, {share}")) is not None and (row["n"] or 0) >= FEWEST
        }
        for kind in card.trained_layouts
    }
    return {kind: rows for kind, rows in found.items() if rows}


def _listed(name: str) -> str:
    return called(LIST_NAMES.get(name, _OTHER_LISTS.get(name, name)))


def _percent(value: float | None, digits: int = 1) -> str:
    return _UNKNOWN if value is None else f"{100 * value:.{digits}f} %"


def _signed(value: float | None) -> str:
    return _UNKNOWN if value is None else signed(value)


def _range(usual: Usual, badge: str) -> str:
    between = usual.between(badge)
    return _UNKNOWN if between is None else f"{_plain(between[0])} to {_plain(between[1])}"


def _plain(value: float) -> str:
    return signed(value) if value < 0 else f"{value:.2f}"
