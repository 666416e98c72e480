"""ran figure: the slots that the options ask for, and the numbers that `ran predict` prints."""

import json
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
ASTRONAUT, HOPPER = EXAMPLES / "astronaut.png", EXAMPLES / "grace_hopper.jpg"


def test_the_slots_have_the_numbers_of_predict_and_the_figure_its_latex(run, tmp_path):
    out = tmp_path / "f.pdf"
    status, printed, _ = run("figure", "--hide", "mouth", "--out", out, "--json")
    assert status == 0
    made = json.loads(printed)
    assert made["files"] == [str(out), str(tmp_path / "f.tex")]
    assert out.read_bytes().startswith(b"%PDF")
    clean, covered = made["slots"]
    assert (clean["name"], covered["name"]) == ("clean", "covered")
    for slot, options in ((clean, ()), (covered, ("--hide", "mouth"))):
        _, printed, _ = run("predict", "--json", *options)
        (face,) = json.loads(printed)["faces"]
        assert {name: slot[name] for name in ("logits", "regions", "rb_margin")} == {
            name: face[name] for name in ("logits", "regions", "rb_margin")
        }
    tex = (tmp_path / "f.tex").read_text()
    assert "\\includegraphics[width=3.5in]{\\detokenize{f}}" in tex
    assert "\\label{fig:f}" in tex
    assert tex.count("\n% covered & ") == 6


def test_photos_and_networks_stand_side_by_side_under_their_names(run, tmp_path, checkpoint):
    options = ("--against", HOPPER, "--against-checkpoint", checkpoint, "--json")
    out = tmp_path / "f.svg"
    status, printed, _ = run("figure", "--out", out, *options, "--panel", "faces,shapley,maps")
    assert status == 0
    names = [slot["name"] for slot in json.loads(printed)["slots"]]
    assert [name.partition(",")[0] for name in names] == ["astronaut"] * 2 + ["grace_hopper"] * 2
    assert len(set(names)) == 4
    status, out, err = run(
        "figure", "--out", out, "--against", HOPPER, "--against", HOPPER, *options
    )
    assert (status, out) == (2, "")
    assert "8 faces side by side, and it shows 4 at most" in err


@pytest.mark.parametrize("arrangement", ["gallery", "strip"])
def test_the_papers_own_layouts_are_drawn(arrangement, run, tmp_path):
    out = tmp_path / "f.png"
    status, printed, _ = run(
        "figure", "--layout", arrangement, "--regions", "landmark", "--against", HOPPER,
        "--width", "89mm", "--out", out,
    )  # fmt: skip
    assert status == 0
    assert printed.startswith("Region attention: astronaut; grace_hopper.")
    assert out.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--out f.gif", "A figure is written as .pdf, .svg, .png, got 'f.gif'"),
        ("--out f", "got 'f'"),
        ("--out f.pdf --width 1m", "cannot be 1m wide"),
        ("--out f.pdf --panel faces,noses", "no panel 'noses'. Use faces, probabilities"),
        ("--out f.pdf --panel ,", "no panel ''"),
        ("--out f.pdf --layout landmark", "invalid choice: 'landmark'"),
        ("--out f.pdf --face 7", "There is no face 7"),
        ("--out f.pdf --panel maps --target joy", "no target 'joy'"),
        ("--out f.pdf --panel shapley --target rb-margin", "an expression that all networks"),
        ("--out f.pdf --against none.png", "none.png does not exist"),
        ("", "required: --out"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(options, words, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = run("figure", *options.split())
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert words in err
    assert not list(tmp_path.iterdir()), "nothing half written is left"


def test_neither_figure_nor_latex_goes_over_what_is_read(run, tmp_path):
    photo = tmp_path / "face.png"
    photo.write_bytes(ASTRONAUT.read_bytes())
    status, _, err = run("figure", "--against", photo, "--out", photo)
    assert status == 2
    assert photo.read_bytes() == ASTRONAUT.read_bytes()
    assert "face.png" in err


def test_a_recipe_hides_the_other_photo_alike(run, tmp_path, checkpoint):
    from ran.engine import Engine
    from ran.face.photo import open_photo
    from ran.face.shapes import Rectangle
    from ran.recipe import CheckpointRef, PhotoRef, Recipe

    engine = Engine.load(checkpoint, "cpu")
    recipe = Recipe(PhotoRef.of(open_photo(ASTRONAUT)), CheckpointRef.of(engine.card),
                    (Rectangle(0.2, 0.6, 0.8, 0.9),))  # fmt: skip
    (tmp_path / "r.json").write_text(recipe.to_json())
    status, printed, _ = run("figure", "--recipe", tmp_path / "r.json", "--against", HOPPER,
                             "--out", tmp_path / "f.svg", "--json")  # fmt: skip
    assert status == 0
    first, second = json.loads(printed)["slots"]
    shares = [[region["covered"] for region in slot["regions"]] for slot in (first, second)]
    assert shares[0] == pytest.approx(shares[1], abs=0.02)
    assert shares[0][0] > 0.15
