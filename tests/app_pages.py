"""The app as tests visit it: pages opened, what stands on them, and what is clicked."""

import html
import io
import json
import re
from pathlib import Path

from PIL import Image
from streamlit.testing.v1 import AppTest

from ran.face.covers.parts import preset
from ran.net.regions import LANDMARK_NAMES, fixed_layout
from ran.recipe import Recipe
from ran.study.poses.posed import Cover
from ran.ui.shared import compute
from ran.ui.shared.replay import poses_recipe
from ran.ui.shared.session import Session

ROOT = Path(__file__).parents[1]
ASTRONAUT = ROOT / "examples/astronaut.png"


def opened(page: str = "occlude") -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.run()
    if page != "occlude":
        app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    return app


def linked_to(page: str = "occlude", **parameters: str) -> AppTest:
    """A page as a fresh visitor sees it who opens a link with these parameters."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    for name, value in parameters.items():
        app.query_params[name] = value
    if page != "occlude":
        app.switch_page(f"pages/{page}.py")
    app.run()
    assert not app.exception
    return app


def dialog() -> AppTest:
    """The dialog alone: AppTest runs whole scripts, so a click inside would close it on a page."""

    def script():
        import streamlit as st

        from ran.ui.shared import compute as computing
        from ran.ui.shared import session
        from ran.ui.shared.faces.face_dialog import face_dialog
        from ran.ui.shared.faces.scenes import ensure_face

        visitor = session.current()
        using = computing.engine(visitor)
        ensure_face(visitor, using)
        if visitor.visit == st.session_state.setdefault("visit", visitor.visit):
            face_dialog(visitor, using)

    app = AppTest.from_function(script, default_timeout=60).run()
    assert not app.exception
    return app


def session(app: AppTest) -> Session:
    return app.session_state["ran_session"]


def words(app: AppTest) -> str:
    """All that stands on the page as text, tags taken out."""
    found = [element.value for element in (*app.markdown, *app.title, *app.warning)]
    found += [
        element.proto.body
        for element in app.get("html")
        if not element.proto.body.startswith("<style>") and "<script>" not in element.proto.body
    ]
    found += [picture["caption"] for row in rows_of_pictures(app) for picture in row["pictures"]]
    told = html.unescape(re.sub(r"<[^>]*>", " ", "\n".join(map(str, found))))
    # What came from outside is escaped for Markdown, which shows the letters themselves.
    return re.sub(r"[ \t]+", " ", re.sub(r"\\([^\w\s])", r"\1", told))


def rows_of_pictures(app: AppTest) -> list[dict]:
    """What went to the browser for each row of pictures under one ring."""
    protos = [element.proto for element in app.get("bidi_component")]
    return [json.loads(proto.json) for proto in protos if proto.component_name == "ran_pictures"]


def cover(app: AppTest, *parts: str) -> AppTest:
    app.multiselect(key=f"parts-{session(app).visit}").set_value(list(parts)).run()
    assert not app.exception
    return app


def unfolded(app: AppTest, key: str) -> AppTest:
    """The page once the popover or expander of that key is open."""
    app.session_state[key] = True
    app.run()
    assert not app.exception
    return app


def button(app: AppTest, label: str):
    return next(found for found in app.button if found.label == label)


def png(pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def numbers_on_page(app: AppTest) -> list[tuple[float, float]]:
    """The clean and covered values of every region's mu, nu and w, to six digits.

    In the order of the network's regions; where nothing is hidden a card has one value for both.
    """
    order = [*fixed_layout().names, *LANDMARK_NAMES, *(f"Random {n}" for n in range(1, 101))]
    cards = {}
    for element in app.get("html"):
        found = re.search(r'aria-label="Weights of ([^"]+)"', element.proto.body)
        if found:
            lead, *small = re.findall(r'title="([-\de.]+(?: → [-\de.]+)?)"', element.proto.body)
            rows = [[float(number) for number in row.split(" → ")] for row in (*small, lead)]
            cards[found[1]] = [(row[0], row[-1]) for row in rows]
    return [pair for name in sorted(cards, key=order.index) for pair in cards[name]]


def opened_at_once() -> AppTest:
    """The Poses page alone, without Occlude and its heatmaps before it."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.switch_page("pages/poses.py").run()
    assert not app.exception
    return app


def work(app: AppTest):
    return app.session_state["ran_poses"]


def recipe_of_page(app) -> Recipe:
    """The recipe that the Save menu offers: what it is made from, made again."""
    visitor, using = session(app), compute.engine(session(app))
    face, shown = visitor.photo_face, visitor.face
    covers = {"none": None, "as on Occlude": Cover(shown, visitor.shapes(shown), visitor.fill)}
    chosen = visitor.poses.cover
    cover = covers[chosen] if chosen in covers else Cover(face, preset(chosen, face), visitor.fill)
    return poses_recipe(using, visitor, cover, work(app).poses)
