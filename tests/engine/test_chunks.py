"""Many scenes at once: what each gets alone, in as few passes as their crops need, in any order."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from answers import FACE, MOUTH, differ, is_the_same_to_the_bit

from ran.engine import Engine
from ran.face.covers.occlusion import Fill
from ran.face.detect import Face
from ran.face.shapes import Ellipse, Rectangle
from ran.net.regions import landmark_layout, random_layout
from ran.scene import Scene


def scenes(count=8):
    shapes = [Rectangle(0.1 * n, 0.0, 0.1 * n + 0.2, 1.0) for n in range(count)]
    fills = [Fill("grey"), Fill("noise", seed=3), Fill("blur"), Fill("mean", opacity=0.5)]
    layouts = [None, random_layout(3, seed=1)]
    return [Scene(FACE, (shape,), fills[n % 4], layouts[n % 2]) for n, shape in enumerate(shapes)]


def test_many_scenes_at_once_get_what_each_gets_alone(checkpoint):
    together = Engine.load(checkpoint, "cpu").predict_many(scenes())
    alone = Engine.load(checkpoint, "cpu")
    for scene, answer in zip(scenes(), together, strict=True):
        assert differ(alone.predict(scene), answer) <= 1e-5
    backwards = Engine.load(checkpoint, "cpu").predict_many(scenes()[::-1])
    for answer, other in zip(together, backwards[::-1], strict=True):
        assert differ(answer, other) <= 1e-5


@pytest.mark.parametrize(("faces", "regions"), [(1, 6), (9, 6), (100, 6), (70, 4), (50, 2)])
def test_the_backbone_is_asked_no_more_often_than_its_crops_need(fresh, faces, regions):
    """Whatever the number of regions: no pass is half empty but the last."""
    engine, seen = fresh
    layout = None if regions == 6 else random_layout(regions - 1, seed=1)
    asked = [Scene(face, layout=layout) for face in others(faces)]
    engine.predict_many(asked)
    count = faces * len(engine.layout_of(asked[0]))
    if faces > 2:
        assert len(seen) == math.ceil(count / engine.room.at_once)
    assert sum(seen) == count
    engine.predict_many(asked[-64:])
    assert sum(seen) == count, "what was answered lately is not asked again"


def test_a_page_s_two_scenes_get_the_bits_that_each_gets_alone(checkpoint):
    """Also where one was answered beside another before."""
    together = Engine.load(checkpoint, "cpu")
    pair = together.predict_many([Scene(FACE), Scene(FACE, (MOUTH,))])
    for scene, answer in zip([Scene(FACE), Scene(FACE, (MOUTH,))], pair, strict=True):
        alone = Engine.load(checkpoint, "cpu").predict(scene)
        assert is_the_same_to_the_bit(answer, alone)


def test_faces_of_any_size_and_cut_in_their_own_way_go_together(checkpoint):
    """As landmark crops are: other boxes for every face."""
    generator = np.random.default_rng(6)
    asked = []
    for number, side in enumerate([48, 64, 48, 97, 64, 48]):
        pixels = generator.integers(0, 256, (side, side, 3), np.uint8)
        points = generator.uniform(0.3, 0.7, (5, 2)).astype(np.float32)
        layout = landmark_layout(points, radius=0.2) if number % 2 else None
        asked.append(Scene(Face.from_pixels(pixels), layout=layout))
    together = Engine.load(checkpoint, "cpu").predict_many(asked)
    for scene, answer in zip(asked, together, strict=True):
        assert differ(Engine.load(checkpoint, "cpu").predict(scene), answer) <= 1e-5


def test_memory_does_not_grow_with_the_number_of_faces(checkpoint):
    """What is kept is bounded by number; nothing kept holds a whole chunk's crops."""
    engine = Engine.load(checkpoint, "cpu")
    engine.predict_many([Scene(face) for face in others(200)])
    kept = engine.memory
    assert len(kept.answers._kept) == len(kept.features._kept) == 64
    assert len(kept.crops._kept) == len(kept.seen._kept) == 0
    rows = kept.features._kept.values()
    bases = {row.untyped_storage().data_ptr(): row.untyped_storage().nbytes() for row in rows}
    assert sum(bases.values()) < 2 * 64 * 6 * engine.model.width * 4 + 1e6
    engine.predict_many([Scene(FACE), Scene(FACE, (MOUTH,))])
    for cut in kept.crops._kept.values():
        assert cut.untyped_storage().nbytes() == cut.nbytes, "a scene's own crops alone"


def others(count):
    """As many faces, no two alike."""
    generator = np.random.default_rng(5)
    return [
        Face.from_pixels(generator.integers(0, 256, (16, 16, 3), np.uint8)) for _ in range(count)
    ]


def test_eight_threads_agree_with_one(fresh, engine):
    shared, _ = fresh
    asked = [scenes()[(first + step) % 8] for first in range(8) for step in range(8)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(shared.predict, asked))
    for scene, answer in zip(asked, answers, strict=True):
        assert differ(engine.predict(scene), answer) <= 1e-6


def test_more_regions_than_go_at_once_are_answered_as_one_batch(fresh):
    engine, seen = fresh
    scene = Scene(FACE, layout=random_layout(engine.room.at_once + 1, seed=2))
    answer = engine.predict(scene)
    assert seen == [engine.room.at_once, 2]
    with torch.no_grad():
        whole = engine.model.forward_regions(engine.crops(scene))
    np.testing.assert_allclose(answer.weights, whole.weights[0], atol=1e-6)
    np.testing.assert_allclose(answer.logits, whole.logits[0], atol=1e-5)
    assert answer.boxes == scene.layout.boxes


def test_the_oldest_answers_are_forgotten_first(fresh):
    engine, seen = fresh
    engine.memory.answers.most = engine.memory.features.most = 2
    scenes = [Scene(FACE, (Ellipse(0.1, 0.1, 0.2 + 0.2 * n, 0.9),)) for n in range(3)]
    assert len(engine.predict_many(scenes)) == 3
    engine.predict_many([scenes[2], scenes[1]])
    assert sum(seen) == 3 * 6
    engine.predict(scenes[0])
    assert sum(seen) == 4 * 6
