"""docs/extending.md: each of its examples, run as it stands; and the tables that docs print."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from ran.engine import Engine
from ran.explain.maps.methods import METHODS
from ran.expressions import FERPLUS
from ran.face.covers.occlusion import FILLS, Fill, hide
from ran.face.covers.sticker_art import ART
from ran.face.covers.stickers import place
from ran.face.detect import Face
from ran.face.mask import rasterise_look
from ran.face.shapes import Rectangle
from ran.net.backbones import BACKBONES
from ran.net.model import RegionAttentionNetwork
from ran.scene import Scene
from ran.study.training.options import read_changes, read_recipe
from ran.ui.navigation import PAGES, Page

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "extending.md").read_text()
EXAMPLES = dict(re.findall(r"## A (.+?)\n.*?```python\n(.*?)```", TEXT, re.DOTALL))
PIXELS = np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)
MOST_LINES = 20


@pytest.fixture(autouse=True)
def _tables_as_they_were():
    kept = [(table, dict(table)) for table in (METHODS, ART, FILLS, BACKBONES, PAGES)]
    yield
    for table, before in kept:
        table.clear()
        table.update(before)


def run(name):
    """Run an example in a module of its own, and return what it made."""
    made = {"__name__": "an_extension"}
    exec(compile(EXAMPLES[name], f"docs/extending.md, {name}", "exec"), made)
    return made


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_short(name):
    lines = [line for line in EXAMPLES[name].splitlines() if line.strip()]
    assert len(lines) <= MOST_LINES


def test_all_kinds_have_an_example():
    assert list(EXAMPLES) == [
        "method", "sticker", "fill", "layout", "backbone", "data set", "page",
    ]  # fmt: skip


def test_the_method_is_answered_like_every_other(checkpoint):
    run("method")
    engine = Engine.load(checkpoint, "cpu")
    heatmap = engine.explain(Scene(Face.from_pixels(PIXELS)), "brightness")
    np.testing.assert_allclose(heatmap.values, PIXELS.mean(2) / 255, atol=1e-6)
    assert heatmap.target in engine.card.classes


def test_the_sticker_lies_on_the_eye_and_hides_it():
    run("sticker")
    face = Face.from_pixels(PIXELS)
    mask, light = rasterise_look([place("eye patch", face)], 48)
    x, y = face.points[0] * 48
    assert mask[int(y), int(x)] == 1.0
    np.testing.assert_allclose(light[int(y), int(x)], 20.0)
    x, y = face.points[1] * 48
    assert mask[int(y), int(x)] == 0.0


def test_the_fill_stands_where_the_face_is_hidden():
    run("fill")
    hidden = hide(PIXELS, [Rectangle(0, 0, 0.5, 1)], Fill("negative"))
    np.testing.assert_array_equal(hidden[:, :24], 255 - PIXELS[:, :24])
    np.testing.assert_array_equal(hidden[:, 24:], PIXELS[:, 24:])


def test_the_layout_cuts_the_face(checkpoint):
    layout = run("layout")["halves"]
    answer = Engine.load(checkpoint, "cpu").predict(Scene(Face.from_pixels(PIXELS), layout=layout))
    assert [box.name for box in answer.boxes] == ["Whole face", "Upper half", "Lower half"]
    assert answer.weights.shape == (3,)


def test_the_backbone_makes_a_network():
    run("backbone")
    model = RegionAttentionNetwork("mobilenet-v3-small", classes=8).eval()
    with torch.no_grad():
        output = model.forward_regions(torch.rand(1, 2, 3, 64, 64))
    assert output.logits.shape == (1, 8)
    stage = dict(model.backbone.named_modules())[BACKBONES["mobilenet-v3-small"].last_stage]
    assert isinstance(stage, torch.nn.Module)


def test_the_data_set_is_read_with_its_labels(tmp_path):
    for number, name in enumerate(("anger", "fear", "fear")):
        (tmp_path / name).mkdir(exist_ok=True)
        Image.fromarray(PIXELS).save(tmp_path / name / f"{number}.png")
    faces = run("data set")["read_folders"](tmp_path)
    assert sorted(faces.names) == ["0", "1", "2"]
    found = {name: FERPLUS[label] for name, label in zip(faces.names, faces.labels(), strict=True)}
    assert found == {"0": "anger", "1": "fear", "2": "fear"}


@pytest.mark.usefixtures("tiny_network")
def test_the_page_is_drawn_among_the_others(tmp_path):
    for part in ("streamlit_app.py", "pages"):
        source = ROOT / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / part)
    (tmp_path / "pages" / "verdict.py").write_text(EXAMPLES["page"])
    PAGES["verdict"] = Page("Verdict", ":material/gavel:", "What does the network answer?")
    app = AppTest.from_file(str(tmp_path / "streamlit_app.py"), default_timeout=60).run()
    app.switch_page("pages/verdict.py").run()
    assert not app.exception
    assert any("What does the network answer?" in said.value for said in app.markdown)
    (metric,) = app.metric
    assert metric.label == "Expression"
    assert metric.value in FERPLUS
    assert metric.delta.startswith("RB margin")


def table_of(name: str, head: str) -> list[list[str]]:
    """The cells of a table of a doc, row by row, without its head."""
    text = (ROOT / "docs" / name).read_text()
    lines = text[text.index(head) :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def rows(name: str, head: str) -> list[str]:
    """The first column of a table of a doc, without its marks of code."""
    return [cells[0].strip("`") for cells in table_of(name, head)]


def test_the_docs_list_every_method_in_its_order():
    assert rows("explain.md", "| method | what a pixel's value is") == list(METHODS)


def test_the_docs_give_the_options_of_training_as_the_recipe_has_them():
    """A cell names one option or several, and the next one their values in the same order."""
    recipe = read_recipe(ROOT / "no run", read_changes(ROOT / "recipes" / "ferplus-224.json"))
    printed = {
        option.strip(" `"): value.strip(" `")
        for options, values, _ in table_of("training.md", "| option | recipe |")
        for option, value in zip(options.split(","), values.split(","), strict=True)
    }
    assert printed
    for option, value in printed.items():
        held = getattr(recipe, option)
        assert type(held)(value) == held, option


def test_the_docs_list_every_variable_of_the_environment():
    code = "\n".join(
        path.read_text()
        for folder in ("ran", "tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
    )
    read = set(
        re.findall(
            r"(?:environ(?:\.get\(|\[)|environment\(|getenv\(|_megabytes\()\"(RAN_[A-Z_]+)\"", code
        )
    )
    assert set(rows("configuration.md", "| variable | what it decides")) == read


def test_the_docs_name_every_fill_in_its_order():
    text = (ROOT / "docs" / "recipe.md").read_text()
    (printed,) = re.findall(r"`kind`: ([a-z, ]+) \(a sticker's own", text)
    assert re.split(r", | or ", printed) == list(FILLS)


def test_the_docs_name_every_sticker_by_its_label():
    (row,) = [cells for cells in table_of("occlude.md", "| ") if cells[0] == "sticker"]
    assert row[1].split(", ") == [art.label.lower() for art in ART.values()]
