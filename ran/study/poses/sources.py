"""Where poses come from: one photo turned, several photos, films, the published lists."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ran.engine import Engine
from ran.errors import BadRequest, NoFaceFound, RanError, UnreadableVideo
from ran.face.detect import Face
from ran.face.photo import Photo, open_photo
from ran.face.video import SUFFIXES, Video, open_video
from ran.recipe import PhotoRef
from ran.recipe.claims import MAX_PHOTOS
from ran.study.data.ferplus import read_ferplus, read_lists
from ran.study.poses.moments import Moment
from ran.study.poses.posed import Posed, Skipped
from ran.words import _

MOST_PHOTOS = MAX_PHOTOS
JUDGES = 5
"""Frames by which the quarter turns of a film are decided."""
YAWS = tuple(range(-60, 61, 15))
LISTS = ("pose45", "pose30")


def turned(
    face: Face, yaws: Sequence[float] = YAWS, pitches: Sequence[float] = (0.0,), *, using: Engine
) -> Iterator[Posed]:
    """Yield the face turned to each yaw at each pitch, degrees beyond how it is turned."""
    turns = iter([(float(yaw), float(pitch)) for pitch in pitches for yaw in yaws])
    while chunk := list(islice(turns, using.turns_at_once)):
        for (yaw, pitch), (made, filled) in zip(chunk, using.turned(face, chunk), strict=True):
            name = f"yaw {_signed(yaw)}" + (f", pitch {_signed(pitch)}" if pitch else "")
            yield Posed(name, made, yaw, pitch, filled)


def _signed(angle: float) -> str:
    return f"{angle:+.0f}°".replace("-", "\N{MINUS SIGN}") if round(angle) else "0°"


def of_photos(
    sources: Sequence[tuple[str, bytes] | str | Path],
    *,
    using: Engine,
    upright: bool = False,
    decode: Callable[..., Photo] = open_photo,
) -> Iterator[Posed | Skipped]:
    """Yield the largest face of each photo, or why there is none.

    A source is a path, or name and content, which `decode` opens as open_photo does. Where a photo
    shows several faces, a Skipped says so and the largest is used.

    Raises:
        BadRequest: if there are more than MOST_PHOTOS.
    """
    if len(sources) > MOST_PHOTOS:
        raise BadRequest(
            _("{count} photos are given.").format(count=len(sources)),
            hint=_("Give at most {most_photos} at a time.").format(most_photos=MOST_PHOTOS),
        )
    for source in sources:
        name = source[0] if isinstance(source, tuple) else Path(source).name
        try:
            photo = (
                decode(source[1], name=name) if isinstance(source, tuple) else open_photo(source)
            )
            yield from of_photo(photo, using=using, upright=upright)
        except RanError as error:
            yield Skipped(name, str(error))


def of_photo(
    photo: Photo, *, using: Engine, upright: bool = False, quarter_turns: int | None = None
) -> Iterator[Posed | Skipped]:
    """Yield the largest face of one photo, after a note if it shows others.

    `upright`: cut as recipes before version 3 were. `quarter_turns`: of the photo, where known.
    """
    try:
        faces = using.find_faces(photo, upright=upright, quarter_turns=quarter_turns)
    except NoFaceFound as error:
        yield Skipped(photo.name, str(error))
        return
    if len(faces) > 1:
        yield Skipped(photo.name, f"{photo.name} shows {len(faces)} faces; the largest is used.")
    (face,) = using.with_poses(faces[:1])
    yield replace(_as_found(photo.name, face), photo=PhotoRef.of(photo))


def of_video(video: Video, *, using: Engine) -> Iterator[Posed | Skipped]:
    """Yield the largest face of each frame and when it is seen, or which frame shows none.

    A film lies one way: its quarter turns are decided once, by a few of its frames.
    """
    turns = turns_of(video.frames, using=using)
    for number, (frame, time) in enumerate(zip(video.frames, video.times, strict=True)):
        shot = video.shot(time)
        moment = Moment(number, time, shot, (0.0, *video.cuts)[shot])
        for step in of_photo(frame, using=using, quarter_turns=turns):
            if isinstance(step, Posed):
                yield replace(step, moment=moment)
            elif step.reason.startswith("No face"):
                # What to do about a photo is no advice about a frame among many.
                reason = f"No face found in {frame.name}."
                yield Skipped(frame.name, reason, moment, _thumbnail(frame.pixels))
            else:
                yield step


def turns_of(frames: Sequence[Photo], *, using: Engine) -> int | None:
    """Return the quarter turns in which most of a few frames show a face, the fewest on a tie.

    None where none of them shows one: then each frame is looked at in all four.
    """
    places = np.unique(np.linspace(0, len(frames) - 1, min(JUDGES, len(frames))).round())
    seen: Counter[int] = Counter()
    for place in places.astype(int).tolist():
        try:
            seen[using.find_faces(frames[place])[0].quarter_turns] += 1
        except NoFaceFound:
            continue
    return max(seen, key=lambda turns: (seen[turns], -turns)) if seen else None


def _thumbnail(pixels: NDArray[np.uint8], side: int = 100) -> NDArray[np.uint8]:
    """Return the middle of a picture, made small: a frame itself is too large to keep."""
    small = ImageOps.fit(Image.fromarray(pixels), (side, side))
    return np.asarray(small)


def from_files(paths: Sequence[str | Path], *, using: Engine) -> Iterator[Posed | Skipped]:
    """Yield the faces of photos and videos, told apart by their names' endings."""
    photos = [path for path in paths if not is_video(path)]
    for path in paths:
        if is_video(path):
            try:
                film = open_video(path)
            except UnreadableVideo as error:
                yield Skipped(Path(path).name, str(error))
            else:
                yield from of_video(film, using=using)
    yield from of_photos(photos, using=using)


def is_video(path: str | Path) -> bool:
    """Say whether a name ends as a video's does."""
    return Path(path).suffix.lower().lstrip(".") in SUFFIXES


def listed(folder: Path, name: str, count: int, *, using: Engine) -> Iterator[Posed | Skipped]:
    """Yield `count` faces of a published list, spread evenly over it: "pose30" or "pose45".

    `folder` holds ferplus/ and ran_lists/: where RAN_DATA points.
    """
    if name not in LISTS:
        raise BadRequest(
            _("There is no list {name!r}.").format(name=name),
            hint=_("Use one of {names}.").format(names=", ".join(LISTS)),
        )
    members = read_lists(folder / "ran_lists").subsets()[name]
    faces = read_ferplus(folder / "ferplus" / "ferplus.zip", "test").chosen(members)
    places = np.unique(np.linspace(0, len(faces) - 1, min(count, len(faces))).round().astype(int))
    for place in places.tolist():
        stem = faces.names[place]
        grey = np.repeat(faces.pixels[place][..., None], 3, axis=2)
        (face,) = using.with_poses([Face.from_pixels(grey)])
        if face.pose is None:
            yield Skipped(stem, f"No face found in {stem}, so its pose is not known.")
        else:
            yield _as_found(stem, face)


def data_folder() -> Path | None:
    """Return the folder that RAN_DATA names, if it holds FERPlus and the lists."""
    place = os.environ.get("RAN_DATA")
    if not place:
        return None
    folder = Path(place)
    is_whole = (folder / "ferplus" / "ferplus.zip").is_file() and (folder / "ran_lists").is_dir()
    return folder if is_whole else None


def _as_found(name: str, face: Face) -> Posed:
    yaw, pitch = (face.pose.yaw, face.pose.pitch) if face.pose else (0.0, 0.0)
    return Posed(name, face, yaw, pitch)
