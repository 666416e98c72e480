"""Lessons and the settings of a link: every step leads somewhere, a link opens what was set."""

import pytest
from app_pages import ROOT, cover, linked_to, opened, session, words

from ran.explain.maps.methods import METHODS
from ran.face.covers.parts import preset
from ran.recipe import read_link
from ran.study.cohort.named_covers import NAMES
from ran.ui.navigation import PAGES
from ran.ui.shared import compute
from ran.ui.shared import session as sessions
from ran.ui.shared.lessons import lesson_card, lessons
from ran.ui.shared.lessons.lessons import LESSONS
from ran.ui.shared.settings import comparing, linked

pytestmark = pytest.mark.usefixtures("tiny_network")


def click(app, key):
    app.button(key=key).click().run()
    assert not app.exception
    return app


def test_every_step_names_a_page_and_what_is_there_to_show():
    assert list(LESSONS) == ["tour", "attention", "mouth", "explanation"]
    assert [LESSONS[name].title for name in list(LESSONS)[1:]] == [
        "What does attention look at?", "Cover the mouth", "Is attention an explanation?",
    ]  # fmt: skip
    everybodys = {name for name, page in PAGES.items() if page.needs is None}
    assert {step.page for step in LESSONS["tour"].steps} == everybodys
    for lesson in LESSONS.values():
        for step in lesson.steps:
            assert step.page in PAGES
            assert step.asks.count("?") >= 1 or step.shows is not None
            if step.shows is not None:
                assert set(step.shows.covers) <= set(NAMES)
                assert set(step.shows.methods) <= set(METHODS)
                assert step.shows.layout in sessions.LAYOUTS
                assert (ROOT / f"examples/{step.shows.example.lower()}.png").exists()


def test_a_lesson_is_begun_walked_and_left():
    app = opened()
    app.session_state["lessons"] = True
    app.run()
    click(app, "lesson-mouth")
    assert session(app).lesson == "mouth"
    text = words(app)
    assert "Cover the mouth" in text and "step 1 of 5, on Occlude" in text
    click(app, "lesson-next")
    click(app, "lesson-show")
    visitor = session(app)
    assert visitor.shapes(visitor.face) == tuple(preset("mouth", visitor.face))
    click(app, "lesson-next")
    assert visitor.page == "Robustness"
    assert "step 3 of 5, on Robustness" in words(app)
    app.switch_page("pages/model.py").run()
    assert "step 3 of 5, on Robustness" in words(app)
    click(app, "lesson-go")
    assert visitor.page == "Robustness"
    app.switch_page("pages/robustness.py").run()  # AppTest stays on the page it was told
    click(app, "lesson-back")
    assert visitor.page == "Occlude" and visitor.lesson_step == 1
    click(app, "lesson-leave")
    assert "step 2 of 5" not in words(app)
    assert visitor.lesson == ""


def test_what_a_step_replaces_can_be_brought_back():
    app = cover(opened(), "left eye")
    visitor = session(app)
    before = visitor.shapes(visitor.face)
    lesson_card.set_up(visitor, compute.engine(visitor), LESSONS["attention"].steps[1].shows)
    assert visitor.shapes(visitor.face) != before
    visitor.bring_back()
    assert visitor.shapes(visitor.face) == before


def test_a_link_opens_a_lesson_at_its_step_and_nonsense_opens_none():
    app = linked_to(lesson="explanation.3")
    assert "step 3 of 4, on Explain" in words(app)
    for nonsense in ("nothing", "mouth.x", "mouth.-4", "mouth.99999999999", "", "tour.\u0663", "."):
        visitor = session(linked_to(lesson=nonsense))
        found = lessons.step_of(visitor)
        assert found is None or found[1] in LESSONS[visitor.lesson].steps


def test_the_link_of_a_step_has_the_lesson_and_the_example():
    app = cover(opened(), "mouth")
    session(app).lesson, session(app).lesson_step = "mouth", 1
    app.session_state["lesson-link"] = True
    app.run()
    (address,) = [one.value for one in app.code if "lesson=" in one.value]
    assert "lesson=mouth.2&recipe=" in address
    recipe = read_link(address.partition("&recipe=")[2])
    assert recipe.shapes == session(app).shapes(session(app).face)


def test_what_is_set_on_explain_stands_in_the_address_and_a_link_sets_it():
    app = linked_to("explain", methods="saliency,nothing", target="fear", baseline="grey")
    asked = session(app).explaining
    assert (asked.methods, asked.target, asked.baseline) == (["saliency"], "fear", "grey")
    assert linked.written(session(app), "Explain") == {
        "methods": "saliency", "target": "fear", "baseline": "grey",
    }  # fmt: skip
    script = " ".join(one.proto.body for one in app.get("html"))
    assert '"methods": "saliency"' in script and '"target": "fear"' in script


def test_a_link_opens_slots_side_by_side():
    slots = "Grace Hopper|nothing|the one in use;Astronaut|mask|the one in use"
    app = linked_to("compare", slots=slots, attention="μ", method="no map")
    asked = session(app).comparing
    assert [(slot.face, slot.cover) for slot in asked.slots] == [
        ("Grace Hopper", "nothing"), ("Astronaut", "mask"),
    ]  # fmt: skip
    assert (asked.attention, asked.method) == ("μ", comparing.NO_MAP)
    assert linked.written(session(app), "Compare") == {
        "slots": slots, "attention": "μ", "method": "no map",
    }  # fmt: skip
    assert "hopper.jpg, nothing hidden" in words(app)


@pytest.mark.parametrize(
    ("page", "parameters"),
    [
        ("explain", {"methods": "x" * 10_000, "target": "y" * 10_000, "steps": "-3"}),
        (
            "explain",
            {"methods": ",,,", "target": "\x00", "minus": "fear - fear", "steps": "9" * 99},
        ),
        ("compare", {"slots": "a|b", "method": "integrated-gradients"}),
        ("compare", {"slots": ";".join(["a|b|c"] * 50), "attention": "<b>"}),
        ("robustness", {"by": "nothing", "fill": "plaid", "number": "w of nothing"}),
    ],
)
def test_nonsense_in_a_link_is_passed_over(page, parameters):
    app = linked_to(page, **parameters)
    assert not app.warning
    assert session(app).explaining.methods
    assert len(session(app).comparing.slots) in (0, 2, 4)


def test_a_default_stands_in_no_address():
    for page in PAGES.values():
        if page.title != "Compare":
            assert linked.written(sessions.Session(), page.title) == {}
