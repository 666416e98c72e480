"""What one visitor has set: the face, what hides it, how it is cut, what is outlined."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from ran.engine import Engine
from ran.face.detect import Face
from ran.face.occlusion import Fill
from ran.face.shapes import Rectangle, Shape, preset
from ran.net.regions import RegionLayout, landmark_layout, random_layout
from ran.scene import Scene

_KEY = "ran_session"
LAYOUTS = ("Fixed", "Random", "Landmark")


@dataclass
class Session:
    """One visitor's state. It lives in memory for the visit and goes with it.

    It is the truth: widgets are seeded from it when a page opens and write back into it.
    """

    photo_name: str = ""
    faces: list[Face] = field(default_factory=list)
    face_number: int = 0
    visit: int = 0
    """Counts photos taken into use: part of the keys of widgets that start anew with each."""
    parts: list[str] = field(default_factory=list)
    rectangles: list[Rectangle] = field(default_factory=list)
    fill: Fill = field(default_factory=Fill)
    alpha: float | None = None
    region: int = 0
    all_boxes: bool = True
    layout_kind: str = LAYOUTS[0]
    random_count: int = 5
    random_seed: int = 0
    radius: float = 0.25
    checkpoint: str | None = None
    own_engine: Engine | None = None
    device: str = "auto"

    @property
    def face(self) -> Face | None:
        """Return the face in use, or None before one was chosen."""
        return self.faces[self.face_number] if self.faces else None

    def shapes(self, face: Face) -> tuple[Shape, ...]:
        """Return all that hides the face: named parts first, then rectangles."""
        named = tuple(shape for part in self.parts for shape in preset(part, face))
        return named + tuple(self.rectangles)

    def layout(self, face: Face) -> RegionLayout | None:
        """Return the regions chosen in the sidebar; None is the checkpoint's own."""
        if self.layout_kind == "Random":
            return random_layout(self.random_count, seed=self.random_seed)
        if self.layout_kind == "Landmark" and face.landmarks is not None:
            return landmark_layout(face.landmarks, radius=self.radius)
        return None

    def scene(self, face: Face) -> Scene:
        """Return the scene that the network is asked about."""
        return Scene(face, self.shapes(face), self.fill, self.layout(face))

    def use_photo(self, name: str, faces: list[Face], number: int = 0) -> None:
        """Take a face of a new photo; the largest comes first. What was drawn goes."""
        self.photo_name, self.faces, self.face_number = name, faces, number
        self.parts, self.rectangles, self.region = [], [], 0
        self.visit += 1

    def use_engine(self, engine: Engine | None) -> None:
        """Take the visitor's own network, or with None the bundled one again."""
        self.own_engine, self.alpha, self.region = engine, None, 0
        st.session_state.pop("alpha", None)


def current() -> Session:
    """Return this visitor's session, made at the first call."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Session()
    session: Session = st.session_state[_KEY]
    return session


def seed(key: str, value: object) -> str:
    """Give the widget of that key its value unless it has one already; return the key."""
    if key not in st.session_state:
        st.session_state[key] = value
    return key
