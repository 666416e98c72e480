"""A cohort in memory, for a page: faces answered some at a time, with what is known of each."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ran.engine import Engine
from ran.engine.chunks import MOST_FACES
from ran.face.detect import Face
from ran.figures.data_urls import photograph
from ran.prediction import Prediction
from ran.recipe import LayoutChoice
from ran.scene import Scene
from ran.study.cohort.named_covers import Cover
from ran.study.cohort.rows import shift_of

MOST_DISTINCT = 60
"""Faces of a cohort that another page takes over."""
THUMBNAIL = 52
"""Of a small picture's side, in pixels."""
_SMALL = 64
"""Sides up to which a face's pixels are kept as they are; larger ones are packed."""


@dataclass(frozen=True)
class Given:
    """A face of a cohort: the picture's name, its label if it is known, and its kind, "" for none.

    Kinds are what a data set says of faces: what occludes them.
    """

    name: str
    face: Face
    label: str | None = None
    kind: str = ""


@dataclass(frozen=True)
class Missed:
    """A picture that gave no face, and why."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class Member:
    """A face under a cover, and what networks answered: the first, and a second or None.

    shift: the change of the share of attention on the cover; None where there is none.
    """

    name: str
    label: str | None
    kind: str
    cover: Cover | None
    answer: Prediction
    other: Prediction | None
    shift: float | None
    yaw: float | None
    packed: bytes | NDArray[np.uint8]
    kept: Face
    """The face with one pixel in place of its own."""

    @property
    def face(self) -> Face:
        """Return the face, as it was given."""
        return replace(self.kept, pixels=self.pixels)

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """Return the face's pixels, u8[S, S, 3]."""
        if isinstance(self.packed, bytes):
            return np.asarray(Image.open(io.BytesIO(self.packed)).convert("RGB"))
        return self.packed

    @cached_property
    def thumbnail(self) -> str:
        """Return a small picture of the face under its cover, as a data URL; it goes with the face.

        Kept here and nowhere else: what is made of a visitor's face lives as long as the visit.
        """
        face = self.face
        scene = Scene(face)
        if self.cover is not None:
            scene = Scene(face, self.cover.shapes(face), self.cover.fill)
        small = Image.fromarray(scene.hidden_pixels()).resize(
            (THUMBNAIL, THUMBNAIL), Image.Resampling.BOX
        )
        return photograph(np.asarray(small))

    @property
    def is_right(self) -> bool | None:
        """Return whether the answer is the label; None where nobody says one."""
        return None if self.label is None else self.answer.expression == self.label

    @property
    def is_other_right(self) -> bool | None:
        """Return the same of the second network."""
        if self.label is None or self.other is None:
            return None
        return self.other.expression == self.label


@dataclass(frozen=True, eq=False)
class Gathered:
    """How far a cohort is: members so far, what was missed, faces done of those there are."""

    members: tuple[Member, ...]
    missed: tuple[Missed, ...]
    done: int
    of: int


def gather(
    engine: Engine,
    given: Iterator[Given | Missed],
    count: int,
    *,
    covers: Sequence[Cover | None] = (None,),
    layout: LayoutChoice | None = None,
    other: Engine | None = None,
    at_once: int | None = None,
    has_poses: bool = False,
) -> Iterator[Gathered]:
    """Answer faces, as many together as the network takes; yield what is there after each lot.

    Args:
        engine: the network.
        given: faces, and pictures without one.
        count: how many there are of both.
        covers: what each face is shown under; None is nothing.
        layout: how they are cut; None is as the network's card says.
        other: a second network, asked the same.
        at_once: faces and pictures of a lot; None is as many as the network answers together.
        has_poses: whether each face's pose is estimated.
    """
    choice = layout or LayoutChoice()
    members: list[Member] = []
    missed: list[Missed] = []
    done = 0
    size = at_once or max(1, MOST_FACES // len(covers))
    while lot := list(islice(given, size)):
        faces = [one for one in lot if isinstance(one, Given)]
        if has_poses:
            posed = engine.with_poses([one.face for one in faces])
            faces = [replace(one, face=face) for one, face in zip(faces, posed, strict=True)]
        missed += [one for one in lot if isinstance(one, Missed)]
        members += _members(engine, faces, covers, choice, other)
        done += len(lot)
        yield Gathered(tuple(members), tuple(missed), done, max(count, done))
    yield Gathered(tuple(members), tuple(missed), max(count, done), max(count, done))


def distinct(members: Sequence[Member], most: int = MOST_DISTINCT) -> tuple[Face, ...]:
    """Return the faces of members, each once whatever covers it, at most so many, evenly."""
    kept = list({one.kept.digest + one.name: one for one in members}.values())
    count = min(most, len(kept))
    places = np.linspace(0, len(kept) - 1, count).round().astype(int)
    return tuple(kept[place].face for place in places)


def _members(
    engine: Engine,
    faces: Sequence[Given],
    covers: Sequence[Cover | None],
    layout: LayoutChoice,
    other: Engine | None,
) -> list[Member]:
    scenes = [
        Scene(one.face, layout=layout.regions(one.face))
        if cover is None
        else cover.on(one.face, layout)
        for one in faces
        for cover in covers
    ]
    clean = [scene.clean() for scene in scenes[:: len(covers)]]
    answers = engine.predict_many([*scenes, *clean])
    others = [None] * len(scenes) if other is None else other.predict_many(scenes)
    found = []
    for place, one in enumerate(faces):
        bare = answers[len(scenes) + place]
        small = one.face.pixels.shape[0] <= _SMALL
        packed = one.face.pixels if small else _packed(one.face.pixels)
        kept = replace(one.face, pixels=one.face.pixels[:1, :1].copy())
        for index, cover in enumerate(covers):
            at = place * len(covers) + index
            answer = answers[at]
            found.append(
                Member(
                    one.name, one.label, one.kind, cover, answer, others[at],
                    shift_of(answer, bare),
                    None if one.face.pose is None else one.face.pose.yaw, packed, kept,
                )
            )  # fmt: skip
    return found


def _packed(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()
