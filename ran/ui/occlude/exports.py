"""Values -> files: what the Save menu offers. Nothing here computes an answer."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ran.engine import Engine
from ran.face.shapes import shape_to_json
from ran.prediction import Prediction
from ran.scene import Scene
from ran.ui.shared.files import files_begin, png
from ran.ui.shared.replay import offer_link, recipe_here
from ran.ui.shared.session import Session

_COLUMNS = ("self_weight", "relation_weight", "weight", "relative_weight", "covered")


def save_menu(
    engine: Engine,
    session: Session,
    scene: Scene,
    clean: Prediction,
    covered: Prediction,
    crops: tuple[NDArray[np.uint8], NDArray[np.uint8]],
) -> None:
    """Offer all that the Occlude page shows as files; `crops` are u8[R, S, S, 3], both faces."""
    # Filled once it is open, and files made when they are asked for: a stroke waits for neither.
    save = st.popover("Save", icon=":material/download:", key="save", on_change="rerun")
    if not save.open:
        return
    posed = session.posed
    begin = files_begin(session)
    files: list[tuple[str, str, str, Callable[[], str | bytes]]] = [
        ("Numbers, JSON", f"{begin}.json", "application/json",
         lambda: numbers_json(engine, scene, clean, covered, is_synthetic=session.is_synthetic)),
        ("Regions, CSV", f"{begin}-regions.csv", "text/csv", lambda: regions_csv(clean, covered)),
        ("Covered face, PNG", f"{begin}-face.png", "image/png",
         lambda: png(scene.hidden_pixels())),
        ("Crops as seen, PNG", f"{begin}-crops.png", "image/png", lambda: png(sheet(crops))),
    ]  # fmt: skip
    has_photo = posed is None or posed.photo is not None
    recipe = recipe_here(engine, session, scene) if has_photo else None
    if recipe is not None:
        files.insert(2, ("Recipe, JSON", "ran-recipe.json", "application/json", recipe.to_json))
    with save:
        for label, name, kind, content in files:
            st.download_button(
                label, content, name, kind, on_click="ignore", width="stretch", type="tertiary"
            )
        if recipe is not None:
            offer_link(session, recipe)
        else:
            st.markdown(
                ":small[:gray[No photo shows this face, so there is no recipe of it. The Poses "
                "page has one of the turn.]]"
            )


def numbers_json(
    engine: Engine,
    scene: Scene,
    clean: Prediction,
    covered: Prediction,
    *,
    is_synthetic: bool = False,
) -> str:
    """Return both answers in the layout of the command line, and the scene that they are for."""
    content = {
        "clean": clean.as_json(),
        "covered": covered.as_json(),
        "scene": {
            "face": scene.face.digest,
            "synthetic": is_synthetic,
            "shapes": [shape_to_json(shape) for shape in scene.shapes],
            "fill": {"kind": scene.fill.kind, "opacity": scene.fill.opacity},
        },
        "checkpoint": engine.card.name,
        "sha256": engine.card.sha256,
        "device": engine.device,
    }
    return json.dumps(content, indent=2) + "\n"


def regions_csv(clean: Prediction, covered: Prediction) -> str:
    """Return one row a region and face: its weights, and the share of it that is hidden."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("face", "region", "x0", "y0", "x1", "y1", *_COLUMNS))
    for face, answer in (("clean", clean), ("covered", covered)):
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
            rows.writerow((face, box.name, *box.edges, *(f"{value:.6f}" for value in row)))
    return text.getvalue()


def sheet(crops: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return the crops as one picture: the clean face's in the first row, the covered one's below.

    u8[2 S, R S, 3] for two arrays u8[R, S, S, 3].
    """
    return np.concatenate([np.concatenate(list(row), axis=1) for row in crops], axis=0)
