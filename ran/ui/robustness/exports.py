"""Values -> files: what the Robustness page's Save menu offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.figures.grammar import LIGHT
from ran.figures.paper.depicted import COLUMN, PAGE
from ran.scene import Scene
from ran.study.robustness.readings import READINGS, Reading
from ran.study.robustness.sweeps import VALUES, Curve
from ran.study.robustness.windows import SlidOver
from ran.ui.robustness.cover_curves import change_title, number_title
from ran.ui.robustness.window_maps import found, mean_face
from ran.ui.shared.replay import scene_recipe
from ran.ui.shared.saving import for_paper, keeping
from ran.ui.shared.saving.files import rows_csv
from ran.ui.shared.session import Session
from ran.words import _

if TYPE_CHECKING:
    from ran.figures.paper.ink import Drawing


def save_menu(
    engine: Engine,
    session: Session,
    scenes: Sequence[Scene],
    slid: SlidOver | None,
    curve: Curve | None,
) -> None:
    """Offer the maps and the curve, as far as they are done: every number, and figures."""
    save = st.popover(
        _("Save"), icon=":material/download:", key="robustness-save", on_change="rerun",
        disabled=slid is None and curve is None,
    )  # fmt: skip
    if not save.open:
        return
    with save:
        if slid is not None:
            st.download_button(
                _("Window, every place, CSV"), lambda: slid_csv(engine, slid),
                "ran-window.csv", "text/csv", on_click="ignore", type="tertiary", width="stretch",
            )  # fmt: skip
            _maps(engine, session, scenes, slid)
        if curve is not None and curve.faces:
            st.download_button(
                _("Curve, every cover, CSV"), lambda: curve_csv(engine, curve),
                "ran-curve.csv", "text/csv", on_click="ignore", type="tertiary", width="stretch",
            )  # fmt: skip
            _figure(engine, session, curve)


def _maps(engine: Engine, session: Session, scenes: Sequence[Scene], slid: SlidOver) -> None:
    """Offer the maps that are shown as a figure."""
    from ran.figures.paper.windows_drawn import WindowMap, row_wide, window_maps  # matplotlib

    has_crops = len(engine.layout_of(scenes[0]).boxes) > 1
    face = mean_face(scenes[: len(slid.whole)])
    region = session.robustness.region if has_crops else None
    count = len(found(slid, face.shape[0], region))

    def draw() -> Drawing:
        named = found(slid, face.shape[0], region).values()  # in the figure's own language
        return window_maps(face, [WindowMap(*one) for one in named], limit=PAGE)

    def words() -> str:
        window = slid.faces[0].window
        return _(
            "What changes under a window, {side:g} of the face's side, filled with {fill}: a pixel "
            "has the mean change over the windows on it. Faces: {count}. Each map has its own "
            "scale."
        ).format(side=window.side, fill=_(window.fill.kind), count=len(slid.whole))

    wide = row_wide(count, PAGE)
    for_paper.offer_chart(engine, "ran-window-figure", draw, words, width=wide)


def _figure(engine: Engine, session: Session, curve: Curve) -> None:
    """Offer the curve that is shown as a figure."""
    number, by = session.robustness.number, curve.swept.by
    title, change = number_title(number), change_title(by)

    def draw() -> Drawing:
        from ran.figures.paper.lines_drawn import Drawn, Panel, stacked  # matplotlib, if wanted

        low, high = curve.band(number)
        lines = [Drawn(_("random"), curve.means(number).mean(0).tolist(), (LIGHT.muted, "solid"))]
        if curve.swept.is_guided:
            own = curve.guided(number).mean(0).tolist()
            lines.append(Drawn(_("guided"), own, (LIGHT.after, "solid")))
        panel = Panel(title, lines, band=(low.tolist(), high.tolist()))
        return stacked(VALUES[by], [panel], change, width=COLUMN)

    def words() -> str:
        return _(
            "What a cover does: {number}, by {change}. Faces: {count}. Grey: the mean of {places} "
            "random places, with its band; green: guided by Grad-CAM, where a map can guide."
        ).format(number=title, change=change, count=len(curve.faces), places=curve.swept.places)

    for_paper.offer_chart(engine, "ran-curve-figure", draw, words)


def keep(
    engine: Engine,
    session: Session,
    header: DeltaGenerator,
    scenes: Sequence[Scene],
    slid: SlidOver | None,
    curve: Curve | None,
) -> None:
    """Offer to keep every window's reading and the curve's, and the face if it is one."""
    scene = scenes[0] if len(scenes) == 1 and scenes[0].face == session.face else None
    keeping.offer(
        session, header, "robustness",
        lambda: {
            "window": [] if slid is None else _slid_rows(engine, slid),
            "curve": [] if curve is None or not curve.faces else _curve_rows(engine, curve),
        },
        recipe=lambda: None if scene is None else scene_recipe(engine, session, scene),
        scene=scene,
    )  # fmt: skip


def slid_csv(engine: Engine, slid: SlidOver) -> str:
    """Return a row a face and place: the window's edges and what was read; place 0 is no window."""
    return rows_csv(_slid_rows(engine, slid))


def _slid_rows(engine: Engine, slid: SlidOver) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for number, face in enumerate(slid.faces):
        window = face.window
        made = {"checkpoint": engine.card.sha256, "face": number, "fill": window.fill.kind}
        edges = dict.fromkeys(("x0", "y0", "x1", "y1"))
        rows.append({**made, "place": 0, **edges, **_read(face.clean)})
        for place, reading in enumerate(face.readings):
            box = window.at(*divmod(place, window.rows))
            edges = {name: round(float(getattr(box, name)), 6) for name in edges}
            rows.append({**made, "place": place + 1, **edges, **_read(reading)})
    return rows


def curve_csv(engine: Engine, curve: Curve) -> str:
    """Return a row a face, value and cover: the numbers read under it."""
    return rows_csv(_curve_rows(engine, curve))


def _curve_rows(engine: Engine, curve: Curve) -> list[dict[str, object]]:
    swept = curve.swept
    made = {"checkpoint": engine.card.sha256, "by": swept.by, "side": swept.side,
            "fill": swept.fill.kind, "kind": swept.kind, "seed": swept.seed}  # fmt: skip
    rows: list[dict[str, object]] = []
    for number, face in enumerate(curve.faces):
        for value, at in zip(VALUES[swept.by], face, strict=True):
            named = [(f"random {place}", one) for place, one in enumerate(at.random)]
            named += [("guided", at.guided)] if at.guided is not None else []
            rows += [
                {**made, "face": number, "value": value, "cover": name, **_read(reading)}
                for name, reading in named
            ]
    return rows


def _read(reading: Reading) -> dict[str, object]:
    names = [*READINGS, *(box.name for box in reading.answer.boxes)]
    return {
        "answer": reading.answer.expression,
        "explained": reading.expression,
        **{(name if name in READINGS else f"w_{name}"): _plain(reading.of(name)) for name in names},
    }


def _plain(value: float | None) -> float | None:
    return None if value is None else float(np.float32(value))
