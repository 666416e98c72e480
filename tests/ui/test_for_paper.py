"""Save's figure for a paper: what the page shows, with the visitor's alpha, in three files."""

import contextlib
import json

import pytest
from answers import FACE, MOUTH
from app_pages import opened, session, unfolded

from ran.engine import Engine
from ran.figures import signed
from ran.figures.paper import captions, ink
from ran.figures.paper.depicted import DEFAULT
from ran.net.checkpoints import DEFAULT as BUNDLED
from ran.net.checkpoints import WEIGHTS
from ran.scene import Scene
from ran.shown import Shown
from ran.ui.shared import compute
from ran.ui.shared.saving import for_paper, reported
from ran.ui.shared.session import FoundPhoto, Session
from ran.words import as_written


@pytest.fixture
def offered(checkpoint, monkeypatch):
    """The files that are offered of a covered face, by their names."""
    engine = Engine.load(checkpoint, "cpu")
    session = Session(alpha=0.5)
    session.photo = FoundPhoto("face_1.png", reference=None, faces=[FACE])
    scene = Scene(FACE, (MOUTH,))
    shown = [Shown("clean", scene.clean(), engine.predict(scene.clean())),
             Shown("covered", scene, engine.predict(scene))]  # fmt: skip
    files = {}
    monkeypatch.setattr(for_paper.st, "markdown", lambda words: None)
    monkeypatch.setattr(for_paper.st, "container", lambda **how: contextlib.nullcontext())
    monkeypatch.setattr(
        for_paper.st, "download_button",
        lambda label, content, name, kind, **how: files.update({name: content}),
    )  # fmt: skip
    for_paper.offer(
        session, "figure", lambda: for_paper.depicted(engine, session, shown), DEFAULT, "fear"
    )
    return files, shown


def test_the_three_files_hold_what_stands_on_the_page(offered):
    files, shown = offered
    assert list(files) == ["ran-figure.pdf", "ran-figure.svg", "ran-figure.tex"]
    assert files["ran-figure.pdf"]().startswith(b"%PDF")
    assert b"<svg" in files["ran-figure.svg"]()
    latex = files["ran-figure.tex"]()
    assert "{\\detokenize{ran-figure}}" in latex
    assert "alpha = 0.50" in latex, "the visitor's own"
    assert "face\\_1.png" in latex
    rows = [line for line in latex.splitlines() if line.startswith("% covered & ")]
    assert len(rows) == len(shown[1].answer.boxes)
    weights = [float(row.split(" & ")[4]) for row in rows]
    assert weights == pytest.approx(shown[1].answer.weights.tolist(), rel=0.006)


def test_a_turned_face_is_called_so(checkpoint):
    engine = Engine.load(checkpoint, "cpu")
    session = Session()
    session.photo = FoundPhoto("face.png", reference=None, faces=[FACE])

    class Turned:
        face, name, is_synthetic = FACE, "yaw +30°", True

    session.posed = Turned()
    shown = [Shown("clean", Scene(FACE), engine.predict(Scene(FACE)))]
    slots = for_paper.depicted(engine, session, shown)
    assert slots[0].photo == "face.png turned, yaw +30°"
    assert "face.png turned, yaw +30°" in captions.caption(slots, ("faces",), about="fear")


def test_the_report_holds_what_stands_on_the_page_with_the_face_or_without(checkpoint, monkeypatch):
    engine = Engine.load(checkpoint, "cpu")
    session = Session()
    session.photo = FoundPhoto("face_1.png", reference=None, faces=[FACE])
    shown = [Shown("clean", Scene(FACE), engine.predict(Scene(FACE)))]
    files = {}
    monkeypatch.setattr(reported.st, "markdown", lambda words, **how: None)
    monkeypatch.setattr(reported.st, "container", lambda **how: contextlib.nullcontext())
    monkeypatch.setattr(
        reported.st, "download_button",
        lambda label, content, name, kind, **how: files.update({name: content}),
    )  # fmt: skip
    heatmap = engine.explain(Scene(FACE), "grad-cam", "fear")
    reported.offer(
        session, [engine], lambda: for_paper.depicted(engine, session, shown), "fear",
        maps=[[heatmap]],
    )  # fmt: skip
    assert list(files) == ["ran-report.html", "ran-report-no-photo.html"]
    whole, without = (content() for content in files.values())
    for text in (whole, without):
        numbers = json.loads(text.partition('id="numbers">')[2].partition("</script>")[0])
        (slot,) = numbers["slots"]
        assert slot["logits"] == shown[0].answer.as_json()["logits"]
        assert numbers["target"] == "fear"
        assert [one["method"] for one in numbers["maps"]] == ["grad-cam"]
    assert whole.count("<img ") == without.count("<img ") + 1


def shown_in(figure):
    """Every word and number that stands in a figure."""
    return [
        text.get_text() for axes in figure.axes for text in (*axes.texts, *axes.get_yticklabels())
    ]


def drawn(charts, stem):
    draw, latex = charts[stem]
    with ink.style(), as_written():
        assert "\\includegraphics" in latex()
        return draw()


@pytest.mark.usefixtures("tiny_network")
def test_the_model_page_offers_its_confusions(charts, monkeypatch):
    monkeypatch.setenv("RAN_CHECKPOINT", str(WEIGHTS / BUNDLED))
    app = unfolded(opened("model"), "model-save")
    assert list(charts) == ["ran-accuracy-figure", "ran-confusion-figure"]
    table = compute.engine(session(app)).card.evidence["confusion"]
    cells = [str(int(value)) for row in table.values() for value in row.values()]
    assert [word for word in shown_in(drawn(charts, "ran-confusion-figure"))
            if word.isdecimal()] == cells  # fmt: skip


@pytest.mark.usefixtures("tiny_network")
def test_the_explain_page_offers_what_two_regions_add(charts):
    app = unfolded(opened("explain"), "explain-save")
    assert list(charts)[:2] == ["ran-grad-cam-figure", "ran-pairs-figure"]
    visitor = session(app)
    engine, scene = compute.engine(visitor), visitor.scene(visitor.face)
    answer = engine.predict(scene)
    place = answer.classes.index(answer.expression)
    values = engine.region_values(scene).interactions[..., place]
    count = len(answer.boxes)
    assert shown_in(drawn(charts, "ran-pairs-figure"))[: count * (count - 1) // 2] == [
        signed(float(values[row, at])) for row in range(1, count) for at in range(row)
    ]
    checked = [
        one
        for one in app.session_state["ran_work"].values()
        if one.name.endswith("how far to trust it") and one.latest is not None
    ]
    assert len(list(charts)[2:]) == len(checked) > 0
    stems = [stem for stem in charts if stem.endswith("-insertion-figure")]
    for stem, one in zip(stems, checked, strict=True):
        axes, _key = drawn(charts, stem).axes
        inserted = one.latest.faithfulness.inserted
        curves = [curve for own in (inserted.map, inserted.centre)
                  for curve in (own.insertion, own.deletion)]  # fmt: skip
        assert [list(line.get_ydata()) for line in axes.lines] == [list(one) for one in curves]
        assert list(axes.lines[0].get_xdata())[-1] == 100
