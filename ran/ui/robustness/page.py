"""Where and how far a cover breaks the answer: maps of a window, curves against a cover."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.face.covers.occlusion import Fill
from ran.face.detect import Face
from ran.scene import Scene
from ran.study.robustness.sweeps import Curve, Swept, sweep
from ran.study.robustness.windows import SlidOver, Window, slide_over
from ran.ui.robustness import cover_curves, exports
from ran.ui.robustness.window_maps import maps
from ran.ui.shared import compute, shell
from ran.ui.shared.session import Session
from ran.ui.shared.settings.breaking import COHORT, EXAMPLES, THIS, RobustnessSettings
from ran.ui.shared.settings.widgets import key_of, seed_from
from ran.ui.shared.work import Work, do, work_on
from ran.words import _, called

_FILLS = ("grey", "black", "noise", "blur", "mean")
_ROWS, _ROWS_OF_MANY = 9, 7
"""Places in a row of one face's map, and of many faces'."""
_PLACES, _PLACES_OF_MANY = 10, 3
"""Random covers of a face at each value of a curve."""


def body(session: Session, engine: Engine, header: DeltaGenerator) -> None:
    """Draw the page for the face in the session, or for several."""
    asked = session.robustness
    with compute.told():
        with st.container(border=True):
            cells = st.container(horizontal=True, vertical_alignment="bottom")
            faces = _faces(session, engine, cells)
            if not faces:
                if asked.whose == COHORT:
                    st.markdown(
                        _("These faces are framed otherwise than this network was trained on.")
                    )
                return
            _window(asked, cells)
        scenes = [Scene(face, layout=session.layout.regions(face)) for face in faces]
        regions = [box.name for box in engine.predict(scenes[0]).boxes]
        asked.region = (
            asked.region if asked.region in regions else regions[min(1, len(regions) - 1)]
        )
        slid = _slid(session, engine, scenes, asked, regions)
        curve = _curve(session, engine, faces, asked, regions)
        exports.keep(engine, session, header, scenes, slid.latest, curve.latest)
        with header:
            exports.save_menu(engine, session, scenes, slid.latest, curve.latest)


def _faces(session: Session, engine: Engine, cells: DeltaGenerator) -> tuple[Face, ...]:
    """Ask whose answer is to break, and return the faces."""
    asked = session.robustness
    offered = [THIS, EXAMPLES, *([COHORT] if session.cohort_faces else [])]
    asked.whose = asked.whose if asked.whose in offered else THIS
    counts = {COHORT: f" ({len(session.cohort_faces)})"}
    asked.whose = cells.segmented_control(
        _("Whose answer"), offered, required=True,
        format_func=lambda name: _(name) + counts.get(name, ""),
        key=seed_from(asked, "whose", key_of("robustness-whose", *offered)),
        help=_("What was drawn on Occlude is left out: here the window is the cover."),
    ) or THIS  # fmt: skip
    if asked.whose == EXAMPLES:
        return tuple(photo.faces[0] for photo in compute.examples(engine).values())
    if asked.whose == COHORT:
        return tuple(face for face in session.cohort_faces if face.framing == engine.card.framing)
    return () if session.face is None else (session.face,)


def _window(asked: RobustnessSettings, cells: DeltaGenerator) -> None:
    asked.side = cells.select_slider(
        _("Side of the window"), (0.15, 0.2, 0.25, 0.3, 0.4, 0.5), width=220,
        key=seed_from(asked, "side", "robustness-side"),
        help=_("In units of the face's side. The window of the maps, and the square of the curve."),
    )  # fmt: skip
    asked.fill = cells.selectbox(
        _("Fill"), _FILLS, key=seed_from(asked, "fill", "robustness-fill"), width=130,
        format_func=_,
    )  # fmt: skip


def _slid(
    session: Session, engine: Engine, scenes: Sequence[Scene], asked: RobustnessSettings,
    regions: Sequence[str],
) -> Work[SlidOver]:  # fmt: skip
    """Draw the maps, or the offer to make them."""
    is_one = len(scenes) == 1
    rows = _ROWS if is_one else _ROWS_OF_MANY
    window = Window(asked.side, Fill(asked.fill), max(rows, round(1 / asked.side)))
    work = work_on(
        ("slid", engine.key, window, *(scene.key for scene in scenes)),
        _("Window"), _("place"), lambda: slide_over(engine, scenes, window),
    )  # fmt: skip
    with st.container(border=True, gap="xsmall"):
        cells = st.container(horizontal=True, vertical_alignment="bottom")
        cells.markdown(
            _("**Where it breaks**"), width="stretch",
            help=_(
                "A square window slides over the face, {rows} × {rows} places; a pixel has the "
                "mean change under the windows over it (Zeiler and Fergus 2014, arXiv:1311.2901). "
                "Of several faces the mean map."
            ).format(rows=window.rows),
        )  # fmt: skip
        if len(regions) > 1:
            asked.region = cells.selectbox(
                _("w of"), regions, width=170, format_func=called,
                key=seed_from(asked, "region", key_of("robustness-region", *regions)),
            )  # fmt: skip
        place = st.empty()
        _offer(work, place, "slide", at_once=is_one)
        if work.latest is not None:
            maps(scenes, work.latest, asked.region if len(regions) > 1 else None)
        do(work, place, "slide")
    return work


def _curve(
    session: Session, engine: Engine, faces: Sequence[Face], asked: RobustnessSettings,
    regions: Sequence[str],
) -> Work[Curve]:  # fmt: skip
    """Draw the curve, or the offer to make it."""
    is_one = len(faces) == 1
    places = _PLACES if is_one else _PLACES_OF_MANY
    with st.container(border=True, gap="xsmall"):
        st.markdown(_("**How far until it breaks**"), help=cover_curves.help_text(places))
        cover_curves.ask(asked, regions, st.container(horizontal=True, vertical_alignment="bottom"))
        swept = Swept(asked.by, asked.side, Fill(asked.fill), asked.kind, places)
        layout = session.layout
        work = work_on(
            ("swept", engine.key, layout, swept, *(face.digest for face in faces)),
            _("Curve"), _("value"), lambda: sweep(engine, faces, swept, layout),
        )  # fmt: skip
        place = st.empty()
        _offer(work, place, "curve", at_once=is_one)
        if work.latest is not None and work.latest.faces:
            cover_curves.draw(engine, asked, faces, layout, work.latest)
        do(work, place, "curve")
    return work


def _offer(
    work: Work[SlidOver] | Work[Curve], place: DeltaGenerator, name: str, *, at_once: bool
) -> None:
    """Offer to begin work, or to go on after Stop; what is done at once begins by itself."""
    if at_once and work.latest is None:
        work.is_wanted = True
    if work.failure is not None:
        compute.say(work.failure)
    if work.is_waiting or work.is_whole:
        return
    place.button(
        _("Go on") if work.latest is not None else _("Compute"), icon=":material/play_arrow:",
        on_click=work.want, key=key_of("begin", name),
    )  # fmt: skip


def main() -> None:
    """Draw the page, whole."""
    shell.open_page("Robustness", body)
