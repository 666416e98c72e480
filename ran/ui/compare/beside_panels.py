"""The Compare page's panels: shared rows, maps on one scale, what two regions add together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ran.engine.turns import TURNS
from ran.errors import BadRequest
from ran.explain.heatmap import Heatmap
from ran.explain.maps.methods import METHODS
from ran.figures.dumbbells import MARKS, Axis, around, dumbbells
from ran.figures.evidence.pairs import pairs
from ran.figures.maps import CHANGE, Mapped, overlays, shared_scale
from ran.figures.numbers import TRACK_END, plain, signed, times, weight
from ran.prediction import Prediction
from ran.ui.compare.slots_chosen import LETTERS, Slot
from ran.ui.components.linked_pictures import Picture, decimals, linked_pictures
from ran.ui.shared.glossary import HELP_MU, HELP_NU, HELP_W
from ran.ui.shared.margin import HELP_MARGIN
from ran.ui.shared.scales import ColourBar, rising_bar, scale_line, signed_bar
from ran.ui.shared.settings.comparing import NO_MAP, CompareSettings
from ran.ui.shared.settings.widgets import key_of, seed_from
from ran.words import _, called, later

W, MU, NU = "w", "μ", "ν"
QUICK = tuple(name for name, method in METHODS.items() if not method.is_slow)
"""Maps of one backward pass: they are there with the answers."""
_HELP_WORTH = later(
    "What each region adds to the expression's logit when it comes, averaged over all orders in "
    "which the regions can come: exact Shapley values."
)
_HELP_MAPS = later(
    "Every slot's map is for the same target and on one scale; the change is another slot's map "
    "minus the first one's, where both show one face. Maps of many passes are on the Explain page."
)


def probabilities(slots: Sequence[Slot]) -> None:
    """Draw the probability of each expression that all slots' networks tell apart."""
    names = shared_classes(slots)
    with st.container(border=True, gap="xsmall"):
        st.markdown(_("**Probability of each expression**"))
        rows = [
            (name, [_of_class(slot.answer, slot.answer.probabilities, name) for slot in slots])
            for name in names
        ]
        st.html(
            _rows_of(slots, _("Probability of each expression"), rows, Axis(0.0, 1.0),
                     lambda value: f"{value:.2f}")
        )  # fmt: skip
        missing = [slot for slot in slots if len(slot.answer.classes) > len(names)]
        if missing:
            st.markdown(_(":small[:gray[Expressions that all of these networks tell apart.]]"))


def shared_classes(slots: Sequence[Slot]) -> list[str]:
    """Return the expressions that all slots' networks tell apart, in the first one's order."""
    return [
        name for name in slots[0].answer.classes
        if all(name in slot.answer.classes for slot in slots)
    ]  # fmt: skip


def shared_regions(slots: Sequence[Slot]) -> list[str]:
    """Return the regions that all slots have, in the first one's order; none of one alone."""
    found = [
        box.name for box in slots[0].answer.boxes
        if all(box.name in {other.name for other in slot.answer.boxes} for slot in slots)
    ]  # fmt: skip
    return found if len(found) > 1 else []


def attention(asked: CompareSettings, slots: Sequence[Slot]) -> None:
    """Draw w, mu or nu of each region that all slots have."""
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown(
                _("**Attention of each region**"), width="content",
                help="\n\n".join(map(_, (HELP_W, HELP_MU, HELP_NU))),
            )  # fmt: skip
            asked.attention = st.segmented_control(
                _("Attention"), [W, MU, NU], required=True, label_visibility="collapsed",
                key=seed_from(asked, "attention", "compare-attention"),
            ) or W  # fmt: skip
        with_crops = [slot for slot in slots if len(slot.answer.boxes) > 1]
        names = shared_regions(with_crops) if with_crops else []
        if not names:
            st.markdown(_nothing_shared(with_crops))
            return
        of: dict[str, Callable[[Prediction], NDArray[np.float32]]] = {
            W: lambda answer: answer.relative_weights,
            MU: lambda answer: answer.self_weights,
            NU: lambda answer: answer.relation_weights,
        }
        rows = [
            (name, [_of_region(slot.answer, of[asked.attention](slot.answer), name)
                    for slot in with_crops])
            for name in names
        ]  # fmt: skip
        title = _("{symbol} of each region").format(symbol=asked.attention)
        is_weight = asked.attention == W
        axis = (
            Axis(1 / TRACK_END, TRACK_END, 1.0, is_log=True) if is_weight else Axis(0.0, 1.0)
        )  # fmt: skip
        st.html(
            _rows_of(
                with_crops, title, rows, axis, times if is_weight else weight,
                digits=2 if is_weight else 3,
            )
        )  # fmt: skip
        if is_weight:
            st.markdown(
                _(
                    ":small[:gray[w against uniform, the line; from 1/{end:g} to {end:g} times on "
                    "a log scale.]]"
                ).format(end=TRACK_END)
            )
        _left_out(slots, with_crops)


def _left_out(slots: Sequence[Slot], drawn: Sequence[Slot]) -> None:
    left = [slot.letter for slot in slots if slot not in drawn]
    if left:
        st.markdown(
            _(":small[:gray[{letters}: a plain network has no crops to weigh.]]").format(
                letters=", ".join(left)
            )
        )


def _nothing_shared(with_crops: Sequence[Slot]) -> str:
    if not with_crops:
        return _(":gray[A plain network sees the whole face alone: there is nothing to weigh.]")
    return _(":gray[These networks cut the face into different regions: no row would compare.]")


def worth(slots: Sequence[Slot], target: str) -> None:
    """Draw what each region is worth to the target, and what two add together."""
    with_crops = [slot for slot in slots if len(slot.answer.boxes) > 1]
    names = shared_regions(with_crops) if with_crops else []
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _("**Worth of each region to {target}**, logits").format(target=called(target)),
            help=_(_HELP_WORTH),
        )
        if not names:
            st.markdown(_nothing_shared(with_crops))
            return
        values = {slot.letter: slot.engine.region_values(slot.scene) for slot in with_crops}

        def of(slot: Slot, name: str) -> float:
            place = slot.answer.classes.index(target)
            return _of_region(slot.answer, values[slot.letter].shapley[:, place], name)

        rows = [(name, [of(slot, name) for slot in with_crops]) for name in names]
        title = _("Shapley value of each region for {target}, logits").format(target=called(target))
        axis = around([value for _name, found in rows for value in found])
        st.html(_rows_of(with_crops, title, rows, axis, signed))
        _left_out(slots, with_crops)
        if all(len(slot.answer.boxes) == len(names) for slot in with_crops):
            folded = st.expander(
                _("What two regions add together"), key="compare-pairs", on_change="rerun"
            )
            if folded.open:
                with folded:
                    added = [
                        (slot.letter,
                         values[slot.letter].interactions[..., slot.answer.classes.index(target)])
                        for slot in with_crops
                    ]  # fmt: skip
                    st.html(pairs(names, added, title))


def margins(slots: Sequence[Slot]) -> None:
    """Draw the RB margin of each slot on one line, with alpha."""
    known = [slot for slot in slots if slot.answer.rb_margin is not None]
    if not known:
        return
    values = [float(slot.answer.rb_margin or 0.0) for slot in known]
    alpha = slots[0].answer.alpha
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _("**RB margin**") + r" $\mu_{max} - \mu_0$", help=_(HELP_MARGIN), width="content"
        )
        reach = around([*values, 0.0], alpha)
        st.html(
            _rows_of(known, _("RB margin"), [("RB margin", values)], reach,
                     lambda value: signed(value, 3), digits=3)
        )  # fmt: skip
        st.markdown(
            _(":small[:gray[Left of the line, α = {alpha:.3g}, the loss is above 0.]]").format(
                alpha=alpha
            )
        )


def ask_target(asked: CompareSettings, slots: Sequence[Slot]) -> str:
    """Ask for the map's method and the one target of all slots; return the target."""
    names = shared_classes(slots)
    if not names:
        raise BadRequest(
            _("These networks have no expression in common."),
            hint=_("Choose networks that share one."),
        )
    first = slots[0].answer.expression
    usual = first if first in names else names[0]
    asked.target = asked.target if asked.target in names else ""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked.target = st.selectbox(
            _("Target of all"), ["", *names], width=220,
            format_func=lambda name: called(name) if name
            else _("the first answer: {name}").format(name=called(usual)),
            key=seed_from(asked, "target", key_of("compare-target", *names)),
            help=_("What maps and worths are for: one expression for every slot."),
        )  # fmt: skip
        asked.method = st.selectbox(
            _("Map"), [NO_MAP, *QUICK], width=220,
            format_func=lambda name: _(METHODS[name].label) if name in METHODS else _(name),
            key=seed_from(asked, "method", "compare-method"),
        )  # fmt: skip
    return asked.target or usual


def maps(slots: Sequence[Slot], method: str, target: str) -> list[Heatmap]:
    """Draw every slot's map for one target on one scale, and what changes; return the maps."""
    if method == NO_MAP:
        return []
    with TURNS.quick():
        found = [slot.engine.explain(slot.scene, method, target) for slot in slots]
    signs = METHODS[method].is_signed
    mapped = [
        Mapped(slot.letter, slot.scene.hidden_pixels(), heatmap.values)
        for slot, heatmap in zip(slots, found, strict=True)
    ]
    changes = [place for place in range(1, len(slots)) if _compare(mapped, slots, place)]
    values = [one.values for one in mapped]
    values += [mapped[place].values - mapped[0].values for place in changes]
    scale = shared_scale(values)
    drawn = overlays(mapped, signed=signs, scale=scale, compare=False)
    pictures = [
        Picture(one.pixels, one.values, slot.letter, f"{slot.letter}: {slot.words}",
                f"{_(METHODS[method].label)}, {slot.letter}", one.signed)
        for one, slot in zip(drawn, slots, strict=True)
    ]  # fmt: skip
    for place in changes:
        pair = overlays([mapped[0], mapped[place]], signed=signs, scale=scale)
        words = _("{other} minus {first}").format(other=slots[place].letter, first=slots[0].letter)
        pictures.append(
            Picture(pair[-1].pixels, pair[-1].values, words,
                    _("{change}: {words}").format(change=_(CHANGE), words=words), words, True)
        )  # fmt: skip
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _("**{method} for {target}**").format(
                method=_(METHODS[method].label), target=_(target)
            ),
            help=_(_HELP_MAPS),
        )
        digits = decimals(scale.full)
        sizes = {picture.values.shape for picture in pictures}
        if len(sizes) > 1:
            st.markdown(
                _(":gray[These networks see faces of different sizes: their maps do not compare.]")
            )
            return found
        linked_pictures(
            "compare-maps", pictures, digits=digits, most=3,
            label=_("{method} of {letters}").format(
                method=_(METHODS[method].label), letters=", ".join(_letters(slots))
            ),
        )  # fmt: skip
        full = plain(scale.full, digits)
        low = signed(-scale.full, digits)
        bars: list[str | ColourBar] = [signed_bar(low, full) if signs else rising_bar("0", full)]
        if changes and not signs:
            bars += [_("change"), signed_bar(low, full)]
        scale_line(*bars, *([] if changes else [_no_change(slots)]))
    return found


def _compare(mapped: Sequence[Mapped], slots: Sequence[Slot], place: int) -> bool:
    """Return whether a slot's map can be subtracted from the first one's: of one face, one size."""
    first, other = slots[0], slots[place]
    return (
        mapped[0].values.shape == mapped[place].values.shape
        and first.scene.face.digest == other.scene.face.digest
    )


def _no_change(slots: Sequence[Slot]) -> str:
    return "" if len(slots) < 2 else _("different faces: no change is drawn")


def _rows_of(
    slots: Sequence[Slot],
    title: str,
    rows: Sequence[tuple[str, Sequence[float]]],
    axis: Axis,
    text: Callable[[float], str],
    *,
    digits: int | None = 2,
) -> str:
    """Return rows of dumbbells, each slot under its letter and its own mark."""
    marks = [MARKS[LETTERS.index(slot.letter)] for slot in slots]
    return dumbbells(title, _letters(slots), rows, axis, text, marks=marks, digits=digits)


def _letters(slots: Sequence[Slot]) -> list[str]:
    return [slot.letter for slot in slots]


def _of_class(answer: Prediction, values: NDArray[np.float32], name: str) -> float:
    return float(values[answer.classes.index(name)])


def _of_region(answer: Prediction, values: NDArray[np.float32], name: str) -> float:
    return float(values[[box.name for box in answer.boxes].index(name)])
