"""What components say in the browser comes from the catalogue, without a page around them."""

import re

import pytest
from playwright.sync_api import Page, expect

from ran.ui.components.canvas import CANVAS
from ran.ui.components.component import Component
from ran.ui.components.film_strip import STRIP
from ran.ui.components.linked_pictures import PICTURES

MOUNT = """async ([html, script, data]) => {
  document.body.innerHTML = html;
  const file = new Blob([script], { type: "text/javascript" });
  const { default: draw } = await import(URL.createObjectURL(file));
  const ignore = () => {};
  window.shown = (data) => draw({
    data, parentElement: document.body, setStateValue: ignore, setTriggerValue: ignore,
  });
  shown(data);
}"""
SAID = """() => {
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    for (const name of ["aria-label", "title", "alt"]) found.push(element.getAttribute(name));
    for (const node of element.childNodes) if (node.nodeType === 3) found.push(node.data);
  }
  return found.filter((text) => /[A-Za-z]{2}/.test(text ?? ""));
}"""
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
FACE = {
    "clean": PIXEL, "cover": PIXEL, "opacity": 1, "look": False, "fixed": [], "regions": [
        {"edges": [0, 0, 1, 1], "colour": "#fff", "text": "0"}
    ], "chosen": 0, "ink": "#000", "label": "⟦The face⟧", "seed": {"token": "a", "shapes": []},
    "places": {"scarf": {"x": 0.5, "y": 0.8, "width": 0.5, "angle": 0, "mirrored": False}},
}  # fmt: skip
FILM = {
    "chosen": 0, "frames": [
        {"source": PIXEL, "time": "0.1 s", "place": 0, "cut": False},
        {"source": PIXEL, "time": "0.2 s", "place": None, "cut": True},
    ],
}  # fmt: skip
MAPS = {
    "label": "⟦Maps⟧", "unit": "", "digits": 2, "most": 3, "explains": True, "pictures": [
        {"source": PIXEL, "name": "⟦clean⟧", "caption": "⟦clean⟧", "alt": "⟦clean⟧",
         "signed": True, "rows": 1, "columns": 1, "step": 1, "steps": "AQA="}
    ],
}  # fmt: skip


def mount(page: Page, component: Component, data: dict) -> None:
    words = {text: f"⟦{text}⟧" for text in component.texts}
    page.evaluate(MOUNT, [component.html, component.script, data | {"words": words}])


def unsaid(page: Page) -> list[str]:
    """What is read on the page and does not come from the catalogue; keys are no words."""
    texts = page.evaluate(SAID)
    assert texts
    outside = []
    for text in texts:
        left, last = text, ""
        while left != last:
            left, last = re.sub("⟦[^⟦⟧]*⟧", "", left), left
        if re.search("[A-Za-z]{2}", left):
            outside.append(text)
    return outside


def test_all_that_the_drawing_says_comes_from_the_catalogue(page):
    mount(page, CANVAS, FACE)
    assert unsaid(page) == []
    note = page.get_by_role("status")
    for button in page.locator("[data-tool]").all():
        button.click()
        assert unsaid(page) == []
    page.get_by_role("button", name="⟦Scarf⟧").click()
    expect(note).to_have_text("⟦⟦⟦Scarf⟧ put on.⟧ 1 drawn.⟧")
    face = page.locator(".face")
    for keys in ("ArrowLeft", "+", "-", "[", "]", "m", "Delete", "Control+z", "Control+y"):
        face.press(keys)
        assert unsaid(page) == [], keys
    page.get_by_role("button", name="⟦Rectangle⟧").click()
    face.press("Enter")
    expect(note).to_contain_text("⟦⟦rectangle⟧ drawn.⟧ ⟦Choose a shape.")
    assert unsaid(page) == []
    assert {text for text in CANVAS.texts if "{" not in text} > {"Scarf", "Brush", "Undone."}


def test_without_a_catalogue_the_texts_stay_and_they_come_back(page):
    mount(page, CANVAS, FACE)
    page.evaluate("data => shown(data)", FACE | {"words": {}})
    expect(page.get_by_role("button", name="Brush", exact=True)).to_have_attribute("title", "Brush")
    expect(page.get_by_text("Soft edge", exact=True)).to_be_visible()


@pytest.mark.parametrize(("component", "data"), [(STRIP, FILM), (PICTURES, MAPS)])
def test_strips_and_pictures_say_all_from_the_catalogue(page, component, data):
    mount(page, component, data)
    assert unsaid(page) == []
    if component is PICTURES:
        page.get_by_role("application").press("ArrowRight")
        expect(page.get_by_role("status")).to_contain_text("⟦50 % from the left, 50 %")
        assert unsaid(page) == []
