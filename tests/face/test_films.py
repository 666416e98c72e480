"""A film's times, from its frames to the answers, the files and the command."""

import csv
import io
import json

import numpy as np
import pytest
from made_up_films import EXAMPLES, film_of

from ran.__main__ import main
from ran.engine import Engine
from ran.face.head import turn
from ran.face.photo import open_photo
from ran.face.video import open_video
from ran.study.poses.moments import Moment
from ran.study.poses.posed import Posed, Skipped, answered, by_yaw, in_order
from ran.study.poses.sources import of_photos, of_video
from ran.ui.poses.exports import poses_csv

GRACE, DRAWN = EXAMPLES / "grace_hopper.jpg", EXAMPLES / "drawn_happiness.png"


@pytest.fixture(scope="module")
def engine(checkpoint) -> Engine:
    return Engine.load(checkpoint, "cpu")


@pytest.fixture(scope="module")
def film(engine) -> bytes:
    """A head that turns to the left and back, fog, and another face: ten frames a second."""
    face = engine.find_faces(open_photo(GRACE))[0]
    head = [turn(face, yaw, 0)[0].pixels for yaw in (0, -20, -40, -20, 0) for _ in range(4)]
    fog = [np.full((320, 320, 3), 128, np.uint8)] * 4
    return film_of([*head, *fog, *[open_photo(DRAWN).pixels] * 8])


@pytest.fixture(scope="module")
def steps(engine, film):
    return list(of_video(open_video(film, name="clip.mp4", frames=8), using=engine))


@pytest.fixture(scope="module")
def poses(steps):
    return [step for step in steps if isinstance(step, Posed)]


def test_each_frame_says_when_it_is_seen_and_in_which_shot(film, steps):
    video = open_video(film, frames=8)
    assert video.cuts == pytest.approx((2.0, 2.4))
    seen = [step.moment for step in steps if step.moment]
    assert [moment.frame for moment in seen] == list(range(8))
    assert [moment.seconds for moment in seen] == list(video.times)
    for moment in seen:
        assert moment.shot == (moment.seconds >= 2.0) + (moment.seconds >= 2.4)
        assert moment.began == pytest.approx((0.0, 2.0, 2.4)[moment.shot])


def test_a_frame_without_a_face_keeps_its_place_and_a_small_picture(steps):
    (left_out,) = [step for step in steps if isinstance(step, Skipped)]
    assert left_out.moment.shot == 1
    assert left_out.pixels.shape == (100, 100, 3)
    assert abs(int(left_out.pixels.mean()) - 128) < 4


@pytest.mark.parametrize(
    ("later", "does"),
    [(Moment(4, 9.0, 1), True), (Moment(5, 9.0, 1), False), (Moment(4, 9.0, 2), False),
     (Moment(3, 9.0, 1), False), (Moment(2, 9.0, 1), False)],
)  # fmt: skip
def test_a_frame_follows_the_one_before_it_in_its_own_shot_alone(later, does):
    assert later.follows(Moment(3, 8.0, 1)) is does


def test_a_photo_has_no_moment(engine):
    (posed,) = of_photos([GRACE], using=engine)
    (found,) = answered([posed], using=engine)
    assert posed.moment is None
    assert found.as_json()["moment"] is None


def test_answers_to_a_film_keep_the_order_of_time_where_yaw_would_mix_it(engine, poses):
    (photo,) = of_photos([DRAWN], using=engine)
    found = list(answered([*poses, photo], using=engine))
    times = [one.posed.moment.seconds for one in in_order(found)[:-1]]
    assert times == sorted(times)
    assert in_order(found)[-1].posed is photo
    mixed = [one.posed.moment.seconds for one in by_yaw(found[:-1])]
    assert mixed != sorted(mixed), "the film would show nothing otherwise"


def test_files_hold_the_time_and_shot_of_each_frame(engine, poses):
    found = list(answered(poses, using=engine))
    rows = list(csv.DictReader(io.StringIO(poses_csv(found))))
    told = {(row["pose"], row["seconds"], row["shot"]) for row in rows}
    assert told == {(one.name, f"{one.moment.seconds:.3f}", str(one.moment.shot)) for one in poses}
    assert found[-1].as_json()["moment"] == {
        "frame": 7, "seconds": poses[-1].moment.seconds, "shot": 2,
        "shot_began": pytest.approx(2.4),
    }  # fmt: skip


def test_the_command_answers_a_film_in_the_order_of_time(checkpoint, film, tmp_path, capsys):
    (tmp_path / "clip.mp4").write_bytes(film)
    given = [str(GRACE), str(tmp_path / "clip.mp4"), "--checkpoint", str(checkpoint)]
    assert main(["poses", *given, "--device", "cpu", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["poses"]
    times = [row["moment"]["seconds"] for row in rows[:-1]]
    assert len(times) > 8
    assert times == sorted(times)
    assert rows[-1]["source"] == GRACE.name
    assert main(["poses", *given, "--device", "cpu"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" s  yaw")[0].strip() for line in lines[:-1]] == [f"{t:.1f}" for t in times]
    assert lines[-1].startswith("yaw")
