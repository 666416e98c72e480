"""The Explain page's interventions: regions in use, a pinned weight, features of the clean face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from ran.engine import Engine
from ran.explain.regions.intervene import Intervention
from ran.figures import Moved
from ran.figures.html import render
from ran.figures.numbers import signed, times, weight
from ran.prediction import Prediction
from ran.shown import Shown
from ran.ui.explain import other_weights
from ran.ui.shared import compute, panels
from ran.ui.shared.panels import Cell
from ran.ui.shared.session import Session
from ran.ui.shared.settings.explaining import ExplainSettings
from ran.ui.shared.settings.widgets import key_of, seed
from ran.words import _, called, later

_NOTHING = -1
_HELP = later(
    "Replaces single quantities in the network's equations and computes the rest from them. A "
    "region out of use has no weight; the others' μ, ν and w follow. A pinned weight stays, and "
    "the others share the rest in proportion. Features from the clean face: the region enters as "
    "if nothing covered it."
)


def intervene(session: Session, engine: Engine, shown: Sequence[Shown], about: str) -> None:
    """Draw what can be done to the regions of the face as it stands, and what the answer does.

    Args:
        session: where the choice is kept.
        engine: who answers.
        shown: the last is the face that is asked; of two, the first can lend it its features.
        about: the class whose probability and logit are followed.
    """
    asked = session.explaining
    before, donor = shown[-1].answer, shown[0]
    names = [box.name for box in before.boxes]
    asked.cut_into(tuple(names))
    with st.container(border=True, gap="small"):
        st.markdown(_("**Intervene**"), help=_(_HELP))
        _instead(session, engine, before)
        if asked.replaced is None:
            _choose(asked, names, before)
        _swap(asked, names, lender=donor.name if len(shown) > 1 else None)
        with compute.told():
            intervention = _intervention(session, engine, before)
            after = engine.intervene(shown[-1].scene, intervention, donor.scene)
            _answer(before, after, about)
        st.button(
            _("Undo all interventions"), icon=":material/undo:", type="tertiary",
            on_click=asked.undo, disabled=not asked.has_interventions,
        )  # fmt: skip


def _instead(session: Session, engine: Engine, before: Prediction) -> None:
    """Ask what stands in place of the face's own weights, if anything."""
    asked = session.explaining
    options = other_weights.offered(
        other_weights.mean_weights(engine, before, session.layout_name.lower())
    )
    asked.replaced = asked.replaced if asked.replaced in options else None
    asked.replaced = st.pills(
        _("In place of its own weights"), options, format_func=_, help=_(other_weights.HELP),
        key=_key(asked, key_of("replaced", *options), asked.replaced),
    )  # fmt: skip


def _choose(asked: ExplainSettings, names: list[str], before: Prediction) -> None:
    places = range(len(names))
    used = st.pills(
        _("Regions in use"), places, selection_mode="multi",
        format_func=lambda place: called(names[place]),
        key=_key(asked, "used", [place for place in places if place not in asked.unused]),
    )  # fmt: skip
    asked.unused = [place for place in places if place not in used]
    if asked.pinned in asked.unused:
        asked.pinned = None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        options = [_NOTHING, *used]
        # Named by its options: a choice that is gone would be refused.
        pinned = st.selectbox(
            _("Pin the weight of"), options, width=190,
            format_func=lambda place: called("nothing" if place == _NOTHING else names[place]),
            key=_key(
                asked, key_of("pinned", *used),
                _NOTHING if asked.pinned is None else asked.pinned,
            ),
        )  # fmt: skip
        asked.pinned = None if pinned == _NOTHING else pinned
        if asked.pinned is not None:
            kept = asked.pins.get(asked.pinned, round(float(before.weights[asked.pinned]), 2))
            asked.pins[asked.pinned] = st.slider(
                _("to w ="),
                0.0,
                1.0,
                step=0.01,
                width=240,
                key=_key(asked, key_of("pin", asked.pinned), kept),
                help=_("Uniform is {uniform:.2f}; it was {learnt:.2f}.").format(
                    uniform=1 / len(names), learnt=before.weights[asked.pinned]
                ),
            )


def _swap(asked: ExplainSettings, names: list[str], *, lender: str | None) -> None:
    """Ask which regions take the features of the face of that name, if there is one."""
    if lender is not None:
        asked.swapped = st.pills(
            _("Take features from the {lender} face for").format(lender=called(lender)),
            range(len(names)),
            selection_mode="multi",
            format_func=lambda place: called(names[place]),
            key=_key(asked, "swapped", asked.swapped),
        )
    else:
        asked.swapped = []


def _key(asked: ExplainSettings, name: str, value: object) -> str:
    """Return the key of a widget that starts anew after Undo and with other regions."""
    return seed(key_of("intervene", asked.undone, name), value)


def _intervention(session: Session, engine: Engine, before: Prediction) -> Intervention:
    asked, count = session.explaining, len(before.boxes)
    if asked.replaced is not None:
        chosen = other_weights.intervention(asked.replaced, session, engine, before)
        return replace(chosen, swapped=tuple(asked.swapped))
    used = tuple(place for place in range(count) if place not in asked.unused)
    pinned = () if asked.pinned is None else ((asked.pinned, asked.pins[asked.pinned]),)
    return Intervention(None if len(used) == count else used, pinned, tuple(asked.swapped))


def _answer(before: Prediction, after: Prediction, about: str) -> None:
    """Say what the answer was and is, every class's logit, and every region's attention."""
    place = before.classes.index(about)
    words = [f"{called(p.expression)} {float(p.probabilities.max()):.2f}" for p in (before, after)]
    chances = [float(p.probabilities[place]) for p in (before, after)]
    panels.band(
        [
            Cell(_("Answer, with its probability"), words[1], words[0]),
            Cell(
                _("Probability of {about}").format(about=called(about)),
                f"{chances[1]:.2f}",
                f"{chances[0]:.2f}",
                moved=Moved.by(chances[1] - chances[0]),
            ),
        ]
    )
    logits = [
        {"name": name, "before": signed(float(a)), "after": signed(float(b)),
         "moved": Moved.by(float(b) - float(a))}
        for name, a, b in zip(before.classes, before.logits, after.logits, strict=True)
    ]  # fmt: skip
    st.html(render("before_after", name=_("Logit of each class"), what="logit", rows=logits))
    attention = [
        {"name": box.name,
         **{key: f"{_told(old[index])} → {_told(new[index])}"
            for key, old, new in (("mu", before.self_weights, after.self_weights),
                                  ("nu", before.relation_weights, after.relation_weights))},
         "w": f"{times(float(before.relative_weights[index]))} → "
              f"{times(float(after.relative_weights[index]))}"}
        for index, box in enumerate(before.boxes)
    ]  # fmt: skip
    st.html(render("attention", rows=attention))


def _told(value: float) -> str:
    """Return a weight, or a dash where its region is out of use."""
    return weight(float(value)) if value else "\N{EN DASH}"
