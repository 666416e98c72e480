"""The Explain page's regions through AppTest: worth beside attention, and interventions."""

import csv
import dataclasses
import io
import json
import re

import explain_pages
import numpy as np
import pytest
from app_pages import button, rows_of_pictures, session, words
from explain_pages import engine_and_scenes

from ran.engine import Engine
from ran.errors import BadRequest
from ran.explain.regions.intervene import Intervention
from ran.explain.trust.ranks import spearman
from ran.figures import signed
from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.net.model import PlainNetwork
from ran.recipe import LayoutChoice
from ran.shown import Shown
from ran.ui.explain.exports import regions_csv, regions_json
from ran.ui.explain.region_values import worths

pytestmark = pytest.mark.usefixtures("tiny_network")

NAMES = ["Whole face", "Upper left", "Upper right", "Lower middle", "Centre 0.90", "Centre 0.85"]


def explain(*parts: str):
    """The page without a map, which these tests have no need of."""
    return explain_pages.explain(*parts, methods=())


def dots_of(app) -> list[dict[str, float]]:
    """What each row of dots shows by region: left clean, left covered, right clean, right covered.

    Numbers travel as they are in short lists.
    """
    (chart,) = app.get("plotly_chart")
    traces = json.loads(chart.proto.spec)["data"]
    return [
        dict(zip(trace["y"], trace["x"], strict=True))
        for trace in traces
        if trace["mode"] == "markers"
    ]


def by_label(elements, label: str):
    return next(found for found in elements if found.label == label)


def intervene(app, name: str, value):
    key = f"intervene-{session(app).explaining.undone}-{name}"
    element = app.slider if name.startswith("pin-") else app.selectbox
    element = app.button_group if name in ("used", "swapped") else element
    element(key=key).set_value(value).run()
    assert not app.exception
    return app


def pin(app, region: int):
    by_label(app.selectbox, "Pin the weight of").set_value(region).run()
    assert not app.exception
    return app


def logits_on_page(app) -> list[tuple[float, float]]:
    (table,) = [
        element.proto.body for element in app.get("html") if "Logit of each" in element.proto.body
    ]
    cells = re.findall(r"<td>(?:<b>)?([^<]*)(?:</b>)?</td>", table)
    found = [float(cell.replace("\N{MINUS SIGN}", "-").replace("±", "")) for cell in cells]
    return list(zip(found[::2], found[1::2], strict=True))


def test_the_dots_are_the_engines_own_attention_and_values(checkpoint):
    app = explain("mouth")
    engine, *scenes = engine_and_scenes(checkpoint, "mouth")
    answers = engine.predict_many(scenes)
    place = answers[0].classes.index(answers[0].expression)
    shown = dots_of(app)
    values = [engine.region_values(scene).shapley[:, place] for scene in scenes]
    expected = [*(answer.relative_weights for answer in answers), *values]
    for row, numbers in zip(shown, expected, strict=True):
        assert list(row) == NAMES
        np.testing.assert_allclose(list(row.values()), numbers, rtol=1e-5)


def test_every_class_leave_one_out_and_mu_can_be_chosen(checkpoint):
    app = explain()
    by_label(app.selectbox, "Class").set_value("fear").run()
    app.button_group(key="explain-worth").set_value("Leave-one-out").run()
    app.button_group(key="explain-attention").set_value("μ").run()
    assert not app.exception
    engine, clean, _ = engine_and_scenes(checkpoint)
    answer = engine.predict(clean)
    left_out = engine.region_values(clean).leave_one_out[:, answer.classes.index("fear")]
    mu, worth = dots_of(app)
    np.testing.assert_allclose(list(mu.values()), answer.self_weights, rtol=1e-5)
    np.testing.assert_allclose(list(worth.values()), left_out, rtol=1e-4, atol=1e-6)
    rho = spearman(answer.self_weights, left_out)
    assert f"ρ = {signed(rho)}" in words(app)


def test_the_agreement_is_said_with_what_chance_gives(checkpoint):
    app = explain("mouth")
    engine, *scenes = engine_and_scenes(checkpoint, "mouth")
    answers = engine.predict_many(scenes)
    place = answers[0].classes.index(answers[0].expression)
    text = words(app).replace("\N{WORD JOINER}", "")
    for face, answer, scene in zip(("clean", "covered"), answers, scenes, strict=True):
        rho = spearman(answer.weights, engine.region_values(scene).shapley[:, place])
        chance = "beyond chance" if abs(rho) > 0.88 else "can be chance"
        assert f"ρ = {signed(rho)}** {face}, {chance}" in text
    assert "With six regions, |ρ| below 0.89 can be chance at the 5 % level." in text


def test_every_two_regions_stand_in_the_matrix_of_each_face(checkpoint):
    app = explain("mouth")
    by_label(app.selectbox, "Class").set_value("fear").run()
    engine, *scenes = engine_and_scenes(checkpoint, "mouth")
    (matrices,) = [
        element.proto.body for element in app.get("html") if "ran ran-pairs" in element.proto.body
    ]
    assert re.findall(r"<caption[^>]*>(\w+)</caption>", matrices) == ["clean", "covered"]
    told = re.findall(r'title="([^",]*), ([^":]*): ([^"]*)"', matrices)
    assert len(told) == 2 * 15
    for number, (one, other, value) in enumerate(told):
        scene = scenes[number // 15]
        place = engine.card.classes.index("fear")
        expected = engine.region_values(scene).interactions[..., place]
        found = float(value.replace("\N{MINUS SIGN}", "-").replace("±", ""))
        assert found == pytest.approx(
            expected[NAMES.index(one), NAMES.index(other)], abs=6e-4
        )  # fmt: skip
    assert "What two regions add together to fear" in words(app)


def test_the_table_has_every_number_of_both_faces():
    app = explain("mouth")
    app.session_state["numbers"] = True
    app.run()
    assert not app.exception
    (table,) = [
        element.proto.body for element in app.get("html") if "Regions, for" in element.proto.body
    ]
    assert table.count("<tr") == 1 + 6 * 2
    assert table.count('scope="row"') == 6 * 2
    assert table.count("<td") == 6 * 2 * 6


def test_a_region_out_of_use_moves_the_logits_and_undo_brings_them_back(checkpoint):
    app = explain("mouth")
    before = logits_on_page(app)
    assert all(a == b for a, b in before)
    assert button(app, "Undo all interventions").disabled
    intervene(app, "used", [0, 1, 2, 4, 5])
    engine, _, covered = engine_and_scenes(checkpoint, "mouth")
    expected = engine.intervene(covered, Intervention(used=(0, 1, 2, 4, 5))).logits
    assert [b for _, b in logits_on_page(app)] == pytest.approx(expected, abs=0.006)
    assert any(a != b for a, b in logits_on_page(app))
    button(app, "Undo all interventions").click().run()
    assert logits_on_page(app) == before


def test_a_pinned_weight_is_the_one_on_the_slider(checkpoint):
    app = pin(explain("mouth"), 3)
    intervene(app, "pin-3", 0.9)
    engine, _, covered = engine_and_scenes(checkpoint, "mouth")
    expected = engine.intervene(covered, Intervention(pinned=((3, 0.9),))).logits
    assert [b for _, b in logits_on_page(app)] == pytest.approx(expected, abs=0.006)
    assert any(a != b for a, b in logits_on_page(app))


def test_all_regions_from_the_clean_face_give_its_answer(checkpoint):
    app = intervene(explain("mouth"), "swapped", list(range(6)))
    engine, clean, _ = engine_and_scenes(checkpoint, "mouth")
    expected = engine.predict(clean).logits
    assert [b for _, b in logits_on_page(app)] == pytest.approx(expected, abs=0.006)
    assert any(a != b for a, b in logits_on_page(app))


def test_a_pin_on_a_region_that_is_put_out_of_use_goes():
    app = pin(explain("mouth"), 3)
    intervene(app, "used", [0, 1])
    assert session(app).explaining.pinned is None
    assert "warning" not in [element.type for element in app.main]
    assert logits_on_page(app)


def test_no_region_in_use_gets_a_sentence():
    app = intervene(explain(), "used", [])
    assert "No region is in use." in words(app)
    intervene(app, "used", [2])
    assert logits_on_page(app)


def test_other_regions_begin_without_interventions():
    app = intervene(explain(), "used", [0, 1])
    app.button_group(key="layout").set_value("Random").run()
    assert not app.exception
    assert session(app).explaining.unused == []
    assert all(a == b for a, b in logits_on_page(app))


def test_more_regions_than_can_be_counted_get_a_sentence_and_the_rest_stays():
    app = explain()
    session(app).lay(LayoutChoice("random", count=14, seed=0))
    app.session_state["layout"], app.session_state["random-count"] = "Random", 14
    app.run()
    assert not app.exception
    assert "the limit is 12 regions" in words(app)
    assert logits_on_page(app)


def test_a_plain_network_has_nothing_to_compare(checkpoint, tmp_path, monkeypatch):
    _, card = load_checkpoint(checkpoint)
    card = dataclasses.replace(card, kind="plain")
    save_checkpoint(tmp_path / "plain", PlainNetwork(classes=len(card.classes)), card)
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "plain"))
    app = explain()
    assert not app.exception
    assert "there is nothing to compare" in words(app)
    assert not app.get("plotly_chart")


def test_values_that_fail_leave_the_maps_and_the_interventions(monkeypatch):
    def fail(*_, **__):
        raise BadRequest("The network is on strike.", hint="Wait.")

    monkeypatch.setattr(Engine, "region_values", fail)
    app = explain_pages.explain()
    assert not app.exception
    assert "The network is on strike." in words(app)
    assert rows_of_pictures(app)
    assert logits_on_page(app)


def test_what_is_saved_of_the_regions_is_what_the_engine_says(checkpoint):
    engine, *scenes = engine_and_scenes(checkpoint, "mouth")
    answers = engine.predict_many(scenes)
    shown = [Shown(*one) for one in zip(("clean", "covered"), scenes, answers, strict=True)]
    found = worths(engine, shown)
    rows = list(csv.DictReader(io.StringIO(regions_csv(found))))
    assert len(rows) == 2 * 6 * 8
    (row,) = [
        row
        for row in rows
        if (row["face"], row["region"], row["class"]) == ("covered", "Lower middle", "fear")
    ]
    place = answers[1].classes.index("fear")
    values = engine.region_values(scenes[1])
    assert float(row["shapley"]) == pytest.approx(values.shapley[3, place], abs=1e-6)
    assert float(row["leave_one_out"]) == pytest.approx(values.leave_one_out[3, place], abs=1e-6)
    assert float(row["weight"]) == pytest.approx(answers[1].weights[3], abs=1e-6)
    saved = json.loads(regions_json(engine, found))
    covered = saved["faces"][1]
    total = sum(region["shapley"]["fear"] for region in covered["regions"])
    assert total == pytest.approx(covered["full"]["fear"] - covered["empty"]["fear"], abs=1e-4)
    rho = spearman(answers[1].weights, values.shapley[:, place])
    assert covered["rank_correlation_with_weight"]["shapley"]["fear"] == pytest.approx(rho)
