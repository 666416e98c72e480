"""Heatmaps -> pictures on the Explain page: over the face, over each crop, and their scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ran.engine import Engine
from ran.explain.heatmap import Explaining, Heatmap
from ran.explain.maps.methods import Method
from ran.figures import heat_overlay, signed
from ran.figures.maps import CHANGE, Mapped, Overlay, Scale, overlays, shared_scale
from ran.scene import Scene
from ran.shown import Shown
from ran.ui.components.linked_pictures import Picture, decimals, linked_pictures
from ran.ui.explain.rounds import Round
from ran.ui.shared.scales import rising_bar, scale_line, signed_bar
from ran.ui.shared.settings.widgets import key_of
from ran.words import _, called, later

_VALUES = {
    "grad-cam": "Grad-CAM",
    "saliency": later("Size of the slope at each pixel"),
    "smoothgrad": later("Size of the mean slope at each pixel"),
    "guided-grad-cam": later("Guided Grad-CAM"),
    "occlusion": later("Fall when a window is hidden, mean over the windows at a pixel"),
    "region-ablation": later("Fall when a region is left out, sum over the regions at a pixel"),
}
"""What a value of a map is; the other methods share the target out among the pixels."""


def draw(engine: Engine, shown: Sequence[Shown], latest: Round, method: Method, unit: str) -> None:
    """Draw the maps of one method, as far as they are, with their scale and those of the crops.

    With one face alone the crops stand beside it, else they are folded below.
    """
    found, scale = compared(shown, latest, method)
    if not found:
        st.markdown(
            _(":gray[{label} has nothing to show before it is done.]").format(label=_(method.label))
        )
        return
    digits = decimals(scale.full)
    pictures = [
        Picture(
            overlay.pixels, overlay.values, called(overlay.name),
            _caption(overlay.name, shown, latest, unit, method.counts or "steps"),
            f"{_(method.label)}, {_(overlay.name)}", overlay.signed,
        )
        for overlay in found
    ]  # fmt: skip
    label = _("{method} for {target}: {names}").format(
        method=_(method.label),
        target=_target(latest),
        names=", ".join(called(one.name) for one in found),
    )
    key = key_of("map", method.name)
    if len(shown) == 1:
        cells = st.grid(2, min_column_width=300)
        with cells.container():
            linked_pictures(key, pictures, digits=digits, label=label, most=1)
        with cells.container():
            _crops(engine, shown, latest, method, scale)
    else:
        linked_pictures(key, pictures, digits=digits, label=label)
    _scale_line(method, scale, unit, is_changed=any(one.name == CHANGE for one in found))
    if len(shown) > 1:
        folded = st.expander(
            _("Over each crop, on the same scale"), key=key_of("crops", method.name),
            on_change="rerun",
        )  # fmt: skip
        if folded.open:
            with folded:
                _crops(engine, shown, latest, method, scale)


def compared(shown: Sequence[Shown], latest: Round, method: Method) -> tuple[list[Overlay], Scale]:
    """Return the pictures of each face and of the change, as far as there are maps; their scale."""
    found = [
        Mapped(one.name, one.scene.hidden_pixels(), heatmap.values)
        for one, heatmap in zip(shown, latest.maps, strict=True)
        if heatmap is not None
    ]
    if not found:
        return [], Scale(0.0, 0.0)
    compare = latest.is_even and len(found) == len(shown)
    values = [one.values for one in found]
    if compare and len(found) > 1:
        values.append(values[-1] - values[0])
    scale = shared_scale(values)
    return overlays(found, signed=method.is_signed, scale=scale, compare=compare), scale


def _caption(name: str, shown: Sequence[Shown], latest: Round, unit: str, counts: str) -> str:
    names = [one.name for one in shown]
    if name == CHANGE:
        return _("change: {last} minus {first}, on the {first} face").format(
            last=called(names[-1]), first=called(names[0])
        )
    step: Explaining = latest.faces[names.index(name)]
    heatmap = step.heatmap
    assert heatmap is not None
    if step.done < step.of:
        return _("{name}, half done: after {done} of {of} {counts}").format(
            name=called(name), done=step.done, of=step.of, counts=counts
        )
    if heatmap.total is None:
        return _("{name}: evidence for {target}").format(
            name=called(name), target=_told(heatmap.target)
        )
    total = float(heatmap.values.sum(dtype=np.float64))
    return (
        _("{name}: adds up to {total} of {promised} {unit}")
        .format(name=called(name), total=signed(total), promised=signed(heatmap.total), unit=unit)
        .rstrip()
    )


def _target(latest: Round) -> str:
    return _told(next(heatmap.target for heatmap in latest.maps if heatmap is not None))


def _told(target: str) -> str:
    """Return a target's name as a visitor reads it; of a difference both."""
    return " - ".join(map(called, target.split(" - ")))


def _scale_line(method: Method, scale: Scale, unit: str, *, is_changed: bool) -> None:
    digits = decimals(scale.full)
    unit = unit.capitalize().rstrip("s") or "Value"
    what = _(_VALUES.get(method.name, later("{unit} per pixel"))).format(unit=unit)
    shared = _("one scale for all three") if is_changed else _("one scale for all")
    low, high = signed(-scale.full, digits), signed(scale.full, digits)
    bars = [signed_bar(_("against {low}").format(low=low), _("{high} for").format(high=high))]
    if not method.is_signed:
        bars = [rising_bar("0", f"{scale.full:.{digits}f}")]
        if is_changed:
            bars.append(signed_bar(low, high))
    cut = _("full colour from there on, largest value {largest:.{digits}f}").format(
        largest=scale.largest, digits=digits
    )
    scale_line(f"{what}, {shared}", *bars, *((cut,) if scale.is_cut else ()))


def _crops(
    engine: Engine, shown: Sequence[Shown], latest: Round, method: Method, scale: Scale
) -> None:
    """Draw the map of each region over what the network saw of it, a row a face."""
    for one, heatmap in zip(shown, latest.maps, strict=True):
        if heatmap is not None:
            seen = engine.regions_seen(one.scene)
            pictures = _over_crops(engine, one.scene, seen, heatmap, scale)
            linked_pictures(
                f"crops-{method.name}-{one.name}",
                pictures,
                digits=decimals(scale.full),
                label=_("{label} over each crop of the {name} face").format(
                    label=_(method.label), name=called(one.name)
                ),
                most=3 if len(shown) == 1 else 6,
                explains=False,
            )


def _over_crops(
    engine: Engine,
    scene: Scene,
    seen: NDArray[np.uint8],
    heatmap: Heatmap,
    scale: Scale,
) -> list[Picture]:
    names = [called(box.name) for box in engine.layout_of(scene).boxes]
    return [
        Picture(
            np.asarray(heat_overlay(crop, values, scale=scale.full, signed=heatmap.signed)),
            values, name, name,
            _("{method} over {region}").format(method=heatmap.method, region=name), heatmap.signed,
        )
        for name, crop, values in zip(names, seen, heatmap.regions, strict=True)
    ]  # fmt: skip
