"""A camera's frame with its answer on it, and the strip of w over the last seconds."""

import base64
import re

import numpy as np
import pytest
from PIL import Image

from ran.engine import Engine
from ran.face.covers.occlusion import Fill
from ran.face.covers.stickers import place
from ran.face.detect import frame
from ran.face.framing import FERPLUS
from ran.face.photo import open_photo
from ran.figures.grammar import DARK, LIGHT
from ran.figures.live.on_frame import on_frame
from ran.figures.live.strip import HEIGHT, WIDTH, strip
from ran.figures.poses.lines import lines
from ran.places import examples_folder
from ran.scene import Scene
from ran.study.live.watcher import Moment

SECONDS, NOW = 20.0, 1000.0


@pytest.fixture
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


@pytest.mark.parametrize("roll", [0, 25])
def test_stickers_lie_on_the_frame_as_they_lie_on_the_face(engine, roll):
    photo = open_photo(examples_folder() / "astronaut.png")
    turned = np.asarray(Image.fromarray(photo.pixels).rotate(-roll, Image.Resampling.BICUBIC))
    face = engine.find_faces(type(photo)(turned, "x"))[0]
    assert abs(face.roll - roll) < 8 if roll else face.roll == 0
    scene = Scene(face, (place("mask", face),), Fill("look"))
    drawn = on_frame(turned, scene, engine.predict(scene), LIGHT)
    assert drawn.shape == turned.shape and drawn.dtype == np.uint8
    box = np.asarray(face.box)
    angle = np.radians(face.roll)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle, side = (box[:2] + box[2:]) / 2, box[2] - box[0]
    points = (face.landmarks - 0.5) @ turn.T * side + middle
    again = frame(drawn, points.astype(np.float32), FERPLUS)
    # Cut out again, the mask is where the scene has it, but for the thin lines of the regions.
    inside = scene.mask() > 0.99
    theirs, ours = (x.astype(float)[inside] for x in (scene.hidden_pixels(), again.pixels))
    assert np.median(np.abs(theirs - ours)) < 4
    clean = np.median(np.abs(theirs - face.pixels.astype(float)[inside]))
    assert clean > 20, "the mask itself changes more"


def test_lines_have_the_weights_colours_and_a_frame_without_a_face_is_as_it_came(engine):
    photo = open_photo(examples_folder() / "astronaut.png")
    assert on_frame(photo.pixels, None, None, LIGHT) is photo.pixels
    scene = Scene(engine.find_faces(photo)[0])
    answer = engine.predict(scene)
    drawn = on_frame(photo.pixels, scene, answer, LIGHT)
    changed = (drawn != photo.pixels).any(-1)
    x0, y0, x1, y1 = (round(edge) for edge in scene.face.box)
    beyond = changed.copy()
    beyond[max(0, y0 - 90) : y1 + 8, max(0, x0 - 8) : x1 + 250] = False
    assert changed.any() and not beyond.any()
    assert not changed[y0 + 20 : y1 - 20, x0 + 20 : x1 - 20].all(), "the face is not tinted"


def answers(engine, *faces):
    return [engine.predict(Scene(face)) for face in faces]


@pytest.fixture
def answer(engine):
    return engine.predict(
        Scene(engine.find_faces(open_photo(examples_folder() / "astronaut.png"))[0])
    )


def drawing(html):
    (packed,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    return base64.b64decode(packed).decode()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_line_a_region_stands_at_its_time_and_weight(answer, theme):
    moments = [Moment(NOW - 10, answer), Moment(NOW - 9.5, answer), Moment(NOW - 9, answer)]
    html = strip(moments, SECONDS, NOW, theme)
    names = [box.name for box in answer.boxes]
    found = re.findall(r'points="([^"]+)" fill="none" stroke="(#\w+)"', drawing(html))
    assert [colour for _, colour in found] == [lines(names, theme)[name][0] for name in names]
    highest = max(2, int(np.ceil(answer.relative_weights.max())))
    for (points, _), weight in zip(found, answer.relative_weights, strict=True):
        places = np.array([point.split(",") for point in points.split()], float)
        assert places[:, 0] == pytest.approx([WIDTH * at for at in (0.5, 0.525, 0.55)], abs=0.1)
        assert places[:, 1] == pytest.approx(HEIGHT * (1 - weight / highest), abs=0.1)
    assert f">{highest}×<" in html and "20 s ago" in html
    assert re.search(rf'alt="[^"]*{names[0]} {answer.relative_weights[0]:.2f}×', html)


@pytest.mark.parametrize("between", [None, "gap"])
def test_a_line_breaks_where_no_face_was_and_where_time_is_missing(answer, between):
    moments = [Moment(NOW - 10, answer), Moment(NOW - 9.5, answer)]
    moments += [Moment(NOW - 9.2, None)] if between is None else []
    later = 9.0 if between is None else 7.0
    moments += [Moment(NOW - later, answer), Moment(NOW - later + 0.5, answer)]
    count = drawing(strip(moments, SECONDS, NOW, LIGHT)).count("<polyline")
    assert count == 2 * len(answer.boxes)


def test_without_an_answer_there_is_no_strip(answer):
    assert strip([], SECONDS, NOW, LIGHT) == strip([Moment(NOW, None)], SECONDS, NOW, LIGHT) == ""
