"""The Compare page through AppTest: slots, shared rows, what it refuses and what it saves."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from app_pages import ASTRONAUT, opened, rows_of_pictures, session, unfolded, words

from ran.engine import Engine
from ran.face.covers.occlusion import Fill
from ran.face.covers.stickers import place
from ran.figures import signed
from ran.scene import Scene
from ran.ui.compare import exports, slots_chosen
from ran.ui.compare.beside_panels import QUICK
from ran.ui.shared import compute
from ran.ui.shared.settings import comparing

pytestmark = pytest.mark.usefixtures("tiny_network")


@pytest.fixture
def app():
    return opened("compare")


@pytest.fixture
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


def tables(app):
    """Every table of dumbbells by its name: heads, and cells by row."""
    found = {}
    for element in app.get("html"):
        for name, body in re.findall(
            r'<div class="ran ran-dumbbells"><table aria-label="([^"]+)">(.*?)</table>',
            element.proto.body, re.S,
        ):  # fmt: skip
            heads = re.findall(r'<th scope="col"><span class="sign (\w+)"></span> (.*?)</th>', body)
            rows = re.findall(
                r'<th scope="row">(.*?)</th>.*?((?:<td class="number">.*?</td>)+)', body
            )
            cells = {
                row: re.findall(r'<td class="number">(?:<span[^>]*>)?([^<]*)', texts)
                for row, texts in rows
            }
            found[name] = heads, cells
    return found


def button(app, key):
    return app.button(key=key)


def choose(app, what, number, value):
    slot = session(app).comparing.slots[number]
    app.selectbox(key=f"compare-{what}-{slot.number}").set_value(value).run()
    assert not app.exception


def masked(app):
    visitor = session(app)
    regions = visitor.layout.regions(visitor.face)
    return Scene(visitor.face, (place("mask", visitor.face),), Fill("look"), regions)


def test_it_begins_with_the_face_in_use_as_it_is_and_under_a_mask(app, engine):
    visitor = session(app)
    clean, covered = engine.predict(masked(app).clean()), engine.predict(masked(app))
    heads, rows = tables(app)["Probability of each expression"]
    assert heads == [("ring", "A"), ("dot", "B")]
    for place_, name in enumerate(clean.classes):
        was, now = float(clean.probabilities[place_]), float(covered.probabilities[place_])
        assert rows[name][:2] == [f"{was:.2f}", f"{now:.2f}"]
        assert signed(now - was) in rows[name][2]
    _heads, rows = tables(app)["w of each region"]
    assert list(rows) == [box.name for box in clean.boxes]
    target = clean.expression
    _heads, rows = tables(app)[f"Shapley value of each region for {target}, logits"]
    worth = engine.region_values(masked(app)).shapley[:, clean.classes.index(target)]
    assert [cells[1] for cells in rows.values()] == [signed(float(value)) for value in worth]
    _heads, rows = tables(app)["RB margin"]
    assert rows["RB margin"][:2] == [signed(clean.rb_margin, 3), signed(covered.rb_margin, 3)]
    assert [slot.cover for slot in visitor.comparing.slots] == [comparing.NO_COVER, "mask"]
    text = words(app)
    assert "nothing hidden" in text and "Surgical mask" in text


def test_what_hides_the_face_on_occlude_stands_in_the_second_slot(engine):
    app = opened()
    visitor = session(app)
    app.multiselect(key=f"parts-{visitor.visit}").set_value(["mouth"]).run()
    app.switch_page("pages/compare.py").run()
    assert [slot.cover for slot in visitor.comparing.slots] == [
        comparing.NO_COVER, comparing.AS_IT_COMES,
    ]  # fmt: skip
    assert "its cover" in words(app)
    covered = visitor.scene(visitor.face)
    assert covered.shapes
    _heads, rows = tables(app)["RB margin"]
    assert rows["RB margin"][:2] == [
        signed(engine.predict(scene).rb_margin, 3) for scene in (covered.clean(), covered)
    ]


def test_maps_have_one_target_and_scale_and_a_change_of_one_face(app, engine):
    (row,) = rows_of_pictures(app)
    assert [one["name"] for one in row["pictures"]] == ["A", "B", "B minus A"]
    target = engine.predict(masked(app).clean()).expression
    assert f"Grad-CAM for {target}" in words(app)
    choose(app, "face", 1, "Grace Hopper")
    (row,) = rows_of_pictures(app)
    assert [one["name"] for one in row["pictures"]] == ["A", "B"]
    assert "different faces: no change is drawn" in words(app)
    app.selectbox(key="compare-method").set_value(comparing.NO_MAP).run()
    assert rows_of_pictures(app) == []


def test_every_map_of_one_pass_can_be_drawn(app):
    assert "grad-cam" in QUICK and "integrated-gradients" not in QUICK
    for name in QUICK:
        app.selectbox(key="compare-method").set_value(name).run()
        assert not app.exception and len(rows_of_pictures(app)) == 1, name


def test_a_plain_network_beside_a_ran_has_an_answer_and_no_weights(
    app, checkpoint, plain, monkeypatch
):
    monkeypatch.setattr(
        "ran.ui.shared.beside.bundled", lambda: {"tiny": checkpoint, "plain": plain}
    )
    app.run()
    choose(app, "network", 1, "plain")
    heads, _rows = tables(app)["Probability of each expression"]
    assert heads == [("ring", "A"), ("dot", "B")]
    heads, _rows = tables(app)["w of each region"]
    assert heads == [("ring", "A")]
    assert "B: a plain network has no crops to weigh." in words(app)
    button(app, "compare-same-network").click().run()
    assert [slot.network for slot in session(app).comparing.slots] == [comparing.THIS_NETWORK] * 2
    heads, _rows = tables(app)["w of each region"]
    assert heads == [("ring", "A"), ("dot", "B")]


def test_slots_are_added_left_out_swapped_and_made_alike(app):
    visitor = session(app)
    for count in (3, 4):
        button(app, "compare-add").click().run()
        assert len(visitor.comparing.slots) == count
    assert button(app, "compare-add").disabled
    heads, _rows = tables(app)["Probability of each expression"]
    assert heads == [("ring", "A"), ("dot", "B"), ("square", "C"), ("triangle", "D")]
    choose(app, "face", 3, "Grace Hopper")
    button(app, "compare-swap").click().run()
    assert visitor.comparing.slots[0].face == "Grace Hopper"
    button(app, "compare-same-face").click().run()
    assert {slot.face for slot in visitor.comparing.slots} == {"Grace Hopper"}
    assert {slot.cover for slot in visitor.comparing.slots} == {"mask"}
    for _ in range(2):
        button(app, f"compare-less-{visitor.comparing.slots[-1].number}").click().run()
    assert len(visitor.comparing.slots) == 2
    visitor.comparing.remove(visitor.comparing.slots[0].number)
    assert len(visitor.comparing.slots) == 2, "two stay"


def test_a_slot_that_cannot_be_answered_says_why_and_the_others_stand(app, monkeypatch):
    button(app, "compare-add").click().run()
    visitor = session(app)
    other = compute.engine(visitor)
    card = type(other.card)(**{**vars(other.card), "framing": "square"})
    elsewhere = type(other)(other.model, card, device="cpu")
    monkeypatch.setattr(
        slots_chosen, "networks",
        lambda session: {comparing.THIS_NETWORK: lambda: other, "other": lambda: elsewhere},
    )  # fmt: skip
    app.run()
    choose(app, "network", 1, "other")
    (warning,) = app.warning
    assert "takes faces framed as" in warning.value and "Choose another network" in warning.value
    heads, _rows = tables(app)["Probability of each expression"]
    assert heads == [("ring", "A"), ("square", "C")]


def test_a_photo_of_the_visitors_own_stands_in_the_last_slot(app, monkeypatch):
    visitor = session(app)
    photo = compute.look_at(compute.engine(visitor), ASTRONAUT.read_bytes(), "mine.png")
    name = visitor.keep_beside(photo)
    assert visitor.keep_beside(photo) == name == "mine.png"
    visitor.comparing.slots[1].face = name
    visitor.comparing.slots[1].renew()
    app.run()
    assert "mine.png" in words(app)
    for number in range(6):
        other = replace(photo, reference=replace(photo.reference, digest=f"{number:064d}"))
        assert visitor.keep_beside(other) == f"mine.png ({number + 2})"
    assert len(visitor.compared_photos) == 6
    app.run()
    assert not app.exception
    assert visitor.comparing.slots[1].face == comparing.IN_USE, "that photo went"


def test_files_have_the_numbers_of_the_page(app, engine):
    app = unfolded(app, "compare-save")
    labels = [one.proto.label for one in app.get("download_button")]
    assert labels == ["Numbers, JSON", "PDF", "SVG", "LaTeX", "HTML", "without the face"]
    visitor = session(app)
    using = compute.engine(visitor)
    slots = []
    for letter, scene in (("A", masked(app).clean()), ("B", masked(app))):
        slots.append(
            slots_chosen.Slot(letter, "words", "p.png", using, scene, using.predict(scene))
        )
    told = json.loads(exports.as_json(slots, "fear"))
    assert [slot["name"] for slot in told["slots"]] == ["A: words", "B: words"]
    for slot, scene in zip(told["slots"], (masked(app).clean(), masked(app)), strict=True):
        logits = engine.predict(scene).logits
        assert np.allclose(list(slot["logits"].values()), logits, atol=1e-5)
    assert told["target"] == "fear"


@pytest.mark.parametrize("page", ["occlude", "explain"])
def test_compare_with_lays_a_second_network_beside_the_first(page, plain, monkeypatch):
    monkeypatch.setattr("ran.ui.shared.beside.bundled", lambda: {"plain": plain})
    app = unfolded(opened(page), "compare-with")
    button(app, "compare-with-plain").click().run()
    assert not app.exception
    assert [slot.network for slot in session(app).comparing.slots] == [
        comparing.THIS_NETWORK, "plain",
    ]  # fmt: skip
    assert [slot.cover for slot in session(app).comparing.slots] == [comparing.AS_IT_COMES] * 2
