"""Values -> files: what the Live page's Save menu offers, where somebody asks."""

from __future__ import annotations

import csv
import io

import streamlit as st

from ran.study.live.watcher import Watcher
from ran.ui.shared.saving.files import png
from ran.words import _


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
    names = list(dict.fromkeys(name for row in rows for name in row))
    file = io.StringIO(newline="")
    table = csv.DictWriter(file, names)
    table.writeheader()
    table.writerows(rows)
    return file.getvalue()
