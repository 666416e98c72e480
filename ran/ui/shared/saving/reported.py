"""What stands on a page as a report: one file of HTML that opens offline and prints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from ran.engine import Engine
from ran.explain.heatmap import Heatmap
from ran.figures.paper.depicted import Depicted
from ran.recipe import Recipe
from ran.ui.shared.saving.files import files_begin
from ran.ui.shared.session import Session
from ran.ui.shared.settings.widgets import key_of
from ran.words import _


def offer(
    session: Session,
    engines: Sequence[Engine],
    slots: Callable[[], list[Depicted]],
    about: str,
    *,
    maps: Sequence[Sequence[Heatmap]] = (),
    recipe: Recipe | None = None,
) -> None:
    """Offer a report of what is shown, with the face and without; it is made when asked for.

    Args:
        session: whose face it is.
        engines: the networks that answered.
        slots: makes what the report shows.
        about: the expression that Shapley values are for.
        maps: for each method, a map of every slot.
        recipe: of the scene, where a photo shows it.
    """

    def report(*, has_photo: bool) -> str:
        from ran.report.of_scene import Told, scene_report  # matplotlib, only where it is wanted

        told = Told(
            slots(), about, maps,
            {} if recipe is None else {recipe.photo.name: recipe.to_json()},
            [
                (engine.card, engine.model.parameter_count)
                for engine in engines
            ],
            engines[0].conditions, has_photo=has_photo,
        )  # fmt: skip
        return scene_report(told)

    stem = f"{files_begin(session)}-report"
    st.markdown(
        _("**Report**"),
        help=_("One file of HTML: figures, tables, controls, card and recipe. It opens offline."),
    )
    with st.container(horizontal=True, gap="xsmall"):
        for label, has_photo in ((_("HTML"), True), (_("without the face"), False)):
            name = f"{stem}.html" if has_photo else f"{stem}-no-photo.html"
            st.download_button(
                label, partial(report, has_photo=has_photo), name, "text/html",
                on_click="ignore", type="tertiary", key=key_of("save", name),
            )  # fmt: skip
