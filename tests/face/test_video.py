"""Little videos made here: frames at the right times, and a sentence for what cannot be read."""

import io
import struct
from fractions import Fraction

import av
import numpy as np
import pytest

from ran.errors import BadRequest, UnreadableVideo
from ran.face.video import MAX_SECONDS, open_video


def video(frames: int = 40, *, rate: int = 10, kind="mp4", codec="mpeg4", size=(64, 48)) -> bytes:
    """Frame i is a flat grey of 5 i, so a decoded frame says which it was."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(frames):
            grey = np.full((size[1], size[0], 3), 5 * number % 256, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def numbers(found) -> list[int]:
    return [round(float(frame.pixels.mean()) / 5) for frame in found.frames]


@pytest.mark.parametrize(
    ("kind", "codec"),
    [("mp4", "mpeg4"), ("mov", "mpeg4"), ("webm", "libvpx"), ("matroska", "mpeg4"),
     ("avi", "mpeg4")],
)  # fmt: skip
def test_frames_come_evenly_from_the_middle_of_equal_stretches(kind, codec):
    found = open_video(video(kind=kind, codec=codec), name="clip", frames=5)
    assert found.times == pytest.approx((0.4, 1.2, 1.9, 2.7, 3.5), abs=0.051)
    assert numbers(found) == pytest.approx([4, 12, 19, 27, 35], abs=1)
    assert found.seconds == pytest.approx(3.9, abs=0.01)
    assert not found.is_damaged
    assert not found.is_cut
    assert found.frames[0].name == "clip, 0.4 s"


def test_only_the_first_minute_is_used():
    found = open_video(video(700, size=(16, 16)), frames=6)
    assert found.is_cut
    assert found.seconds == pytest.approx(69.9, abs=0.01)
    assert max(found.times) <= MAX_SECONDS
    assert found.times == pytest.approx((5, 15, 25, 35, 45, 55), abs=0.06)


def test_a_video_of_three_frames_gives_three():
    assert len(open_video(video(3), frames=10).frames) == 3


def test_a_large_frame_is_made_smaller_and_keeps_its_form():
    (photo,) = open_video(video(1, size=(1920, 1080)), frames=1).frames
    assert photo.pixels.shape == (720, 1280, 3)


def test_a_video_cut_off_gives_the_frames_before_and_says_so():
    whole = video(60, kind="matroska")
    found = open_video(whole[: int(0.6 * len(whole))], frames=6)
    assert len(found.frames) >= 1
    assert max(found.times) < 5
    assert found.is_damaged or found.seconds < 5


ONE = 1 << 16
WAYS = {  # name: (a, b, c, d of the display matrix, how a picture is stored that it shows upright)
    "as it is": ((ONE, 0, 0, ONE), lambda p: p),
    "turned by 90": ((0, ONE, -ONE, 0), np.rot90),
    "turned by 180": ((-ONE, 0, 0, -ONE), lambda p: p[::-1, ::-1]),
    "turned by 270": ((0, -ONE, ONE, 0), lambda p: np.rot90(p, 3)),
    "left and right mirrored": ((-ONE, 0, 0, ONE), lambda p: p[:, ::-1]),
    "upside down mirrored": ((ONE, 0, 0, -ONE), lambda p: p[::-1]),
    "transposed": ((0, ONE, ONE, 0), lambda p: p.transpose(1, 0, 2)),
    "transposed the other way": ((0, -ONE, -ONE, 0), lambda p: p[::-1, ::-1].transpose(1, 0, 2)),
}


def _picture() -> np.ndarray:
    """A colour of its own in each quarter, 96 pixels wide and 64 high."""
    quarters = np.array([[[220, 30, 30], [30, 200, 30]], [[30, 30, 220], [220, 220, 40]]], np.uint8)
    return quarters.repeat(32, 0).repeat(48, 1)


def _film(picture, *, kind="mp4", aspect=None, codec="libx264", frames=3) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=10)
        stream.height, stream.width, stream.pix_fmt = *picture.shape[:2], "yuv420p"
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        for number in range(frames):
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def _with_matrix(film: bytes, matrix) -> bytes:
    """The same MP4 with another display matrix in its track's header (ISO/IEC 14496-12, 8.3.2)."""
    a, b, c, d = matrix
    changed, at = bytearray(film), film.index(b"tkhd") + 44
    changed[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    return bytes(changed)


def _far(found, picture) -> float:
    assert found.frames[0].pixels.shape == picture.shape
    return float(np.abs(found.frames[0].pixels.astype(int) - picture).mean())


@pytest.mark.parametrize(("matrix", "stored"), WAYS.values(), ids=WAYS)
def test_a_film_is_shown_as_its_display_matrix_says(matrix, stored):
    film = _with_matrix(_film(stored(_picture())), matrix)
    assert _far(open_video(film, frames=1), _picture()) < 6


@pytest.mark.parametrize("kind", ["mp4", "matroska"])
@pytest.mark.parametrize(
    ("aspect", "shape"),
    [(Fraction(2, 1), (64, 192, 3)), (Fraction(1, 2), (128, 96, 3)), (Fraction(1, 1), (64, 96, 3)),
     (Fraction(999, 1), (64, 96, 3))],
)  # fmt: skip
def test_pixels_are_made_square_and_nonsense_is_passed_over(kind, aspect, shape):
    film = _film(_picture(), kind=kind, aspect=aspect, codec="mpeg4")
    assert open_video(film, frames=1).frames[0].pixels.shape == shape


def test_pixels_are_made_square_before_the_frame_is_turned():
    film = _with_matrix(_film(np.rot90(_picture()), aspect=Fraction(2, 1)), (0, ONE, -ONE, 0))
    assert open_video(film, frames=1).frames[0].pixels.shape == (128, 96, 3)


@pytest.mark.parametrize("kind", ["mp4", "matroska", "avi"])
def test_frames_stored_out_of_order_come_in_the_order_of_time(kind):
    """H.264 stores frames before those that they were made from; AVI does not say which is when."""
    found = open_video(video(20, kind=kind, codec="libx264", size=(320, 320)), frames=20)
    assert len(found.frames) == 20
    assert not found.is_damaged
    assert found.times == pytest.approx([0.1 * number for number in range(20)], abs=1e-6)
    assert numbers(found) == pytest.approx(range(20), abs=1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"not a video", "not a video that can be opened"),
        (video(20)[:300], "clip.mp4"),
    ],
)
def test_what_is_no_video_is_refused_in_a_sentence(content, said):
    with pytest.raises(UnreadableVideo, match=said) as caught:
        open_video(content, name="clip.mp4")
    assert caught.value.hint


def test_sound_alone_is_refused():
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=8000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        silence.rate = 8000
        container.mux(stream.encode(silence))
        container.mux(stream.encode())
    with pytest.raises(UnreadableVideo, match="only sound"):
        open_video(file.getvalue())


def test_damage_anywhere_gives_frames_or_a_sentence():
    whole = video(20)
    generator = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(whole)
        for place in generator.integers(0, len(whole), 20):
            damaged[place] = generator.integers(0, 256)
        try:
            assert open_video(bytes(damaged), frames=4).frames
        except UnreadableVideo as error:
            assert error.hint


def test_paths_are_read_and_missing_ones_refused(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(video(10))
    assert open_video(tmp_path / "clip.mp4", frames=2).name == "clip.mp4"
    with pytest.raises(UnreadableVideo, match="is no file"):
        open_video(tmp_path / "none.mp4")
    with pytest.raises(BadRequest, match="0 frames"):
        open_video(tmp_path / "clip.mp4", frames=0)
