"""The pages in other languages: who chooses, what stays English, whom it does not change."""

import json
import re

import pytest
from app_pages import cover, linked_to, opened, session, words
from matplotlib.figure import Figure

from ran.engine import Engine
from ran.expressions import FERPLUS
from ran.figures.paper import captions, ink
from ran.figures.paper.depicted import Depicted
from ran.net.regions import LANDMARK_NAMES, fixed_layout
from ran.recipe.link import example_link
from ran.report.of_scene import Told, scene_report
from ran.scene import Scene
from ran.shown import Shown
from ran.ui.navigation import PAGES
from ran.ui.shared import compute
from ran.ui.shared.replay import scene_recipe
from ran.ui.shared.speaking import languages
from ran.words import _, as_written, choose_by

pytestmark = pytest.mark.usefixtures("tiny_network")
SAID = {"ko": "네트워크가 본 것", "zh": "网络看到的", "en": "What the network saw"}


@pytest.fixture(autouse=True)
def chosen_by_the_visitor():
    choose_by(languages.of_this_run)
    yield
    choose_by(None)
    languages._SAID.set(None)


def subheaders(app) -> list[str]:
    return [one.value for one in app.subheader]


@pytest.mark.parametrize("name", SAID)
def test_the_address_chooses_and_nobody_else_is_changed(name):
    assert SAID[name] in subheaders(linked_to(lang=name))
    assert SAID["en"] in subheaders(linked_to())


def test_the_sidebar_has_links_and_the_address_keeps_the_language():
    app = linked_to(lang="ko")
    (links,) = [one.value for one in app.markdown if "?lang=zh" in one.value]
    assert links == ":small[[English](?lang=en) · **한국어** · [中文](?lang=zh)]"
    scripts = " ".join(one.proto.body for one in app.get("html"))
    assert 'documentElement.lang = "ko"' in scripts and '"lang": "ko"' in scripts
    assert "설명" in [one.value for one in linked_to("explain", lang="ko").title]


def test_the_servers_default_counts_where_nothing_else_says(monkeypatch):
    monkeypatch.setenv("RAN_LANGUAGE", "ko")
    assert SAID["ko"] in subheaders(linked_to())
    assert SAID["zh"] in subheaders(linked_to(lang="zh"))
    monkeypatch.setenv("RAN_LANGUAGE", "klingon")
    assert SAID["en"] in subheaders(linked_to(lang="<b>"))


@pytest.mark.parametrize("name", ["ko", "zh"])
@pytest.mark.parametrize("page", [page for page in PAGES if page != "cohort"])
def test_every_page_opens_with_the_same_numbers(page, name):
    app = linked_to(page, lang=name)
    assert not app.warning
    assert _title(page, name) in [one.value for one in app.title]
    assert _numbers(app) == _numbers(linked_to(page)), "numbers and symbols do not change"


def _numbers(app) -> list[str]:
    """Every number with decimals on the page, in order of size: sentences may turn them round."""
    return sorted(re.findall(r"\d+\.\d+", words(app)))


NAMES = (*FERPLUS, *fixed_layout().names, *LANDMARK_NAMES, "clean", "covered", "Covered", "mouth")
"""Of expressions, regions and faces, as they are written."""


@pytest.mark.parametrize("name", ["ko", "zh"])
@pytest.mark.parametrize("page", ["occlude", "explain", "poses", "robustness", "compare"])
def test_expressions_and_regions_are_called_in_the_visitors_language(page, name):
    english = cover(opened(), "mouth")
    visitor = session(english)
    recipe = scene_recipe(compute.engine(visitor), visitor, visitor.scene(visitor.face))
    text = words(linked_to(page, lang=name, recipe=example_link(recipe)))
    said = languages.catalogue(name).gettext
    assert any(said(one) in text for one in NAMES)
    left = [one for one in NAMES if re.search(rf"\b{re.escape(one)}\b", text)]
    assert left == []


def _title(page, name) -> str:
    return languages.catalogue(name).gettext(PAGES[page].title)


@pytest.fixture
def in_korean():
    choose_by(lambda: languages.catalogue("ko"))
    assert _("Regions") == "영역"


def test_a_report_and_a_caption_are_english_for_everybody(checkpoint, in_korean):
    from answers import FACE

    engine = Engine.load(checkpoint, "cpu")
    scene = Scene(FACE)
    slot = Depicted(Shown("clean", scene, engine.predict(scene)), "tiny", "0" * 64, "face.png",
                    values=engine.region_values(scene))  # fmt: skip
    text = scene_report(Told([slot], "fear", [], {}, [(engine.card, 1)], engine.conditions))
    assert "What stands side by side" in text and "영역" not in text
    numbers = json.loads(text.partition('id="numbers">')[2].partition("</script>")[0])
    assert numbers["target"] == "fear"
    with as_written():
        assert "Probability of each" in captions.caption([slot], ("probabilities",), about="fear")
    assert _("Regions") == "영역", "the block's own"


def test_a_figure_is_the_same_file_in_every_language():
    def title():
        figure = Figure()
        figure.text(0.5, 0.5, _("Regions"))
        return figure

    english = ink.drawn(title, "svg")
    choose_by(lambda: languages.catalogue("ko"))
    assert _("Regions") == "영역"
    assert ink.drawn(title, "svg") == english


def test_a_sentence_without_a_translation_stays_as_it_is(in_korean):
    assert _("A sentence that is nowhere.") == "A sentence that is nowhere."
