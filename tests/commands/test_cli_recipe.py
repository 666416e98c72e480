"""`predict --recipe` replays what the page saved: its numbers, its face, and what differs."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from ran.__main__ import main
from ran.engine import Engine
from ran.face.covers.occlusion import Fill
from ran.face.covers.parts import preset
from ran.face.detector import FaceDetector
from ran.face.photo import open_photo
from ran.face.shapes import Ellipse, Rectangle, Stroke
from ran.net.regions import fixed_layout, landmark_layout, random_layout
from ran.recipe import CheckpointRef, LayoutChoice, PhotoRef, recipe_of
from ran.scene import Scene

ROOT = Path(__file__).parents[2]
ASTRONAUT, HOPPER = ROOT / "examples" / "astronaut.png", ROOT / "examples" / "grace_hopper.jpg"


@pytest.fixture(autouse=True)
def _one_detector(monkeypatch):
    """Each command builds its own detector; here they may share one."""
    monkeypatch.setattr("ran.engine.engine.FaceDetector", cache(FaceDetector))


@pytest.fixture(scope="module")
def engine(checkpoint):
    return Engine.load(checkpoint)


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    """A photo with two faces: Hopper's is the larger one, the astronaut's is face 2."""
    sheet = Image.new("RGB", (640, 330), "white")
    sheet.paste(Image.open(ASTRONAUT).convert("RGB").crop((120, 0, 340, 240)), (20, 40))
    sheet.paste(Image.open(HOPPER).crop((100, 20, 430, 350)), (300, 0))
    path = tmp_path_factory.mktemp("group") / "group.png"
    sheet.save(path)
    return path


@pytest.fixture(scope="module")
def faces(engine, group):
    return engine.find_faces(open_photo(group))


@pytest.fixture
def save(engine, group, faces, tmp_path):
    """Write the recipe of a scene of face 2; return its path."""

    def save(scene, layout=LayoutChoice("own"), **settings):  # noqa: B008 (frozen)
        recipe = recipe_of(
            scene, PhotoRef.of(open_photo(group), faces.index(scene.face)),
            checkpoint=CheckpointRef.of(engine.card), layout=layout, **settings,
        )  # fmt: skip
        path = tmp_path / "r.json"
        path.write_text(recipe.to_json())
        return path

    return save


@pytest.fixture
def run(capsys, checkpoint):
    """Run `predict` in this process; return exit status, standard output, standard error."""

    def run(photo, *options):
        words = ("predict", photo, "--checkpoint", checkpoint, *options)
        status = main([str(word) for word in words])
        return status, *capsys.readouterr()

    return run


def is_close(found, expected):
    """Compare two trees of JSON; numbers to 1e-5."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(
            is_close(found[k], expected[k]) for k in found
        )
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(is_close, found, expected))
    if isinstance(expected, float):
        return abs(found - expected) <= 1e-5
    return found == expected


SCENES = {
    "the face as it is": lambda face: (Scene(face), LayoutChoice("own")),
    "shapes and a colour": lambda face: (
        Scene(
            face, (*preset("mouth", face), Ellipse(0.1, 0.1, 0.5, 0.4, 20.0)),
            Fill("colour", (200, 10, 30), opacity=0.6),
        ),
        LayoutChoice("own"),
    ),
    "a drawing, erased in part": lambda face: (
        Scene(
            face,
            (
                Stroke(((0.2, 0.3), (0.8, 0.4), (0.7, 0.9)), 0.3, 0.5),
                Stroke(((0.5, 0.1), (0.5, 0.9)), 0.1, erase=True),
            ),
        ),
        LayoutChoice("own"),
    ),
    "the fixed layout, noise": lambda face: (
        Scene(face, (Rectangle(0, 0.5, 1, 1),), Fill("noise", seed=5), fixed_layout()),
        LayoutChoice("fixed"),
    ),
    "random crops": lambda face: (
        Scene(face, preset("eyes", face), Fill("blur"), random_layout(3, seed=8)),
        LayoutChoice("random", count=3, seed=8),
    ),
    "crops at the landmarks": lambda face: (
        Scene(face, preset("nose", face), layout=landmark_layout(face.landmarks, radius=0.2)),
        LayoutChoice("landmark", radius=0.2),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SCENES)
@pytest.mark.parametrize("number", [0, 1])
def test_a_recipe_gives_the_engines_numbers_for_its_face(
    case, number, run, save, engine, faces, group
):
    scene, layout = SCENES[case](faces[number])
    status, out, err = run(group, "--recipe", save(scene, layout), "--json")
    assert (status, err) == (0, "")
    (found,) = json.loads(out)["faces"]
    expected = engine.predict(scene).as_json()
    assert is_close({key: found[key] for key in expected}, expected)
    assert found["box"] == list(faces[number].box)
    assert not is_close(engine.predict(Scene(faces[1 - number])).as_json(), expected)


def test_the_loss_is_that_of_the_recipes_alpha(run, save, engine, faces, group):
    scene = Scene(faces[0], preset("mouth", faces[0]))
    card = engine.predict(scene)
    path = save(scene, alpha=0.9)
    (found,) = json.loads(run(group, "--recipe", path, "--json")[1])["faces"]
    assert found["alpha"] == 0.9
    assert found["rb_margin"] == pytest.approx(card.rb_margin, abs=1e-5)
    assert found["rb_loss"] == pytest.approx(0.9 - card.rb_margin, abs=1e-5)
    assert found["rb_loss"] != pytest.approx(card.rb_loss, abs=1e-3)


def test_in_lines_the_face_keeps_its_number(run, save, faces, group):
    status, out, _ = run(group, "--recipe", save(Scene(faces[1])))
    assert status == 0
    assert [line[:7] for line in out.splitlines() if line.startswith("face")] == ["face 2:"]


def test_on_another_photo_it_says_so_in_a_line_and_goes_on(run, save, engine, faces):
    shape = Rectangle(0.2, 0.6, 0.8, 0.9)
    status, out, err = run(ASTRONAUT, "--recipe", save(Scene(faces[0], (shape,))), "--json")
    assert status == 0
    assert err.count("\n") == 1
    assert "made on another photo, group.png" in err
    (found,) = json.loads(out)["faces"]
    face = engine.find_faces(open_photo(ASTRONAUT))[0]
    expected = engine.predict(Scene(face, (shape,))).as_json()
    assert is_close({key: found[key] for key in expected}, expected)


def test_the_same_pixels_under_another_name_are_no_other_photo(run, save, faces, group, tmp_path):
    Image.open(group).save(tmp_path / "renamed.bmp")
    status, _, err = run(tmp_path / "renamed.bmp", "--recipe", save(Scene(faces[0])))
    assert (status, err) == (0, "")


def test_where_its_face_is_missing_the_largest_answers_and_it_says_so(run, save, faces):
    status, out, err = run(ASTRONAUT, "--recipe", save(Scene(faces[1])))
    assert status == 0
    assert out.startswith("face 1:")
    assert err.count("\n") == 2
    assert "for face 2 and the photo shows 1, so the largest is used" in err


def test_another_checkpoint_is_said_in_a_line_and_used(run, save, engine, faces, group):
    path = save(Scene(faces[0]))
    values = json.loads(path.read_text())
    values["checkpoint"] = {"name": "theirs", "sha256": "0" * 64}
    path.write_text(json.dumps(values))
    status, out, err = run(group, "--recipe", path, "--json")
    assert status == 0
    assert err.count("\n") == 1
    assert "made with the checkpoint theirs and tiny is in use" in err
    report = json.loads(out)
    assert report["checkpoint"] == "tiny"
    expected = engine.predict(Scene(faces[0])).as_json()
    assert is_close({key: report["faces"][0][key] for key in expected}, expected)


def refused(done, words):
    """Check that a command was refused with one line that ends like a sentence."""
    status, out, err = done
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert err.endswith(".\n")
    assert words in err


@pytest.mark.parametrize(
    "options",
    [
        "--hide mouth",
        "--rectangle 0 0 1 1",
        "--fill black",  # its default: given all the same
        "--colour 1 2 3",
        "--noise-seed 0",
        "--opacity 1",
        "--layout random",
        "--crops 5",
        "--crop-seed 0",
        "--radius 0.25",
    ],
)
def test_a_recipe_beside_an_option_that_it_would_overrule_is_refused(
    options, run, save, faces, group
):
    path = save(Scene(faces[0]))
    name = options.split()[0]
    refused(run(group, "--recipe", path, *options.split()), f"already what {name} would set")


def test_all_such_options_are_named_in_the_one_line(run, save, faces, group):
    path = save(Scene(faces[0]))
    done = run(group, "--recipe", path, "--hide", "mouth", "--layout", "random")
    refused(done, "already what --hide, --layout would set. Leave out --recipe or")


BAD = {
    "no file": (None, "There is no file"),
    "no JSON": (b"a recipe for a cake", "is not JSON"),
    "a photo": (HOPPER.read_bytes(), "is not text in UTF-8"),
    "a later version": (b'{"version": 4}', "version 4. Versions 1 to 3 are read here"),
    "another JSON": (b'{"faces": []}', "has no version"),
    "ten megabytes": (b" " * 10 * 2**20, "more than 2 MB"),
    "a nest": (b"[" * 10**5, "nested too deeply"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_recipe_is_refused_in_one_line(case, run, tmp_path):
    content, words = BAD[case]
    path = tmp_path / "r.json"
    if content is not None:
        path.write_bytes(content)
    refused(run(ASTRONAUT, "--recipe", path, "--json"), words)


def test_a_layout_that_cannot_be_cut_is_refused_in_one_line(run, save, faces, group):
    path = save(Scene(faces[0]))
    values = json.loads(path.read_text())
    values["layout"] = {"kind": "landmark", "radius": 1e-300}
    path.write_text(json.dumps(values))
    for photo in (group, ASTRONAUT):  # another photo: then too it is one line
        refused(run(photo, "--recipe", path), "cannot be cut as the recipe says")


def test_as_a_process_it_prints_json_and_its_notice_apart(checkpoint, save, faces, group):
    path = save(Scene(faces[0]))
    done = subprocess.run(
        [sys.executable, "-m", "ran", "predict", str(ASTRONAUT), "--recipe", str(path),
         "--checkpoint", str(checkpoint), "--device", "cpu", "--json"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["faces"]) == 1
    assert "made on another photo" in done.stderr
