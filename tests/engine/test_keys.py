"""Keys: whatever changes the answer changes the key. One law, for every key in the project.

A cache that forgets a field of its key answers one question with another's answer. Each value that
names a cache entry has its key here, with one change of each of its fields; a field that is added
and not changed here fails.
"""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
import torch

from ran.engine import Engine
from ran.errors import BadCheckpoint
from ran.explain.question import Question
from ran.face.covers.occlusion import Fill
from ran.face.detect import Face
from ran.face.shapes import Ellipse, Polygon, Rectangle, Sticker, Stroke
from ran.net.checkpoints import load_checkpoint
from ran.net.identity import SILENT, TELLING, identity
from ran.net.regions import Box, RegionLayout, fixed_layout, landmark_layout, random_layout
from ran.net.released import released_state
from ran.recipe import LayoutChoice
from ran.scene import Scene
from ran.study.data.ferplus import Faces
from ran.study.poses.posed import Cover

GREYS = np.random.default_rng(1).integers(0, 256, (8, 8, 3), dtype=np.uint8)
PIXELS = np.kron(GREYS, np.ones((8, 8, 1), np.uint8))
POINTS = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)
FACE = Face(PIXELS, landmarks=POINTS)


def other(value):
    """A value of the same kind that is not the same."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, tuple):
        return tuple((x + 0.01, y + 0.01) for x, y in value)
    if isinstance(value, str):
        return {"mask": "sunglasses"}[value]
    return value + 0.01


SHAPES = (
    Stroke(((0.2, 0.2), (0.4, 0.5)), 0.1, 0.5, False),
    Rectangle(0.1, 0.2, 0.5, 0.6, 10.0),
    Ellipse(0.1, 0.2, 0.5, 0.6, 10.0),
    Polygon(((0.1, 0.1), (0.5, 0.1), (0.3, 0.5))),
    Sticker("mask", 0.5, 0.7, 0.5, 5.0, False),
)
BASE = Scene(FACE, SHAPES, Fill("colour", (10, 20, 30), 3, 0.7), fixed_layout())


def scenes():
    """Every scene that differs from BASE in one field, of its own or of what it holds."""
    turned = PIXELS.copy()
    turned[0, 0, 0] ^= 1
    yield "a level of a pixel", dataclasses.replace(BASE, face=Face(turned, landmarks=POINTS))
    yield "landmarks", dataclasses.replace(BASE, face=Face(PIXELS, landmarks=POINTS + 0.01))
    yield "no landmarks", dataclasses.replace(BASE, face=Face(PIXELS))
    for number, shape in enumerate(SHAPES):
        for field in dataclasses.fields(shape):
            changed = dataclasses.replace(shape, **{field.name: other(getattr(shape, field.name))})
            shapes = (*SHAPES[:number], changed, *SHAPES[number + 1 :])
            yield f"{type(shape).__name__}.{field.name}", dataclasses.replace(BASE, shapes=shapes)
    yield "fewer shapes", dataclasses.replace(BASE, shapes=SHAPES[:-1])
    yield "order", dataclasses.replace(BASE, shapes=SHAPES[::-1])
    fills = {"kind": "black", "colour": (10, 20, 31), "seed": 4, "opacity": 0.8}
    assert set(fills) == {field.name for field in dataclasses.fields(Fill)}
    for name, value in fills.items():
        fill = dataclasses.replace(BASE.fill, **{name: value})
        yield f"fill.{name}", dataclasses.replace(BASE, fill=fill)
    boxes = fixed_layout().boxes
    for name, layout in {
        "own layout": None,
        "random": random_layout(5, seed=0),
        "another seed": random_layout(5, seed=1),
        "another count": random_layout(4, seed=0),
        "landmark": landmark_layout(POINTS, radius=0.25),
        "another radius": landmark_layout(POINTS, radius=0.2),
        "a box fewer": RegionLayout(boxes[:-1]),
        "an edge": RegionLayout((*boxes[:-1], Box("Centre 0.85", 0.1, 0.1, 0.925, 0.925))),
        "a name": RegionLayout((*boxes[:-1], dataclasses.replace(boxes[-1], name="Centre"))),
        "order of boxes": RegionLayout((boxes[0], *boxes[:0:-1])),
    }.items():
        yield f"layout: {name}", dataclasses.replace(BASE, layout=layout)


def questions():
    """Every question that differs from the usual one in a field."""
    picture = np.zeros((48, 48, 3), np.uint8)
    changed = {
        "method": "saliency", "target": "anger", "baseline": "grey", "steps": 7, "seed": 1,
    }  # fmt: skip
    assert set(changed) == {field.name for field in dataclasses.fields(Question)}
    for name, value in changed.items():
        yield name, Question(**{name: value})
    yield "a picture", Question(baseline=picture)
    yield "another picture", Question(baseline=picture + 1)
    yield "another shape of it", Question(baseline=picture.reshape(24, 96, 3))


def layout_choices():
    yield "kind", LayoutChoice("fixed")
    yield "random", LayoutChoice("random", count=5, seed=0)
    yield "count", LayoutChoice("random", count=4, seed=0)
    yield "seed", LayoutChoice("random", count=5, seed=1)
    yield "landmark", LayoutChoice("landmark", radius=0.25)
    yield "radius", LayoutChoice("landmark", radius=0.2)


def covers():
    for name, scene in scenes():
        if not name.startswith("layout"):
            yield name, Cover(scene.face, scene.shapes, scene.fill)


def made_up(names=("a", "b"), level=0) -> Faces:
    pixels = np.full((len(names), 48, 48), level, np.uint8)
    return Faces(tuple(names), pixels, np.ones((len(names), 10), np.int64))


def face_lists():
    yield "names", made_up(("a", "c"))
    yield "order", made_up(("b", "a"))
    yield "pixels", made_up(level=1)
    yield "count", made_up(("a",))


KEYS = {
    "scene": (BASE, scenes),
    "question": (Question(), questions),
    "layout choice": (LayoutChoice(), layout_choices),
    "cover": (Cover(BASE.face, BASE.shapes, BASE.fill), covers),
    "faces": (made_up(), face_lists),
}


def key_of(value):
    return value if isinstance(value, LayoutChoice) else value.key


@pytest.mark.parametrize("kind", KEYS)
def test_whatever_changes_the_answer_changes_the_key(kind):
    base, changes = KEYS[kind]
    known = {"as it was": key_of(base)}
    for name, changed in changes():
        assert key_of(changed) not in known.values(), f"{name} has the key of another"
        known[name] = key_of(changed)
    assert len(set(known.values())) == len(known) > 4


def test_equal_values_have_equal_keys():
    again = Scene(Face(PIXELS.copy(), landmarks=POINTS.copy()), SHAPES, BASE.fill, fixed_layout())
    assert again.key == BASE.key
    assert Scene(FACE).key == Scene(FACE, (), Fill("grey")).key, "a fill that hides nothing"
    assert Question("saliency").key == Question("saliency").key
    assert made_up().key == made_up().key


def test_a_network_is_its_parameters_and_what_its_card_says_of_its_answers(checkpoint):
    model, card = load_checkpoint(checkpoint)
    same = identity(model, card)
    again, _ = load_checkpoint(checkpoint)
    assert identity(again, card) == same
    for name in SILENT:
        silent = dataclasses.replace(card, **{name: "other"})
        assert identity(model, silent) == same, name
    known = {same}
    for name in TELLING:
        known.add(identity(model, dataclasses.replace(card, **{name: "other"})))
    assert len(known) == 1 + len(TELLING)
    for name, value in model.state_dict().items():
        if value.is_floating_point() and value.numel():
            flat = value.view(-1)
            was = flat[-1].item()
            flat[-1] = was + 1.0
            assert identity(model, card) not in known, name
            flat[-1] = was
    assert identity(model, card) == same


def test_every_field_of_a_card_tells_or_is_silent(checkpoint):
    _, card = load_checkpoint(checkpoint)
    assert sorted((*TELLING, *SILENT)) == sorted(field.name for field in dataclasses.fields(card))


def _uploads(checkpoint, *seeds):
    """Files in the authors' format, one a seed, as a browser sends them."""
    for seed in seeds:
        model, _ = load_checkpoint(checkpoint)
        torch.manual_seed(seed)
        with torch.no_grad():
            model.classifier.weight.normal_()
        file = io.BytesIO()
        torch.save({"state_dict": released_state(model)}, file)
        yield file.getvalue()


def test_two_uploads_of_one_form_are_two_networks(checkpoint):
    from ran.ui.shared.compute import uploaded_engine

    first, second = _uploads(checkpoint, 0, 1)
    one = uploaded_engine([("mine.pth.tar", first)], "cpu")
    two = uploaded_engine([("mine.pth.tar", second)], "cpu")
    again = uploaded_engine([("copy.pth.tar", first)], "cpu")
    assert one.key != two.key
    assert one.key == again.key
    assert (one.card.name, again.card.name) == ("mine.pth.tar", "copy.pth.tar")
    assert len({one.card.sha256, two.card.sha256, ""}) == 3


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "etcpasswd"),
        ("a\nb.pth.tar", "ab.pth.tar"),
        ("", "checkpoint"),
        ("n" * 300 + ".pth.tar", "n" * 60 + ".pth.tar"),
    ],
)
def test_an_uploads_name_is_the_visitors_and_can_be_written(name, kept):
    from ran.ui.shared.compute import file_name

    assert file_name(name) == kept


def test_a_refused_upload_names_no_temporary_place(checkpoint):
    from ran.ui.shared.compute import uploaded_engine

    card = (checkpoint / "card.json").read_bytes()
    for files in (
        [("mine.pth.tar", b"no checkpoint")],
        [("card.json", card)],
        [("card.json", b"{"), ("model.safetensors", b"x")],
        [("card.json", card), ("model.safetensors", b"x")],
        [("one.pth.tar", b"x"), ("two.pth.tar", b"x")],
        [("one.pth.tar", b"x"), ("card.json", card)],
    ):
        with pytest.raises(BadCheckpoint) as refused:
            uploaded_engine(files, "cpu")
        assert "/" not in str(refused.value).replace("(char", "")
        assert "ran-checkpoint" not in str(refused.value)


def _infidelity(engine: Engine, baseline: str) -> float | None:
    *_, last = engine.faithful(
        Scene(Face(PIXELS)), "saliency", "happiness", baseline=baseline, draws=4
    )
    return last.faithfulness.infidelity


def test_a_check_is_kept_with_its_baseline_also_of_a_map_that_has_none(checkpoint):
    names = ("black", "noise", "blurred")
    one = Engine.load(checkpoint, "cpu")
    kept = [_infidelity(one, name) for name in names]
    fresh = [_infidelity(Engine.load(checkpoint, "cpu"), name) for name in names]
    assert kept == fresh
    assert len(set(kept)) > 1, "the baseline counts"
    assert _infidelity(one, "black") == kept[0]


@pytest.mark.parametrize(
    "changed",
    [{"draws": 5}, {"seed": 1}, {"method": "input-x-gradient"}, {"target": "anger"}],
    ids=lambda changed: next(iter(changed)),
)
def test_a_check_is_kept_with_all_that_changes_it(changed, checkpoint):
    asked = {"method": "saliency", "target": "happiness", "draws": 4, **changed}
    one = Engine.load(checkpoint, "cpu")
    _infidelity(one, "black")
    *_, kept = one.faithful(Scene(Face(PIXELS)), **asked)
    *_, fresh = Engine.load(checkpoint, "cpu").faithful(Scene(Face(PIXELS)), **asked)
    assert kept.faithfulness == fresh.faithfulness
