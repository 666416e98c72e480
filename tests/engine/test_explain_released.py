"""The bundled network on example faces: few gradients, where they count, nearly close the gap."""

from pathlib import Path

import pytest

from ran.engine import Engine
from ran.face.photo import open_photo
from ran.scene import Scene

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("name", ["astronaut.png", "drawn_surprise.png"])
def test_the_gap_of_integrated_gradients_is_below_one_percent_before_the_limit(name):
    """Twenty even steps missed 60 % in the median of three drawn faces."""
    engine = Engine.load(device="cpu")
    scene = Scene(engine.find_faces(open_photo(EXAMPLES / name))[0])
    heatmap = engine.explain(scene, "integrated-gradients")
    assert heatmap.gap_share < 0.01
    assert 16 <= heatmap.steps <= 32
    assert heatmap.local_gaps < 0.1 * abs(heatmap.total)
