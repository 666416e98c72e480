"""The Cohort page through AppTest: what it says of many faces, and what it saves."""

import base64
import csv
import gc
import io
import json
import re
import weakref
from pathlib import Path

import numpy as np
import pytest
from app_pages import opened, session, unfolded, words
from cohort_steps import begin, gathered, source
from PIL import Image
from pyarrow import parquet

from ran.engine import Engine
from ran.face.detect import Face
from ran.recipe.shelf import from_json, to_json
from ran.scene import Scene
from ran.study.cohort.gathered import THUMBNAIL, Given, Missed, distinct, gather
from ran.study.cohort.named_covers import Cover
from ran.study.evaluation.published import wilson_interval
from ran.ui.cohort import exports
from ran.ui.cohort import page as cohort_page
from ran.ui.shared import compute

pytestmark = pytest.mark.usefixtures("tiny_network")


def tables(app) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def charts(app) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def test_the_page_works_at_once_on_the_examples_under_stickers(few_covers, checkpoint):
    app = opened("cohort")
    done = gathered(app)
    assert len(done.members) == 8 * (1 + 2 * 2)
    engine = Engine.load(checkpoint, "cpu")
    for one in done.members[:5]:
        face = next(
            photo.faces[0]
            for photo in compute.examples(engine).values()
            if photo.faces[0] == one.face
        )
        shapes = () if one.cover is None else one.cover.shapes(face)
        scene = Scene(face, shapes) if not shapes else Scene(face, shapes, one.cover.fill)
        answer = engine.predict(scene)
        assert np.allclose(one.answer.weights, answer.weights, atol=1e-5)
        assert one.answer.expression == answer.expression
    assert "Mean weight of each region" in tables(app)
    assert "No accuracy" not in words(app)
    assert not [one for one in app.button if one.key == "choose-face"], "the page is of no face"


def test_mean_weights_by_cover_are_the_members_own(few_covers):
    app = opened("cohort")
    members = gathered(app).members
    (table,) = re.findall(
        r'<table class="ran-numbers ran-mean-weights.*?</table>', tables(app), re.S
    )
    rows = re.findall(r'<tr><th scope="row">(\w[\w ]*?) <span.*?>\((\d+)\).*?</tr>', table, re.S)
    assert rows == [("all faces", "40"), ("nothing", "8"), ("mask", "16"), ("cap", "16")]
    cells = re.findall(r"<td style[^>]*>([\d.]+)</td>", table)
    means = np.mean([one.answer.relative_weights for one in members], 0)
    assert [float(cell) for cell in cells[:6]] == pytest.approx(means, abs=0.006)


def test_a_published_list_has_accuracies_confusion_and_the_commonest_label(data):
    app = begin(source(opened("cohort"), "Published list"))
    members = gathered(app).members
    assert len(members) == 24
    right = [one.answer.expression == one.label for one in members]
    text = tables(app) + words(app)
    assert "What is taken for what" in text
    points = [trace for chart in charts(app) for trace in chart["data"]
              if trace.get("mode") == "markers"]  # fmt: skip
    share = sum(right) / 24
    assert any(trace["x"] == [pytest.approx(100 * share)] for trace in points)
    low, high = wilson_interval(share, 24)
    assert f"95 % interval {100 * low:.1f} to {100 * high:.1f} %" in json.dumps(charts(app))
    assert f"Wrong only ({24 - sum(right)})" in str(
        [one.options for one in app.get("button_group")]
    )


def test_a_second_network_is_paired_face_by_face(data):
    app = source(opened("cohort"), "Published list")
    app.selectbox(key="cohort-other").set_value("plain-dlib29-ferplus").run()
    begin(app)
    members = gathered(app).members
    assert all(one.other is not None for one in members)
    first = sum(bool(one.is_right) and not one.is_other_right for one in members)
    second = sum(bool(one.is_other_right) and not one.is_right for one in members)
    assert f"is right on {first} that" in words(app)
    assert f"wrong on {second} that" in words(app)


def test_stop_keeps_what_is_done_and_go_on_takes_it_up(data, checkpoint):
    app = source(opened("cohort"), "Published list")
    work = list(app.session_state["ran_work"].values())[-1]
    engine = Engine.load(checkpoint, "cpu")
    given = iter([Given(str(n), one.face) for n, one in enumerate(gathered_examples(engine))])
    work.steps = gather(engine, given, 8, at_once=3)
    work.want()
    work.step()
    work.stop()
    assert (work.latest.done, work.is_whole) == (3, False)
    work.want()
    work.finish()
    assert [one.name for one in work.latest.members] == [str(n) for n in range(8)]


def gathered_examples(engine):
    return [Given(name, photo.faces[0]) for name, photo in compute.examples(engine).items()]


def test_a_face_is_given_back_as_it_was_and_pictures_without_one_are_missed(checkpoint):
    engine = Engine.load(checkpoint, "cpu")
    faces = gathered_examples(engine)
    given = iter([*faces, Missed("empty.png", "No face found in empty.png.")])
    *_, done = gather(engine, given, 9, covers=(None, Cover("mask")))
    assert len(done.members) == 16
    for one, face in zip(done.members[::2], faces, strict=True):
        assert one.face == face.face
        assert np.array_equal(one.pixels, face.face.pixels)
        assert one.shift is None
    assert all(one.shift is not None for one in done.members[1::2])
    assert done.missed == (Missed("empty.png", "No face found in empty.png."),)


def test_a_thumbnail_shows_the_cover_and_goes_with_its_face(checkpoint):
    """No cache holds a visitor's face: what is made of it is kept by the member alone."""
    engine = Engine.load(checkpoint, "cpu")
    *_, done = gather(engine, iter(gathered_examples(engine)[:1]), 1, covers=(None, Cover("mask")))
    clean, covered = done.members
    assert clean.thumbnail is clean.thumbnail
    assert clean.thumbnail != covered.thumbnail
    for name in (clean.thumbnail, covered.thumbnail):
        head, _, data = name.partition(",")
        assert head == "data:image/jpeg;base64"
        assert Image.open(io.BytesIO(base64.b64decode(data))).size == (THUMBNAIL, THUMBNAIL)
    gone = weakref.ref(covered)
    del done, clean, covered
    gc.collect()
    assert gone() is None


def test_files_have_every_row_and_equal_numbers(few_covers, checkpoint):
    app = unfolded(opened("cohort"), "cohort-save")
    assert [one.proto.label for one in app.get("download_button")] == [
        "Every face, Parquet", "Every face, CSV", "Mean weights, LaTeX rows", "Report, HTML",
        *["PDF", "SVG", "LaTeX"] * 2,
    ]  # fmt: skip
    members = gathered(app).members
    engine = Engine.load(checkpoint, "cpu")
    table = parquet.read_table(io.BytesIO(exports.as_parquet(engine, members)))
    rows = list(csv.DictReader(io.StringIO(exports.as_csv(members))))
    assert table.num_rows == len(rows) == len(members)
    for one, row, packed in zip(members, rows, table.to_pylist(), strict=True):
        assert float(row["w_Upper left"]) == packed["w_Upper left"] == float(one.answer.weights[1])
        assert row["cover"] == packed["cover"] == ("" if one.cover is None else one.cover.name)
    assert json.loads(table.schema.metadata[b"ran.cohort"])["sha256"] == engine.card.sha256
    latex = exports.as_latex(members).splitlines()
    assert [line.split(" & ")[:2] for line in latex] == [
        ["none", "8"],
        ["mask", "16"],
        ["cap", "16"],
    ]


def test_the_report_has_the_means_of_the_page(few_covers, checkpoint):
    app = opened("cohort")
    done = gathered(app)
    text = exports.as_report(Engine.load(checkpoint, "cpu"), done)
    numbers = json.loads(text.partition('id="numbers">')[2].partition("</script>")[0])
    assert {cover: told["rows"] for cover, told in numbers["covers"].items()} == {
        "": 8, "mask": 16, "cap": 16,
    }  # fmt: skip
    masked = [one for one in done.members if one.cover is not None and one.cover.name == "mask"]
    mean = sum(float(one.answer.weights[1]) for one in masked) / len(masked)
    assert numbers["covers"]["mask"]["means"]["w_Upper left"] == pytest.approx(mean)
    assert "8 pictures: 8 faces, clean and under mask, cap" in text


def test_a_chosen_face_opens_on_occlude_under_its_cover(few_covers):
    from ran.ui.cohort.faces_table import _open

    app = opened("cohort")
    covered = next(one for one in gathered(app).members if one.cover is not None)
    visitor = session(app)
    _open(visitor, covered)
    assert visitor.face == covered.face
    assert visitor.drawn == covered.cover.shapes(covered.face)
    assert visitor.fill == covered.cover.fill
    app.session_state["ran_cohort_opened"] = False
    app.switch_page("pages/occlude.py").run()
    assert not app.exception
    assert f"{covered.name}, from the Cohort page." in words(app)
    assert "landmarks are uncertain" not in words(app), "nobody asked for its angle"


def test_yaws_group_faces_in_order(checkpoint):
    from ran.ui.cohort.groups import YAW, grouped, ways

    engine = Engine.load(checkpoint, "cpu")
    given = iter(gathered_examples(engine))
    *_, done = gather(engine, given, 8, has_poses=True)
    assert YAW in ways(done.members) or len({one.yaw for one in done.members}) == 1
    names = list(grouped(done.members, YAW))
    assert names == sorted(names, key=lambda name: float(name.split("°")[0]))
    for name, part in grouped(done.members, YAW).items():
        low = float(name.split("°")[0])
        assert all(abs(one.yaw) >= low for one in part)


def test_the_settings_survive_another_page(data):
    app = source(opened("cohort"), "Published list")
    app.selectbox(key="cohort-list").set_value("pose45").run()
    app.switch_page("pages/model.py").run()
    app.switch_page("pages/cohort.py").run()
    assert app.selectbox(key="cohort-list").value == "pose45"
    assert Path(data).is_dir()


def test_its_faces_are_left_for_the_robustness_page_each_once(few_covers, checkpoint, monkeypatch):
    app = opened("cohort")
    found = compute.examples(Engine.load(checkpoint, "cpu")).values()
    examples = [photo.faces[0] for photo in found]
    assert list(session(app).cohort_faces) == examples, "whatever covers them"
    asked = []
    monkeypatch.setattr(cohort_page, "distinct", lambda members: asked.append(members) or ())
    app.run()
    assert not asked, "not in every run"
    assert distinct(()) == ()


def test_of_many_faces_so_many_are_left_evenly(checkpoint):
    engine = Engine.load(checkpoint, "cpu")
    given = [
        Given(f"{number}.png", Face.from_pixels(np.full((48, 48, 3), number, np.uint8)))
        for number in range(9)
    ]
    *_, done = gather(engine, iter(given), 9, covers=(None, Cover("mask")))
    kept = distinct(done.members, 3)
    assert [int(face.pixels[0, 0, 0]) for face in kept] == [0, 4, 8]


def test_keep_takes_the_means_by_cover(few_covers):
    app = opened("cohort")
    app.button(key="keep-cohort").click().run()
    assert not app.exception
    (one,) = session(app).shelf
    assert set(one.kept.numbers["covers"]) == {"", "mask", "cap"}
    assert (one.scene, one.kept.recipe, one.kept.digest) == (None, None, "")
    assert from_json(to_json([one.kept])) == [one.kept]
