"""Values -> files: what the Explain page's Save menu offers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.explain.export import heatmap_csv, heatmap_facts, heatmap_npz
from ran.explain.heatmap import Heatmap
from ran.explain.trust.ranks import spearman
from ran.figures.grammar import LIGHT
from ran.figures.maps import in_one_row
from ran.figures.paper.depicted import COLUMN, Depicted
from ran.scene import Scene
from ran.shown import Shown
from ran.ui.explain.map_cards import Asking
from ran.ui.explain.map_pictures import compared
from ran.ui.explain.region_values import LEFT_OUT, SHAPLEY, W, Worth
from ran.ui.shared.replay import scene_recipe
from ran.ui.shared.saving import for_paper, keeping, reported
from ran.ui.shared.saving.files import files_begin, png
from ran.ui.shared.session import Session
from ran.ui.shared.settings.widgets import key_of
from ran.words import _, called, later

if TYPE_CHECKING:
    from ran.figures.paper.ink import Drawing


def save_menu(
    engine: Engine,
    session: Session,
    found: Sequence[Asking],
    regions: Sequence[Worth],
    shown: Sequence[Shown],
    about: str,
) -> None:
    """Offer every map that is done, and what the regions are worth, as files.

    Of a face that was turned here, every name says that it is synthetic. `about` is the expression
    that the regions' worth is for.
    """
    begin = files_begin(session)
    save = st.popover(_("Save"), icon=":material/download:", key="explain-save", on_change="rerun")
    if not save.open:
        return
    with save:
        if regions:
            with _row("Regions"):
                _file("CSV", f"{begin}-regions.csv", "text/csv", partial(regions_csv, regions))
                _file("JSON", f"{begin}-regions.json", "application/json",
                      partial(regions_json, engine, regions,
                              is_synthetic=session.is_synthetic))  # fmt: skip
        for one in found:
            if one.work.is_whole:
                with _row(_(one.method.label)):
                    _map_files(engine, one, begin)
        _figure(engine, session, found)
        if regions and len(shown[0].answer.boxes) > 1:
            _pairs(engine, session, regions, about)
        for one in found:
            _insertion(engine, session, one)
        _report(engine, session, found, shown, about)
        names = next((", ".join(one.name for one in asked.shown) for asked in found), "")
        both = any(len(one.shown) > 1 for one in found)
        pictures = (
            _("PNG: {names} and change on their one scale. ").format(names=names) if both else ""
        )
        st.markdown(
            _(
                ":small[:gray[{pictures}The chart of the regions has its own button, for SVG.]]"
            ).format(pictures=pictures)
        )


def _figure(engine: Engine, session: Session, found: Sequence[Asking]) -> None:
    """Offer faces, the first map that is done and what the regions are worth, as one figure."""
    mapped = next((one for one in found if one.work.is_whole), None)
    if mapped is None or mapped.work.latest is None:
        return
    shown, maps = mapped.shown, mapped.work.latest.maps
    panels = ("faces", "maps", "shapley") if len(shown[0].answer.boxes) > 1 else ("faces", "maps")

    def slots() -> list[Depicted]:
        made = for_paper.depicted(engine, session, shown)
        return [replace(one, heatmap=heatmap) for one, heatmap in zip(made, maps, strict=True)]

    target = next(heatmap.target for heatmap in maps if heatmap is not None)
    answer = shown[0].answer
    about = target if target in answer.classes else answer.expression
    for_paper.offer(session, f"{mapped.key}-figure", slots, panels, about)


def _pairs(engine: Engine, session: Session, regions: Sequence[Worth], about: str) -> None:
    """Offer what every two regions add together as a figure."""

    def draw() -> Drawing:
        from ran.figures.paper.grids_drawn import pairs

        names = [box.name for box in regions[0].answer.boxes]
        return pairs(names, [(one.face, one.interactions(about)) for one in regions], width=COLUMN)

    def words() -> str:
        return _(
            "What every two regions add together to {name}, in logits: Shapley interaction index "
            "over all coalitions of regions."
        ).format(name=called(about))

    for_paper.offer_chart(
        engine, f"{files_begin(session)}-pairs-figure", draw, words, what=_("two regions together")
    )  # fmt: skip


def _insertion(engine: Engine, session: Session, one: Asking) -> None:
    """Offer the curves of insertion and deletion of a map that was checked."""
    known = None if one.check.latest is None else one.check.latest.faithfulness
    inserted = None if known is None else known.inserted
    if inserted is None:
        return

    def draw() -> Drawing:
        from ran.figures.paper.lines_drawn import Drawn, Panel, stacked

        lines = [
            Drawn(f"{_(name)}, {_(way)}", [float(value) for value in values], (colour, dash))
            for name, colour, curves in (
                (later("map"), LIGHT.after, inserted.map),
                (later("centre blob"), LIGHT.muted, inserted.centre),
            )
            for way, dash, values in (
                (later("shown"), "solid", curves.insertion),
                (later("taken away"), "dash", curves.deletion),
            )
        ]  # fmt: skip
        count = len(lines[0].values)
        at = [100 * place / (count - 1) for place in range(count)]
        x = _("pixels, the map's first ones first") + ", %"
        return stacked(at, [Panel(one.unit or _("target"), lines)], x, width=COLUMN)

    def words() -> str:
        return _(
            "Insertion and deletion of the {method} map: pixels are shown, or taken away, those "
            "first that the map ranks first; grey: a centre blob (Petsiuk et al. 2018)."
        ).format(method=_(one.method.label))

    for_paper.offer_chart(
        engine, f"{files_begin(session)}-{one.key}-insertion-figure", draw, words,
        what=_("insertion and deletion, {method}").format(method=_(one.method.label)),
    )  # fmt: skip


def _report(
    engine: Engine, session: Session, found: Sequence[Asking], shown: Sequence[Shown], about: str
) -> None:
    """Offer a report of the faces, of every map that is done and of the regions."""
    latest = [one.work.latest for one in found if one.work.is_whole]
    maps = [
        [heatmap for heatmap in one.maps if heatmap is not None]
        for one in latest
        if one is not None and None not in one.maps
    ]
    reported.offer(
        session, [engine], lambda: for_paper.depicted(engine, session, shown), about, maps=maps,
        recipe=scene_recipe(engine, session, shown[-1].scene),
    )  # fmt: skip


def keep(
    engine: Engine,
    session: Session,
    header: DeltaGenerator,
    shown: Sequence[Shown],
    regions: Sequence[Worth],
    found: Sequence[Asking],
) -> None:
    """Offer to keep the answers, what the regions are worth, and which maps were made."""

    def numbers() -> dict[str, Any]:
        told: dict[str, Any] = {one.name: one.answer.as_json() for one in shown}
        if regions:
            told["regions"] = json.loads(
                regions_json(engine, regions, is_synthetic=session.is_synthetic)
            )
        told["maps"] = [
            heatmap_facts(heatmap)
            for one in found
            if one.work.is_whole and one.work.latest is not None
            for heatmap in one.work.latest.maps
            if heatmap is not None
        ]
        return told

    keeping.offer(
        session, header, "explain", numbers, scene=shown[-1].scene,
        recipe=lambda: scene_recipe(engine, session, shown[-1].scene),
    )  # fmt: skip


def _row(name: str) -> st.delta_generator.DeltaGenerator:
    st.markdown(f"**{name}**")
    return st.container(horizontal=True, gap="xsmall")


def _map_files(engine: Engine, one: Asking, begin: str) -> None:
    assert one.work.latest is not None
    _file("PNG", f"{begin}-{one.key}.png", "image/png", partial(picture, one))
    for shown, heatmap in zip(one.shown, one.work.latest.maps, strict=True):
        if heatmap is not None:
            name = f"{begin}-{one.key}-{shown.name}"
            for kind, mime, make in (
                (".npz", "application/octet-stream", _npz),
                ("CSV", "text/csv", _csv),
            ):
                ending = kind.lower().removeprefix(".")
                _file(f"{kind}, {shown.name}", f"{name}.{ending}", mime,
                      partial(make, engine, shown.scene, heatmap))  # fmt: skip


def _file(label: str, name: str, kind: str, content: Callable[[], str | bytes]) -> None:
    st.download_button(
        label, content, name, kind, on_click="ignore", type="tertiary", key=key_of("save", name)
    )


def picture(one: Asking) -> bytes:
    """Return the pictures of a method side by side, as they stand on the page, as a PNG."""
    assert one.work.latest is not None
    found, _ = compared(one.shown, one.work.latest, one.method)
    return png(np.asarray(in_one_row(found)))


def _npz(engine: Engine, scene: Scene, heatmap: Heatmap) -> bytes:
    return heatmap_npz(heatmap, engine.layout_of(scene).boxes)


def _csv(engine: Engine, scene: Scene, heatmap: Heatmap) -> str:
    return heatmap_csv(heatmap, [box.name for box in engine.layout_of(scene).boxes])


def regions_csv(found: Sequence[Worth]) -> str:
    """Return one row a face, region and class: mu, nu, w and what the region was worth to it."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(
        ("face", "region", "class", "self_weight", "relation_weight", "weight", "shapley",
         "leave_one_out")
    )  # fmt: skip
    for one in found:
        answer = one.answer
        for index, box in enumerate(answer.boxes):
            weights = (answer.self_weights, answer.relation_weights, answer.weights)
            for place, name in enumerate(answer.classes):
                worth = (one.values.shapley[index, place], one.values.leave_one_out[index, place])
                numbers = (*(column[index] for column in weights), *worth)
                rows.writerow((one.face, box.name, name, *(f"{value:.6f}" for value in numbers)))
    return text.getvalue()


def regions_json(engine: Engine, found: Sequence[Worth], *, is_synthetic: bool = False) -> str:
    """Return the same as JSON, with the rank correlation of w and either worth by class."""
    content = {
        "checkpoint": engine.card.name,
        "sha256": engine.card.sha256,
        "synthetic": is_synthetic,
        "faces": [_face(one) for one in found],
    }
    return json.dumps(content, indent=2) + "\n"


def _face(one: Worth) -> dict[str, object]:
    answer, values = one.answer, one.values

    def by_class(row: Sequence[float]) -> dict[str, float]:
        return dict(zip(answer.classes, row, strict=True))

    return {
        "face": one.face,
        "full": by_class(values.full.tolist()),
        "empty": by_class(values.empty.tolist()),
        "regions": [
            {
                "name": box.name,
                "self_weight": float(answer.self_weights[index]),
                "relation_weight": float(answer.relation_weights[index]),
                "weight": float(answer.weights[index]),
                "shapley": by_class(values.shapley[index].tolist()),
                "leave_one_out": by_class(values.leave_one_out[index].tolist()),
            }
            for index, box in enumerate(answer.boxes)
        ],
        "interactions": values.pairs([box.name for box in answer.boxes], answer.classes),
        "rank_correlation_with_weight": {
            kind: {
                name: spearman(one.attention(W), one.worth(worth, name)) for name in answer.classes
            }
            for kind, worth in (("shapley", SHAPLEY), ("leave_one_out", LEFT_OUT))
        },
    }
