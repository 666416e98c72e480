"""Values -> files: what the Poses page's Save menu offers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.face.shapes import shape_to_json
from ran.figures.paper.depicted import COLUMN
from ran.figures.poses.axis import Along
from ran.study.poses.posed import Answered, Cover, LaidOver, Skipped
from ran.ui.shared.replay import offer_link, poses_recipe
from ran.ui.shared.saving import for_paper, keeping
from ran.ui.shared.saving.files import png
from ran.ui.shared.session import Session
from ran.ui.shared.settings.posing import TURN
from ran.words import _

if TYPE_CHECKING:
    from ran.figures.paper.ink import Drawing

_SIDE = 128


def save_menu(
    engine: Engine,
    session: Session,
    found: Sequence[Answered],
    other: LaidOver | None,
    skipped: Sequence[Skipped],
    cover: Cover | None,
    along: Along,
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
        _figure(engine, session, found, along)
        if recipe is None:
            st.markdown(
                _(
                    ":small[:gray[A recipe is for a turned photo or for photos, with a cover "
                    "that lies on the photo's own face.]]"
                )
            )
        elif session.poses.way == TURN:
            offer_link(session, recipe)


def _figure(engine: Engine, session: Session, found: Sequence[Answered], along: Along) -> None:
    """Offer the charts over poses as a figure."""
    if len(found) < 2:
        return

    def draw() -> Drawing:
        from ran.figures.paper.poses_drawn import over_poses  # matplotlib, only where it is wanted

        return over_poses(found, along, width=COLUMN)

    photo = "" if session.photo is None else session.photo.name
    kind = _("turned synthetically") if found[0].posed.is_synthetic else _("as photographed")

    def words() -> str:
        return _(
            "Attention over {count} poses of {photo}, {kind}, along the {axis}: (a) w of each "
            "region against uniform, on a log axis; (b) the likeliest expressions; (c) the "
            "region-biased margin. {cover}"
        ).format(
            count=len(found), photo=photo, kind=kind, axis=along.title(found),
            cover=_("One cover lies on every pose.") if found[0].scene.shapes else "",
        )  # fmt: skip

    for_paper.offer_chart(engine, "ran-poses-figure", draw, words)


def keep(
    engine: Engine,
    session: Session,
    header: DeltaGenerator,
    found: Sequence[Answered],
    other: LaidOver | None,
    skipped: Sequence[Skipped],
    cover: Cover | None,
    chosen: int,
) -> None:
    """Offer to keep all poses' answers, and the chosen pose's face."""
    keeping.offer(
        session, header, "poses",
        lambda: json.loads(numbers_json(engine, found, other, skipped, cover)),
        recipe=lambda: poses_recipe(engine, session, cover, [one.posed for one in found]),
        scene=found[chosen].scene,
    )  # fmt: skip


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
