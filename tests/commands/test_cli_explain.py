"""python -m ran explain: the numbers of engine.explain, the files that were asked for, refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ran.__main__ import main
from ran.engine import Engine
from ran.face.covers.parts import preset
from ran.face.photo import open_photo
from ran.figures import heat_overlay
from ran.recipe import CheckpointRef, PhotoRef, Recipe
from ran.scene import Scene

ASTRONAUT = Path(__file__).parents[2] / "examples" / "astronaut.png"


@pytest.fixture
def run(capsys, checkpoint):
    """Explain the astronaut; return exit status, standard output, standard error."""

    def run(*options):
        line = ["explain", str(ASTRONAUT), "--checkpoint", str(checkpoint), "--device", "cpu"]
        status = main([*line, *(str(option) for option in options)])
        return status, *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


@pytest.fixture(scope="module")
def face(engine):
    return engine.find_faces(open_photo(ASTRONAUT))[0]


def test_json_and_files_hold_what_the_engine_says(run, engine, face, tmp_path):
    out, table, arrays = (tmp_path / name for name in ("map.png", "map.csv", "map.npz"))
    status, printed, _ = run(
        "--method", "integrated-gradients", "--target", "fear - anger", "--baseline", "noise",
        "--steps", 3, "--seed", 7, "--hide", "mouth", "--json", "--out", out, "--csv", table,
        "--npz", arrays, "--bare",
    )  # fmt: skip
    assert status == 0
    scene = Scene(face, tuple(preset("mouth", face)))
    heatmap = engine.explain(
        scene, "integrated-gradients", "fear - anger", baseline="noise", steps=3, seed=7
    )
    report = json.loads(printed)
    assert report["target"] == "fear - anger"
    assert (report["steps"], report["baseline"], report["face"]) == (3, "noise", 1)
    for name in ("gap", "total", "gap_share"):
        assert report[name] == pytest.approx(getattr(heatmap, name), abs=1e-4)
    assert report["files"] == [str(out), str(table), str(arrays)]
    with np.load(arrays, allow_pickle=False) as file:
        np.testing.assert_allclose(file["values"], heatmap.values, atol=1e-5)
        assert file["names"].tolist() == [region["name"] for region in report["regions"]]
    assert table.read_text().count("\n") == 1 + 7 * 48 * 48
    with Image.open(out) as picture:
        drawn = np.asarray(picture).astype(int)
    expected = heat_overlay(
        scene.hidden_pixels(), heatmap.values, scale=float(np.abs(heatmap.values).max()),
        signed=True,
    )  # fmt: skip
    assert drawn.shape == np.asarray(expected).shape
    covered = heat_overlay(
        scene.hidden_pixels(), np.zeros((48, 48), np.float32), scale=0, signed=True
    )
    assert np.abs(drawn - np.asarray(covered)).max() > 30, "the map is on it"


def test_words_say_method_target_and_gap(run):
    status, printed, _ = run("--method", "deeplift", "--target", "happiness")
    assert status == 0
    assert printed.startswith("face 1: deeplift of happiness, against black\n")
    assert "gap" in printed
    status, printed, _ = run()
    assert status == 0
    assert printed.startswith("face 1: grad-cam of ")
    assert "gap" not in printed


def test_a_recipe_is_replayed(run, engine, face, tmp_path):
    scene = Scene(face, tuple(preset("eyes", face)))
    photo = open_photo(ASTRONAUT)
    recipe = Recipe(PhotoRef.of(photo), CheckpointRef.of(engine.card), scene.shapes, scene.fill)
    (tmp_path / "recipe.json").write_text(recipe.to_json())
    arrays = tmp_path / "map.npz"
    status, _, told = run("--recipe", tmp_path / "recipe.json", "--npz", arrays, "--target", "fear")
    assert (status, told) == (0, "")
    with np.load(arrays) as file:
        np.testing.assert_allclose(
            file["values"], engine.explain(scene, target="fear").values, atol=1e-6
        )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--method smile", "no method 'smile'. Use grad-cam, saliency"),
        ("--target joy", "no target 'joy'. Use predicted, neutral"),
        ("--method deeplift --baseline white", "no baseline 'white'. Use black"),
        ("--method integrated-gradients --steps 0", "cannot use 0 steps. Use 1 to 160"),
        ("--method integrated-gradients --steps 1000000", "cannot use 1000000 steps"),
        ("--method occlusion --steps many", "invalid int value: 'many'"),
        ("--steps 4", "Grad-CAM takes no number of steps, got 4"),
        ("--face 2", "There is no face 2 in this photo. Use 1 to 1"),
        ("--face 0", "There is no face 0"),
        ("--out map.gif", "--out writes .png, .svg, .pdf, got 'map.gif'"),
        ("--npz no/such/folder/map.npz", "The folder of no/such/folder/map.npz does not exist"),
        ("--method smoothgrad --seed -1", "The seed is -1"),
    ],
)
def test_what_cannot_be_explained_is_refused_in_one_line(options, words, run):
    status, out, err = run(*options.split())
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith(".\n")
    assert words in err


def test_a_file_that_cannot_be_written_is_refused(run, tmp_path):
    (tmp_path / "map.csv").mkdir()
    status, out, err = run("--csv", tmp_path / "map.csv")
    assert (status, out) == (2, "")
    assert "cannot be written" in err
    assert err.count("\n") == 1


def test_a_check_and_the_regions_worth_are_the_engines(run, engine, face):
    status, printed, _ = run("--method", "saliency", "--check", 2, "--worth", "--json")
    assert status == 0
    report, scene = json.loads(printed), Scene(face)
    *_, last = engine.faithful(scene, "saliency", draws=2)
    for name in ("infidelity", "max_sensitivity", "randomised"):
        expected = getattr(last.faithfulness, name)
        assert report["faithfulness"][name] == pytest.approx(expected, abs=1e-3)
    assert (report["faithfulness"]["draws"], report["faithfulness"]["gap_share"]) == (2, None)
    values, answer = engine.region_values(scene), engine.predict(scene)
    worth = report["worth"]
    for index, name in enumerate(answer.classes):
        found = [region["shapley"][name] for region in worth["regions"]]
        np.testing.assert_allclose(found, values.shapley[:, index], atol=1e-4)
        total = worth["full"][name] - worth["empty"][name]
        assert sum(found) == pytest.approx(total, abs=1e-4)
    assert len(worth["interactions"]) == 15
    names = [box.name for box in answer.boxes]
    for pair in worth["interactions"]:
        one, other = (names.index(name) for name in pair["regions"])
        expected = values.interactions[one, other].tolist()
        assert list(pair["interaction"].values()) == pytest.approx(expected, abs=1e-4)
    left = [region["leave_one_out"]["fear"] for region in worth["regions"]]
    fear = answer.classes.index("fear")
    np.testing.assert_allclose(left, values.leave_one_out[:, fear], atol=1e-4)
    assert (worth["class"], worth["least_significant"]) == (
        answer.expression, pytest.approx(0.886, abs=5e-4),
    )  # fmt: skip


def test_a_check_and_the_regions_worth_in_words_and_neither_unasked(run):
    status, printed, _ = run("--method", "saliency", "--check", 2, "--worth")
    assert status == 0
    assert "from 2 draws: infidelity" in printed
    assert printed.count("Shapley") == 7
    assert "can be chance" in printed or "rank correlation of weight" in printed
    report = json.loads(run("--json")[1])
    assert report["faithfulness"] is report["worth"] is None


def test_a_check_of_no_draws_is_refused(run):
    status, _, said = run("--check", 0)
    assert status == 2
    assert "rest on 0 draws" in said
