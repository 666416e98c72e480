"""Little videos made here: frames at the right times, and a sentence for what cannot be read."""

import io

import av
import numpy as np
import pytest

from ran.errors import BadRequest, UnreadableVideo
from ran.face.video import MAX_SECONDS, open_video


def video(
    frames: int = 40, *, rate: int = 10, kind="mp4", codec="mpeg4", size=(64, 48), rotated=0
) -> bytes:
    """Frame i is a flat grey of 5 i, so a decoded frame says which it was."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(frames):
            grey = np.full((size[1], size[0], 3), 5 * number % 256, np.uint8)
            if number == 0 and rotated:
                grey[:, : size[0] // 2] = 200
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


def test_a_frame_is_turned_upright_by_the_videos_note():
    class Frame:
        width, height, rotation = 4, 2, 90

        def reformat(self, **size):
            return self

        def to_ndarray(self):
            return np.arange(24, dtype=np.uint8).reshape(2, 4, 3)

    from ran.face.video import _upright

    turned = _upright(Frame())
    assert turned.shape == (4, 2, 3)
    assert turned[0, 0].tolist() == [9, 10, 11], "the upper right corner comes to the upper left"


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
