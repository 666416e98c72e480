"""The Explain page's regions: what attention says beside what each region was worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ran import figures
from ran.engine import Engine
from ran.explain.regions.shapley import RegionValues
from ran.explain.trust.ranks import least_significant, spearman
from ran.figures import signed
from ran.figures.evidence.pairs import pairs
from ran.figures.evidence.worths import Panel, side_by_side
from ran.prediction import Prediction
from ran.shown import Shown
from ran.ui.shared import panels
from ran.ui.shared.glossary import HELP_MU, HELP_NU, HELP_W
from ran.ui.shared.margin import nearly_constant
from ran.ui.shared.settings.widgets import key_of, seed
from ran.words import _, called, later

W, MU, NU = "w", "μ", "ν"
SHAPLEY, LEFT_OUT = later("Shapley value"), later("Leave-one-out")
_NUMBERS = (
    later("no"), later("one"), later("two"), later("three"), later("four"), later("five"),
    later("six"), later("seven"), later("eight"), later("nine"), later("ten"), later("eleven"),
    later("twelve"),
)  # fmt: skip
_SIZE = "|\N{WORD JOINER}ρ\N{WORD JOINER}|"
_HELP = later(
    "Left: how much attention each region gets. Right: what it was worth to the class, in logits. "
    "The Shapley value is what a region adds when it comes, averaged over all orders in which the "
    "regions can come; exact, over all sets of regions. Leave-one-out is the logit of all regions "
    "minus that of all but this one. Where both panels put the regions in the same order, the "
    "attention tells for this face what counted."
)

_HELP_PAIRS = later(
    "The Shapley interaction index: what two regions add when both come, beyond what each adds "
    "alone, averaged over all orders; exact, over all sets of regions. Above 0 they complete each "
    "other, below 0 one tells what the other has told already. Colours of all faces are on one "
    "scale."
)


@dataclass(frozen=True, eq=False)
class Worth:
    """What the regions of a face were worth to its answer."""

    shown: Shown
    values: RegionValues

    @property
    def face(self) -> str:
        """Return the name of the face."""
        return self.shown.name

    @property
    def answer(self) -> Prediction:
        """Return the answer to it."""
        return self.shown.answer

    def attention(self, kind: str) -> NDArray[np.float32]:
        """Return w relative to uniform, mu or nu, f32[R]."""
        if kind == W:
            return self.answer.relative_weights
        return self.answer.self_weights if kind == MU else self.answer.relation_weights

    def worth(self, kind: str, name: str) -> NDArray[np.float32]:
        """Return each region's worth to the class of this name, f32[R] in logits."""
        values = self.values.shapley if kind == SHAPLEY else self.values.leave_one_out
        return values[:, self.answer.classes.index(name)]

    def interactions(self, name: str) -> NDArray[np.float32]:
        """Return what every two regions add together to the class, f32[R, R] in logits."""
        return self.values.interactions[..., self.answer.classes.index(name)]


def worths(engine: Engine, shown: Sequence[Shown]) -> tuple[Worth, ...]:
    """Return what the regions of each face are worth.

    Raises:
        BadRequest: if there are more regions than can be answered exactly.
    """
    return tuple(Worth(one, engine.region_values(one.scene)) for one in shown)


def beside(found: Sequence[Worth], about: str, mean: Mapping[str, float] | None = None) -> None:
    """Draw attention beside worth for a face and, if there are two, for the other on top.

    Args:
        found: one or two faces, that which the other is compared with first.
        about: the class that is shown until another is chosen.
        mean: the mean weights of many faces by region, where they are known: one fixed order.
    """
    colours = panels.theme()
    classes = found[0].answer.classes
    names = [called(box.name) for box in found[0].answer.boxes]
    with st.container(border=True, gap="small"):
        st.markdown(
            _("**Is the attention an explanation, for this face?**"),
            help="\n\n".join(map(_, (_HELP, HELP_MU, HELP_NU, HELP_W))),
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            attention = st.segmented_control(
                _("Attention"), [W, MU, NU], key=seed("explain-attention", W), required=True
            ) or W  # fmt: skip
            worth = (
                st.segmented_control(
                    _("Worth"),
                    [SHAPLEY, LEFT_OUT],
                    format_func=_,
                    key=seed("explain-worth", SHAPLEY),
                    required=True,
                )
                or SHAPLEY
            )
            name = st.selectbox(
                _("Class"), classes, format_func=called, width=150,
                key=seed(key_of("explain-class", about), about),
            )  # fmt: skip
        panels.key_line([one.face for one in found])
        st.plotly_chart(
            side_by_side(names, _panels(found, attention, worth, name), colours),
            theme=None,
            config=figures.saving("ran-regions"),
            alt=_("{attention} of each region beside its {worth} for {name}").format(
                attention=attention, worth=_(worth).lower(), name=called(name)
            ),
        )
        st.markdown(agreement(found, attention, worth, name))
        if attention == W and mean is not None:
            st.markdown(fixed_order(found, mean, worth, name))
        if found[-1].answer.is_mu_nearly_constant:
            st.markdown(f":gray[{nearly_constant(found[-1].shown)}]")
        if len(names) > 1:
            _pairs(found, names, name)
        folded = st.expander(_("Every number"), key="numbers", on_change="rerun")
        if folded.open:
            with folded:
                _numbers(found, name)


def _pairs(found: Sequence[Worth], names: Sequence[str], name: str) -> None:
    """Draw what every two regions add together to the class of this name."""
    title = _("What two regions add together to {name}, in logits").format(name=called(name))
    st.markdown(f"**{title}**", help=_(_HELP_PAIRS))
    values = [(one.face, one.interactions(name)) for one in found]
    st.html(pairs(names, values, title))


def _panels(found: Sequence[Worth], attention: str, worth: str, name: str) -> tuple[Panel, Panel]:
    left = [(called(one.face), one.attention(attention).tolist()) for one in found]
    right = [(called(one.face), one.worth(worth, name).tolist()) for one in found]
    if attention == W:
        weights = Panel(_("w, × uniform"), _("weight"), left, 1.0, "1×", _(" × uniform"), 2, "×")
    else:
        middle = float(np.mean(left[0][1]))
        weights = Panel(
            _("{attention}, line at the mean").format(attention=attention),
            attention,
            left,
            middle,
            f"{middle:.3f}",
            digits=3,
        )
    title = _("Shapley, logits") if worth == SHAPLEY else _("left out, logits")
    return weights, Panel(title, _(worth).lower(), right, 0.0, "0", _(" logits"))


def agreement(found: Sequence[Worth], attention: str, worth: str, name: str) -> str:
    """Return in words how far the order of attention is the order of worth, and what chance is."""
    count = len(found[0].answer.boxes)
    least = least_significant(count)
    said = []
    for one in found:
        rho = spearman(one.attention(attention), one.worth(worth, name))
        if rho is None:
            said.append(_("{face}: no order, all regions are equal").format(face=called(one.face)))
            continue
        chance = (
            _("can be chance") if least is None or abs(rho) < least - 1e-9 else _("beyond chance")
        )
        said.append(f"**ρ = {signed(rho)}** {called(one.face)}, {chance}")
    over = _("Rank agreement (Spearman) over {count} regions: {said}.").format(
        count=_word(count), said="; ".join(said)
    )
    if least is None:
        limit = _(
            "With {count} regions even a perfect order can be chance at the 5 % level."
        ).format(count=_word(count))
    else:
        limit = _("below {least:.2f} can be chance at the 5 % level.").format(least=least)
        limit = _("With {count} regions, {size} {limit}").format(
            count=_word(count), size=_SIZE, limit=limit
        )
    return f"{over} :gray[{limit}]"


def fixed_order(found: Sequence[Worth], mean: Mapping[str, float], worth: str, name: str) -> str:
    """Return in words how far one order for all faces, that of the mean w, is the order of worth.

    What attention knows of a face is what its own order has beyond that.
    """
    said = []
    for one in found:
        weights = [mean[box.name] for box in one.answer.boxes]
        rho = spearman(weights, one.worth(worth, name))
        if rho is not None:
            said.append(f"ρ = {signed(rho)} {called(one.face)}")
    return _(
        ":gray[The mean w of FER2013Valid, one fixed order for all faces, reaches {said}: what "
        "attention tells of this face is what it has beyond that.]"
    ).format(said=", ".join(said) or _("no order"))


def _numbers(found: Sequence[Worth], name: str) -> None:
    """Draw every number of the panels as a table, a row a region and face."""
    heads = ("", _("face"), "w", "μ", "ν", "Shapley", _("left out"))
    panels.columns(
        heads, _rows(found, name), _("Regions, for {name}").format(name=called(name)), kind="words"
    )


def _rows(found: Sequence[Worth], name: str) -> list[tuple[str, ...]]:
    return [
        (
            called(box.name),
            called(one.face),
            f"{one.attention(W)[index]:.2f}×",
            figures.weight(float(one.attention(MU)[index])),
            figures.weight(float(one.attention(NU)[index])),
            signed(float(one.worth(SHAPLEY, name)[index])),
            signed(float(one.worth(LEFT_OUT, name)[index])),
        )
        for index, box in enumerate(found[0].answer.boxes)
        for one in found
    ]


def _word(count: int) -> str:
    return _(_NUMBERS[count]) if count < len(_NUMBERS) else str(count)
