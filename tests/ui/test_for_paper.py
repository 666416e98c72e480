"""Save's figure for a paper: what the page shows, with the visitor's alpha, in three files."""

import contextlib
import json

import pytest
from answers import FACE, MOUTH

from ran.engine import Engine
from ran.figures.paper import captions
from ran.figures.paper.depicted import DEFAULT
from ran.scene import Scene
from ran.shown import Shown
from ran.ui.shared.saving import for_paper, reported
from ran.ui.shared.session import FoundPhoto, Session


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
