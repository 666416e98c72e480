"""The way to the Compare page from another: the face in use under two networks, or two covers."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.net.checkpoints import bundled
from ran.ui.shared import compute
from ran.ui.shared.session import Session
from ran.ui.shared.settings.widgets import key_of
from ran.words import _


def offer(session: Session, header: DeltaGenerator) -> None:
    """Offer in a page's header to lay another network or cover beside what the page shows."""
    place = header.popover(
        _("Compare with"), icon=":material/compare:", key="compare-with", on_change="rerun"
    )
    if not place.open:
        return
    with place:
        for name in networks(session):
            if st.button(name, key=key_of("compare-with", name), width="stretch", type="tertiary"):
                session.comparing.lay_beside(name)
                st.switch_page("pages/compare.py")
        face = session.face
        is_covered = face is not None and bool(session.shapes(face))
        words = _("The face without its cover") if is_covered else _("The face under a mask")
        if st.button(words, key="compare-with-cover", width="stretch", type="tertiary"):
            session.comparing.begin(is_covered=is_covered)
            st.switch_page("pages/compare.py")


def networks(session: Session) -> dict[str, str]:
    """Return the bundled networks that are not in use, by name: where each lies."""
    in_use = None if session.own_engine is not None else compute.checkpoint_of(session)
    return {name: str(path) for name, path in bundled().items() if str(path) != in_use}
