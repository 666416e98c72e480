"""Poses and what a network answers to them: sources, forwards counted, lists, the command."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from ran.__main__ import main
from ran.engine import Engine
from ran.errors import BadRequest, NoFaceFound
from ran.face.covers.parts import preset
from ran.face.photo import Photo, open_photo
from ran.face.video import Video
from ran.scene import Scene
from ran.study.poses.posed import Cover, Posed, Skipped, answered, by_yaw, mirrored_pairs
from ran.study.poses.published_lists import auc, measure, measured, standard_error
from ran.study.poses.sources import of_photos, of_video, turned, turns_of

EXAMPLES = Path(__file__).parents[3] / "examples"
GRACE, TURNED = EXAMPLES / "grace_hopper.jpg", EXAMPLES / "drawn_happiness_turned.png"


@pytest.fixture(scope="module")
def engine(checkpoint) -> Engine:
    return Engine.load(checkpoint, "cpu")


@pytest.fixture(scope="module")
def face(engine):
    return engine.find_faces(open_photo(GRACE))[0]


@pytest.fixture(scope="module")
def poses(engine, face):
    return list(turned(face, (-30, 0, 30, 50), using=engine))


def test_a_film_is_looked_at_in_one_turn_that_most_of_its_frames_show():
    faces = {"a": [1], "b": [0], "c": [1], "d": [], "e": [1]}

    class Using:
        def find_faces(self, photo):
            found = [SimpleNamespace(quarter_turns=turns) for turns in faces[photo.name]]
            if not found:
                raise NoFaceFound("none", hint="none")
            return found

    frames = [Photo(np.zeros((8, 8, 3), np.uint8), name) for name in faces]
    assert turns_of(frames, using=Using()) == 1
    assert turns_of(frames[1:2], using=Using()) == 0
    assert turns_of(frames[3:4], using=Using()) is None
    assert turns_of(frames[:2], using=Using()) == 0, "a tie is the fewest turns"


def test_a_sweep_of_25_poses_takes_25_forwards_and_no_more(checkpoint, face, monkeypatch):
    engine, seen = Engine.load(checkpoint, "cpu"), []
    features = type(engine.model).features
    monkeypatch.setattr(
        type(engine.model), "features",
        lambda model, crops: (seen.append(crops.shape[1]), features(model, crops))[1],
    )  # fmt: skip
    sweep = turned(face, range(-60, 61, 30), range(-30, 31, 15), using=engine)
    found = list(answered(sweep, using=engine))
    assert len(found) == 25
    assert sum(seen) == 6 * 25, "one forward of six regions a pose"


def test_answers_are_the_engines_own_and_the_pose_at_0_is_the_face(engine, face, poses):
    found = list(answered(poses, using=engine))
    ahead = engine.predict(Scene(face))
    assert np.array_equal(found[1].answer.logits, ahead.logits)
    assert not np.array_equal(found[0].answer.logits, ahead.logits)


def test_synthetic_faces_are_marked_and_warned_of_beyond_40_degrees(poses):
    assert all(posed.is_synthetic for posed in poses)
    assert [posed.warning is not None for posed in poses] == [False, False, False, True]


def test_a_cover_follows_the_landmarks(engine, face, poses):
    cover = Cover(face, preset("mouth", face))
    found = list(answered(poses, using=engine, cover=cover))
    for one in found:
        mask = one.scene.mask()
        x, y = one.posed.face.landmarks[3:].mean(0) * mask.shape[0]
        assert mask[int(y), int(x)] == 1.0, one.posed.name
    assert found[1].scene.shapes == cover.shapes


def test_photos_without_a_face_damaged_and_of_other_sizes_are_named_and_the_rest_goes_on(
    engine, tmp_path
):
    noise = np.random.default_rng(0).integers(0, 256, (90, 70, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    (tmp_path / "broken.png").write_bytes(b"broken")
    pixels = open_photo(GRACE).pixels
    Image.fromarray(np.concatenate([pixels, pixels[::2, ::2].repeat(2, 0)[:, :1].repeat(9, 1)], 1)
                    [: pixels.shape[0]]).save(tmp_path / "wide.png")  # fmt: skip
    paths = [tmp_path / "noise.png", tmp_path / "broken.png", tmp_path / "wide.png", TURNED]
    found = list(of_photos(paths, using=engine))
    assert [type(one) for one in found] == [Skipped, Skipped, Posed, Posed]
    assert "No face found in noise.png" in found[0].reason
    assert "broken.png" in found[1].reason


def test_a_frame_without_a_face_is_named_and_the_next_one_is_used(engine, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (90, 70, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "clip, 1.0 s.png")
    frames = (open_photo(tmp_path / "clip, 1.0 s.png"), open_photo(TURNED))
    skipped, posed = of_video(Video("clip", frames, (1.0, 2.0), 3.0), using=engine)
    assert skipped.reason == "No face found in clip, 1.0 s.png."
    assert posed.name == TURNED.name


def test_of_two_faces_the_largest_is_used_and_it_is_said(engine, tmp_path):
    large = Image.open(GRACE).convert("RGB")
    both = Image.new("RGB", (large.width + large.width // 2, large.height))
    both.paste(large, (0, 0))
    both.paste(large.resize((large.width // 2, large.height // 2)), (large.width, 0))
    both.save(tmp_path / "both.png")
    note, posed = of_photos([tmp_path / "both.png"], using=engine)
    assert "shows 2 faces; the largest is used" in note.reason
    alone = engine.find_faces(open_photo(GRACE))[0]
    left, _, right, _ = alone.box
    assert posed.face.box[2] - posed.face.box[0] == pytest.approx(right - left, rel=0.1)


def test_more_than_200_photos_are_refused_at_once(engine):
    with pytest.raises(BadRequest, match="201 photos"):
        next(of_photos([("a.png", b"")] * 201, using=engine))
    assert len(list(of_photos([("a.png", b"")] * 200, using=engine))) == 200


def test_poses_are_ordered_by_yaw(engine, poses):
    found = by_yaw(answered(reversed(poses), using=engine))
    assert [one.posed.yaw for one in found] == [-30, 0, 30, 50]


def test_mirrored_pairs_put_the_left_crop_beside_the_right_one_of_the_other_side(engine, poses):
    found = list(answered(poses, using=engine))
    rows = {name: row for name, *row in mirrored_pairs(found)}
    assert set(rows) == {box.name for box in found[0].answer.boxes}
    other, yaw, here, there = rows["Upper left"]
    assert (other, yaw) == ("Upper right", 30)
    assert here == pytest.approx(found[2].answer.relative_weights[1])
    assert there == pytest.approx(found[0].answer.relative_weights[2])


def test_the_area_counts_pairs_and_ties_by_half():
    assert auc(np.array([3.0, 1.0]), np.array([0.0, 1.0, 2.0])) == pytest.approx(4.5 / 6)
    # Hanley and McNeil 1982, written out for an area of one half with one face of each kind.
    assert standard_error(0.5, 1, 1) == pytest.approx(0.5)


def test_what_the_page_shows_reaches_the_goal_and_counts_the_whole_list():
    result = measured()
    assert result.auc >= 0.80
    assert result.turned + result.lost_turned == 633
    assert result.frontal + result.lost_frontal == 3137 - 1170
    assert len(result.lost) == result.lost_turned + result.lost_frontal


@pytest.mark.data
def test_poses_tell_the_published_lists_apart(data):
    """Every eighth face: the error of the area is 0.03, so a broken estimate falls below 0.75."""
    result = measure(data / "ferplus/ferplus.zip", data / "ran_lists", every=8)
    assert result.auc >= 0.75
    lost = result.lost_turned + result.lost_frontal
    assert lost / (lost + result.turned + result.frontal) < 0.12


def test_the_command_answers_by_yaw_and_names_what_it_leaves_out(checkpoint, tmp_path, capsys):
    Image.fromarray(np.zeros((60, 60, 3), np.uint8)).save(tmp_path / "dark.png")
    options = ["--checkpoint", str(checkpoint), "--device", "cpu", "--json"]
    given = [str(TURNED), str(tmp_path / "dark.png"), str(GRACE)]
    assert main(["poses", *given, *options]) == 0
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert [row["source"] for row in report["poses"]] == [GRACE.name, TURNED.name]
    assert report["skipped"][0]["source"] == "dark.png"
    assert "No face found in dark.png" in err
    assert not report["poses"][0]["synthetic"]
    assert report["poses"][0]["estimated"]["yaw"] == report["poses"][0]["yaw"]


def test_the_command_turns_one_photo(checkpoint, capsys):
    options = ["--checkpoint", str(checkpoint), "--device", "cpu", "--json"]
    assert main(["poses", str(GRACE), "--turn", "--step", "60", "--hide", "mouth", *options]) == 0
    rows = json.loads(capsys.readouterr().out)["poses"]
    assert [row["yaw"] for row in rows] == [-60, 0, 60]
    assert all(row["synthetic"] for row in rows)
    assert rows[0]["warning"]
    assert all(row["regions"][0]["covered"] > 0.05 for row in rows)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "No photo is given."),
        (["--ferplus", "none.zip"], "both --ferplus and --lists are needed"),
        ([str(GRACE), str(GRACE), "--turn"], "--turn takes one"),
        ([str(GRACE), "--turn", "--step", "0"], "Use 1 to 60"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(checkpoint, capsys, given, said):
    network = [] if "--ferplus" in given else ["--checkpoint", str(checkpoint)]
    assert main(["poses", *given, *network]) == 2
    assert said in capsys.readouterr().err
