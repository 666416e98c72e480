"""The examples: whence they come, that they are what was drawn, and what is read in them."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ran.engine import Engine
from ran.expressions import FERPLUS
from ran.face.detect import find_faces
from ran.face.photo import open_photo
from ran.net import checkpoints
from ran.scene import Scene

FOLDER = Path(__file__).parents[1] / "examples"
PHOTOS = sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".png", ".jpg"))
DRAWN = sorted(path.name for path in FOLDER.glob("drawn_*.png"))
WEIGHTS = Path(checkpoints.__file__).parent / "weights" / checkpoints.DEFAULT / "model.safetensors"


def expression_named(file):
    return file.removesuffix(".png").split("_")[1]


@pytest.fixture(scope="module")
def gallery():
    """What draw_faces.py knows: PICTURES, EXPRESSIONS, draw()."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        return runpy.run_path(str(FOLDER / "draw_faces.py"))


def test_every_picture_has_its_source_and_licence_beside_it_and_none_is_listed_for_nothing():
    rows = re.findall(
        r"^\| `(.+?)` \|(.+)\|(.+)\|(.+)\|$", (FOLDER / "SOURCES.md").read_text(), re.M
    )
    assert sorted(row[0] for row in rows) == PHOTOS
    for file, picture, source, licence in rows:
        assert picture.strip()
        assert ("draw_faces.py" in source and "drawn" in picture) == file.startswith("drawn_")
        assert licence.strip().startswith(("public domain", "MIT"))


def test_the_gallery_shows_five_expressions_and_a_turned_head(gallery):
    assert sorted(gallery["PICTURES"]) == DRAWN
    for file, (_, expression, _) in gallery["PICTURES"].items():
        assert expression_named(file) == expression
        assert expression in FERPLUS
    assert {"neutral", "happiness", "surprise", "sadness", "anger"} == {
        *map(expression_named, DRAWN)
    }
    assert any(abs(yaw) > 20 for _, _, yaw in gallery["PICTURES"].values())


@pytest.mark.parametrize("file", DRAWN)
def test_a_drawn_file_is_what_the_script_draws(file, gallery):
    person, expression, yaw = gallery["PICTURES"][file]
    drawn = gallery["draw"](person, gallery["EXPRESSIONS"][expression], yaw=yaw)
    with Image.open(FOLDER / file) as stored:
        difference = np.abs(np.asarray(stored, int) - np.asarray(drawn, int)).max(-1)
    # Other processors round a sine otherwise: a pixel on an edge may tip.
    assert (difference > 2).mean() < 1e-3


def test_the_same_picture_is_drawn_each_time(gallery):
    person, expression, yaw = gallery["PICTURES"]["drawn_happiness_turned.png"]
    first, again = (
        gallery["draw"](person, gallery["EXPRESSIONS"][expression], yaw=yaw).tobytes()
        for _ in range(2)
    )
    assert first == again


@pytest.mark.parametrize("file", DRAWN)
def test_a_drawn_face_is_found_once_and_surely(file):
    (face,) = find_faces(open_photo(FOLDER / file))
    assert face.confidence > 0.99


def test_the_turned_head_is_turned():
    straight, turned = (
        find_faces(open_photo(FOLDER / file))[0].landmarks
        for file in ("drawn_happiness.png", "drawn_happiness_turned.png")
    )
    # Of the way from eye to eye, where the nose stands: in the middle, and well past it.
    places = [
        (points[2, 0] - points[0, 0]) / np.ptp(points[:2, 0]) for points in (straight, turned)
    ]
    assert places[0] == pytest.approx(0.5, abs=0.04)
    assert places[1] > 0.62


@pytest.fixture(scope="module")
def engine():
    if not WEIGHTS.is_file():
        pytest.skip("the bundled checkpoint is not there")
    return Engine.load(device="cpu")


@pytest.mark.parametrize("file", DRAWN)
def test_the_bundled_network_reads_the_expression_that_was_drawn(file, engine):
    (face,) = engine.find_faces(open_photo(FOLDER / file))
    assert engine.predict(Scene(face)).expression == expression_named(file)
