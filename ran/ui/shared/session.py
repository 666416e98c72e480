"""What one visitor has set: the face, what hides it, how it is cut, what is outlined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import streamlit as st

from ran.engine import Engine
from ran.face.covers.occlusion import Fill
from ran.face.covers.parts import preset
from ran.face.detect import Face
from ran.face.shapes import Rectangle, Shape
from ran.recipe import LayoutChoice, PhotoRef, Recipe
from ran.scene import Scene
from ran.study.live.watcher import Watcher
from ran.study.poses.posed import Posed
from ran.ui.shared.settings.breaking import RobustnessSettings
from ran.ui.shared.settings.comparing import CompareSettings
from ran.ui.shared.settings.explaining import ExplainSettings
from ran.ui.shared.settings.gathering import CohortSettings
from ran.ui.shared.settings.posing import WIDGETS, PoseSettings
from ran.ui.shared.settings.shelved import Shelved
from ran.ui.shared.settings.watching import LiveSettings
from ran.words import later

_KEY = "ran_session"
MOST_BESIDE = 6
"""Photos of the visitor's own beside the face in use."""
MOST_LINKS = 300
"""Recipes of the address that a session remembers."""
LAYOUTS = {
    later("Fixed"): LayoutChoice(),
    later("Random"): LayoutChoice("random", count=5, seed=0),
    later("Landmark"): LayoutChoice("landmark", radius=0.25),
}
"""What the sidebar offers, and what each begins with."""
_FILL = ("fill", "opacity", "colour", "noise")
_REPLAYED = (*_FILL, "alpha", "layout", "random-count", "random-seed", "radius")
"""Keys of the widgets whose values a recipe holds."""


@dataclass(frozen=True, eq=False)
class FoundPhoto:
    """A photo that was looked at: its name, how a recipe refers to it, its faces, largest first."""

    name: str
    reference: PhotoRef
    faces: list[Face]
    is_example: bool = False
    upright: list[Face] = field(default_factory=list)
    """The same faces as recipes before version 3 cut them."""


def _name() -> str:
    return uuid4().hex


@dataclass
class Session:
    """One visitor's state. It lives in memory for the visit and goes with it.

    It is the truth: widgets are seeded from it when a page opens and write back into it.
    """

    photo: FoundPhoto | None = None
    cut: str = "straightened"
    """How the faces in use were cut; a recipe from before version 3 takes the upright ones."""
    face_number: int = 0
    posed: Posed | None = None
    """A pose that was opened from the Poses page: `face` is its face, until `leave_pose`."""
    aside: tuple[list[str], list[Rectangle], tuple[Shape, ...]] = field(
        default_factory=lambda: ([], [], ())
    )
    """What hid the photo's face when a pose was opened: parts, rectangles, what was drawn."""
    visit: int = 0
    """Counts photos taken into use: part of the keys of widgets that start anew with each."""
    parts: list[str] = field(default_factory=list)
    rectangles: list[Rectangle] = field(default_factory=list)
    fill: Fill = field(default_factory=lambda: Fill("look"))
    """A sticker's own look; strokes and the other shapes are black under it."""
    alpha: float | None = None
    drawn: tuple[Shape, ...] = ()
    seeded: tuple[Shape, ...] = ()
    """What the drawing began with, from a recipe."""
    drawing: str = field(default_factory=_name)
    """The drawing's name: the browser keeps its undo under it."""
    links: dict[str, None] = field(default_factory=dict)
    """Recipes that stood in the page's address: taken from it, or put there for a reload."""
    link_notices: tuple[str, ...] = ()
    waiting: Recipe | None = None
    """What hid a photo of the visitor's own before a reload: set again when that photo is."""
    replaced: dict[str, Any] | None = None
    """What a scene's button replaced, until it is brought back."""
    region: int = 0
    """The outlined one; until a visitor has chosen, that which stands out."""
    is_region_chosen: bool = False
    layout: LayoutChoice = LAYOUTS["Fixed"]
    layouts: dict[str, LayoutChoice] = field(default_factory=lambda: dict(LAYOUTS))
    """What was last chosen of each kind: it is there again when the kind is."""
    poses: PoseSettings = field(default_factory=PoseSettings)
    explaining: ExplainSettings = field(default_factory=ExplainSettings)
    cohort: CohortSettings = field(default_factory=CohortSettings)
    cohort_faces: tuple[Face, ...] = ()
    """The faces that the Cohort page showed last."""
    cohort_of: Hashable = None
    """Of which cohort these are, and how far it was."""
    lesson: str = ""
    """The lesson or tour that is being walked, by its name; "" is none."""
    lesson_step: int = 0
    shelf: list[Shelved] = field(default_factory=list)
    """What was kept of the pages."""
    is_shelf_known: bool = False
    """Whether the browser was asked for what it kept before a reload, and answered."""
    shelf_text: tuple[tuple[int, ...], str] = ((), "")
    """The shelf as JSON, and of what."""
    comparing: CompareSettings = field(default_factory=CompareSettings)
    compared_photos: dict[str, FoundPhoto] = field(default_factory=dict)
    """Photos of the visitor's that stand beside the face in use on the Compare page, by name."""
    compared_names: Counter[str] = field(default_factory=Counter)
    """How often a photo of each name was kept so."""
    robustness: RobustnessSettings = field(default_factory=RobustnessSettings)
    live: LiveSettings = field(default_factory=LiveSettings)
    watcher: Watcher | None = None
    """What answers the camera's frames while the Live page is open."""
    checkpoint: str | None = None
    own_engine: Engine | None = None
    engines: dict[str, Engine] = field(default_factory=dict)
    """The shared networks that were asked, each with what it remembers of this visit."""
    second_engine: Engine | None = None
    """A network of the visitor's own that the Poses page lays over the one in use."""
    device: str = "auto"
    page: str = ""
    """The page that was drawn last, by its title."""

    @property
    def face(self) -> Face | None:
        """Return the face in use: an opened pose, or the photo's; None before one was chosen."""
        return self.photo_face if self.posed is None else self.posed.face

    @property
    def faces(self) -> list[Face]:
        """Return the photo's faces as they are cut, largest first; none before one was chosen."""
        if self.photo is None:
            return []
        return self.photo.upright if self.cut == "upright" else self.photo.faces

    @property
    def is_example(self) -> bool:
        """Return whether the photo is one that comes with the app."""
        return self.photo is not None and self.photo.is_example

    @property
    def layout_name(self) -> str:
        """Return the sidebar's name of the layout in use."""
        return {"random": "Random", "landmark": "Landmark"}.get(self.layout.kind, "Fixed")

    def lay(self, choice: LayoutChoice) -> None:
        """Cut faces so from now on."""
        self.layout = choice
        self.layouts[self.layout_name] = choice

    def vary(self, name: str, part: str, value: Any) -> None:
        """Take another count, seed or radius for a kind of layout, in use or not."""
        self.layouts[name] = replace(self.layouts[name], **{part: value})
        if self.layout_name == name:
            self.layout = self.layouts[name]

    @property
    def photo_face(self) -> Face | None:
        """Return the photo's face, also where a pose is open instead."""
        return self.faces[self.face_number] if self.faces else None

    def shapes(self, face: Face) -> tuple[Shape, ...]:
        """Return all that hides the face, in order: named parts, rectangles, what was drawn."""
        return self.set_shapes(face) + self.drawn

    def set_shapes(self, face: Face) -> tuple[Shape, ...]:
        """Return what hides the face by name or number; what was drawn lies above it."""
        named = tuple(shape for part in self.parts for shape in preset(part, face))
        return named + tuple(self.rectangles)

    def scene(self, face: Face) -> Scene:
        """Return the scene that the network is asked about."""
        return Scene(face, self.shapes(face), self.fill, self.layout.regions(face))

    def put_aside(self) -> None:
        """Keep what is set, so that `bring_back` can undo what replaces it now."""
        names = ("photo", "face_number", "cut", "posed", "aside", "parts", "rectangles", "fill",
                 "drawn", "region", "is_region_chosen")  # fmt: skip
        self.replaced = {name: getattr(self, name) for name in names}

    def bring_back(self) -> None:
        """Set again what was put aside last; widgets start anew from it."""
        if self.replaced is None:
            return
        kept, self.replaced = self.replaced, None
        for name, value in kept.items():
            setattr(self, name, value)
        parts, rectangles = self.parts, self.rectangles
        self._begin_drawing(self.drawn)
        self.parts, self.rectangles = parts, rectangles
        self.forget_fill()

    def begin_with(self, shapes: tuple[Shape, ...]) -> None:
        """Hide the face with these shapes, as if they had been drawn."""
        self._begin_drawing(shapes)

    def forget_fill(self) -> None:
        """Let the widgets of the fill start anew from the session."""
        for key in _FILL:
            st.session_state.pop(key, None)

    def know_link(self, link: str) -> None:
        """Remember a recipe of the page's address: it is not replayed again."""
        self.links[link] = None
        while len(self.links) > MOST_LINKS:
            del self.links[next(iter(self.links))]

    def keep_beside(self, photo: FoundPhoto) -> str:
        """Keep a photo for the Compare page and return its name there; the oldest goes.

        No name is given twice: a slot would show another photo under it.
        """
        for name, kept in self.compared_photos.items():
            if kept.reference.digest == photo.reference.digest:
                return name
        self.compared_names[photo.name] += 1
        count = self.compared_names[photo.name]
        name = photo.name if count == 1 else f"{photo.name} ({count})"
        self.compared_photos[name] = photo
        while len(self.compared_photos) > MOST_BESIDE:
            del self.compared_photos[next(iter(self.compared_photos))]
        return name

    def leave_camera(self) -> None:
        """Let go of the camera's frames and of all that was answered of them."""
        if self.watcher is not None:
            self.watcher.end()
            self.watcher = None

    def outline(self, region: int) -> None:
        """Outline the region that the visitor chose."""
        self.region, self.is_region_chosen = region, True

    def change_photo(self, photo: FoundPhoto, number: int = 0) -> None:
        """Take a face of a new photo; what hid the one before can be brought back."""
        if self.parts or self.rectangles or self.drawn:
            self.put_aside()
        self.use_photo(photo, number)
        waiting = self.waiting
        if waiting is not None and waiting.photo.digest == photo.reference.digest:
            self.waiting = None
            self.replay(waiting)

    def use_photo(self, photo: FoundPhoto, number: int = 0) -> None:
        """Take a face of a new photo; the largest comes first. What was drawn goes."""
        self.photo, self.face_number, self.cut = photo, number, "straightened"
        self.region, self.is_region_chosen, self.posed = 0, False, None
        self._begin_drawing(())

    @property
    def is_synthetic(self) -> bool:
        """Return whether the face in use was turned here, so that no photo shows it."""
        return self.posed is not None and self.posed.is_synthetic

    def open_pose(self, posed: Posed, shapes: tuple[Shape, ...], fill: Fill) -> None:
        """Take a pose into use as it was shown; what hid the photo's face is put aside."""
        if self.posed is None:
            self.aside = self.parts, self.rectangles, self.drawn
        self.posed, self.region, self.is_region_chosen = posed, 0, False
        self._begin_drawing(shapes)
        if shapes:
            self.fill = fill
            self.forget_fill()

    def leave_pose(self) -> None:
        """Go back to the photo's face and what hid it."""
        self.posed, self.region, self.is_region_chosen = None, 0, False
        self._begin_drawing(self.aside[2])
        self.parts, self.rectangles = self.aside[:2]

    def photo_reference(self) -> PhotoRef:
        """Return how a recipe refers to the face in use; no photo has the digest of a made one."""
        if self.posed is None:
            return self.reference_of_photo()
        return self.posed.photo or PhotoRef("0" * 64, self.posed.name)

    def reference_of_photo(self) -> PhotoRef:
        """Return how a recipe refers to the photo's face, also where a pose is open instead."""
        known = PhotoRef("0" * 64, "") if self.photo is None else self.photo.reference
        return replace(known, face=self.face_number)

    def replay(self, recipe: Recipe) -> None:
        """Take all that a recipe sets; the photo stays. Widgets start anew from it."""
        if recipe.poses is not None:
            self.posed = None  # its shapes lie on the photo's face
        self._begin_drawing(recipe.shapes)
        self.fill, self.alpha = recipe.fill, recipe.alpha
        self.outline(recipe.region)
        if self.posed is None:
            self.face_number = recipe.face_among(len(self.faces))
        if self.photo is not None and self.photo.upright:
            self.cut = recipe.cut
        self.lay(recipe.layout)
        if recipe.poses is not None:
            self.poses.replay(recipe.poses, has_cover=bool(recipe.shapes))
        for key in (*_REPLAYED, *WIDGETS):
            st.session_state.pop(key, None)

    def _begin_drawing(self, shapes: tuple[Shape, ...]) -> None:
        self.parts, self.rectangles = [], []
        self.drawn = self.seeded = shapes
        self.drawing = _name()
        self.visit += 1

    def use_engine(self, engine: Engine | None) -> None:
        """Take the visitor's own network, or with None the bundled one again."""
        self.own_engine, self.alpha, self.region = engine, None, 0
        st.session_state.pop("alpha", None)


def give_way() -> None:
    """End this run of a page where a newer one has begun, or its visitor has left.

    Streamlit does so whenever a run asks for something of its visitor's state; one that waits for
    its turn asks for nothing. Without it every stroke left a run behind, in the queue and in
    memory: twenty visitors' server grew by 7 MB at each.
    """
    _ = _KEY in st.session_state


def current() -> Session:
    """Return this visitor's session, made at the first call."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Session()
    session: Session = st.session_state[_KEY]
    return session
