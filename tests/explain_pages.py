"""The Explain page as tests visit it: what is chosen, and the maps that it shows."""

import numpy as np
from app_pages import ASTRONAUT, ROOT, rows_of_pictures
from streamlit.testing.v1 import AppTest

from ran.engine import Engine
from ran.face.covers.parts import preset
from ran.face.photo import open_photo
from ran.scene import Scene
from ran.ui.shared.session import Session


def explain(*parts: str, methods: tuple[str, ...] | None = None):
    """The page of the example face, with these parts of it covered."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.session_state["ran_session"] = visitor = Session()
    visitor.explaining.draws = 2
    if methods is not None:
        visitor.explaining.methods = list(methods)
    app.switch_page("pages/explain.py").run()
    if parts:
        visitor.parts = list(parts)
        app.run()
    return app


def choose(app, *methods: str):
    app.button_group(key="explain-methods").set_value(list(methods)).run()
    assert not app.exception
    return app


def engine_and_scenes(checkpoint, *parts: str):
    engine = Engine.load(checkpoint, "cpu")
    face = engine.find_faces(open_photo(ASTRONAUT))[0]
    shapes = tuple(shape for part in parts for shape in preset(part, face))
    return engine, Scene(face), Scene(face, shapes)


def maps_of(app, method: str) -> dict[str, dict]:
    (row,) = [row for row in rows_of_pictures(app) if row["label"].startswith(f"{method} for")]
    return {picture["name"]: picture for picture in row["pictures"]}


def values_of(picture: dict) -> np.ndarray:
    import base64

    steps = np.frombuffer(base64.b64decode(picture["steps"]), "<i2")
    return steps.reshape(picture["rows"], picture["columns"]) * picture["step"]


def held(app, name: str):
    """The work of one method."""
    work, *_ = [w for w in app.session_state["ran_work"].values() if w.name == name]
    return work
