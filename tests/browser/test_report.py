"""A report in a browser: it opens from a disk, offline, fits a phone, and axe is content."""

from pathlib import Path

import pytest
from test_access import SERIOUS, faults

from ran.__main__ import main

ASTRONAUT = Path(__file__).parents[2] / "examples" / "astronaut.png"


@pytest.fixture(scope="module")
def reports(checkpoint, tmp_path_factory):
    """A scene's report and a cohort's, written once."""
    folder = tmp_path_factory.mktemp("reports")
    own = ("--checkpoint", str(checkpoint), "--device", "cpu")
    scene, rows, cohort = folder / "scene.html", folder / "rows", folder / "cohort.html"
    for line in (
        ("report", str(ASTRONAUT), "--sticker", "mask", "--out", str(scene), *own),
        ("cohort", str(ASTRONAUT.parent), "--out", str(rows), "--cover", "mask", "--save",
         "mu,nu,w,margin,shift", *own),
        ("report", str(rows), "--out", str(cohort), *own),
    ):  # fmt: skip
        assert main(list(line)) == 0
    return {"scene": scene, "cohort": cohort}


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["scene", "cohort"])
def test_a_report_opens_offline_and_axe_is_content(reports, browser, kind, scheme, width):
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(reports[kind].as_uri())
    pictures = page.locator("img")
    assert pictures.count() >= 4
    assert pictures.evaluate_all("all => all.every(one => one.naturalWidth > 100)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
    others = [url for url in asked if not url.startswith("data:")]
    assert others == [reports[kind].as_uri()]
    assert said == []
    found = faults(page)
    assert not found, f"{SERIOUS} of ours: {found}"
    page.emulate_media(media="print", color_scheme=scheme)
    printed = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert printed == "rgb(255, 255, 255)", "ink is for words"
    context.close()
