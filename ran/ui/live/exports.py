"""Values -> files: what the Live page's Save menu offers, where somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.figures.grammar import LIGHT
from ran.figures.paper.depicted import COLUMN
from ran.figures.poses.lines import lines
from ran.study.live.watcher import REMEMBERED_S, Moment, Watcher
from ran.ui.shared.saving import for_paper, keeping
from ran.ui.shared.saving.files import png, rows_csv
from ran.ui.shared.session import Session
from ran.words import _

if TYPE_CHECKING:
    from ran.figures.paper.ink import Drawing


def save_menu(watcher: Watcher, *, is_offered: bool) -> None:
    """Offer the frame that was answered last, and the numbers of the last seconds."""
    save = st.popover(
        _("Save"), icon=":material/download:", key="live-save", on_change="rerun",
        disabled=not is_offered,
    )  # fmt: skip
    if not save.open:
        return
    with save:
        if watcher.latest is None:
            st.markdown(_("Waiting for the first answer."))
            return
        st.download_button(
            _("The frame as it came, PNG"), lambda: frame_png(watcher), "camera.png", "image/png",
            on_click="ignore", type="tertiary", width="stretch",
        )  # fmt: skip
        st.download_button(
            _("Answers of the last seconds, CSV"), lambda: moments_csv(watcher), "ran-live.csv",
            "text/csv", on_click="ignore", type="tertiary", width="stretch",
        )  # fmt: skip
        _figure(watcher)


def _figure(watcher: Watcher) -> None:
    """Offer w of each region over the last seconds as a figure: of when it is asked for."""

    def draw() -> Drawing:
        from ran.figures.paper.lines_drawn import Drawn, Panel, stacked  # matplotlib, if wanted

        moments = watcher.moments()
        answered = [one.answer for one in moments if one.answer is not None]
        names = [box.name for box in answered[-1].boxes] if answered else []
        styles = lines(names, LIGHT)
        drawn = [
            Drawn(name, [_weight(one, name) for one in moments], styles[name]) for name in names
        ]
        at = [one.at - moments[-1].at for one in moments]
        panel = Panel(_("w against uniform"), drawn, line=1.0)
        return stacked(at, [panel], _("seconds before the last frame"), width=COLUMN)

    def words() -> str:
        return _(
            "w of each region of a camera's face over {seconds:.0f} s; a line breaks where no face "
            "was found."
        ).format(seconds=REMEMBERED_S)

    for_paper.offer_chart(watcher.watched.engine, "ran-live-figure", draw, words)


def _weight(one: Moment, name: str) -> float | None:
    answer = one.answer
    names = [] if answer is None else [box.name for box in answer.boxes]
    if answer is None or name not in names:
        return None
    return float(answer.relative_weights[names.index(name)])


def keep(session: Session, header: DeltaGenerator, watcher: Watcher) -> None:
    """Offer to keep the numbers of the last frame; the frame itself goes with the page."""

    def numbers() -> dict[str, Any]:
        seen = watcher.latest
        return {} if seen is None or seen.answer is None else {"camera": seen.answer.as_json()}

    keeping.offer(session, header, "live", numbers)


def frame_png(watcher: Watcher) -> bytes:
    """Return the frame that was answered last: what a frozen scene's recipe names by its digest."""
    seen = watcher.latest
    return b"" if seen is None else png(seen.pixels)


def moments_csv(watcher: Watcher) -> str:
    """Return a row a frame: seconds before the newest, answer, logits, w and RB margin.

    A frame without a face has its time alone.
    """
    moments = watcher.moments()
    sha256 = watcher.watched.engine.card.sha256
    rows = []
    for one in moments:
        row: dict[str, object] = {
            "checkpoint": sha256, "seconds": round(one.at - moments[-1].at, 3), "expression": "",
        }  # fmt: skip
        if one.answer is not None:
            answer = one.answer
            logits = dict(zip(answer.classes, answer.logits.tolist(), strict=True))
            weights = zip((box.name for box in answer.boxes), answer.weights.tolist(), strict=True)
            row |= {
                "expression": answer.expression, "rb_margin": answer.rb_margin,
                **{f"logit_{name}": value for name, value in logits.items()},
                **{f"w_{name}": value for name, value in weights},
            }  # fmt: skip
        rows.append(row)
    return rows_csv(rows)
