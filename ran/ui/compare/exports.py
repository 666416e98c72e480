"""Values -> files: what the Compare page's Save menu offers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from ran.explain.heatmap import Heatmap
from ran.figures.paper.depicted import Depicted
from ran.ui.compare.beside_panels import shared_regions
from ran.ui.compare.slots_chosen import Slot
from ran.ui.shared.saving import for_paper, reported
from ran.ui.shared.session import Session
from ran.words import _


def save_menu(
    session: Session, slots: Sequence[Slot], target: str, maps: Sequence[Heatmap]
) -> None:
    """Offer the numbers, a figure for a paper and a report of all slots.

    `target` is the expression that worths and maps are for; `maps` has one of every slot, or none.
    """
    save = st.popover(_("Save"), icon=":material/download:", key="compare-save", on_change="rerun")
    if not save.open:
        return
    panels = ["faces", "probabilities"]
    if shared_regions(slots):
        panels += ["weights", "shapley", "margin"]
    if maps:
        panels.append("maps")
    engines = list({slot.engine.key: slot.engine for slot in slots}.values())

    def made() -> list[Depicted]:
        return depicted(slots, maps)

    with save:
        st.download_button(
            _("Numbers, JSON"), lambda: as_json(slots, target), "ran-compare.json",
            "application/json", on_click="ignore", width="stretch", type="tertiary",
        )  # fmt: skip
        for_paper.offer(session, "compare", made, panels, target)
        reported.offer(session, engines, made, target, maps=[maps] if maps else ())


def depicted(slots: Sequence[Slot], maps: Sequence[Heatmap]) -> list[Depicted]:
    """Return the slots as figures take them."""
    found = [
        Depicted(
            slot.named, slot.engine.card.name, slot.engine.card.sha256 or "", slot.photo,
            values=slot.engine.region_values(slot.scene) if len(slot.answer.boxes) > 1 else None,
        )
        for slot in slots
    ]  # fmt: skip
    if not maps:
        return found
    return [replace(one, heatmap=heatmap) for one, heatmap in zip(found, maps, strict=True)]


def as_json(slots: Sequence[Slot], target: str) -> str:
    """Return every slot's numbers in the layout of `ran figure --json`."""
    content = {
        "slots": [one.as_json() for one in depicted(slots, ())],
        "target": target,
        **slots[0].engine.conditions,
    }
    return json.dumps(content, indent=2) + "\n"
