"""An answer is given up between two parts of its work, once its time is up; nobody else's is."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ran import deadline
from ran.deadline import check, within
from ran.engine import Engine
from ran.errors import TookTooLong
from ran.face.detect import Face
from ran.face.detector import default_detector
from ran.face.mask import rasterise, rasterise_look
from ran.face.shapes import Rectangle
from ran.scene import Scene

ROOT = Path(__file__).parents[1]
PIXELS = np.random.default_rng(3).integers(0, 256, (48, 48, 3), np.uint8)
COVER = (Rectangle(0.2, 0.6, 0.8, 0.9),)


@pytest.fixture
def clock(monkeypatch):
    """A clock that each look at it moves on by a second."""
    ticks = iter(range(10_000))
    monkeypatch.setattr(deadline, "time", SimpleNamespace(monotonic=lambda: float(next(ticks))))


def test_without_a_deadline_nothing_is_given_up():
    check()


def test_the_seconds_that_were_given_are_said():
    with within(0.0), pytest.raises(TookTooLong, match=r"^This took more than 0 s and was given"):
        check()
    check()


def test_a_block_inside_has_its_own_time_and_so_has_another_thread():
    with within(0.0):
        with within(60.0):
            check()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(check).result()
        with pytest.raises(TookTooLong):
            check()


@pytest.mark.parametrize("draw", [rasterise, rasterise_look])
def test_a_drawing_is_given_up_between_two_shapes(clock, draw):
    with within(2.5):
        draw(COVER * 2, 48)
    with within(2.5), pytest.raises(TookTooLong):
        draw(COVER * 3, 48)


def test_a_network_and_the_detector_are_not_asked_when_time_is_up(checkpoint):
    engine = Engine.load(checkpoint, "cpu")
    scene = Scene(Face.from_pixels(PIXELS))
    asked = {
        "answer": lambda: engine.predict(scene),
        "map": lambda: engine.explain(scene, "saliency"),
        "faces": lambda: default_detector().detect(PIXELS),
    }
    for ask in asked.values():
        with within(0.0), pytest.raises(TookTooLong):
            ask()
    assert engine.predict(scene).probabilities.sum() == pytest.approx(1.0)


def test_a_map_is_given_up_between_two_passes(checkpoint, clock):
    engine = Engine.load(checkpoint, "cpu")
    scene = Scene(Face.from_pixels(PIXELS), COVER)
    engine.predict(scene)
    with within(3.5), pytest.raises(TookTooLong):
        engine.explain(scene, "occlusion")
    with within(1000.0):
        assert engine.explain(scene, "occlusion").values.shape == (48, 48)


def test_no_clock_that_can_be_set_back_decides_anything():
    """Only a training log says what time it is."""
    named = re.compile(r"\btime\.time\(|datetime\.(now|utcnow)\(")
    files = [path for path in (ROOT / "ran").rglob("*.py") if named.search(path.read_text())]
    assert [path.name for path in files] == ["run_folder.py"]
