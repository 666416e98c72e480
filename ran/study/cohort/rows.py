"""Pictures -> rows: every face of every picture, clean and under each cover."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from ran.engine import Engine
from ran.engine.chunks import MOST_FACES
from ran.errors import BadRequest, RanError
from ran.explain.regions.attention_shift import attention_shift
from ran.face.covers.occlusion import Fill
from ran.face.detect import Face
from ran.face.photo import open_photo
from ran.face.shapes import Shape
from ran.prediction import Prediction
from ran.recipe import LayoutChoice
from ran.scene import Scene
from ran.study.cohort.named_covers import Cover
from ran.study.cohort.pictures_from import Picture
from ran.study.data.splits import square

SAVED = ("mu", "nu", "w", "margin", "logits", "shapley", "pose", "shift")
"""What a row may hold beside the face, the expression and the probabilities."""
USUAL = ("mu", "nu", "w", "margin")
AHEAD = 2 * MOST_FACES
"""Pictures that are opened before the network comes to them."""
CLEAN = ""
"""The cover's name where there is none."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """What is asked of every face.

    covers: names of stickers and parts, each by itself on every face, beside the clean face; fill:
    what hides under parts, and under stickers where it is not their look; layout; is_framed:
    pictures are faces already, framed as the network was trained, else faces are looked for in
    them; saved: of SAVED.

    Raises:
        BadRequest: if there is no such cover, or nothing of that name to save.
    """

    covers: tuple[str, ...] = ()
    fill: Fill = Fill("look")
    layout: LayoutChoice = LayoutChoice()  # noqa: RUF009
    is_framed: bool = False
    saved: tuple[str, ...] = USUAL

    def __post_init__(self) -> None:
        for name in self.covers:
            Cover(name, self.fill)
        for name in self.saved:
            if name not in SAVED:
                raise BadRequest(
                    f"There is nothing called {name!r} to save.", hint=f"Use {', '.join(SAVED)}."
                )

    def shapes(self, cover: str, face: Face) -> tuple[Shape, ...]:
        """Return what hides a face under a cover of this name."""
        return () if cover == CLEAN else Cover(cover, self.fill).shapes(face)


@dataclass(frozen=True)
class Told:
    """Rows of some pictures, and of those that gave none the name and the reason."""

    rows: list[Row]
    errors: list[tuple[str, str]]


def rows_of(engine: Engine, pictures: Sequence[Picture], wanted: Wanted) -> Iterator[Told]:
    """Yield the rows of pictures, as many together as the network answers at once.

    A row a face and cover: path, the picture's name; face, its number in the picture, largest
    first; box, four numbers in the photo's pixels, or None of a framed face; cover; expression;
    p_<class>; and what is saved: w_<region>, which sum to one, mu_ and nu_<region>; rb_margin;
    logit_<class>; shapley_<region>, of the answered class, in logits; yaw, pitch and roll in
    degrees with pose_reliable; shift, the change of the share of attention on the cover.
    """
    faces: list[tuple[str, int, Face]] = []
    errors: list[tuple[str, str]] = []
    for picture, faces_of in _ahead(engine, pictures, wanted):
        try:
            found = faces_of()
        except RanError as error:
            errors.append((picture.name, str(error)))
            continue
        except OSError as error:
            errors.append((picture.name, error.strerror or "it cannot be read"))
            continue
        faces += [(picture.name, number, face) for number, face in enumerate(found)]
        if len(faces) * (1 + len(wanted.covers)) >= MOST_FACES:
            yield Told(_rows(engine, faces, wanted), errors)
            faces, errors = [], []
    if faces or errors:
        yield Told(_rows(engine, faces, wanted), errors)


def _ahead(
    engine: Engine, pictures: Sequence[Picture], wanted: Wanted
) -> Iterator[tuple[Picture, Callable[[], list[Face]]]]:
    """Give each picture with what returns its faces, in order.

    Framed pictures are opened in a thread, some ahead of the network. What looks for faces is not:
    it computes on all processors, as the network does, and both at once take longer than in turn.
    """
    if not wanted.is_framed or "pose" in wanted.saved:
        yield from ((picture, partial(faces_in, engine, picture, wanted)) for picture in pictures)
        return
    with ThreadPoolExecutor(1) as opening:
        waiting: deque[tuple[Picture, Future[list[Face]]]] = deque()
        try:
            for picture in pictures:
                waiting.append((picture, opening.submit(faces_in, engine, picture, wanted)))
                if len(waiting) > AHEAD:
                    first, opened = waiting.popleft()
                    yield first, opened.result
            yield from ((first, opened.result) for first, opened in waiting)
        finally:
            opening.shutdown(wait=False, cancel_futures=True)


def faces_in(engine: Engine, picture: Picture, wanted: Wanted) -> list[Face]:
    """Return the faces of a picture, as they are asked for: framed already, or looked for.

    Raises:
        RanError: if it is no picture or has no face; OSError: if it cannot be read.
    """
    photo = open_photo(picture.read(), name=picture.name)
    if wanted.is_framed:
        found = [Face.from_pixels(square(photo.pixels), framing=engine.card.framing)]
    else:
        found = engine.find_faces(photo)
    return engine.with_poses(found) if "pose" in wanted.saved else found


def _rows(engine: Engine, faces: Sequence[tuple[str, int, Face]], wanted: Wanted) -> list[Row]:
    covers = (CLEAN, *wanted.covers)
    scenes = [
        Scene(face, wanted.shapes(cover, face), wanted.fill, wanted.layout.regions(face))
        for _name, _number, face in faces
        for cover in covers
    ]
    answers = engine.predict_many(scenes)
    rows = []
    for place_, (name, number, face) in enumerate(faces):
        clean = answers[place_ * len(covers)]
        for index, cover in enumerate(covers):
            at = place_ * len(covers) + index
            row: Row = {
                "path": name, "face": number, "box": None if face.box is None else list(face.box),
                "cover": cover, "expression": answers[at].expression,
            }  # fmt: skip
            row |= numbers(answers[at], wanted.saved)
            if "shift" in wanted.saved:
                row["shift"] = shift_of(answers[at], clean)
            if "shapley" in wanted.saved:
                row |= _shapley(engine, scenes[at], answers[at])
            if "pose" in wanted.saved:
                row |= _pose(face)
            rows.append(row)
    return rows


def shift_of(answer: Prediction, clean: Prediction) -> float | None:
    """Return the change of the share of attention on the cover; None where there is none."""
    if len(answer.boxes) < 2 or not answer.covered.any():
        return None
    return attention_shift(clean.weights, answer.weights, answer.covered).change


def numbers(answer: Prediction, saved: Sequence[str]) -> Row:
    """Return the columns of an answer: its probabilities, and what of SAVED is of it alone."""
    names = [box.name for box in answer.boxes]
    row: Row = _named("p", answer.classes, answer.probabilities)
    for name, key, values in (
        ("w", "w", answer.weights),
        ("mu", "mu", answer.self_weights),
        ("nu", "nu", answer.relation_weights),
    ):
        if name in saved:
            row |= _named(key, names, values)
    if "margin" in saved:
        row["rb_margin"] = answer.rb_margin
    if "logits" in saved:
        row |= _named("logit", answer.classes, answer.logits)
    return row


def _named(key: str, names: Sequence[str], values: Any) -> Row:
    return {f"{key}_{name}": float(value) for name, value in zip(names, values, strict=True)}


def _shapley(engine: Engine, scene: Scene, answer: Prediction) -> Row:
    worth = engine.region_values(scene).shapley[:, answer.classes.index(answer.expression)]
    return _named("shapley", [box.name for box in answer.boxes], worth)


def _pose(face: Face) -> Row:
    pose = face.pose
    if pose is None:
        return {"yaw": None, "pitch": None, "roll": None, "pose_reliable": None}
    return {"yaw": pose.yaw, "pitch": pose.pitch, "roll": pose.roll,
            "pose_reliable": pose.is_reliable}  # fmt: skip
