"""A film on the Poses page, through AppTest: time is the axis, and every frame can be chosen."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from app_pages import button, opened_at_once, session, words, work
from made_up_films import EXAMPLES, film_of

from ran.face.detect import find_faces
from ran.face.head import turn
from ran.face.photo import open_photo
from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.net.model import PlainNetwork
from ran.ui.components.film_strip import chosen_of, frames
from ran.ui.poses.sweep import answers
from ran.ui.shared import compute

pytestmark = pytest.mark.usefixtures("tiny_network")


@pytest.fixture(scope="module")
def content() -> bytes:
    face = find_faces(open_photo(EXAMPLES / "grace_hopper.jpg"))[0]
    head = [turn(face, yaw, 0)[0].pixels for yaw in (30, 0, -30) for _ in range(4)]
    fog = [np.full((320, 320, 3), 128, np.uint8)] * 4
    return film_of([*head, *fog, *[open_photo(EXAMPLES / "drawn_happiness.png").pixels] * 8])


@pytest.fixture
def page(content):
    return opened_with(content)


def opened_with(content: bytes):
    app = opened_at_once()
    app.segmented_control(key="poses-way").set_value("Video").run()
    app.slider(key="poses-frames").set_value(6).run()
    app.file_uploader(key="poses-video").set_value(("clip.mp4", content, "video/mp4")).run()
    assert not app.exception
    return app


def times(app) -> list[float]:
    return [posed.moment.seconds for posed in work(app).poses]


def strip(app) -> dict:
    protos = [element.proto for element in app.get("bidi_component")]
    (found,) = [proto for proto in protos if proto.component_name == "ran_film_strip"]
    return json.loads(found.json)


def test_a_film_opens_along_the_time_at_its_first_frame(page):
    assert "over the film" in words(page)
    first = work(page).poses[0]
    assert first.moment.frame == 0
    assert f"{first.moment.seconds:.1f} s, yaw" in words(page)
    assert page.select_slider(key="poses-frame").value == 0


def test_the_strip_has_every_frame_also_without_a_face_and_marks_the_cuts(page):
    sent = strip(page)["frames"]
    assert len(sent) == 6
    faceless = [frame for frame in sent if frame["place"] is None]
    assert len(faceless) == len([one for one in work(page).skipped if one.moment]) == 1
    assert [f["place"] for f in sent if f["place"] is not None] == list(range(5))
    cuts = [float(frame["time"].split()[0]) for frame in sent if frame["cut"]]
    assert len(cuts) == 2
    assert all(frame["source"].startswith("data:image/") for frame in sent)


def test_the_slider_goes_from_frame_to_frame_in_time(page):
    for place, time in reversed(list(enumerate(times(page)))):
        page.select_slider(key="poses-frame").set_value(place).run()
        assert not page.exception
        assert work(page).chosen.moment.seconds == time
        assert strip(page)["chosen"] == place


def test_the_chosen_frame_stays_chosen_along_the_yaw_and_back(page):
    page.select_slider(key="poses-frame").set_value(1).run()
    chosen = work(page).chosen
    page.segmented_control(key="poses-along").set_value("Yaw").run()
    assert not page.exception
    assert "against yaw" in words(page)
    assert work(page).chosen is chosen
    order = sorted(posed.yaw for posed in work(page).poses)
    assert page.selectbox(key="poses-chosen").value == order.index(chosen.yaw)
    assert strip(page)["chosen"] == 1, "the strip keeps the order of time"
    page.segmented_control(key="poses-along").set_value("Time").run()
    assert page.selectbox(key="poses-chosen").value == 1


def test_next_is_the_next_in_time(page):
    button(page, "Next").click().run()
    assert work(page).chosen.moment.seconds == times(page)[1]


def test_a_frame_is_compared_within_its_own_shot(page):
    """Another face stands in the other shot: a change from it would be none of this head's."""
    last = len(times(page)) - 1
    page.select_slider(key="poses-frame").set_value(last).run()
    shot = [posed for posed in work(page).poses if posed.moment.shot == 2]
    ahead = min(shot, key=lambda posed: abs(posed.yaw))
    assert f"its change from {ahead.moment.seconds:.1f} s, yaw" in words(page)


def test_the_axis_survives_a_visit_to_another_page(page):
    page.segmented_control(key="poses-along").set_value("Yaw").run()
    page.switch_page("pages/model.py").run()
    page.switch_page("pages/poses.py").run()
    assert not page.exception
    assert page.segmented_control(key="poses-along").value == "Yaw"
    assert session(page).poses.along == "Yaw"
    assert len(strip(page)["frames"]) == 6


def test_a_click_on_the_strip_that_names_no_frame_changes_nothing(page):
    """What the browser sends is not trusted."""
    engine, layout = compute.engine(session(page)), session(page).layout
    found = answers(work(page), engine, None, layout)
    assert [chosen_of(sent, found) for sent in (None, -1, 99, "1", True, 1.0)] == [None] * 6
    assert chosen_of(2, found) is found[2].posed
    assert len(frames(found, work(page).skipped)) == 6


def test_a_plain_network_shows_probabilities_over_the_film_and_nothing_else(
    checkpoint, content, tmp_path, monkeypatch
):
    card = replace(load_checkpoint(checkpoint)[1], kind="plain", name="plain")
    torch.manual_seed(0)
    plain = PlainNetwork(card.backbone, classes=len(card.classes)).eval()
    save_checkpoint(tmp_path / "plain", plain, card)
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "plain"))
    compute._engine.clear()
    text = words(opened_with(content))
    assert "Probability of each expression, over the film" in text
    for invented in ("Attention of each region", "RB margin", "μ", "ν"):
        assert invented not in text
