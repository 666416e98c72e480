"""The Explain page's maps: a card a method, its work and its badges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.explain.maps.methods import METHODS, Method
from ran.explain.question import Question
from ran.explain.trust.faithfulness import Checking
from ran.explain.trust.localised import localised
from ran.explain.trust.usual import Usual
from ran.shown import Shown
from ran.ui.explain import badges, map_pictures
from ran.ui.explain.questions import steps_of, unit
from ran.ui.explain.rounds import Round, in_turn
from ran.ui.shared import compute
from ran.ui.shared.settings.explaining import ExplainSettings
from ran.ui.shared.settings.widgets import key_of
from ran.ui.shared.work import Work, work_on
from ran.words import _


@dataclass(frozen=True, eq=False)
class Asking:
    """One method asked about what is shown; `check` is of the map of the last face."""

    method: Method
    shown: tuple[Shown, ...]
    unit: str
    work: Work[Round]
    check: Work[Checking]
    usual: Usual

    @property
    def key(self) -> str:
        """Return the method's name, which the keys of its widgets end with."""
        return self.method.name

    @property
    def face(self) -> str:
        """Return which face is checked."""
        return self.shown[-1].name

    @property
    def is_flagged(self) -> bool:
        """Return whether the map is known to be much the same with redrawn parameters."""
        found = self.check.latest.faithfulness if self.check.latest is not None else None
        return found is not None and found.is_unchanged and self.usual.tells_apart


def asking(
    engine: Engine,
    asked: ExplainSettings,
    shown: tuple[Shown, ...],
    name: str,
    target: str,
) -> Asking:
    """Return a method with its work; one of a single pass is done before this returns.

    Raises:
        RanError: if the engine cannot be asked so, or fails.
    """
    method = METHODS[name]
    steps = steps_of(asked, method)
    scenes = [one.scene for one in shown]
    question = Question(name, target, asked.baseline, steps)
    work = work_on(
        ("map", engine.key, *(scene.key for scene in scenes), question.key),
        _(method.label)
        if len(scenes) == 1
        else _("{label}, both faces").format(label=_(method.label)),
        (method.counts or "steps").removesuffix("s"),
        lambda: in_turn([engine.explaining(scene, question) for scene in scenes]),
    )
    # Also a map without a baseline is checked against one: what stands where a square is hidden.
    check = work_on(
        ("check", engine.key, scenes[-1].key, question.key, asked.draws),
        _("{label}, how far to trust it").format(label=_(method.label)),
        "step",
        lambda: engine.faithful(scenes[-1], question, draws=asked.draws),
    )
    if not method.is_slow:
        if work.failure is not None:
            work.want()
        work.finish()
        check.is_wanted = True
    elif name in asked.at_once:
        asked.at_once.discard(name)
        work.want()
    usual = Usual.of(engine.card, name)
    return Asking(method, shown, unit(target, shown[0].answer), work, check, usual)


def compute_button(place: DeltaGenerator, found: Sequence[Asking]) -> None:
    """Draw the button that begins all slow maps that are not done."""
    slow = [one.work for one in found if one.method.is_slow]
    if place.button(
        _("Compute"), icon=":material/play_arrow:",
        disabled=all(work.is_whole or work.is_waiting for work in slow),
        help=_("Computes the maps that take many passes. The others are there already."),
    ):  # fmt: skip
        for work in slow:
            work.want()


def card(engine: Engine, asked: ExplainSettings, one: Asking) -> DeltaGenerator:
    """Draw the card of one method, folded if it is flagged; return the place of its progress."""
    if not one.is_flagged:
        with st.container(border=True, gap="small"):
            return _card(engine, asked, one)
    folded = st.expander(
        _(
            "**{label}** {flag} :gray[it cannot tell this network from one that has learnt nothing]"
        ).format(label=_(one.method.label), flag=_(badges.FLAG)),
        key=key_of("flagged", one.key),
        on_change="rerun",
    )
    if folded.open:
        with folded:
            return _card(engine, asked, one)
    return st.empty()


def _card(engine: Engine, asked: ExplainSettings, one: Asking) -> DeltaGenerator:
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.markdown(f"**{_(one.method.label)}**", width="content")
        badges = st.container(horizontal=True, width="content", gap="xsmall")
    progress = st.empty()
    _state(one, progress)
    if one.work.latest is not None:
        with badges:
            _badges(asked, one)
        map_pictures.draw(engine, one.shown, one.work.latest, one.method, one.unit)
    return progress


def _state(one: Asking, place: DeltaGenerator) -> None:
    """Say what is missing; work that goes on says so itself, in the same place."""
    if one.work.is_whole:
        work: Work[Round] | Work[Checking] = one.check
    else:
        work = one.work
    if one.work.is_waiting:
        place.markdown(_(":gray[Waits for its turn.]"))
        return
    if work.failure is not None:
        with place.container():
            compute.say(work.failure)
            st.button(
                _("Try again"),
                icon=":material/replay:",
                on_click=work.want,
                key=key_of("again", one.key),
            )
        return
    if work.is_whole or work.is_waiting or (work is one.check and not work.is_stopped):
        return
    with place.container(horizontal=True, vertical_alignment="center"):
        if not work.is_stopped or work.latest is None:
            name = _(one.method.label)
            st.markdown(
                _(":gray[Not computed yet. {name} takes many passes: press Compute.]").format(
                    name=name
                )
            )
            return
        st.markdown(
            _("Stopped at {counts} {done} of {of}. What is done stays.").format(
                counts=work.counts, done=work.latest.done, of=work.latest.of
            )
        )
        st.button(
            _("Go on"),
            icon=":material/play_arrow:",
            on_click=work.want,
            key=key_of("go-on", one.key),
        )


def _badges(asked: ExplainSettings, one: Asking) -> None:
    assert one.work.latest is not None
    maps = one.work.latest.maps
    is_large = badges.gap([shown.name for shown in one.shown], maps, one.unit)
    steps = maps[0].steps if maps[0] is not None else None
    most = one.method.largest_count if one.method.counts in ("steps", "draws") else None
    if is_large and one.work.is_whole and steps is not None and most is not None and steps < most:
        more = min(2 * steps, most)
        st.button(
            _("Refine: {more} {counts}").format(more=more, counts=one.method.counts),
            icon=":material/add:",
            type="tertiary",
            key=key_of("refine", one.key),
            on_click=asked.refine,
            args=(one.key, more),
        )
    known = one.check.latest.faithfulness if one.check.latest is not None else None
    if known is not None:
        badges.trust(known, one.face, one.unit, one.usual)
        if known.inserted is not None:
            badges.curves(known.inserted, one.unit, one.key)
    if (last := maps[-1]) is not None:
        badges.lies(localised(last.values, one.shown[-1].scene.face.points), one.face)
    if not one.check.is_wanted and one.work.is_whole:
        st.button(
            _("Check it: {draws} draws").format(draws=asked.draws),
            icon=":material/fact_check:",
            type="tertiary",
            key=key_of("check", one.key),
            on_click=one.check.want,
            help=_(
                "Insertion minus deletion and infidelity beside a centre blob, max-sensitivity, "
                "and whether the map changes when the network's parameters are redrawn. It takes "
                "as long as a dozen such maps."
            ),
        )
