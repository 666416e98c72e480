"""The Explain page through AppTest: what a visitor reads, and what a click changes."""

import dataclasses
import io
import threading

import numpy as np
import pytest
from app_pages import ASTRONAUT, ROOT, button, rows_of_pictures, session, words
from PIL import Image
from streamlit.testing.v1 import AppTest

from ran.engine import Engine
from ran.errors import BadRequest
from ran.explain.faithfulness import Checking, Faithfulness
from ran.explain.heatmap import Explaining
from ran.face.parts import preset
from ran.face.photo import open_photo
from ran.figures import signed
from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.net.model import PlainNetwork
from ran.scene import Scene
from ran.ui.asked import Asked
from ran.ui.explain_exports import _csv, _npz, picture
from ran.ui.explain_maps import asking
from ran.ui.explaining import Round, Work
from ran.ui.session import Session

pytestmark = pytest.mark.usefixtures("tiny_network")


@pytest.fixture(autouse=True)
def _quick_checks(request, monkeypatch):
    """Checks that find nothing wrong, and cost nothing: they redraw the network anew each time."""
    if "real_checks" in request.fixturenames:
        return

    def faithful(self, scene, method, target, *, draws, **_):
        for done in range(1, draws + 1):
            yield Checking(done, draws, Faithfulness(None, 0.25, 0.125, 0.1, done))

    monkeypatch.setattr(Engine, "faithful", faithful)


@pytest.fixture
def real_checks():
    """Ask the engine how far a map can be trusted."""


def explain(*parts: str, methods: tuple[str, ...] | None = None):
    """The page of the example face, with these parts of it covered."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.session_state["ran_session"] = visitor = Session()
    visitor.explaining.draws = 2
    if methods is not None:
        visitor.explaining.methods = list(methods)
    app.switch_page("pages/explain.py").run()
    if parts:
        visitor.parts = list(parts)
        app.run()
    return app


def choose(app, *methods: str):
    app.button_group(key="explain-methods").set_value(list(methods)).run()
    assert not app.exception
    return app


def engine_and_scenes(checkpoint, *parts: str):
    engine = Engine.load(checkpoint, "cpu")
    face = engine.find_faces(open_photo(ASTRONAUT))[0]
    shapes = tuple(shape for part in parts for shape in preset(part, face))
    return engine, Scene(face), Scene(face, shapes)


def maps_of(app, method: str) -> dict[str, dict]:
    (row,) = [row for row in rows_of_pictures(app) if row["label"].startswith(f"{method} for")]
    return {picture["name"]: picture for picture in row["pictures"]}


def values_of(picture: dict) -> np.ndarray:
    import base64

    steps = np.frombuffer(base64.b64decode(picture["steps"]), "<i2")
    return steps.reshape(picture["rows"], picture["columns"]) * picture["step"]


def held(app, name: str):
    """The work of one method."""
    work, *_ = [w for w in app.session_state["ran_explaining"].values() if w.name == name]
    return work


def test_a_face_without_a_cover_has_one_map_and_the_maps_of_its_crops():
    app = explain()
    assert not app.exception
    assert list(maps_of(app, "Grad-CAM")) == ["clean"]
    assert list(maps_of(app, "Input × gradient")) == ["clean"]
    crops = [row for row in rows_of_pictures(app) if "over each crop" in row["label"]]
    assert [len(row["pictures"]) for row in crops] == [6, 6]
    assert "evidence for" in words(app)


def test_a_covered_face_stands_between_the_clean_one_and_the_change(checkpoint):
    app = explain("mouth")
    engine, clean, covered = engine_and_scenes(checkpoint, "mouth")
    target = engine.predict(clean).expression
    for label, name in (("Grad-CAM", "grad-cam"), ("Input × gradient", "input-x-gradient")):
        shown = maps_of(app, label)
        assert list(shown) == ["clean", "covered", "change"]
        before, after = (engine.explain(s, name, target).values for s in (clean, covered))
        for drawn, expected in (
            (shown["clean"], before), (shown["covered"], after), (shown["change"], after - before),
        ):  # fmt: skip
            room = np.abs(expected).max() / 32767 + 1e-12
            np.testing.assert_allclose(values_of(drawn), expected, atol=room)
    assert np.abs(after - before).max() > 0, "the test needs a network that notices the cover"


def test_the_crops_of_both_faces_unfold(checkpoint):
    app = explain("mouth")
    assert not [row for row in rows_of_pictures(app) if "over each crop" in row["label"]]
    app.session_state["crops-grad-cam"] = True
    app.run()
    labels = [row["label"] for row in rows_of_pictures(app) if "over each crop" in row["label"]]
    assert labels == [
        f"Grad-CAM over each crop of the {face} face" for face in ("clean", "covered")
    ]


def test_a_slow_map_waits_for_compute_and_then_adds_up(checkpoint):
    app = choose(explain("mouth"), "integrated-gradients")
    assert "Not computed yet" in words(app)
    assert not rows_of_pictures(app)
    button(app, "Compute").click().run()
    assert not app.exception
    engine, *scenes = engine_and_scenes(checkpoint, "mouth")
    target = engine.predict(scenes[0]).expression
    text = words(app)
    for name, scene in zip(("clean", "covered"), scenes, strict=True):
        heatmap = engine.explain(scene, "integrated-gradients", target)
        total = signed(float(heatmap.values.sum(dtype=np.float64)))
        assert f"{name}: adds up to {total} of {signed(heatmap.total)} logits" in text
    assert "completeness gap" in text
    assert "What is done stays if you stop" not in text


def test_what_was_stopped_is_kept_and_goes_on():
    app = choose(explain(), "integrated-gradients")
    work = held(app, "Integrated gradients")
    work.want()
    work.step()
    work.step()
    done = work.latest.done
    assert 0 < done < work.latest.of
    work.stop()
    app.run()
    assert f"Stopped at step {done} of {work.latest.of}. What is done stays." in words(app)
    assert held(app, "Integrated gradients").latest.done == done, "no step more was taken"
    button(app, "Go on").click().run()
    assert held(app, "Integrated gradients") is work, "it was not begun anew"
    assert work.is_whole
    assert "adds up to" in words(app)


def test_refine_doubles_the_steps_at_once(monkeypatch):
    import ran.ui.explain_maps as page
    from ran.ui import explain_badges

    monkeypatch.setattr(explain_badges, "LARGE_GAP", -1.0)  # every gap counts as large
    app = choose(explain(), "integrated-gradients")
    app.number_input(key="explain-steps").set_value(3).run()
    button(app, "Compute").click().run()
    assert maps_of(app, "Integrated gradients")
    coarse = values_of(maps_of(app, "Integrated gradients")["clean"])
    button(app, "Refine: 6 steps").click().run()
    assert not app.exception
    fine = values_of(maps_of(app, "Integrated gradients")["clean"])
    assert not np.array_equal(coarse, fine)
    assert page.MOST_REFINED == 160
    monkeypatch.setattr(page, "MOST_REFINED", 8)
    app.run()
    button(app, "Refine: 8 steps").click().run()
    assert not [found.label for found in app.button if "Refine" in found.label]


def check_of(engine, scene, method: str, target: str):
    *_, last = engine.faithful(scene, method, target, draws=2)
    assert last.faithfulness is not None
    return last.faithfulness


def test_the_badges_of_cheap_maps_come_by_themselves_and_are_of_the_covered_face(
    checkpoint, real_checks
):
    app = explain("mouth", methods=("input-x-gradient",))
    assert not app.exception
    engine, clean, covered = engine_and_scenes(checkpoint, "mouth")
    target = engine.predict(clean).expression
    known = check_of(engine, covered, "input-x-gradient", target)
    of_the_clean_face = check_of(engine, clean, "input-x-gradient", target)
    assert known.max_sensitivity != of_the_clean_face.max_sensitivity
    text = words(app)
    assert f"infidelity {known.infidelity:.2f}" in text
    assert f"max-sensitivity {known.max_sensitivity:.2f}" in text
    assert not known.is_unchanged
    assert "changes with randomised parameters" in text


def test_a_map_that_does_not_change_is_folded_under_its_warning(monkeypatch):
    monkeypatch.setattr(Faithfulness, "is_unchanged", True)
    app = explain("mouth", methods=("saliency",))
    assert not app.exception
    (folded,) = [found for found in app.expander if found.label != "Every number"]
    assert "Saliency" in folded.label
    assert "same map with randomised parameters" in folded.label
    assert not rows_of_pictures(app)
    app.session_state["flagged-saliency"] = True
    app.run()
    assert list(maps_of(app, "Saliency")) == ["clean", "covered", "change"]
    assert "same map with randomised parameters" in words(app)


def test_the_badges_of_a_slow_map_wait_for_a_button():
    app = choose(explain(), "integrated-gradients")
    app.number_input(key="explain-steps").set_value(2).run()
    button(app, "Compute").click().run()
    assert "infidelity" not in words(app)
    button(app, "Check it: 2 draws").click().run()
    assert not app.exception
    text = words(app)
    for badge in ("infidelity", "max-sensitivity", "randomised parameters"):
        assert badge in text
    assert not [found.label for found in app.button if "Check it" in found.label]


def test_a_stopped_check_keeps_what_it_knows():
    app = choose(explain(), "integrated-gradients")
    app.number_input(key="explain-steps").set_value(1).run()
    button(app, "Compute").click().run()
    (check,) = [
        work
        for work in app.session_state["ran_explaining"].values()
        if work.name == "Integrated gradients, how far to trust it" and not work.is_wanted
    ][-1:]
    check.want()
    check.step()
    check.stop()
    app.run()
    text = words(app)
    assert "Stopped at step 1 of 2. What is done stays." in text
    assert "infidelity 0.25" in text
    button(app, "Go on").click().run()
    assert check.is_whole
    assert "Stopped" not in words(app)


def test_two_runs_of_a_page_do_not_step_at_once():
    """A click starts the next run while the last is still inside its step."""
    inside, release, taken = threading.Event(), threading.Event(), []

    def steps():
        for number in (1, 2, 3):
            inside.set()
            assert release.wait(30)
            taken.append(number)
            yield Round((Explaining(number, 3, None),))

    work = Work("Slow", "step", steps())
    first = threading.Thread(target=work.step)
    first.start()
    assert inside.wait(30)
    second = threading.Thread(target=work.step)
    second.start()
    release.set()
    for thread in (first, second):
        thread.join(30)
    assert taken == [1, 2]
    assert work.latest.done == 2
    work.finish()
    work.step()
    assert work.latest.done == 3


def test_the_targets_are_classes_weights_and_the_margin(checkpoint):
    app = explain()
    box = next(found for found in app.selectbox if found.label == "Target")
    assert box.options[0].startswith("predicted: ")
    for name in ("happiness (logit)", "μ of Upper left", "ν of Centre 0.85", "RB margin"):
        assert name in box.options
    engine, clean, _ = engine_and_scenes(checkpoint)
    box.set_value("rb-margin").run()
    expected = engine.explain(clean, "input-x-gradient", "rb-margin").values
    shown = values_of(maps_of(app, "Input × gradient")["clean"])
    np.testing.assert_allclose(shown, expected, atol=np.abs(expected).max() / 32767)
    assert "Minus" not in [found.label for found in app.selectbox], "only a logit has a minus"


def test_the_difference_of_two_classes_is_explained(checkpoint):
    app = explain()
    next(found for found in app.selectbox if found.label == "Target").set_value("anger").run()
    next(found for found in app.selectbox if found.label == "Minus").set_value("fear").run()
    assert not app.exception
    assert "evidence for anger - fear" in words(app)
    engine, clean, _ = engine_and_scenes(checkpoint)
    expected = engine.explain(clean, "grad-cam", "anger - fear").values
    shown = values_of(maps_of(app, "Grad-CAM")["clean"])
    np.testing.assert_allclose(shown, expected, atol=np.abs(expected).max() / 32767 + 1e-12)


def test_more_steps_than_a_method_takes_get_a_sentence_and_the_others_stay():
    app = choose(explain(), "grad-cam", "integrated-gradients")
    app.number_input(key="explain-steps").set_value(999).run()
    assert not app.exception
    text = words(app)
    assert "Integrated gradients cannot use 999 steps." in text
    assert list(maps_of(app, "Grad-CAM")) == ["clean"]


def test_without_a_method_there_is_a_next_step():
    app = choose(explain())
    assert "Choose a method" in words(app)


def test_a_failing_engine_is_said_in_words_and_the_next_click_works(monkeypatch):
    with monkeypatch.context() as patch:

        def fail(*_, **__):
            raise BadRequest("The network is on strike.", hint="Wait.")

        patch.setattr(Engine, "explaining", fail)
        app = explain()
        assert not app.exception
        assert "The network is on strike." in words(app)
    app.run()
    assert "strike" not in words(app)
    assert maps_of(app, "Grad-CAM")


def test_a_step_that_fails_is_said_in_the_maps_own_place_and_can_be_tried_again(monkeypatch):
    app = choose(explain(), "grad-cam", "integrated-gradients")
    work = held(app, "Integrated gradients")

    def steps():
        raise BadRequest("The network is on strike.", hint="Wait.")
        yield

    work.steps = steps()
    button(app, "Compute").click().run()
    assert not app.exception
    assert "The network is on strike." in words(app)
    assert maps_of(app, "Grad-CAM")
    button(app, "Compute").click().run()
    assert "adds up to" in words(app)


def test_a_plain_network_is_explained_by_its_one_region(checkpoint, tmp_path, monkeypatch):
    _, card = load_checkpoint(checkpoint)
    card = dataclasses.replace(card, kind="plain")
    save_checkpoint(tmp_path / "plain", PlainNetwork(classes=len(card.classes)), card)
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "plain"))
    app = explain("mouth")
    assert not app.exception
    assert list(maps_of(app, "Grad-CAM")) == ["clean", "covered", "change"]
    box = next(found for found in app.selectbox if found.label == "Target")
    assert not any("μ" in name or "margin" in name for name in box.options)


def test_what_was_asked_is_still_asked_after_another_page():
    app = choose(explain(), "saliency")
    app.switch_page("pages/model.py").run()
    app.switch_page("pages/explain.py").run()
    assert session(app).explaining.methods == ["saliency"]
    assert list(maps_of(app, "Saliency")) == ["clean"]


@pytest.mark.parametrize("part", ["mouth"])
def test_maps_of_two_faces_have_one_scale_in_the_key(part, checkpoint):
    app = explain(part)
    engine, *scenes = engine_and_scenes(checkpoint, part)
    target = engine.predict(scenes[0]).expression
    before, after = (engine.explain(scene, "grad-cam", target).values for scene in scenes)
    largest = max(before.max(), after.max(), np.abs(after - before).max())
    assert "one scale for all three" in words(app)
    digits = 2
    assert f"{largest:.{digits}f}" in words(app)


def test_the_save_menu_offers_every_map_that_is_done(checkpoint):
    app = explain("mouth", methods=("saliency", "integrated-gradients"))
    assert not app.get("download_button"), "nothing is made before the menu is opened"
    app.session_state["explain-save"] = True
    app.run()
    assert not app.exception
    labels = [element.proto.label for element in app.get("download_button")]
    assert labels == [
        "CSV", "JSON", "PNG", ".npz, clean", "CSV, clean", ".npz, covered", "CSV, covered",
    ]  # fmt: skip


def test_a_maps_files_hold_the_pictures_and_the_numbers(checkpoint):
    engine, clean, covered = engine_and_scenes(checkpoint, "mouth")
    asked = Asked(methods=["saliency"])
    answer = engine.predict(clean)
    scenes = (clean, covered)
    one = asking(engine, asked, scenes, "saliency", answer.expression, answer)
    saved = Image.open(io.BytesIO(picture(one)))
    assert saved.size == (3 * 480, 480)
    expected = engine.explain(covered, "saliency", answer.expression)
    kept = np.load(io.BytesIO(_npz(engine, covered, expected)))
    np.testing.assert_array_equal(kept["values"], expected.values)
    assert len(_csv(engine, covered, expected).splitlines()) == 1 + 7 * 48 * 48
