"""How poses are estimated was chosen on FER2013Valid, and what was chosen is in use."""

import inspect
import json

import numpy as np
import pytest
from made_up_ferplus import write_ferplus

from ran.__main__ import main
from ran.errors import BadRequest
from ran.face.detector import FaceDetector, default_detector
from ran.face.pose import FOCAL, HEAD_MM, SOLVERS, Fit, project, rotation_of
from ran.study.data.ferplus import Faces, read_ferplus
from ran.study.poses.estimator_choice import CHOSEN, ROUNDS, agreement, chosen, compare


class Looking:
    """Sees generic heads, each of its yaw; one round is noisier than two, three lose faces."""

    def __init__(self, yaws):
        self.yaws, self.draw = yaws, np.random.default_rng(0)

    def looks(self, faces, *, rounds):
        noise = {1: 0.02, 2: 0.004, 3: 0.01}[rounds]
        heads = [
            project(HEAD_MM, Fit(rotation_of(yaw, 0, 0), np.array([0.0, -40.0, 850.0])))
            for yaw in self.yaws[: len(faces)]
        ]
        looks = np.array(heads)[:, None] + self.draw.normal(0, noise, (len(faces), 8, 5, 2))
        sure = np.ones((len(faces), 8))
        sure[: rounds == 3] = 0.1
        return looks.astype(np.float32), sure.astype(np.float32)


def blank(count):
    names = tuple(map(str, range(count)))
    return Faces(names, np.zeros((count, 48, 48), np.uint8), np.ones((count, 10), np.int64))


def test_the_way_whose_halves_agree_best_comes_first():
    ways, medians = compare(blank(40), Looking(np.linspace(-30, 30, 40)))
    assert ways[0].rounds == 2
    assert [way.agreement for way in ways] == sorted((w.agreement for w in ways), reverse=True)
    assert {way.lost for way in ways if way.rounds == 3} == {1}
    assert {way.of for way in ways} == {40}
    assert medians[0][0] + medians[1][0] == pytest.approx(1.0, abs=0.01)


def test_agreement_is_1_for_equals_and_about_0_for_strangers():
    draw = np.random.default_rng(0)
    one, other = draw.normal(0, 10, (2, 4000, 2))
    assert agreement(one, one) == 1.0
    assert agreement(one, other) == pytest.approx(0.0, abs=0.05)
    # Two noisy looks at one head agree by the share of the variance that is the head's.
    head = draw.normal(0, 10, (4000, 2))
    assert agreement(head + one / 2, head + other / 2) == pytest.approx(0.8, abs=0.02)


def test_what_was_chosen_is_in_use():
    best = chosen()
    stored = json.loads(CHOSEN.read_text())
    assert best.agreement == max(way["agreement"] for way in stored["ways"])
    assert (best.solver, best.focal) == (SOLVERS[0], FOCAL)
    assert best.rounds == inspect.signature(FaceDetector.looks).parameters["rounds"].default
    assert {way["rounds"] for way in stored["ways"]} == set(ROUNDS)


def test_the_generic_head_is_the_median_face_made_symmetric():
    left, right, nose, left_mouth, right_mouth = np.array(
        json.loads(CHOSEN.read_text())["landmarks"]
    )
    scale = 63.0 / (right - left)[0]
    level = (left + right)[1] / 2
    down = [(nose[1] - level) * scale, ((left_mouth + right_mouth)[1] / 2 - level) * scale]
    assert HEAD_MM[[2, 3], 1] == pytest.approx(down, abs=0.1)
    assert HEAD_MM[4, 0] == pytest.approx((right_mouth - left_mouth)[0] / 2 * scale, abs=0.1)


def test_pictures_without_a_face_and_missing_data_are_one_sentence(tmp_path, capsys):
    with pytest.raises(BadRequest, match="Hardly a face was found"):
        compare(blank(3), default_detector())
    write_ferplus(tmp_path / "data")
    assert main(["poses", "--ferplus", str(tmp_path / "data"), "--choose"]) == 2
    assert "Hardly a face" in capsys.readouterr().err
    assert main(["poses", "--choose"]) == 2
    assert "To choose, --ferplus is needed" in capsys.readouterr().err


@pytest.mark.data
def test_on_a_part_of_the_faces_the_solver_in_use_beats_epnp(data):
    faces = read_ferplus(data / "ferplus/ferplus.zip", "valid")
    ways, _ = compare(faces.chosen(frozenset(faces.names[::24])), default_detector())
    best = {way.solver: way for way in reversed(ways) if way.rounds == 2}
    assert best["vvs"].agreement > best["epnp"].agreement
    assert best["vvs"].agreement > 0.9
