"""One face at several angles, and what a network answers to each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ran.engine import Engine
from ran.face.anchor import carried
from ran.face.covers.occlusion import Fill
from ran.face.detect import Face
from ran.face.head import SURE_TURN
from ran.face.pose import Pose
from ran.face.shapes import Shape
from ran.prediction import Prediction
from ran.recipe import LayoutChoice, PhotoRef
from ran.scene import Scene
from ran.shown import Shown
from ran.study.poses.moments import Moment

_OWN_LAYOUT = LayoutChoice()


@dataclass(frozen=True, eq=False)
class Posed:
    """A face at an angle.

    name: what to call it; yaw and pitch: where it stands, degrees: as turned if it is synthetic,
    else as estimated. filled bool[S, S]: which pixels no photo shows, of a synthetic face alone.
    photo: how a recipe refers to the photo that shows the face as it is; None where none does.
    moment: when it is seen, of a film's frame alone. page: where it was opened, by its title; of
    the Poses page alone the angle is asked for, and warned of.
    """

    name: str
    face: Face
    yaw: float
    pitch: float
    filled: NDArray[np.bool_] | None = None
    photo: PhotoRef | None = None
    moment: Moment | None = None
    page: str = "Poses"

    @property
    def is_synthetic(self) -> bool:
        """Say whether the face was turned here."""
        return self.filled is not None

    @property
    def pose(self) -> Pose | None:
        """Return what is estimated from the pixels."""
        return self.face.pose

    @property
    def warning(self) -> str | None:
        """Return a sentence where the pose should not be trusted, else None."""
        if self.is_synthetic and max(abs(self.yaw), abs(self.pitch)) > SURE_TURN:
            return (
                f"Turned beyond {SURE_TURN:.0f}°: much of this face is made up, so its numbers "
                "say little."
            )
        if self.page != "Poses":
            return None
        if not self.is_synthetic and not (self.pose and self.pose.is_reliable):
            return (
                "The landmarks are uncertain here, as on profile faces: the angle is likely too "
                "small."
            )
        return None


@dataclass(frozen=True)
class Skipped:
    """Something that gave no pose, and why, in a sentence; of a film's frame, when and what."""

    name: str
    reason: str
    moment: Moment | None = None
    pixels: NDArray[np.uint8] | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Answered:
    """A pose, and what was shown of it: the scene and the answer, under the pose's name."""

    posed: Posed
    shown: Shown

    @property
    def scene(self) -> Scene:
        """Return the scene that was shown."""
        return self.shown.scene

    @property
    def answer(self) -> Prediction:
        """Return the answer to it."""
        return self.shown.answer

    def with_alpha(self, alpha: float) -> Answered:
        """Return the same with its loss counted against another margin."""
        answer = replace(self.answer, alpha=alpha)
        return replace(self, shown=replace(self.shown, answer=answer))

    def as_json(self) -> dict[str, Any]:
        """Return a pose and its answer as plain values, degrees throughout."""
        posed, pose = self.posed, self.posed.pose
        return {
            "source": posed.name,
            "synthetic": posed.is_synthetic,
            "moment": posed.moment and posed.moment.as_json(),
            "yaw": posed.yaw,
            "pitch": posed.pitch,
            "estimated": pose
            and {
                "yaw": pose.yaw,
                "pitch": pose.pitch,
                "roll": pose.roll,
                "spread": pose.spread if pose.spread is not None and pose.spread < 1e3 else None,
                "reliable": pose.is_reliable,
            },
            "filled": None if posed.filled is None else float(posed.filled.mean()),
            "warning": posed.warning,
            "box": posed.face.box,
            "roll": posed.face.roll,
            "quarter_turns": posed.face.quarter_turns,
            "landmarks": None if posed.face.landmarks is None else posed.face.landmarks.tolist(),
            **self.answer.as_json(),
        }


@dataclass(frozen=True, eq=False)
class LaidOver:
    """A second network's answers to the same poses, in the same order, under its name."""

    name: str
    answers: Sequence[Answered]


@dataclass(frozen=True, eq=False)
class Cover:
    """What hides every pose: shapes on one face, which carries them to the others, and a fill."""

    face: Face
    shapes: tuple[Shape, ...]
    fill: Fill = field(default_factory=Fill)

    @property
    def key(self) -> str:
        """Return a small name of the cover: what hides a pose alike has the same."""
        return Scene(self.face, self.shapes, self.fill).key


def answered(
    poses: Iterable[Posed],
    *,
    using: Engine,
    cover: Cover | None = None,
    layout: LayoutChoice = _OWN_LAYOUT,
) -> Iterator[Answered]:
    """Yield the network's answer to each pose: one forward pass a pose, no more.

    Poses are taken and answered as many together as the engine puts through its network at once.

    Args:
        poses: the poses, in any order.
        using: the engine.
        cover: what hides every pose, anchored to the landmarks.
        layout: how faces are cut; a landmark layout anew round each face's landmarks.
    """
    rest = iter(poses)
    while chunk := list(islice(rest, using.faces_at_once)):
        scenes = [_scene(posed.face, cover, layout) for posed in chunk]
        for posed, scene, answer in zip(chunk, scenes, using.predict_many(scenes), strict=True):
            yield Answered(posed, Shown(posed.name, scene, answer))


def _scene(face: Face, cover: Cover | None, layout: LayoutChoice) -> Scene:
    scene = Scene(face, layout=layout.regions(face))
    if cover is None:
        return scene
    return replace(scene, shapes=carried(cover.shapes, cover.face, face), fill=cover.fill)


def by_yaw(answers: Iterable[Answered]) -> list[Answered]:
    """Return the answers from the smallest yaw to the largest, then from the lowest pitch up."""
    return sorted(answers, key=lambda found: (found.posed.yaw, found.posed.pitch))


def in_order(answers: Iterable[Answered]) -> list[Answered]:
    """Return the frames of films as they came, in the order of time, then the rest by yaw."""
    found = list(answers)
    return [one for one in found if one.posed.moment] + by_yaw(
        one for one in found if not one.posed.moment
    )


MIRRORS = {"Upper left": "Upper right", "Left eye": "Right eye",
           "Left mouth corner": "Right mouth corner"}  # fmt: skip


def mirrored_pairs(answers: Sequence[Answered]) -> list[tuple[str, str, float, float, float]]:
    """Compare each region at +yaw with its mirrored region at -yaw, synthetic poses alone.

    Returns:
        rows of: the region, its mirrored region, |yaw|, the first's relative weight at +yaw, and
        the second's at -yaw. For a network that treats both sides alike they are equal.
    """
    swap = MIRRORS | {right: left for left, right in MIRRORS.items()}
    known = {
        (round(found.posed.yaw, 3), round(found.posed.pitch, 3)): found.answer
        for found in answers
        if found.posed.is_synthetic
    }
    rows = []
    for (yaw, pitch), answer in sorted(known.items()):
        opposite = known.get((-yaw, pitch))
        if yaw <= 0 or opposite is None:
            continue
        names = [box.name for box in answer.boxes]
        for index, name in enumerate(names):
            other = swap.get(name, name)
            if other in names:
                there = float(opposite.relative_weights[names.index(other)])
                rows.append((name, other, yaw, float(answer.relative_weights[index]), there))
    return rows
