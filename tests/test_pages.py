"""Every page in every state, through AppTest: what a visitor reads, and what a click changes."""

import dataclasses
import html
import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from ran.engine import Engine
from ran.face.parts import preset
from ran.face.photo import open_photo
from ran.face.shapes import Rectangle
from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.net.model import PlainNetwork
from ran.recipe import CheckpointRef, PhotoRef, Recipe, example_link
from ran.scene import Scene
from ran.study.ablation_table import AblationTable, Row
from ran.ui import compute
from ran.ui.replay import recipe_here
from ran.ui.session import FoundPhoto, Session

ROOT = Path(__file__).parent.parent
ASTRONAUT = ROOT / "examples/astronaut.png"


@pytest.fixture(autouse=True)
def _tiny_network(checkpoint, monkeypatch):
    monkeypatch.setenv("RAN_CHECKPOINT", str(checkpoint))
    monkeypatch.setenv("RAN_DEVICE", "cpu")
    monkeypatch.setattr("ran.ui.evidence.HEAD_START_S", 0.0)
    compute._engine.clear()
    compute._examples.clear()


def opened(page: str = "occlude") -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.run()
    if page != "occlude":
        app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    return app


def dialog() -> AppTest:
    """The dialog alone: AppTest runs whole scripts, so a click inside would close it on a page."""

    def script():
        import streamlit as st

        from ran.ui import compute, session
        from ran.ui.face_dialog import face_dialog

        visitor = session.current()
        using = compute.engine(visitor)
        compute.ensure_face(visitor, using)
        if visitor.visit == st.session_state.setdefault("visit", visitor.visit):
            face_dialog(visitor, using)

    app = AppTest.from_function(script, default_timeout=60).run()
    assert not app.exception
    return app


def session(app: AppTest) -> Session:
    return app.session_state["ran_session"]


def words(app: AppTest) -> str:
    """All that stands on the page as text, tags taken out."""
    found = [element.value for element in (*app.markdown, *app.title, *app.warning)]
    found += [element.proto.body for element in app.get("html")]
    found += [picture["caption"] for row in rows_of_pictures(app) for picture in row["pictures"]]
    return html.unescape(re.sub(r"<[^>]*>", " ", "\n".join(map(str, found))))


def rows_of_pictures(app: AppTest) -> list[dict]:
    """What went to the browser for each row of pictures under one ring."""
    protos = [element.proto for element in app.get("bidi_component")]
    return [json.loads(proto.json) for proto in protos if proto.component_name == "ran_pictures"]


def cover(app: AppTest, *parts: str) -> AppTest:
    app.multiselect(key=f"parts-{session(app).visit}").set_value(list(parts)).run()
    assert not app.exception
    return app


def unfolded(app: AppTest, key: str) -> AppTest:
    """The page once the popover or expander of that key is open."""
    app.session_state[key] = True
    app.run()
    assert not app.exception
    return app


def button(app: AppTest, label: str):
    return next(found for found in app.button if found.label == label)


def png(pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def numbers_on_page(app: AppTest) -> list[tuple[float, float]]:
    """The clean and covered values of every region's mu, nu and w, to six digits."""
    cards = [
        element.proto.body for element in app.get("html") if "Weights of" in element.proto.body
    ]
    pairs = []
    for card in cards:
        cells = [float(cell) for cell in re.findall(r"<td [^>]*title='([^']+)'", card)]
        pairs += zip(cells[::2], cells[1::2], strict=True)
    return pairs


def test_the_first_page_explains_an_example_without_a_click():
    app = opened()
    assert session(app).photo_name == "astronaut.png"
    text = words(app)
    assert "Answer, with its probability" in text
    assert "nothing yet" in text, "nothing is covered, and the page must say so"
    assert len(numbers_on_page(app)) == 6 * 3
    assert [found.label for found in app.button if (found.key or "").startswith("region-")] == [
        "Whole face", "Upper left", "Upper right", "Lower middle", "Centre 0.90", "Centre 0.85",
    ]  # fmt: skip


def test_covering_the_mouth_shows_the_engines_own_numbers_before_and_after(checkpoint):
    app = cover(opened(), "mouth")
    engine = Engine.load(checkpoint, "cpu")
    face = engine.find_faces(open_photo(ASTRONAUT))[0]
    clean, covered = engine.predict_many([Scene(face), Scene(face, preset("mouth", face))])
    columns = ("self_weights", "relation_weights", "weights")
    expected = [
        (float(f"{getattr(clean, name)[i]:.6g}"), float(f"{getattr(covered, name)[i]:.6g}"))
        for i in range(6)
        for name in columns
    ]
    assert numbers_on_page(app) == expected
    assert any(a != b for a, b in expected), "the test needs a network that notices the cover"
    assert f"{100 * float(covered.covered[0]):.0f} %" in words(app)


def test_the_page_and_the_command_line_agree_to_1e_5(checkpoint, capsys):
    from ran.__main__ import main

    app = cover(opened(), "mouth", "eyes")
    using = compute.engine(session(app))
    on_page = using.predict(session(app).scene(session(app).face)).as_json()
    options = ["--hide", "mouth", "--hide", "eyes", "--checkpoint", str(checkpoint), "--json"]
    assert main(["predict", str(ASTRONAUT), *options]) == 0
    (row,) = json.loads(capsys.readouterr().out)["faces"]
    assert row["probabilities"] == pytest.approx(on_page["probabilities"], abs=1e-5)
    assert row["rb_margin"] == pytest.approx(on_page["rb_margin"], abs=1e-5)
    for printed, shown in zip(row["regions"], on_page["regions"], strict=True):
        for name in ("self_weight", "relation_weight", "weight"):
            assert printed[name] == pytest.approx(shown[name], abs=1e-5)


def test_without_queries_every_card_shows_a_uniform_weight(checkpoint, tmp_path, monkeypatch):
    before = numbers_on_page(opened())
    model, card = load_checkpoint(checkpoint)
    with torch.no_grad():
        for head in (model.self_attention.query, model.relation_attention.query):
            head.weight.zero_()
            head.bias.zero_()
    save_checkpoint(tmp_path / "zeroed", model, card)
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "zeroed"))
    app = opened()
    shown = numbers_on_page(app)
    assert shown[2::3] == [(0.166667, 0.166667)] * 6
    assert shown != before
    assert words(app).count("1.00×") >= 6


def test_another_checkpoint_changes_the_answer(checkpoint, tmp_path, monkeypatch):
    before = words(opened())
    model, card = load_checkpoint(checkpoint)
    with torch.no_grad():
        model.classifier.weight.neg_()
    save_checkpoint(tmp_path / "other", model, card)
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "other"))
    assert words(opened()) != before


def test_a_missing_checkpoint_is_said_in_words_on_every_page(tmp_path, monkeypatch):
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "nowhere"))
    for page in ("occlude", "model"):
        text = words(opened(page))
        assert "nowhere does not exist" in text
        assert "Check the path of the checkpoint." in text


def test_a_failing_engine_is_said_in_words_and_the_next_click_works(monkeypatch):
    from ran.errors import BadRequest

    app = opened()
    with monkeypatch.context() as patch:

        def fail(*_):
            raise BadRequest("The network is on strike.", hint="Wait.")

        patch.setattr(Engine, "predict_many", fail)
        cover(app, "eyes")
        assert "The network is on strike." in words(app)
    cover(app, "eyes", "nose")
    assert "strike" not in words(app)
    assert len(numbers_on_page(app)) == 18


def test_hiding_with_opacity_zero_changes_no_number():
    app = cover(opened(), "mouth")
    app.slider(key="opacity").set_value(0).run()
    assert all(a == b for a, b in numbers_on_page(app))


def test_a_rectangle_by_numbers_is_added_and_removed():
    app = unfolded(opened(), "rectangles")
    button(app, "Add").click().run()
    assert [shape.x0 for shape in session(app).rectangles] == [0.3]
    assert any(a != b for a, b in numbers_on_page(app))
    button(app, "Remove").click().run()
    assert session(app).rectangles == []
    assert all(a == b for a, b in numbers_on_page(app))


def test_a_rectangle_inside_out_is_refused_and_nothing_is_lost():
    app = unfolded(cover(opened(), "mouth"), "rectangles")
    left = next(found for found in app.number_input if found.label == "Left")
    left.set_value(0.9)
    button(app, "Add").click().run()
    text = words(app)
    assert "The left edge must be left of the right one" in text
    assert session(app).rectangles == []
    assert session(app).parts == ["mouth"]


def test_the_evidence_has_one_scale_that_is_the_largest_value_of_both_maps():
    app = cover(opened(), "mouth")
    using, scene = compute.engine(session(app)), session(app).scene(session(app).face)
    clean = using.predict(scene.clean()).expression
    maps = [using.explain(shown, "grad-cam", clean).values for shown in (scene.clean(), scene)]
    text = words(app)
    assert f"clean: evidence for {clean}" in text
    assert f"covered: evidence for {clean}" in text
    largest = max(float(values.max()) for values in maps)
    assert largest > 0.005, "the test needs a map that is not empty"
    assert f"{-largest:+.2f}".replace("-", "\N{MINUS SIGN}") in text
    assert f"largest change {np.abs(maps[1] - maps[0]).max():.2f}" in text


STICKER = {"kind": "sticker", "name": "mask", "x": 0.5, "y": 0.75, "size": 0.9}
STROKE = {"kind": "stroke", "points": [[0.2, 0.75], [0.8, 0.75]], "width": 0.2}


def draw(app: AppTest, shapes: object) -> AppTest:
    app.session_state[f"canvas-{session(app).drawing}"] = {"drawing": {"shapes": shapes}}
    app.run()
    assert not app.exception
    return app


def test_a_drawing_from_the_browser_changes_the_numbers():
    app = draw(opened(), [STROKE])
    assert [type(shape).__name__ for shape in session(app).drawn] == ["Stroke"]
    assert any(a != b for a, b in numbers_on_page(app))


@pytest.mark.parametrize(
    "bad", [[{"kind": "spiral"}], [{**STROKE, "width": float("nan")}], [STROKE] * 501, "x", [7]]
)
def test_a_bad_drawing_is_refused_in_words_and_what_was_drawn_stays(bad):
    app = draw(draw(opened(), [STROKE]), bad)
    assert "What was drawn before stays." in words(app)
    assert len(session(app).drawn) == 1
    assert len(numbers_on_page(app)) == 18


def test_a_recipe_saved_here_replays_to_the_same_numbers(tmp_path, checkpoint, capsys):
    from ran.__main__ import main

    app = cover(draw(opened(), [STROKE]), "eyes")
    app.selectbox(key="fill").set_value("grey").run()
    app.slider(key="opacity").set_value(70).run()
    app.button_group(key="layout").set_value("Random").run()
    before = numbers_on_page(app)
    using = compute.engine(session(app))
    scene = session(app).scene(session(app).face)
    saved = recipe_here(using, session(app), scene).to_json()
    again = unfolded(opened(), "replay")
    again.file_uploader[0].set_value(("r.json", saved.encode(), "application/json")).run()
    assert "another photo" not in words(again)
    button(again, "Replay it").click().run()
    assert not again.exception
    assert numbers_on_page(again) == before
    assert again.selectbox(key="fill").value == "grey"
    (tmp_path / "r.json").write_text(saved)
    options = ["--recipe", str(tmp_path / "r.json"), "--checkpoint", str(checkpoint), "--json"]
    assert main(["predict", str(ASTRONAUT), *options]) == 0
    (row,) = json.loads(capsys.readouterr().out)["faces"]
    on_page = using.predict(scene).as_json()
    assert row["probabilities"] == pytest.approx(on_page["probabilities"], abs=1e-5)
    assert row["rb_margin"] == pytest.approx(on_page["rb_margin"], abs=1e-5)


def linked(text: str) -> AppTest:
    """The page as it opens at an address with `?recipe=`."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.query_params["recipe"] = text
    app.run()
    assert not app.exception
    return app


def test_a_link_brings_the_example_face_and_all_that_was_set():
    app = draw(opened(), [STROKE, STICKER])
    app.slider(key="opacity").set_value(70).run()
    session(app).use_photo(compute.examples(compute.engine(session(app)))["Grace Hopper"])
    app.run()
    app = draw(app, [STROKE, STICKER])
    scene = session(app).scene(session(app).face)
    link = example_link(recipe_here(compute.engine(session(app)), session(app), scene))
    unfolded(app, "save")
    (shown,) = [code.value for code in app.code if "?recipe=" in code.value]
    assert shown.endswith(f"?recipe={link}")
    again = linked(link)
    assert session(again).photo_name == "grace_hopper.jpg"
    assert numbers_on_page(again) == numbers_on_page(app)
    assert "another photo" not in words(again)
    # Replayed once: what is drawn from then on stays.
    assert len(session(draw(again, [STROKE])).drawn) == 1


def test_a_link_for_a_photo_that_is_not_here_says_so_and_goes_on():
    recipe = Recipe(
        PhotoRef("0f" * 32, "holiday.jpg"), CheckpointRef("tiny"), (Rectangle(0, 0, 1, 0.5),)
    )
    app = linked(example_link(recipe))
    assert "made on another photo, holiday.jpg" in words(app)
    assert session(app).photo_name == "astronaut.png"
    assert len(session(app).drawn) == 1


@pytest.mark.parametrize("text", ["nonsense", "A" * 7000, "%%%"])
def test_a_link_that_is_none_is_refused_in_words_and_the_page_goes_on(text):
    app = linked(text)
    assert "The link's recipe" in words(app)
    assert len(numbers_on_page(app)) == 18


def test_a_photo_of_ones_own_has_no_link(tmp_path):
    app = opened()
    mine = compute.look_at(compute.engine(session(app)), ASTRONAUT.read_bytes(), "mine.png")
    session(app).use_photo(mine)
    unfolded(app, "save")
    assert not [code for code in app.code if "?recipe=" in code.value]
    assert "For example faces only" in words(app)


def test_whether_attention_left_the_cover_is_one_line_with_the_measure():
    app = opened()
    assert "Did attention leave the cover?" not in words(app)
    app = draw(app, [STICKER])
    using, scene = compute.engine(session(app)), session(app).scene(session(app).face)
    clean, covered = using.predict_many([scene.clean(), scene])
    before, after = (float(np.dot(p.weights, covered.covered)) for p in (clean, covered))
    assert f"{100 * before:.1f} %" in words(app)
    assert f"{100 * after:.1f} %" in words(app)
    assert ("Yes" if after < before else "No") + f": {100 * before:.1f} %" in words(app)


def test_a_bad_recipe_is_refused_in_words_and_nothing_is_lost():
    app = unfolded(cover(opened(), "mouth"), "replay")
    app.file_uploader[0].set_value(("r.json", b'{"version": 99}', "application/json")).run()
    assert "The recipe has version 99." in words(app)
    assert "What was set before stays." in words(app)
    assert session(app).parts == ["mouth"]


def test_a_new_face_begins_with_an_empty_drawing():
    visitor = Session()
    visitor.drawn, before = (object(),), visitor.drawing
    visitor.use_photo(FoundPhoto("x", visitor.photo, []))
    assert visitor.drawn == ()
    assert visitor.drawing != before


def test_what_was_set_survives_a_visit_to_another_page():
    app = cover(opened(), "mouth", "eyes")
    app.selectbox(key="fill").set_value("grey").run()
    before = numbers_on_page(app)
    app.switch_page("pages/model.py").run()
    app.switch_page("pages/occlude.py").run()
    assert app.multiselect(key=f"parts-{session(app).visit}").value == ["mouth", "eyes"]
    assert app.selectbox(key="fill").value == "grey"
    assert numbers_on_page(app) == before


def test_the_regions_are_those_of_the_sidebar():
    app = opened()
    app.button_group(key="layout").set_value("Random").run()
    app.slider(key="random-count").set_value(3).run()
    assert len(numbers_on_page(app)) == 4 * 3
    app.button_group(key="layout").set_value("Landmark").run()
    assert "Left eye" in [found.label for found in app.button]


def test_a_regions_name_outlines_it():
    app = opened()
    app.button(key="region-3").click().run()
    assert session(app).region == 3


def test_an_uploaded_photo_without_a_face_is_refused_and_the_old_face_stays():
    app = dialog()
    digest = session(app).face.digest
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    app.file_uploader[0].set_value(("holiday.png", png(noise), "image/png")).run()
    text = words(app)
    assert "No face found in holiday.png." in text
    assert "The face you had is still there." in text
    assert session(app).face.digest == digest


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.png", b"", "empty"),
        ("note.jpg", b"dear diary", "not a picture"),
        ("cut.png", ASTRONAUT.read_bytes()[:20000], "damaged"),
        ("dot.png", png(np.zeros((1, 1, 3), np.uint8)), "too small"),
    ],
)
def test_a_photo_that_cannot_be_used_is_refused_in_words(name, content, said):
    app = dialog()
    app.file_uploader[0].set_value((name, content, "image/png")).run()
    assert not app.exception
    assert said in words(app)
    assert session(app).photo_name == "astronaut.png"


def test_of_several_faces_the_visitor_picks_one():
    first, second = (
        Image.open(ROOT / "examples" / name).convert("RGB").resize((512, 512))
        for name in ("astronaut.png", "grace_hopper.jpg")
    )
    both = np.concatenate([np.asarray(first), np.asarray(second)], axis=1)
    app = dialog()
    app.file_uploader[0].set_value(("both.png", png(both), "image/png")).run()
    assert "shows 2 faces" in words(app)
    button(app, "Face 2").click().run()
    assert not app.exception
    assert (session(app).photo_name, session(app).face_number) == ("both.png", 1)


def test_another_example_replaces_the_face_and_what_was_drawn():
    app = dialog()
    session(app).parts.append("mouth")
    button(app, "Grace Hopper").click().run()
    assert not app.exception
    assert session(app).photo_name == "grace_hopper.jpg"
    assert session(app).parts == []


def test_the_face_button_opens_the_dialog():
    app = opened()
    app.button(key="choose-face").click().run()
    assert not app.exception
    assert "It is not kept, shared or used for training." in words(app)


def test_the_model_page_shows_the_card_and_this_faces_equations(checkpoint):
    app = opened("model")
    text = words(app)
    card = Engine.load(checkpoint, "cpu").card
    for written in (card.name, card.trained_on, card.note, "11.2 M parameters", "neutral"):
        assert written in text
    assert "holds no scores" in text, "the card has none, so none may be shown"
    answer = compute.engine(session(app)).predict(session(app).scene(session(app).face))
    formulas = " ".join(found.value for found in app.latex)
    assert rf"\mu_0 = {answer.self_weights[0]:.3f}" in formulas
    assert f"= {answer.weights[0]:.3f}" in formulas


def test_scores_on_the_model_page_come_from_the_card(checkpoint, tmp_path, monkeypatch):
    model, card = load_checkpoint(checkpoint)
    scores = {"ferplus": {"n": 3137, "accuracy": 0.4321}}
    save_checkpoint(tmp_path / "scored", model, dataclasses.replace(card, scores=scores))
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "scored"))
    app = opened("model")
    figures = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    shown = [trace.get("x") for figure in figures for trace in figure["data"]]
    assert [pytest.approx(43.21)] in shown


def test_alpha_moves_the_loss_and_not_the_margin():
    app = unfolded(opened("model"), "alpha-popover")
    before = words(app)
    app.slider(key="alpha").set_value(0.2).run()
    using = compute.engine(session(app))
    margin = using.predict(session(app).scene(session(app).face)).rb_margin
    assert f"{max(0.0, 0.2 - margin):.3f}" in words(app)
    assert words(app) != before
    app.session_state["alpha-popover"] = False
    assert session(app.run()).alpha == 0.2, "closing the slider keeps what it set"


def test_a_plain_network_has_pages_without_margin_and_relations(checkpoint, tmp_path, monkeypatch):
    _, card = load_checkpoint(checkpoint)
    card = dataclasses.replace(card, kind="plain")
    save_checkpoint(tmp_path / "plain", PlainNetwork(classes=len(card.classes)), card)
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "plain"))
    for page in ("occlude", "model"):
        assert "no RB margin" in words(opened(page))


def test_a_visitors_own_checkpoint_is_used_and_given_back(checkpoint):
    app = opened("model")
    uploaded = [
        (path.name, path.read_bytes(), "application/octet-stream")
        for path in (checkpoint / "model.safetensors", checkpoint / "card.json")
    ]
    app.file_uploader[0].set_value(uploaded).run()
    button(app, "Use it").click().run()
    assert not app.exception
    assert session(app).own_engine is not None
    assert "Your own checkpoint is in use" in words(app)
    button(app, "Use the bundled one").click().run()
    assert session(app).own_engine is None


def test_a_checkpoint_that_does_not_fit_changes_nothing(checkpoint):
    app = opened("model")
    card = json.loads((checkpoint / "card.json").read_text())
    card["classes"] = card["classes"][:7]
    uploaded = [
        ("model.safetensors", (checkpoint / "model.safetensors").read_bytes(), "x/y"),
        ("card.json", json.dumps(card).encode(), "application/json"),
    ]
    app.file_uploader[0].set_value(uploaded).run()
    button(app, "Use it").click().run()
    text = words(app)
    assert "8 outputs, its card names 7 classes" in text
    assert "The checkpoint in use has not changed." in text
    assert session(app).own_engine is None


FULL_RECORD = {
    "scores": {"ferplus": {"n": 3137, "accuracy": 0.84}, "pose30": {"n": 1170, "accuracy": 0.8}},
    "flipped": {"ferplus": {"n": 3137, "accuracy": 0.8512}},
    "per_class": {"fear": {"n": 36, "accuracy": 0.375}},
    "calibration": {"bins": 15, "ece": 0.0234, "ece_before": 0.0567, "fitted_on": 3191},
    "photographs": {
        "n": 300, "found": 280, "agreement": 0.912, "accuracy": 0.815, "direct": 0.829,
    },
    "against_plain": {
        "pose30": {"n": 1170, "difference": 0.0127, "ran_only": 40, "plain_only": 25, "p": 0.0817}
    },
    "seeds": {"ferplus": {"n": 3, "mean": 0.8398, "spread": 0.0021}},
    "temperature": 1.32,
    "intended_use": "Teaching.",
    "limits": "Few faces.",
}  # fmt: skip


def test_all_that_a_card_says_of_its_answers_is_on_the_model_page(
    checkpoint, tmp_path, monkeypatch
):
    model, card = load_checkpoint(checkpoint)
    save_checkpoint(tmp_path / "full", model, dataclasses.replace(card, **FULL_RECORD))
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "full"))
    text = words(opened("model"))
    for said in (
        "85.1 %", "+1.3, p = 0.082", "84.0 ± 0.2 %", "mean of 3 seeds", "Teaching.", "Few faces.",
        "2.3 % on the test list; 5.7 % without the temperature 1.32, fitted on 3,191 faces",
        "300 test pictures", "280 faces found, 91.2 %", "accuracy 81.5 %", "82.9 %",
        "Accuracy by expression",
    ):  # fmt: skip
        assert said in text, said


def ablation_table():
    row = Row("As the paper", "fixed", 5, "sigmoid", True, 0.02, 1.0, 0.8125, 0.002, 0.1, 0.75)
    without = dataclasses.replace(
        row, name="Without RB-loss", rb_loss=0.0, accuracy=0.79, above_alpha=0.25
    )
    return AblationTable(
        about="Backbone: tiny.", input_size=48, epochs=20, faces=2048, valid=1024, seeds=(0, 1, 2),
        rows=(row, without), edges=(-0.1, 0.0, 0.1),
        margins={"As the paper": (10, 30), "Without RB-loss": (30, 10)},
        shows="RB-loss moves the margins.",
    )  # fmt: skip


def test_the_ablations_beside_a_checkpoint_stand_on_the_model_page(
    checkpoint, tmp_path, monkeypatch
):
    folder = Path(shutil.copytree(checkpoint, tmp_path / "studied"))
    ablation_table().write(folder)
    monkeypatch.setenv("RAN_CHECKPOINT", str(folder))
    app = opened("model")
    text = words(app)
    for said in (
        "2,048 training faces", "3 seeds", "1,024 faces of FER2013Valid", "Backbone: tiny.",
        "RB-loss moves the margins.", "75 % of the faces reach α with RB-loss, 25 % without",
    ):  # fmt: skip
        assert said in text, said
    shown = [
        list(trace.get("x", ()))
        for chart in app.get("plotly_chart")
        for trace in json.loads(chart.proto.spec)["data"]
    ]
    assert [pytest.approx(81.25)] in shown


def test_a_checkpoint_without_ablations_has_no_such_panels_and_a_damaged_one_is_told(
    checkpoint, tmp_path, monkeypatch
):
    assert "What each part is worth" not in words(opened("model"))
    folder = Path(shutil.copytree(checkpoint, tmp_path / "damaged"))
    (folder / "ablation.json").write_text("{")
    monkeypatch.setenv("RAN_CHECKPOINT", str(folder))
    assert "no table of ablations" in words(opened("model"))
