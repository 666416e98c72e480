"""Values -> files: what the Poses page's Save menu offers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from ran.engine import Engine
from ran.face.shapes import shape_to_json
from ran.study.poses.posed import Answered, Cover, LaidOver, Skipped
from ran.ui.shared.files import png
from ran.ui.shared.replay import offer_link, poses_recipe
from ran.ui.shared.session import Session
from ran.ui.shared.settings.posing import TURN
from ran.words import _

_SIDE = 128


def save_menu(
    engine: Engine,
    session: Session,
    found: Sequence[Answered],
    other: LaidOver | None,
    skipped: Sequence[Skipped],
    cover: Cover | None,
) -> None:
    """Offer all that the page shows as files, and as a recipe where there is one."""
    save = st.popover(_("Save"), icon=":material/download:", key="save", on_change="rerun")
    if not save.open:
        return
    recipe = poses_recipe(engine, session, cover, [one.posed for one in found])
    if session.alpha is not None:
        found = [one.with_alpha(session.alpha) for one in found]
    files: list[tuple[str, str, str, Callable[[], str | bytes]]] = [
        (_("Numbers, JSON"), "ran-poses.json", "application/json",
         lambda: numbers_json(engine, found, other, skipped, cover)),
        (_("Poses and regions, CSV"), "ran-poses.csv", "text/csv", lambda: poses_csv(found)),
        (_("Faces, PNG"), "ran-poses.png", "image/png", lambda: png(sheet(found))),
    ]  # fmt: skip
    if recipe is not None:
        files.insert(
            2, (_("Recipe, JSON"), "ran-poses-recipe.json", "application/json", recipe.to_json)
        )
    with save:
        for label, name, kind, content in files:
            st.download_button(
                label, content, name, kind, on_click="ignore", width="stretch", type="tertiary"
            )
        if recipe is None:
            st.markdown(
                _(
                    ":small[:gray[A recipe is for a turned photo or for photos, with a cover "
                    "that lies on the photo's own face.]]"
                )
            )
        elif session.poses.way == TURN:
            offer_link(session, recipe)


def numbers_json(
    engine: Engine,
    found: Sequence[Answered],
    other: LaidOver | None,
    skipped: Sequence[Skipped],
    cover: Cover | None,
) -> str:
    """Return every pose in the layout of `python -m ran poses --json`, and what was set."""
    content = {
        "poses": [one.as_json() for one in found],
        "skipped": [{"source": one.name, "reason": one.reason} for one in skipped],
        "checkpoint": engine.card.name,
        "sha256": engine.card.sha256,
        **engine.conditions,
        "cover": None
        if cover is None
        else {
            "face": cover.face.digest,
            "shapes": [shape_to_json(shape) for shape in cover.shapes],
            "fill": {"kind": cover.fill.kind, "opacity": cover.fill.opacity},
        },
        "other": None
        if other is None
        else {"checkpoint": other.name, "poses": [one.as_json() for one in other.answers]},
    }
    return json.dumps(content, indent=2) + "\n"


def poses_csv(found: Sequence[Answered]) -> str:
    """Return one row a pose and region: when, its angles, the answer, the region's weights."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(
        ("pose", "synthetic", "seconds", "shot", "yaw", "pitch", "estimated_yaw", "expression",
         "probability", "rb_margin", "region", "self_weight", "relation_weight", "weight",
         "relative_weight", "covered")
    )  # fmt: skip
    for one in found:
        posed, answer = one.posed, one.answer
        for k, box in enumerate(answer.boxes):
            numbers = (
                answer.self_weights, answer.relation_weights, answer.weights,
                answer.relative_weights, answer.covered,
            )  # fmt: skip
            rows.writerow(
                (
                    posed.name,
                    int(posed.is_synthetic),
                    "" if posed.moment is None else f"{posed.moment.seconds:.3f}",
                    "" if posed.moment is None else posed.moment.shot,
                    f"{posed.yaw:.2f}",
                    f"{posed.pitch:.2f}",
                    "" if posed.pose is None else f"{posed.pose.yaw:.2f}",
                    answer.expression,
                    f"{float(answer.probabilities.max()):.6f}",
                    "" if answer.rb_margin is None else f"{answer.rb_margin:.6f}",
                    box.name,
                    *(f"{float(column[k]):.6f}" for column in numbers),
                )
            )
    return text.getvalue()


def sheet(found: Sequence[Answered], across: int = 10) -> NDArray[np.uint8]:
    """Return the faces as they were shown to the network, in the page's order, in rows of ten."""
    faces = [
        np.asarray(
            Image.fromarray(one.scene.hidden_pixels()).resize(
                (_SIDE, _SIDE), Image.Resampling.BICUBIC
            )
        )
        for one in found
    ]
    white = np.full((_SIDE, _SIDE, 3), 255, np.uint8)
    columns = min(across, len(faces))
    faces += [white] * (-len(faces) % columns)
    return np.concatenate(
        [
            np.concatenate(faces[start : start + columns], axis=1)
            for start in range(0, len(faces), columns)
        ]
    )
