"""Recipes of the Poses page: on the command line, in a link, and back on the page."""

import json

import pytest
from app_pages import (
    ASTRONAUT,
    ROOT,
    button,
    opened_at_once,
    recipe_of_page,
    session,
    unfolded,
    words,
    work,
)

from ran.__main__ import main
from ran.face.covers.occlusion import Fill
from ran.face.covers.parts import preset
from ran.recipe import (
    CheckpointRef,
    LayoutChoice,
    Recipe,
    TurnChoice,
    example_link,
    read_link,
)
from ran.study.poses.posed import by_yaw
from ran.ui.poses.exports import numbers_json
from ran.ui.shared import compute

pytestmark = pytest.mark.usefixtures("tiny_network")


def numbers_of_page(app) -> list[dict]:
    """The numbers that the page shows and its Save menu writes, by yaw."""
    held, using = work(app), compute.engine(session(app))
    shown = {id(one.posed): one for one in list(held.answers.values())[-len(held.poses) :]}
    found = by_yaw(shown.values())
    return json.loads(numbers_json(using, found, None, [], None))["poses"]


def assert_alike(rows, others):
    assert len(rows) == len(others)
    for row, other in zip(rows, others, strict=True):
        assert (row["source"], row["yaw"]) == (other["source"], pytest.approx(other["yaw"]))
        assert row["probabilities"] == pytest.approx(other["probabilities"], abs=1e-5)
        for one, two in zip(row["regions"], other["regions"], strict=True):
            for name in ("self_weight", "relation_weight", "weight", "covered"):
                assert one[name] == pytest.approx(two[name], abs=1e-5)


def replayed(recipe, photos, checkpoint, folder, capsys):
    (folder / "recipe.json").write_text(recipe.to_json())
    options = ["--recipe", str(folder / "recipe.json"), "--checkpoint", str(checkpoint)]
    assert main(["poses", *map(str, photos), *options, "--device", "cpu", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)["poses"]


def test_the_recipe_of_a_turn_gives_the_pages_numbers_on_the_command_line(
    poses, checkpoint, tmp_path, capsys
):
    poses.slider(key="poses-yaw").set_value((-45, 30))
    poses.slider(key="poses-pitch").set_value(10)
    poses.selectbox(key="poses-cover").set_value("mouth")
    poses.button_group(key="layout").set_value("Random").run()
    recipe = recipe_of_page(poses)
    assert recipe.poses == TurnChoice((-45, 30), 15, 10)
    rows = replayed(recipe, [ASTRONAUT], checkpoint, tmp_path, capsys)
    assert [row["yaw"] for row in rows] == [-45, -30, -15, 0, 15, 30]
    assert rows[0]["regions"][0]["covered"] > 0.03
    assert_alike(rows, numbers_of_page(poses))


def test_the_recipe_of_photos_gives_the_pages_numbers_on_the_command_line(
    poses, checkpoint, tmp_path, capsys
):
    paths = [ROOT / "examples" / name for name in ("grace_hopper.jpg", "drawn_anger.png")]
    poses.segmented_control(key="poses-way").set_value("Several photos").run()
    poses.selectbox(key="poses-cover").set_value("eyes")
    files = [(path.name, path.read_bytes(), "image/png") for path in paths]
    poses.file_uploader(key="poses-photos").set_value(files).run()
    assert not poses.exception
    rows = replayed(recipe_of_page(poses), paths, checkpoint, tmp_path, capsys)
    assert len(rows) == 2
    assert_alike(rows, numbers_of_page(poses))


def test_a_recipe_sets_the_page_and_gives_the_same_recipe_again(poses):
    face = session(poses).face
    recipe = Recipe(
        session(poses).photo_reference(), CheckpointRef.of(compute.engine(session(poses)).card),
        preset("nose", face), Fill("grey"), LayoutChoice(), poses=TurnChoice((-7, 13), 10, -5),
    )  # fmt: skip
    unfolded(poses, "replay")
    upload = poses.file_uploader(key=f"recipe-{session(poses).visit}")
    upload.set_value(("r.json", recipe.to_json().encode(), "application/json")).run()
    button(poses, "Replay it").click().run()
    assert not poses.exception
    assert poses.slider(key="poses-yaw").value == (-7, 13)
    assert poses.selectbox(key="poses-cover").value == "as on Occlude"
    assert [posed.yaw for posed in work(poses).poses] == [-7, 3, 13]
    assert recipe_of_page(poses) == recipe


def test_a_link_opens_an_example_face_with_its_poses():
    first = opened_at_once()
    using, photo = (
        compute.engine(session(first)),
        compute.examples(compute.engine(session(first)))["Grace Hopper"],
    )
    shapes = preset("mouth", photo.faces[0])
    recipe = Recipe(photo.reference, CheckpointRef.of(using.card), shapes,
                    poses=TurnChoice((0, 30), 30))  # fmt: skip
    first.query_params["recipe"] = example_link(recipe)
    first.run()
    assert not first.exception
    assert session(first).photo.name == "grace_hopper.jpg"
    assert [posed.yaw for posed in work(first).poses] == [0, 30]
    assert "Hidden" in words(first)


def test_the_menu_offers_the_recipe_and_for_an_example_its_link(poses):
    unfolded(poses, "save")
    assert "Recipe, JSON" in [item.label for item in poses.get("download_button")]
    (code,) = [code.value for code in poses.code if "?recipe=" in code.value]
    assert read_link(code.split("?recipe=")[1]) == recipe_of_page(poses)
