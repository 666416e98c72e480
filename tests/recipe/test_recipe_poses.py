"""Recipes with poses: read strictly, written as a version of their own, replayed by the command."""

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from ran.__main__ import main
from ran.engine import Engine
from ran.errors import BadRecipe
from ran.face.covers.occlusion import Fill
from ran.face.covers.parts import preset
from ran.face.covers.stickers import place
from ran.face.detect import Face
from ran.face.detector import FaceDetector
from ran.face.photo import open_photo
from ran.recipe import CheckpointRef, LayoutChoice, PhotoRef, PhotosChoice, Recipe, TurnChoice
from ran.study.poses.posed import Cover, answered, by_yaw
from ran.study.poses.sources import of_photos, turned

EXAMPLES = Path(__file__).parents[2] / "examples"
GRACE, ASTRONAUT = EXAMPLES / "grace_hopper.jpg", EXAMPLES / "astronaut.png"
DRAWN = EXAMPLES / "drawn_happiness_turned.png"
PHOTO, CHECKPOINT = PhotoRef("ab" * 32, "her.jpg"), CheckpointRef("tiny")
POINTS = tuple((x / 8, y / 8) for x, y in ((2, 3), (5, 3), (4, 5), (3, 6), (5, 6)))
TURN = {"way": "turn", "yaw": [-30, 45], "step": 15, "pitch": -10}
PHOTOS = {
    "way": "photos",
    "photos": [{"digest": "cd" * 32, "name": "a.jpg", "face": 0}],
    "landmarks": [list(point) for point in POINTS],
}


def recipe(choice) -> Recipe:
    return Recipe(PHOTO, CHECKPOINT, poses=choice)


def written(poses) -> str:
    """A recipe with these poses, whatever they are."""
    return json.dumps(json.loads(recipe(TurnChoice()).to_json()) | {"poses": poses})


def refusal(text: str) -> str:
    with pytest.raises(BadRecipe) as caught:
        Recipe.from_json(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("choice", "values"),
    [
        (TurnChoice((-30, 45), 15, -10), TURN),
        (PhotosChoice((PhotoRef("cd" * 32, "a.jpg"),), POINTS), PHOTOS),
        (PhotosChoice((PhotoRef("cd" * 32, "a.jpg"),)), PHOTOS | {"landmarks": None}),
    ],
)
@pytest.mark.parametrize(("cut", "version"), [("straightened", 3), ("upright", 2)])
def test_poses_are_written_and_come_back_with_how_the_face_was_cut(choice, values, cut, version):
    made = replace(recipe(choice), cut=cut)
    told = json.loads(made.to_json())
    assert told["version"] == version
    assert told["poses"] == values
    assert told.get("cut") == (cut if version == 3 else None)
    assert Recipe.from_json(made.to_json()) == made


def test_a_recipe_from_before_version_3_was_cut_upright_and_stays_what_it_was():
    made = replace(recipe(None), cut="upright")
    values = json.loads(made.to_json())
    assert values["version"] == 1
    assert not {"poses", "cut"} & set(values)
    assert Recipe.from_json(json.dumps(values)) == made
    assert "unknown field" in refusal(json.dumps(values | {"poses": TURN}))
    assert "has no poses" in refusal(json.dumps(values | {"version": 2}))
    assert "has no poses" in refusal(json.dumps(values | {"version": 3}))
    assert "has no cut" in refusal(json.dumps(values | {"version": 3, "poses": None}))
    later = values | {"version": 3, "poses": None}
    assert Recipe.from_json(json.dumps(later | {"cut": "straightened"})) == recipe(None)
    assert "cut" in refusal(json.dumps(later | {"cut": "slanted"}))


@pytest.mark.parametrize(
    ("poses", "said"),
    [
        ("turn", "The recipe's poses is \"turn\". Expected an object."),
        ({}, "The recipe's poses has no way."),
        (TURN | {"way": "spin"}, 'poses.way "spin". Expected turn or photos.'),
        (TURN | {"roll": 3}, 'The recipe\'s poses has an unknown field "roll"'),
        ({"way": "turn", "yaw": [0, 0]}, "The recipe's poses has no step."),
        (TURN | {"yaw": [45, -30]}, "poses.yaw"),
        (TURN | {"yaw": [-61, 0]}, "two whole numbers from -60 to 60"),
        (TURN | {"yaw": [-60, 0, 60]}, "poses.yaw"),
        (TURN | {"yaw": 30}, "poses.yaw"),
        (TURN | {"yaw": [-30, 0.5]}, "poses.yaw"),
        (TURN | {"step": 0}, "a whole number from 1 to 60"),
        (TURN | {"step": True}, "poses.step"),
        (TURN | {"pitch": 31}, "a whole number from -30 to 30"),
        (PHOTOS | {"photos": []}, "a list of 1 to 200 photos"),
        (PHOTOS | {"photos": PHOTOS["photos"] * 201}, "a list of 1 to 200 photos"),
        (PHOTOS | {"photos": "a.jpg"}, 'The recipe\'s photos are "a.jpg". Expected a list.'),
        (PHOTOS | {"photos": [{"name": "a.jpg"}]}, "The recipe's photo has no digest."),
        (PHOTOS | {"landmarks": [[0, 0]] * 4}, "poses.landmarks"),
        (PHOTOS | {"landmarks": [[0, 11]] * 5}, "five points of two numbers from -10 to 10"),
        (PHOTOS | {"landmarks": "none"}, "poses.landmarks"),
    ],
)  # fmt: skip
def test_what_poses_may_not_hold_is_refused_with_the_reason(poses, said):
    assert said in refusal(written(poses))


def test_the_documented_poses_are_read():
    document = (EXAMPLES.parent / "docs" / "recipe.md").read_text()
    lines = re.findall(r"^    (\{\"way.*)$", document, re.MULTILINE)
    ways = [type(Recipe.from_json(written(json.loads(line))).poses) for line in lines]
    assert ways == [TurnChoice, PhotosChoice]


def test_the_yaws_of_a_turn_are_those_of_its_slider():
    assert TurnChoice().yaws == tuple(range(-60, 61, 15))
    assert TurnChoice((-50, 40), 15).yaws == (-50, -35, -20, -5, 10, 25, 40)
    assert TurnChoice((10, 10), 15).yaws == (10,)


def test_the_landmarks_that_shapes_lie_on_come_back_to_the_bit():
    points = np.random.default_rng(0).random((5, 2), np.float32)
    face = Face(np.zeros((8, 8, 3), np.uint8), landmarks=points)
    choice = recipe(PhotosChoice.on(face, (PHOTO,)))
    again = Recipe.from_json(choice.to_json())
    assert np.array_equal(again.poses.covered_face().landmarks, points)


@pytest.fixture(autouse=True)
def _one_detector(monkeypatch):
    """Each command builds its own detector; here they may share one."""
    monkeypatch.setattr("ran.engine.engine.FaceDetector", cache(FaceDetector))


@pytest.fixture(scope="module")
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


def replayed(saved: Recipe, photos, checkpoint, tmp_path, capsys):
    """The command's status, its report or None, and what it says besides."""
    path = tmp_path / "recipe.json"
    path.write_text(saved.to_json())
    given = [*map(str, photos), "--recipe", str(path), "--checkpoint", str(checkpoint)]
    status = main(["poses", *given, "--device", "cpu", "--json"])
    out, err = capsys.readouterr()
    return status, json.loads(out) if out else None, err


def assert_alike(rows, found):
    assert [row["source"] for row in rows] == [one.posed.name for one in found]
    for row, one in zip(rows, found, strict=True):
        answer = one.answer
        assert list(row["probabilities"].values()) == pytest.approx(answer.probabilities, abs=1e-5)
        for name, numbers in (("self_weight", answer.self_weights), ("weight", answer.weights),
                              ("relation_weight", answer.relation_weights),
                              ("covered", answer.covered)):  # fmt: skip
            assert [region[name] for region in row["regions"]] == pytest.approx(numbers, abs=1e-5)


def test_a_turn_is_replayed_with_its_cover_cut_and_alpha(engine, checkpoint, tmp_path, capsys):
    photo = open_photo(GRACE)
    face = engine.find_faces(photo)[0]
    shapes, fill = (*preset("mouth", face), place("sunglasses", face)), Fill("look", opacity=0.8)
    saved = Recipe(
        PhotoRef.of(photo), CheckpointRef.of(engine.card), shapes, fill,
        LayoutChoice("landmark", radius=0.2), alpha=0.4, poses=TurnChoice((-20, 20), 20, 5),
    )  # fmt: skip
    status, report, said = replayed(saved, [GRACE], checkpoint, tmp_path, capsys)
    assert (status, said) == (0, "")
    sweep = turned(face, (-20, 0, 20), (5,), using=engine)
    cover, layout = Cover(face, shapes, fill), saved.layout
    found = by_yaw(answered(sweep, using=engine, cover=cover, layout=layout))
    assert_alike(report["poses"], found)
    assert report["poses"][0]["alpha"] == 0.4
    assert report["poses"][0]["regions"][1]["name"] == "Left eye"
    assert report["poses"][0]["regions"][0]["covered"] > 0.05


def test_photos_are_replayed_with_the_cover_of_a_face_that_is_not_among_them(
    engine, checkpoint, tmp_path, capsys
):
    face = engine.find_faces(open_photo(ASTRONAUT))[0]
    shapes = (*preset("eyes", face), place("mask", face))
    photos = [GRACE, DRAWN]
    saved = Recipe(
        PhotoRef.of(open_photo(ASTRONAUT)), CheckpointRef.of(engine.card), shapes, Fill("mean"),
        poses=PhotosChoice.on(face, tuple(PhotoRef.of(open_photo(path)) for path in photos)),
    )  # fmt: skip
    status, report, said = replayed(saved, photos, checkpoint, tmp_path, capsys)
    assert (status, said) == (0, "")
    cover = Cover(face, shapes, Fill("mean"))
    assert_alike(
        report["poses"],
        by_yaw(answered(of_photos(photos, using=engine), using=engine, cover=cover)),
    )


def test_what_differs_is_said_and_the_replay_goes_on(engine, checkpoint, tmp_path, capsys):
    grace = PhotoRef.of(open_photo(GRACE))
    other = CheckpointRef("another")
    saved = Recipe(PHOTO, other, poses=TurnChoice((0, 0)))
    status, report, said = replayed(saved, [DRAWN], checkpoint, tmp_path, capsys)
    assert status == 0
    assert len(report["poses"]) == 1
    assert "made on another photo, her.jpg" in said
    assert "made with the checkpoint another" in said
    gone = PhotoRef("cd" * 32, "gone.jpg")
    saved = Recipe(PHOTO, CheckpointRef.of(engine.card), poses=PhotosChoice((grace, gone)))
    status, _, said = replayed(saved, [DRAWN, GRACE], checkpoint, tmp_path, capsys)
    assert status == 0
    assert said.splitlines() == [
        "gone.jpg is missing.", "drawn_happiness_turned.png is not in the recipe."
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("poses", "photos", "more", "said"),
    [
        (None, [GRACE], [], "The recipe says nothing of poses."),
        (TurnChoice(), [GRACE, DRAWN], [], "2 photos are given. The recipe turns one"),
        (TurnChoice(), [GRACE], ["--turn", "--hide", "mouth"], "already what --turn, --hide"),
        (TurnChoice(), [GRACE], ["--pitch", "5"], "already what --pitch"),
    ],
)
def test_what_a_recipe_cannot_do_is_refused_in_one_line(
    poses, photos, more, said, checkpoint, tmp_path, capsys
):
    path = tmp_path / "recipe.json"
    path.write_text(recipe(poses).to_json())
    given = [*map(str, photos), "--recipe", str(path), "--checkpoint", str(checkpoint), *more]
    assert main(["poses", *given]) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert (out, err.count("\n")) == ("", 1)
