"""Where a film cuts: between two scenes, and neither in a movement nor at a flash."""

from itertools import pairwise

import numpy as np
import pytest
from made_up_films import EXAMPLES, film_of
from PIL import Image

from ran.face.cuts import LEAST, SIDE, Watch
from ran.face.detect import find_faces
from ran.face.head import turn
from ran.face.photo import open_photo
from ran.face.video import open_video


def cuts(levels) -> list[int]:
    """The places at which a film of flat greys cuts."""
    watch = Watch()
    for place, level in enumerate(levels):
        watch.see(float(place), np.full((SIDE, SIDE, 3), level, np.uint8))
    return [int(time) for time in watch.cuts()]


@pytest.mark.parametrize(
    ("levels", "found"),
    [
        ([], []),
        ([9], []),
        ([50] * 5 + [90] * 5, [5]),
        ([50, 90], [1]),
        ([50] * 4 + [90] * 4 + [20] * 4, [4, 8]),
        ([50, 54, 57, 61, 120, 123, 127, 130], [4]),
        ([50] * 5 + [61] * 5, []),
        (range(20, 250, 20), []),
        ([50, 50, 50, 66, 86, 108, 128, 130], []),
        ([50] * 5 + [255] + [50] * 5, []),
        ([50, 60, 40, 66, 38, 70, 44, 90], []),
    ],
    ids=["nothing", "one frame", "two scenes", "two frames", "three scenes", "a moving film",
         "a small step", "a steady pan", "a movement that begins", "a flash", "unrest"],
)  # fmt: skip
def test_a_cut_is_a_change_far_larger_than_those_around_it(levels, found):
    assert cuts(levels) == found


@pytest.mark.parametrize("kind", ["mp4", "matroska", "avi"])
def test_two_photos_joined_cut_where_they_meet(kind):
    people = [open_photo(EXAMPLES / name).pixels for name in ("astronaut.png", "grace_hopper.jpg")]
    found = open_video(film_of([people[0]] * 12 + [people[1]] * 8, kind=kind), frames=5)
    assert found.cuts == pytest.approx([1.2])
    assert [found.shot(time) for time in found.times] == [time >= 1.2 for time in found.times]
    assert {found.shot(time) for time in found.times} == {0, 1}


def test_a_photo_that_is_moved_across_the_picture_does_not_cut():
    photo = open_photo(EXAMPLES / "astronaut.png").pixels
    steps = [photo[:, k : k + 400] for k in range(0, 100, 5)]
    small = [np.asarray(Image.fromarray(step).resize((SIDE, SIDE))).astype(int) for step in steps]
    assert max(np.abs(a - b).mean() for a, b in pairwise(small)) > 8, "it does move"
    assert open_video(film_of(steps)).cuts == ()


@pytest.mark.parametrize("name", ["astronaut.png", "grace_hopper.jpg", "drawn_surprise.png"])
def test_a_head_that_turns_at_once_and_holds_still_does_not_cut(name):
    """The picture changes as much as at a cut; its colours do not."""
    face = find_faces(open_photo(EXAMPLES / name))[0]
    ahead, aside = (turn(face, yaw, 0)[0].pixels for yaw in (0, 20))
    small = [
        np.asarray(Image.fromarray(one).resize((SIDE, SIDE))).astype(int) for one in (ahead, aside)
    ]
    assert np.abs(small[0] - small[1]).mean() > LEAST
    assert open_video(film_of([ahead] * 6 + [aside] * 6)).cuts == ()


def test_no_frame_after_the_last_one_taken_is_looked_at(monkeypatch):
    """Frames are decoded up to the last one taken, and no further."""
    seen = []
    monkeypatch.setattr(Watch, "see", lambda self, time, small: seen.append(time))
    grey = [np.full((64, 64, 3), 5 * k, np.uint8) for k in range(40)]
    found = open_video(film_of(grey), frames=2)
    assert max(seen) == pytest.approx(found.times[-1])
