"""Values -> files: what the Save menu offers. Nothing here computes an answer."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.face.shapes import shape_to_json
from ran.figures.paper.depicted import DEFAULT, Depicted
from ran.scene import Scene
from ran.shown import Shown
from ran.ui.shared.replay import offer_link, scene_recipe
from ran.ui.shared.saving import for_paper, keeping, reported
from ran.ui.shared.saving.files import files_begin, png
from ran.ui.shared.session import Session
from ran.words import _

_COLUMNS = ("self_weight", "relation_weight", "weight", "relative_weight", "covered")


def save_menu(
    engine: Engine,
    session: Session,
    scene: Scene,
    shown: Sequence[Shown],
    crops: Sequence[NDArray[np.uint8]],
) -> None:
    """Offer all that the page shows as files; `crops` are u8[R, S, S, 3], one for each shown."""
    # Filled once it is open, and files made when they are asked for: a stroke waits for neither.
    save = st.popover(_("Save"), icon=":material/download:", key="save", on_change="rerun")
    if not save.open:
        return
    begin = files_begin(session)
    files: list[tuple[str, str, str, Callable[[], str | bytes]]] = [
        (_("Numbers, JSON"), f"{begin}.json", "application/json",
         lambda: numbers_json(engine, scene, shown, is_synthetic=session.is_synthetic)),
        (_("Regions, CSV"), f"{begin}-regions.csv", "text/csv", lambda: regions_csv(shown)),
        (_("Covered face, PNG"), f"{begin}-face.png", "image/png",
         lambda: png(scene.hidden_pixels())),
        (_("Crops as seen, PNG"), f"{begin}-crops.png", "image/png", lambda: png(sheet(crops))),
    ]  # fmt: skip
    recipe = scene_recipe(engine, session, scene)
    if recipe is not None:
        files.insert(2, (_("Recipe, JSON"), "ran-recipe.json", "application/json", recipe.to_json))
    panels = DEFAULT if len(shown[0].answer.boxes) > 1 else ("faces", "probabilities")
    with save:
        for label, name, kind, content in files:
            st.download_button(
                label, content, name, kind, on_click="ignore", width="stretch", type="tertiary"
            )

        def slots() -> list[Depicted]:
            return for_paper.depicted(engine, session, shown)

        about = shown[0].answer.expression
        for_paper.offer(session, "figure", slots, panels, about)
        reported.offer(session, [engine], slots, about, recipe=recipe)
        if recipe is not None:
            offer_link(session, recipe)
        else:
            st.markdown(
                _(
                    ":small[:gray[No photo shows this face, so there is no recipe of it. The Poses "
                    "page has one of the turn.]]"
                )
            )


def keep(
    session: Session, engine: Engine, header: DeltaGenerator, scene: Scene, shown: Sequence[Shown]
) -> None:
    """Offer to keep the face with its cover and both answers."""
    keeping.offer(
        session, header, "occlude",
        lambda: json.loads(
            numbers_json(engine, scene, shown, is_synthetic=session.is_synthetic)
        ),
        recipe=lambda: scene_recipe(engine, session, scene), scene=scene,
    )  # fmt: skip


def numbers_json(
    engine: Engine, scene: Scene, shown: Sequence[Shown], *, is_synthetic: bool = False
) -> str:
    """Return both answers in the layout of the command line, and the scene that they are for."""
    content = {
        **{one.name: one.answer.as_json() for one in _both(shown)},
        "scene": {
            "face": scene.face.digest,
            "synthetic": is_synthetic,
            "shapes": [shape_to_json(shape) for shape in scene.shapes],
            "fill": {"kind": scene.fill.kind, "opacity": scene.fill.opacity},
        },
        "checkpoint": engine.card.name,
        "sha256": engine.card.sha256,
        **engine.conditions,
    }
    return json.dumps(content, indent=2) + "\n"


def _both(shown: Sequence[Shown]) -> tuple[Shown, Shown]:
    """Return the clean and the covered face: the same answer twice where nothing is hidden."""
    return shown[0], replace(shown[-1], name="covered")


def regions_csv(shown: Sequence[Shown]) -> str:
    """Return one row a region and face: its weights, and the share of it that is hidden."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("face", "region", "x0", "y0", "x1", "y1", *_COLUMNS))
    for one in _both(shown):
        answer = one.answer
        numbers = np.stack(
            [
                answer.self_weights,
                answer.relation_weights,
                answer.weights,
                answer.relative_weights,
                answer.covered,
            ],
            axis=1,
        )
        for box, row in zip(answer.boxes, numbers.tolist(), strict=True):
            rows.writerow((one.name, box.name, *box.edges, *(f"{value:.6f}" for value in row)))
    return text.getvalue()


def sheet(crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return the crops as one picture, a row each that is shown: the clean face's first.

    u8[N S, R S, 3] for N arrays u8[R, S, S, 3].
    """
    return np.concatenate([np.concatenate(list(row), axis=1) for row in crops], axis=0)
