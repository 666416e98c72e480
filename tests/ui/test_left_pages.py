"""What a visitor set just before they left a page, whose run was cut off before it was read.

Streamlit starts one run for both where they come together: the new page's, with the old one's
widgets as they were left.
"""

import pytest
from app_pages import opened, session

pytestmark = pytest.mark.usefixtures("tiny_network")

LEFT = {
    "layout": ("occlude", lambda app: app.segmented_control(key="layout"), "Landmark",
               lambda kept: kept.layout.kind == "landmark"),
    "fill": ("occlude", lambda app: app.selectbox(key="fill"), "noise",
             lambda kept: kept.fill.kind == "noise"),
    "colour": ("occlude", lambda app: app.selectbox(key="fill"), "colour",
               lambda kept: kept.fill.kind == "colour" and kept.fill.colour == (128, 128, 128)),
    "opacity": ("occlude", lambda app: app.slider(key="opacity"), 40,
                lambda kept: kept.fill.opacity == 0.4),
    "parts": ("occlude", lambda app: app.multiselect(key="parts-1"), ["mouth"],
              lambda kept: kept.parts == ["mouth"]),
    "methods": ("explain", lambda app: app.pills(key="explain-methods"), ["saliency"],
                lambda kept: kept.explaining.methods == ["saliency"]),
    "baseline": ("explain", lambda app: app.selectbox(key="explain-baseline"), "grey",
                 lambda kept: kept.explaining.baseline == "grey"),
    "steps": ("explain", lambda app: app.number_input(key="explain-steps"), 30,
              lambda kept: kept.explaining.steps == 30),
    "draws": ("explain", lambda app: app.number_input(key="explain-draws"), 20,
              lambda kept: kept.explaining.draws == 20),
    "yaw": ("poses", lambda app: app.slider(key="poses-yaw"), (-15, 15),
            lambda kept: kept.poses.turn.yaw == (-15, 15)),
    "pitch": ("poses", lambda app: app.slider(key="poses-pitch"), 10,
              lambda kept: kept.poses.turn.pitch == 10),
    "cover": ("poses", lambda app: app.selectbox(key="poses-cover"), "mouth",
              lambda kept: kept.poses.cover == "mouth"),
    "mirror": ("poses", lambda app: app.toggle(key="poses-mirror"), True,
               lambda kept: kept.poses.is_mirrored),
}  # fmt: skip
"""What is set: on which page, by which widget, to what, and whether a session has it."""


@pytest.mark.parametrize("name", LEFT)
def test_what_was_set_as_a_page_was_left_is_kept(name):
    page, widget, value, is_kept = LEFT[name]
    app = opened(page)
    if name in ("baseline", "steps"):  # they wait for a method with them
        app.pills(key="explain-methods").set_value(["integrated-gradients"]).run()
    assert not is_kept(session(app)), "it begins otherwise"
    widget(app).set_value(value)
    app.switch_page("pages/model.py").run()
    assert not app.exception
    assert is_kept(session(app))


def test_the_radius_and_the_random_crops_set_as_a_page_was_left_are_there_on_the_next():
    app = opened()
    app.segmented_control(key="layout").set_value("Landmark").run()
    app.slider(key="radius").set_value(0.2)
    app.switch_page("pages/explain.py").run()
    assert app.slider(key="radius").value == 0.2
    assert session(app).layout.radius == 0.2
    app.segmented_control(key="layout").set_value("Random").run()
    app.slider(key="random-count").set_value(4)
    app.number_input(key="random-seed").set_value(7)
    app.switch_page("pages/poses.py").run()
    assert (session(app).layout.count, session(app).layout.seed) == (4, 7)
    assert app.slider(key="random-count").value == 4


def test_the_parts_of_a_photo_that_is_no_longer_in_use_hide_nothing():
    app = opened()
    app.multiselect(key="parts-1").set_value(["mouth"])
    kept = session(app)
    kept.use_photo(kept.photo)
    app.switch_page("pages/model.py").run()
    assert not kept.parts
