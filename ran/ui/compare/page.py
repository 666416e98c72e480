"""Two to four slots side by side: a face, its cover and its network in each; shared rows below."""

import json

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.explain.heatmap import Heatmap
from ran.ui.compare import beside_panels, exports, shelf_panel
from ran.ui.compare.slots_chosen import LETTERS, Slot, add_photo, ask
from ran.ui.shared import compute, shell
from ran.ui.shared.saving import keeping
from ran.ui.shared.session import Session
from ran.ui.shared.settings.comparing import MOST
from ran.ui.shared.settings.widgets import key_of
from ran.words import _


def body(session: Session, engine: Engine, header: DeltaGenerator) -> None:
    """Draw the page: the slots' columns, then what is compared."""
    asked = session.comparing
    if not asked.slots:
        face = session.face
        asked.begin(is_covered=face is not None and bool(session.shapes(face)))
    with compute.told():
        keeping.find_faces(session, engine)
    _buttons(session, engine)
    cells = st.grid(len(asked.slots), min_column_width=150)
    slots: list[Slot] = []
    for slot, letter in zip(list(asked.slots), LETTERS, strict=False):
        with cells.container(border=True, gap="xsmall", key=key_of("compare-slot", letter)):
            made = ask(session, engine, slot, letter)
        if made is not None:
            slots.append(made)
    shelf_panel.shelf(session, engine)
    if len(slots) < 2:
        st.markdown(_(":gray[Two slots with an answer can be compared.]"))
        return
    target, maps = "", list[Heatmap]()
    with compute.told():
        target = beside_panels.ask_target(asked, slots)
        left, right = shell.halves()
        with left:
            beside_panels.probabilities(slots)
            beside_panels.margins(slots)
        with right:
            beside_panels.attention(asked, slots)
            beside_panels.worth(slots, target)
    if target:
        with compute.told():
            maps = beside_panels.maps(slots, asked.method, target)
        keeping.offer(
            session, header, "compare", lambda: json.loads(exports.as_json(slots, target))
        )
        with header:
            exports.save_menu(session, slots, target, maps)


def _buttons(session: Session, engine: Engine) -> None:
    """Draw what is done with all slots."""
    asked = session.comparing
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(_("Swap"), icon=":material/swap_horiz:", key="compare-swap", on_click=asked.swap)
        st.button(
            _("Same face"), icon=":material/face:", key="compare-same-face",
            on_click=asked.same, args=("face", "cover"),
            help=_("All slots get the first one's face and cover."),
        )  # fmt: skip
        st.button(
            _("Same network"), icon=":material/schema:", key="compare-same-network",
            on_click=asked.same, args=("network",),
            help=_("All slots get the first one's network."),
        )  # fmt: skip
        st.button(
            _("Add a slot"), icon=":material/add:", key="compare-add", on_click=asked.add,
            disabled=len(asked.slots) >= MOST,
        )  # fmt: skip
        photo = st.popover(
            _("Another photo"), icon=":material/add_photo_alternate:", key="compare-another",
            on_change="rerun",
        )  # fmt: skip
        if photo.open:
            with photo:
                add_photo(session, engine)


def main() -> None:
    """Draw the page, whole."""
    shell.open_page("Compare", body)
