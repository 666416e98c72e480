"""The Explain page's regions: what attention says beside what each region was worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ran import figures
from ran.engine import Engine
from ran.explain.regions.shapley import RegionValues
from ran.explain.trust.ranks import least_significant, spearman
from ran.figures import signed
from ran.figures.worths import Panel, side_by_side
from ran.prediction import Prediction
from ran.shown import Shown
from ran.ui.shared import panels
from ran.ui.shared.glossary import HELP_MU, HELP_NU, HELP_W
from ran.ui.shared.session import seed

W, MU, NU = "w", "μ", "ν"
SHAPLEY, LEFT_OUT = "Shapley value", "Leave-one-out"
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
            "eleven", "twelve")  # fmt: skip
_SIZE = "|\N{WORD JOINER}ρ\N{WORD JOINER}|"
_HELP = (
    "Left: how much attention each region gets. Right: what it was worth to the class, in logits. "
    "The Shapley value is what a region adds when it comes, averaged over all orders in which the "
    "regions can come; exact, over all sets of regions. Leave-one-out is the logit of all regions "
    "minus that of all but this one. Where both panels put the regions in the same order, the "
    f"attention tells for this face what counted.\n\n{HELP_MU}\n\n{HELP_NU}\n\n"
    f"{HELP_W}"
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


def worths(engine: Engine, shown: Sequence[Shown]) -> tuple[Worth, ...]:
    """Return what the regions of each face are worth.

    Raises:
        BadRequest: if there are more regions than can be answered exactly.
    """
    return tuple(Worth(one, engine.region_values(one.scene)) for one in shown)


def beside(found: Sequence[Worth], about: str) -> None:
    """Draw attention beside worth for a face and, if there are two, for the other on top.

    Args:
        found: one or two faces, that which the other is compared with first.
        about: the class that is shown until another is chosen.
    """
    colours = panels.theme()
    classes = found[0].answer.classes
    names = [box.name for box in found[0].answer.boxes]
    with st.container(border=True, gap="small"):
        st.markdown("**Is the attention an explanation, for this face?**", help=_HELP)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            attention = st.segmented_control(
                "Attention", [W, MU, NU], key=seed("explain-attention", W), required=True
            ) or W  # fmt: skip
            worth = st.segmented_control(
                "Worth", [SHAPLEY, LEFT_OUT], key=seed("explain-worth", SHAPLEY), required=True
            ) or SHAPLEY  # fmt: skip
            name = st.selectbox(
                "Class", classes, key=seed(f"explain-class-{about}", about), width=150
            )  # fmt: skip
        panels.key_line()
        st.plotly_chart(
            side_by_side(names, _panels(found, attention, worth, name), colours),
            theme=None, config=figures.saving("ran-regions"),
            alt=f"{attention} of each region beside its {worth.lower()} for {name}",
        )  # fmt: skip
        st.markdown(agreement(found, attention, worth, name))
        folded = st.expander("Every number", key="numbers", on_change="rerun")
        if folded.open:
            with folded:
                _numbers(found, name)


def _panels(found: Sequence[Worth], attention: str, worth: str, name: str) -> tuple[Panel, Panel]:
    before, after = found[0], found[1] if len(found) > 1 else None

    def rows(one: Worth | None) -> tuple[list[float] | None, list[float] | None]:
        if one is None:
            return None, None
        return one.attention(attention).tolist(), one.worth(worth, name).tolist()

    (left, right), (left_after, right_after) = rows(before), rows(after)
    assert left is not None and right is not None
    if attention == W:
        weights = Panel("w, × uniform", "weight", left, left_after, 1.0, "1×", " × uniform", 2, "×")
    else:
        middle = float(np.mean(left))
        weights = Panel(
            f"{attention}, line at the mean", attention, left, left_after, middle,
            f"{middle:.3f}", digits=3,
        )  # fmt: skip
    title = "Shapley, logits" if worth == SHAPLEY else "left out, logits"
    return weights, Panel(title, worth.lower(), right, right_after, 0.0, "0", " logits")


def agreement(found: Sequence[Worth], attention: str, worth: str, name: str) -> str:
    """Return in words how far the order of attention is the order of worth, and what chance is."""
    count = len(found[0].answer.boxes)
    least = least_significant(count)
    said = []
    for one in found:
        rho = spearman(one.attention(attention), one.worth(worth, name))
        if rho is None:
            said.append(f"{one.face}: no order, all regions are equal")
            continue
        chance = "can be chance" if least is None or abs(rho) < least - 1e-9 else "beyond chance"
        said.append(f"**ρ = {signed(rho)}** {one.face}, {chance}")
    over = f"Rank agreement (Spearman) over {_word(count)} regions: {'; '.join(said)}."
    if least is None:
        limit = f"With {_word(count)} regions even a perfect order can be chance at the 5 % level."
    else:
        limit = f"below {least:.2f} can be chance at the 5 % level."
        limit = f"With {_word(count)} regions, {_SIZE} {limit}"
    return f"{over} :gray[{limit}]"


def _numbers(found: Sequence[Worth], name: str) -> None:
    """Draw every number of the panels as a table, a row a region and face."""
    heads = ("", "face", "w", "μ", "ν", "Shapley", "left out")
    panels.columns(heads, _rows(found, name), f"Regions, for {name}", kind="words")


def _rows(found: Sequence[Worth], name: str) -> list[tuple[str, ...]]:
    return [
        (
            box.name,
            one.face,
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
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)
