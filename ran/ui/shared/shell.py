"""What every page shares: the navigation, the header, the sidebar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.engine.devices import devices
from ran.net.checkpoints import bundled
from ran.study.poses.posed import Posed
from ran.ui.navigation import PAGES
from ran.ui.shared import compute, panels, reload, replay
from ran.ui.shared.faces.face_dialog import face_dialog
from ran.ui.shared.faces.scenes import ensure_face
from ran.ui.shared.lessons import lesson_card, lessons
from ran.ui.shared.outside import escaped
from ran.ui.shared.saving import keeping
from ran.ui.shared.session import LAYOUTS, Session, current
from ran.ui.shared.settings import linked
from ran.ui.shared.settings.widgets import seed, seed_from, take_all
from ran.ui.shared.speaking import languages
from ran.words import _, called, later

HALF = 380
"""Pixels that half a page needs; where there is less, the halves stand one below the other."""
SHARED_WIDGETS = ("layout", "random-count", "random-seed", "radius", "checkpoint", "device")
"""Keys of the sidebar's widgets, whose truth is the session."""
_LAYOUT_NOTES = dict(
    zip(
        LAYOUTS,
        (
            later(
                "Three crops of 0.75 and two centred crops of 0.90 and 0.85 of the side, as in the "
                "paper."
            ),
            later("Square crops of 0.70 to 0.95 of the side at random places, as in the paper."),
            later(
                "A square round each of the five landmarks, cut at the face's border, as in the "
                "paper."
            ),
        ),
        strict=True,
    )
)


def open_page(title: str, body: Callable[[Session, Engine, DeltaGenerator], None]) -> None:
    """Draw one page of PAGES: header, sidebar, then `body`. RanErrors become words.

    `body` gets the place in the header where its Save menu goes.
    """
    page = next(page for page in PAGES.values() if page.title == title)
    asks = page.asks
    session = current()
    is_first, is_new = not session.page, session.page != title
    if is_new:
        # A page's widgets are its own: those that all pages have begin anew from the session.
        take_all()
        session.leave_camera()
        session.page = title
        for key in SHARED_WIDGETS:
            st.session_state.pop(key, None)
    if is_first:
        # A link's own, once: later the page's settings are what its visitor set.
        linked.take(session, title, st.query_params)
        lessons.take(session, st.query_params)
    with st.container(horizontal=True, key="phone-pages", gap="small"):
        # A narrow window folds the navigation away; the style shows this row there alone.
        for name, other in PAGES.items():
            st.page_link(f"pages/{name}.py", label=_(other.title))
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row.container(gap=None, width="stretch"):
        st.title(_(title), anchor=False)
        purpose = st.empty()
        said = _photo(session) if page.has_face else ""
        purpose.markdown(f":gray[{_(asks)}]{said}")
    header = row.container(horizontal=True, width="content")
    choose = page.has_face and header.button(
        _("Face"), icon=":material/account_circle:", key="choose-face"
    )
    regions = _sidebar(session)
    address = reload.place()
    panels.style()
    with compute.told():
        engine = compute.engine(session)
        ensure_face(session, engine)
        with regions:
            _regions(session, engine)
        if choose:
            face_dialog(session, engine)
        if page.has_face:
            purpose.markdown(f":gray[{_(asks)}]{_photo(session)}")
        if session.posed is not None and page.has_face and title != "Poses":
            _posed(session, session.posed)
        replay.take_link(session, engine)
        lesson_card.draw(session, engine)
        body(session, engine, header)
        with st.sidebar:
            keeping.through_a_reload(session, engine)
        reload.keep(address, session, engine, is_first=is_first, is_new=is_new)


def _photo(session: Session) -> str:
    """Return whose face is in use and what was done to the photo to cut it out, or nothing."""
    face = session.photo_face
    if face is None:
        return ""
    assert session.photo is not None
    said = escaped(session.photo.name)
    if len(session.faces) > 1:
        said += _(", face {face_number} of {count}").format(
            face_number=session.face_number + 1, count=len(session.faces)
        )
    if face.how_cut:
        said += f": {face.how_cut}"
    return f" :small[:gray[\N{MIDDLE DOT} {said}]]"


def _posed(session: Session, posed: Posed) -> None:
    """Say that a pose is in use, on every page that shows it, and offer the photo's face again."""
    with st.container(horizontal=True, vertical_alignment="center"):
        words = _("{name}, from the {page} page.").format(
            name=escaped(posed.name), page=_(posed.page)
        )
        if posed.is_synthetic:
            photo = "" if session.photo is None else escaped(session.photo.name)
            words = _(
                ":orange-badge[:material/3d_rotation: synthetic] {photo} "
                "turned, {name}: not a photo."
            ).format(photo=photo, name=posed.name)
        st.markdown(words, width="content")
        st.button(
            _("Back to the photo's face"), icon=":material/undo:", type="tertiary",
            on_click=session.leave_pose, key="leave-pose",
        )  # fmt: skip
        if posed.warning:
            st.markdown(f":small[:material/warning: {posed.warning}]", width="content")


def halves() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return the left and the right half of a page."""
    cells = st.grid(2, min_column_width=HALF)
    return cells.container(), cells.container()


def _sidebar(session: Session) -> DeltaGenerator:
    """Draw what every page shares; return the place of what depends on the network."""
    with st.sidebar:
        regions = st.container()
        st.subheader(_("Model"), anchor=False)
        _checkpoint_and_device(session)
        st.page_link("pages/model.py", label=_("Card and equations"), icon=":material/schema:")
        lesson_card.offer(session)
        _language()
        st.space("small")
        st.markdown(
            _(
                ":small[:gray[:material/lock: Faces you upload are not kept: they and all that "
                "is made of them stay in memory for this session and go with it, two minutes "
                "after you leave.]]"
            )
        )
        st.markdown(
            _(
                ":small[:gray[An expression label says what the network answers. It is not what "
                "the person feels.]]"
            )
        )
    return regions


def _language() -> None:
    """Offer the pages in other languages; a visit speaks one from its beginning to its end."""
    here = languages.language()
    names = (
        f"**{label}**" if name == here else f"[{label}](?{languages.PARAMETER}={name})"
        for name, label in languages.LANGUAGES.items()
    )
    st.markdown(
        ":small[" + " \N{MIDDLE DOT} ".join(names) + "]",
        help=_("Opens this page anew in that language: what was set here goes."),
    )


def _regions(session: Session, engine: Engine) -> None:
    """Ask how the face is cut, and say what was measured so; a plain network cuts nothing."""
    st.subheader(
        _("Regions"),
        anchor=False,
        help=_("How the face is cut. Region 0 is always the whole face."),
    )
    if engine.card.kind == "plain":
        st.markdown(_(":small[:gray[A plain network sees the whole face alone.]]"))
        return

    def chosen(kind: str) -> None:
        session.lay(session.layouts[kind])

    name = (
        st.segmented_control(
            _("Regions"), list(LAYOUTS), format_func=_,
            key=seed("layout", session.layout_name, chosen),
            required=True, label_visibility="collapsed",
        )
        or "Fixed"
    )  # fmt: skip
    st.markdown(f":small[:gray[{_(_LAYOUT_NOTES[name])}]]")
    was = session.layouts[name]

    def seeded(key: str, field: str) -> str:
        return seed(key, getattr(was, field), partial(session.vary, name, field))

    if was.count is not None and was.seed is not None:
        count = st.slider(
            _("Crops"), 1, max(10, was.count), key=seeded("random-count", "count")
        )  # fmt: skip
        drawn = int(st.number_input(_("Seed"), 0, 10**6, key=seeded("random-seed", "seed")))
        was = replace(was, count=count, seed=drawn)
    if was.radius is not None:
        radius = st.slider(
            _("Radius, in face sides"), min(0.1, was.radius), max(0.5, was.radius), step=0.05,
            key=seeded("radius", "radius"),
        )  # fmt: skip
        was = replace(was, radius=radius)
    session.lay(was)
    if session.face is not None and (note := session.layout.note(session.face)):
        st.markdown(f":small[:gray[{note}]]")
    _measured(session, engine)


def _measured(session: Session, engine: Engine) -> None:
    """Say how the network was trained and what it reaches on the layout in use."""
    kind, card = session.layout_name.lower(), engine.card
    if kind not in card.trained_layouts:
        trained = _(" and ").join(map(called, card.trained_layouts))
        st.markdown(
            _(
                ":small[:orange[:material/warning: This network was not trained on {kind} crops, "
                "but on {trained} ones: its numbers here were not measured.]]"
            ).format(kind=called(kind), trained=trained)
        )
        return
    scores = card.layouts.get(kind, {}).get("scores") or (
        card.scores if kind == card.layout else None
    )
    if scores:
        reached = _("{accuracy:.1f} % on FERPlus").format(
            accuracy=100 * scores["ferplus"]["accuracy"]
        )
        if "occlusion" in scores:
            reached += _(", {accuracy:.1f} % under occlusion").format(
                accuracy=100 * scores["occlusion"]["accuracy"]
            )
        st.markdown(_(":small[:gray[Measured on these crops: {reached}.]]").format(reached=reached))


def _checkpoint_and_device(session: Session) -> None:
    if session.own_engine is not None:
        st.markdown(
            _("Your own checkpoint is in use: {name}.").format(
                name=escaped(session.own_engine.card.name)
            )
        )
        st.button(
            _("Use the bundled one"), icon=":material/undo:", on_click=session.use_engine,
            args=(None,),
        )  # fmt: skip
        return
    others = {str(path): name for name, path in bundled().items()}
    opening = compute.opens_with()
    known = {opening: others.get(opening, Path(opening).name)} | others
    if len(known) > 1:
        session.checkpoint = st.selectbox(
            _("Checkpoint"), list(known), format_func=known.__getitem__,
            key=seed(
                "checkpoint", session.checkpoint or opening, partial(setattr, session, "checkpoint")
            ),
        )  # fmt: skip
    labels = devices()
    session.device = st.selectbox(
        _("Device"), ["auto", *labels],
        key=seed_from(session, "device", "device"),
        format_func=lambda d: labels[d] if d in labels
        else _("Automatic: {device}").format(device=next(iter(labels.values()))),
    )  # fmt: skip
