"""Slow maps of the Explain page: Compute, Stop, Go on, Refine, and the checks behind badges."""

import json
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from app_pages import button, rows_of_pictures, words
from explain_pages import choose, engine_and_scenes, explain, held, maps_of, values_of

from ran.engine import Engine
from ran.errors import BadRequest
from ran.explain.heatmap import Explaining
from ran.explain.trust.faithfulness import Checking, Faithfulness
from ran.figures import signed
from ran.ui.explain.rounds import Round
from ran.ui.shared import work as work_module
from ran.ui.shared.work import Work, work_on

pytestmark = pytest.mark.usefixtures("tiny_network")


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


def test_a_slow_map_that_fails_says_so_while_the_others_are_computed(monkeypatch):
    app = choose(explain(), "integrated-gradients", "smoothgrad")

    def failing():
        raise BadRequest("It cannot be.", hint="Ask otherwise.")
        yield

    work = held(app, "Integrated gradients")
    again, work.steps = work.begin, failing()
    monkeypatch.setattr(work, "begin", failing)
    button(app, "Compute").click().run()
    assert not app.exception
    assert "It cannot be." in words(app)
    assert held(app, "SmoothGrad").is_whole
    assert "It cannot be." in words(app.run()), "it stays until it is asked for again"
    monkeypatch.setattr(work, "begin", again)
    button(app, "Try again").click().run()
    assert work.is_whole
    assert "It cannot be." not in words(app)


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
    from ran.explain.maps.methods import METHODS
    from ran.ui.explain import badges

    monkeypatch.setattr(badges, "LARGE_GAP", -1.0)  # every gap counts as large
    app = choose(explain(), "integrated-gradients")
    app.number_input(key="explain-steps").set_value(3).run()
    button(app, "Compute").click().run()
    assert maps_of(app, "Integrated gradients")
    coarse = values_of(maps_of(app, "Integrated gradients")["clean"])
    button(app, "Refine: 6 steps").click().run()
    assert not app.exception
    fine = values_of(maps_of(app, "Integrated gradients")["clean"])
    assert not np.array_equal(coarse, fine)
    method = METHODS["integrated-gradients"]
    assert method.largest_count == 160
    monkeypatch.setitem(METHODS, method.name, replace(method, largest_count=8))
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
    app = explain("mouth", methods=("region-ablation",))
    assert not app.exception
    engine, clean, covered = engine_and_scenes(checkpoint, "mouth")
    target = engine.predict(clean).expression
    known = check_of(engine, covered, "region-ablation", target)
    of_the_clean_face = check_of(engine, clean, "region-ablation", target)
    assert known.max_sensitivity != of_the_clean_face.max_sensitivity
    text = words(app)
    assert f"infidelity {known.infidelity:.2f} (" in text
    beside = min(known.infidelity_flat, known.infidelity_centre)
    assert f"{beside:.2f})" in text
    areas = [signed(one.area) for one in (known.inserted.map, known.inserted.centre)]
    assert f"insertion − deletion {areas[0]} (centre blob {areas[1]})" in text
    assert f"max-sensitivity {known.max_sensitivity:.2f}" in text
    assert not known.is_unchanged
    assert "changes with randomised parameters" in text


def test_the_curves_behind_a_badge_are_drawn_when_asked_for(checkpoint, real_checks):
    app = explain(methods=("saliency",))
    app.session_state["curves-saliency"] = True
    app.run()
    assert not app.exception
    engine, clean, _ = engine_and_scenes(checkpoint)
    known = check_of(engine, clean, "saliency", engine.predict(clean).expression)
    (chart,) = [
        json.loads(found.proto.spec)
        for found in app.get("plotly_chart")
        if "taken away" in found.proto.spec
    ]
    for number, name in enumerate(("map", "centre")):
        own = getattr(known.inserted, name)
        for trace, values in zip(
            chart["data"][2 * number :], (own.insertion, own.deletion), strict=False
        ):
            assert trace["y"] == pytest.approx(values, abs=1e-4)
            assert (trace["x"][0], trace["x"][-1]) == (0, 100)


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
        for work in app.session_state["ran_work"].values()
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


def test_a_badge_says_where_randomised_parameters_tell_nothing(monkeypatch):
    def faithful(self, scene, question, *, draws):
        yield Checking(draws, draws, Faithfulness(None, 0.25, 0.125, None, draws))

    monkeypatch.setattr(Engine, "faithful", faithful)
    text = words(explain("mouth", methods=("saliency",)))
    assert "randomised parameters: not known" in text
    assert "changes with randomised parameters" not in text


def test_two_runs_that_ask_at_once_get_the_same_work(monkeypatch):
    """The second run of a page begins while the first, which a click has ended, is still there."""
    monkeypatch.setattr(work_module.st, "session_state", {})
    begun = threading.Event()
    found = []

    def slowly():
        begun.set()
        time.sleep(0.2)
        return iter(())

    first = threading.Thread(target=lambda: found.append(work_on("key", "Slow", "step", slowly)))
    first.start()
    assert begun.wait(30)
    second = work_on("key", "Slow", "step", lambda: iter(()))
    second.want()
    first.join()
    assert found[0] is second
    assert work_on("key", "Slow", "step", lambda: iter(())).is_waiting, "what was wanted is lost"
