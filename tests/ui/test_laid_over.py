"""A second network laid over the first on the Poses page."""

import dataclasses
import json

import pytest
from app_pages import button, opened_at_once, session, words, work
from streamlit.testing.v1 import AppTest

from ran.engine import Engine
from ran.scene import Scene

pytestmark = pytest.mark.usefixtures("tiny_network")


def lay_over(poses, folder) -> AppTest:
    poses.selectbox(key="poses-other").set_value("a checkpoint of yours").run()
    files = [(path.name, path.read_bytes(), "x/y") for path in sorted(folder.iterdir())
             if path.suffix in (".json", ".safetensors")]  # fmt: skip
    poses.file_uploader(key="poses-second").set_value(files).run()
    button(poses, "Lay it over").click().run()
    assert not poses.exception
    return poses


def hollow_traces(poses) -> list[dict]:
    charts = [json.loads(chart.proto.spec) for chart in poses.get("plotly_chart")]
    return [trace for chart in charts for trace in chart["data"]
            if "other network" in trace.get("hovertemplate", "")]  # fmt: skip


def test_a_plain_network_of_ones_own_is_laid_over_with_its_own_answers(poses, plain, checkpoint):
    engine = Engine.load(plain, "cpu")
    expected = [engine.predict(Scene(posed.face)) for posed in work(poses).poses]
    app = lay_over(poses, plain)
    traces = hollow_traces(app)
    names = [trace["hovertemplate"].split(",")[0] for trace in traces]
    assert not set(names) & {"Whole face", "Upper left", "RB margin"}, "it weighs nothing"
    assert len(names) == len(engine.card.classes)
    assert "my plain, laid over" in words(app)
    for trace in traces:
        name = trace["hovertemplate"].split(",")[0]
        place = engine.card.classes.index(name)
        values = [answer.probabilities[place] for answer in expected]
        assert trace["y"] == pytest.approx(values, abs=1e-5), name
    assert session(app).own_engine is None, "the network in use is still the first"


def test_a_ran_is_laid_over_a_plain_network_with_its_crops(plain, checkpoint, monkeypatch):
    monkeypatch.setenv("RAN_CHECKPOINT", str(plain))
    app = lay_over(opened_at_once(), checkpoint)
    names = [trace["hovertemplate"].split(",")[0] for trace in hollow_traces(app)]
    assert {"Whole face", "Upper left", "RB margin"} <= set(names)


def test_a_second_checkpoint_that_does_not_fit_is_refused_and_the_page_goes_on(poses):
    poses.selectbox(key="poses-other").set_value("a checkpoint of yours").run()
    poses.file_uploader(key="poses-second").set_value([("card.json", b"{}", "x/y")]).run()
    button(poses, "Lay it over").click().run()
    assert not poses.exception
    assert "No second network is shown." in words(poses)
    assert "9 poses from one photo" in words(poses)


def test_a_network_of_another_framing_is_not_laid_over(poses, plain):
    other = Engine.load(plain, "cpu")
    other.card = dataclasses.replace(other.card, framing="close")
    session(poses).second_engine = other
    poses.selectbox(key="poses-other").set_value("a checkpoint of yours").run()
    assert not poses.exception
    assert "faces framed as 'close', tiny as 'ferplus'" in words(poses)
    assert hollow_traces(poses) == []
