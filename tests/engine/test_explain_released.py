"""The bundled network on the example faces: more steps close the gap."""

from pathlib import Path

import numpy as np

from ran.engine import Engine
from ran.face.photo import open_photo
from ran.scene import Scene

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_median_gap_over_example_faces_falls_with_steps():
    engine = Engine.load(device="cpu")
    photos = sorted(EXAMPLES.glob("drawn_*.png"))[:4]
    gaps = []
    for photo in photos:
        scene = Scene(engine.find_faces(open_photo(photo))[0])
        maps = [engine.explain(scene, "integrated-gradients", steps=steps) for steps in (4, 40, 80)]
        gaps.append([heatmap.gap_share for heatmap in maps])
    few, default, many = np.median(gaps, axis=0)
    assert default < few / 2
    assert many < default
    assert many < 0.02
