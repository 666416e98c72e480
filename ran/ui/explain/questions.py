"""The Explain page's questions: which maps, of what, against what."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.engine.checker import MOST_DRAWS
from ran.explain.baselines import BASELINES
from ran.explain.maps.methods import METHODS, Method
from ran.explain.targets import MARGIN, PREDICTED, difference, target_names
from ran.prediction import Prediction
from ran.ui.shared.settings.explaining import ExplainSettings
from ran.ui.shared.settings.widgets import key_of, seed, seed_from
from ran.words import _, called, later

MOST_STEPS = 1000
"""More than any method takes: one that takes fewer says so in its own card."""
HELP_METHODS = later(
    "Maps of one backward pass appear at once: Grad-CAM, Saliency and Input × gradient among them. "
    "The others take many passes and wait for Compute."
)
HELP_TARGET = later(
    "The number that is explained: a logit, the difference of two logits, a region's attention "
    "(μ alone, ν beside the whole), or the RB margin. The same for the clean and the covered face."
)
HELP_BASELINE = later(
    "The picture without a face that the face is compared with. The values of some methods add up "
    "to the target of the face minus that of this picture."
)
HELP_STEPS = later(
    "Points on the way from the baseline, or draws of noise, or positions of a patch. Empty: as "
    "many as each method is used to."
)
HELP_DRAWS = later(
    "What infidelity and max-sensitivity rest on: so many hidden squares, and as many faces that "
    "are slightly shaken. Ten are few: they say large or small."
)


def ask(asked: ExplainSettings, engine: Engine, answer: Prediction) -> DeltaGenerator:
    """Draw what can be asked and write the choice to `asked`; return the Compute button's place."""
    with st.container(border=True):
        chosen = st.pills(
            _("Methods"), list(METHODS), selection_mode="multi", help=_(HELP_METHODS),
            key=seed(
                "explain-methods", [name for name in asked.methods if name in METHODS],
                partial(setattr, asked, "methods"),
            ),
            format_func=lambda name: _(METHODS[name].label),
        )  # fmt: skip
        asked.methods = [name for name in METHODS if name in chosen]
        cells = st.container(horizontal=True, vertical_alignment="bottom")
        _target(asked, engine, answer, cells)
        methods = [METHODS[name] for name in asked.methods]
        asked.baseline = cells.selectbox(
            _("Baseline"), list(BASELINES),
            key=seed_from(asked, "baseline", "explain-baseline"),
            format_func=lambda name: _(BASELINES[name].label), help=_(HELP_BASELINE), width=145,
            disabled=not any(method.uses_baseline for method in methods),
        )  # fmt: skip
        steps = cells.number_input(
            _("Steps"), 1, MOST_STEPS, step=10, value=None,
            key=seed("explain-steps", asked.steps, asked.set_steps),
            placeholder=_("auto"), help=_(HELP_STEPS), width=130,
            disabled=not any(method.counts for method in methods),
        )  # fmt: skip
        asked.set_steps(steps)
        asked.draws = cells.number_input(
            _("Draws"), 1, MOST_DRAWS, step=10,
            key=seed_from(asked, "draws", "explain-draws"),
            help=_(HELP_DRAWS), width=105,
        )  # fmt: skip
        return cells.container(width="content")


def _target(
    asked: ExplainSettings, engine: Engine, answer: Prediction, cells: DeltaGenerator
) -> None:
    classes = engine.card.classes
    regions = () if engine.card.kind == "plain" else tuple(box.name for box in answer.boxes)
    names = target_names(classes, regions)
    asked.target = asked.target if asked.target in names else PREDICTED
    # Other regions, other names: the widget starts anew with them.
    key = key_of("explain-target", *regions, len(classes))
    asked.target = cells.selectbox(
        _("Target"), names, help=_(HELP_TARGET), width=205,
        key=seed_from(asked, "target", key),
        format_func=lambda name: target_words(name, answer, regions),
    )  # fmt: skip
    if asked.target not in (PREDICTED, *classes):
        return
    others = ["", *(name for name in classes if name != target_of(asked, answer, minus=False))]
    asked.minus = asked.minus if asked.minus in others else ""
    asked.minus = cells.selectbox(
        _("Minus"), others, width=110,
        key=seed_from(asked, "minus", key_of("explain-minus", *others)),
        format_func=lambda name: called(name or "nothing"),
        help=_("Explains the difference of two logits: why this class and not that one."),
    )  # fmt: skip


def target_of(asked: ExplainSettings, answer: Prediction, *, minus: bool = True) -> str:
    """Return the target that the engine is asked for: the clean face's answer where predicted.

    The covered face may be answered otherwise; maps compare where they explain the same number.
    """
    name = answer.expression if asked.target == PREDICTED else asked.target
    if minus and asked.minus and name in answer.classes and asked.minus != name:
        return difference(name, asked.minus)
    return name


def target_words(name: str, answer: Prediction, regions: tuple[str, ...] = ()) -> str:
    """Return a target's name as a visitor reads it."""
    if name == PREDICTED:
        return _("predicted: {expression} (logit)").format(expression=called(answer.expression))
    if name == MARGIN:
        return _("RB margin")
    kind, _separator, region = name.partition(": ")
    if region in regions:
        return _("{symbol} of {region}").format(
            symbol="μ" if kind.startswith("self") else "ν", region=called(region)
        )
    return _("{name} (logit)").format(name=called(name))


def unit(target: str, answer: Prediction) -> str:
    """Return "logits" for a class or a difference of two; what else is explained has no unit."""
    first = target.split(" - ")[0]
    return "logits" if target in answer.classes or first in answer.classes else ""


def steps_of(asked: ExplainSettings, method: Method) -> int | None:
    """Return the steps that this method is asked for: refined, set, or its own."""
    if method.counts is None:
        return None
    return asked.refined.get(method.name, asked.steps)
