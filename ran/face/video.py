"""Frames of a short video, as photos. The only user of PyAV, and so of FFmpeg's decoders."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ran.errors import BadRequest, UnreadableVideo
from ran.face.cuts import SIDE, Watch
from ran.face.decoding.container import LOCAL, container_of
from ran.face.photo import Photo
from ran.words import _, later

SUFFIXES = ("mp4", "mov", "m4v", "webm", "mkv", "avi", "mpg", "mpeg")
MAX_BYTES = 200 * 1024 * 1024
MAX_SECONDS = 60.0
"""So much of a video is used, from its beginning."""
MAX_PIXELS = 4096 * 4096
FRAMES = 15
MOST_FRAMES = 60
MAX_ASPECT = 8.0
"""A stored pixel is shown at most so many times wider than high, or higher than wide."""
LONGEST_SIDE = 1280
"""Larger frames are made smaller: detection looks at 640 pixels."""
_USE = later("Use an MP4, MOV, WebM, MKV or AVI video.")


@dataclass(frozen=True, eq=False)
class Video:
    """The frames taken, evenly, from the seconds used, and what was left out.

    times: seconds from the beginning, one a frame. seconds: how long the video is. `is_damaged`:
    it could not be read to the end of what is used, so the last frames may lie closer together.
    cuts: when a new shot begins, as far as frames were taken (ran.face.cuts).
    """

    name: str
    frames: tuple[Photo, ...]
    times: tuple[float, ...]
    seconds: float
    is_damaged: bool = False
    cuts: tuple[float, ...] = ()

    def shot(self, time: float) -> int:
        """Return in which shot a frame at a time is, from 0."""
        return sum(cut <= time for cut in self.cuts)

    @property
    def is_cut(self) -> bool:
        """Say whether the video is longer than what is used."""
        return self.seconds > MAX_SECONDS


def open_video(
    source: str | Path | bytes, *, name: str | None = None, frames: int = FRAMES
) -> Video:
    """Decode `frames` frames, spread evenly over a video or over its first MAX_SECONDS.

    A frame is turned and mirrored by the video's own note, its pixels made square. A short video
    may have fewer frames.

    Raises:
        UnreadableVideo: if there is no such file, or it is empty, too large, damaged before its
            first frame, or no video.
        BadRequest: if `frames` is not a whole number from 1 to MOST_FRAMES.
    """
    if not 1 <= frames <= MOST_FRAMES:
        raise BadRequest(
            _("{frames} frames are asked for.").format(frames=frames),
            hint=_("Ask for 1 to {most_frames}.").format(most_frames=MOST_FRAMES),
        )
    if isinstance(source, bytes):
        content, name = source, name or "the video"
    else:
        content, name = _read(Path(source)), name or Path(source).name
    if not content:
        raise UnreadableVideo(_("{name} is empty.").format(name=name), hint=_(_USE))
    if len(content) > MAX_BYTES:
        raise _too_large(name, f"{len(content) / 2**20:.0f} MB")
    container = container_of(content)
    if container is None:
        raise UnreadableVideo(
            _("{name} is not a video that can be opened here.").format(name=name), hint=_(_USE)
        )
    stamps, is_damaged = _stamps(content, container, name)
    wanted = _evenly(stamps, frames)
    photos: list[Photo] = []
    times: list[float] = []
    watch = Watch()
    for time, pixels in _decoded(content, container, stamps, wanted, watch):
        photos.append(Photo(pixels, f"{name}, {time:.1f} s"))
        times.append(time)
    if not photos:
        raise UnreadableVideo(
            _("{name} is damaged: no frame of it can be decoded.").format(name=name),
            hint=_("Save or download it again, or use another video."),
        )
    is_damaged = is_damaged or len(photos) < len(wanted)
    return Video(name, tuple(photos), tuple(times), stamps[-1], is_damaged, watch.cuts())


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise UnreadableVideo(
                _("{path} is no file.").format(path=path), hint=_("Check the path.")
            )
        if path.stat().st_size > MAX_BYTES:
            raise _too_large(path.name, f"{path.stat().st_size / 2**20:.0f} MB")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableVideo(
            _("{path} cannot be read: {strerror}.").format(path=path, strerror=error.strerror),
            hint=_("Check the path and the file's permissions."),
        ) from error


def _too_large(name: str, size: str) -> UnreadableVideo:
    return UnreadableVideo(
        _("{name} has {size}, more than {max_bytes} MB.").format(
            name=name, size=size, max_bytes=MAX_BYTES // 2**20
        ),
        hint=_("Cut it shorter."),
    )


def _damage() -> tuple[type[Exception], ...]:
    import av

    # What PyAV was seen to raise on damaged files; its own errors are OSErrors or ValueErrors too.
    return (av.FFmpegError, OSError, ValueError, EOFError, ArithmeticError, MemoryError)


def _stamps(content: bytes, kind: str, name: str) -> tuple[list[float], bool]:
    """Return the times of all frames, seconds from the first, and whether reading broke off.

    Packets are read and not decoded: some containers do not say how long they are.
    """
    import av

    times: list[float] = []
    is_damaged = False
    try:
        with av.open(io.BytesIO(content), "r", format=kind, options=LOCAL) as container:
            if not container.streams.video:
                raise UnreadableVideo(
                    _("{name} has no picture, only sound.").format(name=name), hint=_(_USE)
                )
            stream = container.streams.video[0]
            decoder = stream.codec_context
            if decoder is None:
                raise UnreadableVideo(
                    _("{name} is coded in an unknown way.").format(name=name), hint=_(_USE)
                )
            if decoder.width * decoder.height > MAX_PIXELS:
                raise UnreadableVideo(
                    _("{name} is {width} x {height} pixels.").format(
                        name=name, width=decoder.width, height=decoder.height
                    ),
                    hint=_("Save it smaller, at most 4096 x 4096."),
                )
            try:
                for packet in container.demux(stream):
                    if packet.is_discard:  # an edit list leaves it out
                        continue
                    if packet.pts is not None and packet.time_base is not None:
                        times.append(float(packet.pts * packet.time_base))
            except _damage():
                is_damaged = True
    except _damage() as error:
        raise UnreadableVideo(
            _("{name} is not a video that can be opened here.").format(name=name), hint=_(_USE)
        ) from error
    if not times:
        raise UnreadableVideo(
            _("{name} is damaged: it holds no frame.").format(name=name),
            hint=_("Save or download it again."),
        )
    times.sort()
    return [time - times[0] for time in times], is_damaged


def _evenly(stamps: list[float], frames: int) -> list[float]:
    """Return the times of at most `frames` frames, different ones, nearest to an even spacing."""
    used = np.array([time for time in stamps if time <= MAX_SECONDS])
    # The middle of each of as many equal stretches: no frame of the very beginning or end.
    places = (np.arange(frames) + 0.5) / frames * used[-1]
    nearest = {int(np.abs(used - place).argmin()) for place in places}
    return [float(used[place]) for place in sorted(nearest)]


def _decoded(
    content: bytes, kind: str, stamps: list[float], wanted: list[float], watch: Watch
) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Yield time and pixels of the frames at the wanted times, as far as the video can be read.

    `watch` sees all frames up to the last of them, small.
    Decoders give frames in the order in which they are shown. AVI notes the order in which they
    are stored, so there the n-th frame shown has the n-th time of all.
    """
    import av

    ahead = list(wanted)
    begun: float | None = None
    try:
        with av.open(io.BytesIO(content), "r", format=kind, options=LOCAL) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            aspect = _pixel_aspect(stream)
            for number, frame in enumerate(container.decode(stream)):
                if kind == "avi":
                    time = stamps[min(number, len(stamps) - 1)]
                elif frame.time is None:
                    continue
                else:
                    begun = frame.time if begun is None else begun
                    time = float(frame.time - begun)
                watch.see(time, _small(frame))
                if time >= ahead[0] - 1e-3:
                    yield time, _upright(frame, aspect)
                    ahead = [later for later in ahead if later > time + 1e-3]
                if not ahead:
                    return
    except _damage():
        return


def _small(frame: Any) -> NDArray[np.uint8]:
    small = frame.reformat(width=SIDE, height=SIDE, format="rgb24", interpolation="AREA")
    pixels: NDArray[np.uint8] = small.to_ndarray()
    return pixels


def _pixel_aspect(stream: Any) -> float:
    """Return how many times wider than high a stored pixel is shown; 1 where nothing is said."""
    aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or 1
    return float(aspect) if 1 / MAX_ASPECT <= aspect <= MAX_ASPECT else 1.0


def _upright(frame: Any, aspect: float = 1.0) -> NDArray[np.uint8]:
    """Return a frame as a player shows it: square pixels, turned and mirrored by its own note."""
    wide, high = frame.width * max(1.0, aspect), frame.height * max(1.0, 1.0 / aspect)
    scale = min(1.0, LONGEST_SIDE / max(wide, high))
    size = (max(2, round(wide * scale)), max(2, round(high * scale)))
    pixels = frame.reformat(width=size[0], height=size[1], format="rgb24").to_ndarray()
    return np.ascontiguousarray(_displayed(pixels, _matrix(frame)))


def _matrix(frame: Any) -> tuple[int, int, int, int] | None:
    """Return a, b, c, d of the frame's display matrix: x y is shown at a x + c y, b x + d y."""
    for note in frame.side_data:
        if note.type.name == "DISPLAYMATRIX":
            a, b, _, c, d = struct.unpack("=5i", bytes(note)[:20])
            return a, b, c, d
    return None


def _displayed(
    pixels: NDArray[np.uint8], matrix: tuple[int, int, int, int] | None
) -> NDArray[np.uint8]:
    """Return pixels u8[H, W, 3] turned and mirrored by the nearest of the eight ways to stand."""
    a, b, c, d = matrix or (1, 0, 0, 1)
    if abs(b) + abs(c) > abs(a) + abs(d):
        pixels, a, d = pixels.transpose(1, 0, 2), c, b
    return pixels[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]
