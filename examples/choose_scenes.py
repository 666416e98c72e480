"""Choose the scenes that the app offers: `python -m examples.choose_scenes`.

The rule, over the examples that are photographs: the largest product of the total variation of w,
clean against changed, and the change of the clean answer's probability; for a mask, for sunglasses,
and for a turned head. The app opens with the larger of the first two. On landmark crops.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

import ran
from ran.face.covers.occlusion import Fill
from ran.face.covers.stickers import place
from ran.face.detect import Face
from ran.recipe import LayoutChoice
from ran.study.poses.sources import turned
from ran.ui.shared.faces.scenes import CHOSEN
from ran.writing import write_text

FOLDER = Path(__file__).parent
LAYOUT = LayoutChoice("landmark", radius=0.25)
YAWS = (-45.0, -30.0, 30.0, 45.0)
WORDS = {
    "mask": ("A mask", "{} with a surgical mask"),
    "sunglasses": ("Sunglasses", "{} with sunglasses"),
    "turned": ("A turned head", "{} turned synthetically by {:+.0f}°"),
}


def photographs() -> list[Path]:
    """Return the examples that are photographs."""
    return sorted(
        path
        for path in FOLDER.iterdir()
        if path.suffix in (".png", ".jpg") and not path.name.startswith("drawn_")
    )


def score(engine: ran.Engine, clean: ran.Scene, changed: ran.Scene) -> float:
    """Return total variation of w times the change of the clean answer's probability."""
    before, after = engine.predict_many([clean, changed])
    variation = 0.5 * float(np.abs(after.weights - before.weights).sum())
    place = before.classes.index(before.expression)
    return variation * abs(float(after.probabilities[place] - before.probabilities[place]))


def candidates(engine: ran.Engine) -> list[dict[str, Any]]:
    """Return every scene that could be chosen, with its score."""
    found = []
    for path in photographs():
        face = engine.find_faces(ran.open_photo(path))[0]
        clean = ran.Scene(face, layout=LAYOUT.regions(face))
        name = path.stem.replace("_", " ").title()
        for sticker in ("mask", "sunglasses"):
            shapes = (place(sticker, face),)
            changed = ran.Scene(face, shapes, Fill("look"), clean.layout)
            found.append(_row(sticker, path, name, [sticker], 0.0, score(engine, clean, changed)))
        for posed in turned(face, YAWS, using=engine):
            turned_face: Face = posed.face
            changed = ran.Scene(turned_face, layout=LAYOUT.regions(turned_face))
            found.append(_row("turned", path, name, [], posed.yaw, score(engine, clean, changed)))
    return found


def _row(
    kind: str, path: Path, name: str, stickers: list[str], yaw: float, reached: float
) -> dict[str, Any]:
    title, said = WORDS[kind]
    return {
        "kind": kind, "name": title, "said": said.format(name, yaw), "example": path.name,
        "stickers": stickers, "yaw": yaw, "score": round(reached, 4),
    }  # fmt: skip


def choose(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the best scene of each kind, covers before turns, the larger cover first."""
    best = [max((row for row in rows if row["kind"] == kind), key=lambda row: row["score"])
            for kind in WORDS]  # fmt: skip
    return sorted(best, key=lambda row: (row["kind"] == "turned", -row["score"]))


def main() -> None:
    """Write the chosen scenes where the app reads them."""
    engine = ran.Engine.load(device="cpu")
    told = {
        "rule": "total variation of w x change of the clean answer's probability, landmark crops",
        "checkpoint": engine.card.name,
        "scenes": choose(candidates(engine)),
    }
    write_text(CHOSEN, json.dumps(told, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
