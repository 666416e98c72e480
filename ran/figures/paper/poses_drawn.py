"""Answers over poses, or along a film, for a paper: weights, margin, probabilities."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from ran.figures.grammar import LIGHT
from ran.figures.numbers import TRACK_END
from ran.figures.paper.lines_drawn import Drawn, Panel, stacked
from ran.figures.poses.axis import Along
from ran.figures.poses.lines import STAND_OUT, class_lines, likeliest, lines
from ran.study.poses.posed import Answered
from ran.words import _


def over_poses(found: Sequence[Answered], along: Along, *, width: float) -> Figure:
    """Return three panels: w of each region against uniform, the likeliest classes, the margin.

    Args:
        found: the poses in the order of the axis; two at least.
        along: the axis.
        width: in inches.
    """
    ordered = along.order(found)
    at = [along.place(one.posed) for one in ordered]
    first = ordered[0].answer
    panels = []
    if len(first.boxes) > 1:
        names = [box.name for box in first.boxes]
        styles = lines(names, LIGHT)
        drawn = [Drawn(name, [_weight(one, name) for one in ordered], styles[name])
                 for name in names]  # fmt: skip
        ends = (1 / TRACK_END, TRACK_END)
        panels.append(
            Panel(_("w against uniform"), drawn, is_log=True, line=1.0, ends=ends)
        )  # fmt: skip
    classes = class_lines(likeliest(ordered), LIGHT)
    panels.append(
        Panel(
            _("Probability"),
            [
                Drawn(
                    name,
                    [float(one.answer.probabilities[one.answer.classes.index(name)])
                     if name in one.answer.classes else None for one in ordered],
                    style,
                )
                for name, style in list(classes.items())[:STAND_OUT]
            ],
            ends=(-0.03, 1.03),
        )
    )  # fmt: skip
    margins = [one.answer.rb_margin for one in ordered]
    if any(margin is not None for margin in margins):
        line = Drawn("RB margin", margins, (LIGHT.after, "solid"))
        panels.append(Panel(_("RB margin, line at alpha"), [line], line=first.alpha))
    return stacked(at, panels, along.title(ordered), width=width)


def _weight(one: Answered, name: str) -> float | None:
    """Return a region's w against uniform; what lies beyond the axis stands at its end."""
    names = [box.name for box in one.answer.boxes]
    if name not in names:
        return None
    relative = float(one.answer.relative_weights[names.index(name)])
    return min(TRACK_END, max(1 / TRACK_END, relative))
