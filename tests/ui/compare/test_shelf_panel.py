"""Keep and the shelf: what every page puts on it, its file, and the way into a slot."""

import base64
import json
from dataclasses import replace

import pytest
from app_pages import ASTRONAUT, cover, opened, session, words

from ran.engine import Engine
from ran.errors import BadRecipe, BadRequest, UnreadablePhoto
from ran.recipe.shelf import MOST_KEPT, Kept, from_json, to_json
from ran.ui.compare import shelf_panel
from ran.ui.shared import compute
from ran.ui.shared.saving import keeping
from ran.ui.shared.settings.shelved import Shelved

pytestmark = pytest.mark.usefixtures("tiny_network")


def keep(app, page):
    app.button(key=f"keep-{page}").click().run()
    assert not app.exception
    return session(app).shelf[-1]


def test_occlude_keeps_its_recipe_and_the_numbers_of_predict(checkpoint):
    app = cover(opened(), "mouth")
    one = keep(app, "occlude")
    visitor, engine = session(app), Engine.load(checkpoint, "cpu")
    scene = visitor.scene(visitor.face)
    assert one.kept.numbers["covered"]["logits"] == pytest.approx(
        engine.predict(scene).as_json()["logits"], abs=1e-5
    )
    assert one.kept.digest == visitor.face.digest
    assert one.scene == scene
    again = one.kept.recipe.scene(visitor.face)
    assert again == scene
    assert one.picture.startswith("data:image/jpeg")
    assert one.photo == "astronaut.png"


@pytest.mark.parametrize("page", ["explain", "model", "compare"])
def test_every_page_keeps_its_numbers(page):
    app = opened(page)
    one = keep(app, page)
    assert one.kept.page == page
    assert one.kept.numbers
    assert from_json(to_json([one.kept])) == [one.kept], "and a file can hold them"
    assert (one.kept.recipe is None) == (page == "compare")


def test_the_poses_page_keeps_all_poses_and_the_chosen_face(poses):
    one = keep(poses, "poses")
    assert len(one.kept.numbers["poses"]) == 9
    assert one.kept.recipe.poses is not None
    assert from_json(to_json([one.kept])) == [one.kept]


def test_what_was_kept_goes_into_a_slot_as_it_was():
    app = cover(opened(), "mouth")
    one = keep(app, "occlude")
    app.switch_page("pages/compare.py").run()
    assert not app.exception
    app.button(key=f"shelf-into-0-{one.number}").click().run()
    slot = session(app).comparing.slots[0]
    assert slot.face == one.name
    assert "its cover" in words(app)
    app.text_input(key=f"shelf-note-{one.number}").set_value("the mouth\x07 first").run()
    assert one.kept.note == "the mouth  first" or one.kept.note == "the mouth first"
    app.button(key=f"shelf-less-{one.number}").click().run()
    assert session(app).shelf == []
    assert not app.exception
    assert session(app).comparing.slots[0].face == "the face in use", "its face went with it"


def test_a_shelfs_file_brings_examples_back_and_asks_for_other_photos(checkpoint):
    app = cover(opened(), "mouth")
    kept = keep(app, "occlude").kept
    raw = json.loads(to_json([kept]))[0]
    raw["recipe"]["photo"] = {"digest": "c" * 64, "name": "mine.png", "face": 0}
    raw["note"] = "*bold*"
    content = json.dumps([json.loads(to_json([kept]))[0], raw])
    fresh = opened("compare")
    visitor = session(fresh)
    keeping.add(visitor, compute.engine(visitor), content)
    fresh.run()
    assert not fresh.exception
    example, own = visitor.shelf
    assert example.scene == kept.recipe.scene(visitor.face)
    assert own.scene is None and own.photo == "mine.png"
    assert "choose its photo under Face" in words(fresh)
    assert visitor.shelf[1].kept.note == "*bold*"


def test_where_the_faces_are_asked_for_a_file_brings_them_along(checkpoint):
    app = cover(opened(), "mouth")
    visitor = session(app)
    photo = compute.look_at(compute.engine(visitor), ASTRONAUT.read_bytes(), "mine.png")
    number = replace(photo.reference, digest="c" * 64)  # a photo that no other session has
    visitor.change_photo(replace(photo, reference=number))
    app.run()
    app = cover(app, "mouth")
    one = keep(app, "occlude")
    app.switch_page("pages/compare.py").run()
    assert "face" not in json.loads(shelf_panel._file_of(visitor, has_faces=False))[0]
    content = shelf_panel._file_of(visitor, has_faces=True)
    assert not app.checkbox(key="shelf-faces").value, "unless asked"
    fresh = opened("compare")
    other = session(fresh)
    keeping.add(other, compute.engine(other), content)
    fresh.run()
    assert not fresh.exception
    (back,) = other.shelf
    assert back.scene == one.scene and back.scene.face.digest == one.kept.digest
    assert back.kept.face is None, "what the browser keeps has no face"
    fresh.button(key=f"shelf-into-0-{back.number}").click().run()
    assert not fresh.exception and other.comparing.slots[0].face == back.name
    forged = json.loads(content)
    forged[0]["face"]["landmarks"][0][0] += 0.1
    with pytest.raises(BadRecipe, match="not the one that its digest names"):
        keeping.add(other, compute.engine(other), json.dumps(forged))
    forged[0]["face"]["png"] = base64.b64encode(b"\x89PNG\r\n\x1a\n and more").decode()
    with pytest.raises(UnreadablePhoto):
        keeping.add(other, compute.engine(other), json.dumps(forged))
    assert len(other.shelf) == 1


def test_a_shelf_that_cannot_be_read_changes_nothing():
    app = opened("compare")
    visitor, engine = session(app), compute.engine(session(app))
    for content, error in (("[]", BadRequest), ("nonsense", BadRecipe)):
        with pytest.raises(error):
            keeping.add(visitor, engine, content)
    visitor.shelf += [Shelved(Kept("model", None, {}), "") for _ in range(MOST_KEPT - 1)]
    two = to_json([Kept("model", None, {})] * 2)
    with pytest.raises(BadRequest, match="room for 1 more"):
        keeping.add(visitor, engine, two)
    assert len(visitor.shelf) == MOST_KEPT - 1


def test_a_full_shelf_takes_nothing_more():
    app = opened()
    session(app).shelf += [Shelved(Kept("model", None, {}), "") for _ in range(MOST_KEPT)]
    app.button(key="keep-occlude").click().run()
    assert not app.exception
    assert len(session(app).shelf) == MOST_KEPT


def test_numbers_from_a_file_are_words_on_the_page():
    app = opened("compare")
    hostile = {"clean": {"expression": "<b>fear</b> :red[x]\n\n# y"}, "other": {"expression": 7}}
    session(app).shelf.append(Shelved(Kept("model", None, hostile), "<i>p</i>.png"))
    app.run()
    assert not app.exception
    (line,) = [one.value for one in app.markdown if "fear" in one.value]
    assert "<b>" not in line.replace("\\<", "") and "\\[x\\]" in line
