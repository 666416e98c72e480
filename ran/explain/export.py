"""A heatmap as files: NumPy's .npz, and CSV for everything else. Numbers only, no face."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ran.explain.heatmap import Heatmap
from ran.net.regions import Box


def heatmap_facts(heatmap: Heatmap) -> dict[str, Any]:
    """Return what a heatmap says of itself, without its arrays, as plain values."""
    return {
        "method": heatmap.method,
        "target": heatmap.target,
        "signed": heatmap.signed,
        "baseline": heatmap.baseline,
        "steps": heatmap.steps,
        "smallest": float(heatmap.values.min()),
        "largest": float(heatmap.values.max()),
        "sum": float(heatmap.values.sum(dtype=np.float64)),
        "total": heatmap.total,
        "gap": heatmap.gap,
        "gap_share": heatmap.gap_share,
        "local_gaps": heatmap.local_gaps,
        "error": heatmap.error,
    }


def heatmap_npz(heatmap: Heatmap, boxes: Sequence[Box]) -> bytes:
    """Return the maps as a compressed .npz, read with numpy.load, nothing pickled.

    values f32[S, S] on the face; regions f32[R, s, s] in the coordinates of the crops; names and
    boxes f64[R, 4], x0 y0 x1 y1 in [0, 1] of the face; about, the facts as JSON.
    """
    file = io.BytesIO()
    np.savez_compressed(
        file,
        values=heatmap.values,
        regions=heatmap.regions,
        names=np.array([box.name for box in boxes]),
        boxes=np.array([box.edges for box in boxes], np.float64),
        about=np.array(json.dumps(heatmap_facts(heatmap))),
    )
    return file.getvalue()


def heatmap_csv(heatmap: Heatmap, names: Sequence[str]) -> str:
    """Return the maps as CSV: map ("face" or a region), row, column, value; every digit kept."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("map", "row", "column", "value"))
    maps = zip(("face", *names), (heatmap.values, *heatmap.regions), strict=True)
    for name, values in maps:
        for (row, column), value in np.ndenumerate(values):
            rows.writerow((name, row, column, str(value)))
    return text.getvalue()
