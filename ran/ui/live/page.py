"""A camera's face as it moves: box, expression and weights on it, w over the last seconds."""

from __future__ import annotations

import time
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.errors import NoFaceFound
from ran.face.covers.occlusion import Fill
from ran.face.covers.sticker_art import ART
from ran.figures import signed
from ran.figures.grammar import Theme
from ran.figures.live.on_frame import on_frame
from ran.figures.live.strip import strip
from ran.recipe import PhotoRef
from ran.study.live.watcher import REMEMBERED_S, Pixels, Seen, Watched, Watcher
from ran.ui.live import camera, exports
from ran.ui.shared import compute, panels, shell
from ran.ui.shared.session import FoundPhoto, Session
from ran.ui.shared.settings.widgets import seed_from
from ran.words import _, called

_EVERY_S = 0.5
"""So often the strip is drawn anew while frames come."""


def body(session: Session, engine: Engine, header: DeltaGenerator) -> None:
    """Draw the page for whoever is before the visitor's camera."""
    with compute.told():
        watcher = _watcher(session, engine)
        left, right = shell.halves()
        with left, st.container(border=True, gap="xsmall"):
            is_playing = camera.stream(watcher)
            is_offered = is_playing or watcher.latest is not None
            exports.keep(session, header, watcher)
            with header:
                exports.save_menu(watcher, is_offered=is_offered)
            _stickers(session)
            if st.button(
                _("Freeze"), icon=":material/ac_unit:", key="live-freeze",
                disabled=not is_offered,
                help=_("Takes the frame that was answered last to the Occlude page."),
            ):  # fmt: skip
                _freeze(session, watcher)
            _said()
        with right, st.container(border=True, gap="xsmall"):
            st.markdown(
                _("**w over the last {seconds:.0f} s**").format(seconds=REMEMBERED_S),
                help=_(
                    "Of each region relative to uniform. Frames that come while one is answered "
                    "are dropped, not queued; a line breaks where no face was found."
                ),
            )
            every = _EVERY_S if is_playing else None
            st.fragment(partial(_answers, watcher, is_playing=is_playing), run_every=every)()


def _watcher(session: Session, engine: Engine) -> Watcher:
    """Return the visitor's watcher, asked as the page is set."""
    watcher, draw = session.watcher, partial(_drawn, panels.theme())
    stickers = tuple(session.live.stickers)
    if watcher is not None and watcher.watched.engine.key == engine.key:
        watcher.watch(Watched(watcher.watched.engine, session.layout, stickers), draw)
        return watcher
    session.leave_camera()
    # Thousands of frames in the page's own memory would leave no room for what is worth keeping.
    session.watcher = Watcher(Watched(engine.apart(), session.layout, stickers), draw)
    return session.watcher


def _drawn(theme: Theme, seen: Seen) -> Pixels:
    return on_frame(seen.pixels, seen.scene, seen.answer, theme)


def _stickers(session: Session) -> None:
    asked = session.live
    asked.stickers = st.multiselect(
        _("Stickers that follow the face"), list(ART),
        format_func=lambda name: _(ART[name].label),
        key=seed_from(asked, "stickers", "live-stickers"),
        placeholder=_("none"),
    )  # fmt: skip
    if session.watcher is not None:
        session.watcher.wear(tuple(asked.stickers))


def _said() -> None:
    st.markdown(
        _(
            ":small[:gray[:material/lock: Nothing is recorded: of all frames the last one is held, "
            "of the others their numbers for {seconds:.0f} s, and all goes when you leave the "
            "page. A browser gives a camera to localhost and to HTTPS alone, and no server "
            "elsewhere is asked for a way, so this machine and its own network are as far as it "
            "reaches.]]"
        ).format(seconds=REMEMBERED_S)
    )


def _answers(watcher: Watcher, *, is_playing: bool) -> None:
    """Draw what the last frames were answered; a fragment that runs by itself."""
    seen, rates = watcher.latest, watcher.rates()
    if watcher.failure is not None:
        compute.say(watcher.failure)
    if seen is None:
        st.markdown(
            _("Waiting for the first answer.") if is_playing
            else _("Press Start: the browser asks whether this page may use the camera.")
        )  # fmt: skip
        return
    answer = seen.answer
    if answer is None:
        st.markdown(_("No face in this frame."))
    else:
        cells = [
            panels.Cell(
                _("Answer and its probability"), called(answer.expression),
                more=f"{answer.probabilities.max():.2f}", leads=True,
            )
        ]  # fmt: skip
        if answer.rb_margin is not None:
            cells.append(panels.Cell(_("RB margin"), signed(answer.rb_margin, 3)))
        panels.band(cells)
    drawn = strip(watcher.moments(), REMEMBERED_S, time.monotonic(), panels.theme())
    if drawn:
        st.html(drawn)
    height, width = seen.pixels.shape[:2]
    st.markdown(
        _(
            ":small[:gray[{answered:.1f} frames a second answered, {dropped:.1f} dropped; "
            "{width} × {height} pixels]]"
        ).format(answered=rates.answered, dropped=rates.dropped, width=width, height=height)
    )


def _freeze(session: Session, watcher: Watcher) -> None:
    """Take the frame that was answered last, with its stickers, to the Occlude page."""
    seen = watcher.latest
    if seen is None or seen.scene is None:
        raise NoFaceFound(
            _("No face was found in the last frame."), hint=_("Turn to the camera and try again.")
        )
    photo, scene = seen.photo, seen.scene
    session.change_photo(FoundPhoto(photo.name, PhotoRef.of(photo), [scene.face]))
    if scene.shapes:
        session.begin_with(scene.shapes)
        session.fill = Fill("look")
        session.forget_fill()
    st.switch_page("pages/occlude.py")


def main() -> None:
    """Draw the page, whole."""
    shell.open_page("Live", body)
