"""The pages in other languages: who chooses, what stays English, whom it does not change."""

import json
import re
import warnings
from contextlib import nullcontext

import pytest
from answers import FACE, MOUTH
from app_pages import cover, linked_to, opened, session, words
from matplotlib.figure import Figure
from matplotlib.text import Text

from ran.engine import Engine
from ran.expressions import FERPLUS
from ran.figures.paper import captions, composed, ink
from ran.figures.paper.depicted import Depicted
from ran.net.regions import LANDMARK_NAMES, fixed_layout
from ran.recipe.link import example_link
from ran.report.of_scene import Told, scene_report
from ran.scene import Scene
from ran.shown import Shown
from ran.ui.navigation import PAGES
from ran.ui.shared import compute
from ran.ui.shared.replay import scene_recipe
from ran.ui.shared.saving import for_paper
from ran.ui.shared.speaking import languages
from ran.words import _, as_written, choose_by, language

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


def a_figure():
    figure = Figure()
    figure.text(0.5, 0.5, _("Regions"))
    return figure


def test_without_its_font_a_figure_is_in_english(monkeypatch):
    english = ink.drawn(a_figure, "svg")
    monkeypatch.setattr(ink, "installed", lambda: frozenset({"DejaVu Sans"}))
    choose_by(lambda: languages.catalogue("ko"))
    assert _("Regions") == "영역" and language() == "ko"
    assert ink.missing_font() == "Noto Sans CJK KR"
    assert ink.drawn(a_figure, "svg") == english
    said = []
    monkeypatch.setattr(for_paper.st, "markdown", said.append)
    monkeypatch.setattr(for_paper.st, "container", lambda **how: nullcontext())
    monkeypatch.setattr(for_paper.st, "download_button", lambda *args, **how: None)
    for_paper.offer_drawn("figure", a_figure, str)
    assert "Noto Sans CJK KR" in said[-1]
    choose_by(None)
    for_paper.offer_drawn("figure", a_figure, str)
    assert "Noto" not in said[-1]


@pytest.mark.parametrize("name", ["ko", "zh"])
def test_with_its_font_a_figure_is_in_the_visitors_language(name):
    choose_by(lambda: languages.catalogue(name))
    if (missing := ink.missing_font()) is not None:
        pytest.skip(f"{missing} is not installed here")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a glyph that no font has
        spoken = ink.drawn(a_figure, "svg")
        assert b"NotoSansCJK" in ink.drawn(a_figure, "pdf"), "embedded"
    choose_by(None)
    assert spoken != ink.drawn(a_figure, "svg")


def test_every_word_of_a_figure_is_in_the_visitors_language(checkpoint, in_korean):
    engine = Engine.load(checkpoint, "cpu")
    slots = []
    for name, scene in (("clean", Scene(FACE)), ("covered", Scene(FACE, (MOUTH,)))):
        shown = Shown(name, scene, engine.predict(scene))
        slots.append(Depicted(shown, "tiny", "0" * 64, "a.png", values=engine.region_values(scene)))
    panels = ("faces", "probabilities", "weights", "shapley", "margin")
    with ink.style():
        figure = composed.panelled(slots, composed.panels_named(panels), width=7.16, about="fear")
    texts = [one.get_text() for one in figure.findobj(Text)]
    left = {word for text in texts for word in re.findall("[A-Za-z]{3,}", text)}
    assert left == {"Shapley", "logit"}
    assert {"행복", "왼쪽 위", "안 가린", "가린"} <= {text for text in texts if text}


def test_names_of_wide_letters_have_their_room():
    assert ink.words_wide(["행복"]) == ink.words_wide(["fear"])
    assert ink.fitted("가" * 20, 20 * ink._LETTER, lines=1) == "가" * 9 + "…"
    assert ink.fitted("a" * 20, 20.5 * ink._LETTER, lines=1) == "a" * 20


def test_a_sentence_without_a_translation_stays_as_it_is(in_korean):
    assert _("A sentence that is nowhere.") == "A sentence that is nowhere."
