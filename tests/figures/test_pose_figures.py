"""The charts over yaw: what stands where, and that a point tells its pose."""

from dataclasses import replace

import numpy as np
import pytest

from ran.expressions import FERPLUS
from ran.face.detect import Face
from ran.figures import LIGHT
from ran.figures.poses.curves import attention, mirror_check, probability
from ran.net.regions import fixed_layout
from ran.prediction import Prediction
from ran.scene import Scene
from ran.shown import Shown
from ran.study.poses.posed import Answered, Posed

BOXES = fixed_layout().boxes
WHOLE, NAMES = BOXES[:1], [box.name for box in BOXES]


def an_answer(yaw: float, *, boxes=BOXES, classes=FERPLUS, margin=0.01) -> Answered:
    """An answer whose weights, probabilities and margin are told by its yaw."""
    shade = np.full((32, 32, 3), 100 + round(yaw), np.uint8)
    posed = Posed(f"yaw {yaw}", Face.from_pixels(shade), yaw, 0.0, np.zeros((32, 32), bool))
    weights = np.linspace(1, 2, len(boxes)).astype(np.float32) + abs(yaw) / 100
    probabilities = np.full(len(classes), 0.5 / (len(classes) - 1), np.float32)
    probabilities[2 if yaw > 0 else 1] = 0.5
    row = np.full(len(boxes), 0.5, np.float32)
    answer = Prediction(
        classes=classes, probabilities=probabilities, logits=np.log(probabilities),
        self_weights=row, relation_weights=row, weights=weights / weights.sum(), covered=0 * row,
        boxes=boxes, alpha=0.02, rb_margin=margin,
    )  # fmt: skip
    return Answered(posed, Shown(posed.name, Scene(posed.face), answer))


@pytest.fixture
def found():
    return [an_answer(yaw) for yaw in (-60, -30, 0, 30, 60)]


def named(figure, words):
    return [trace for trace in figure.data if trace.hovertemplate.startswith(words + ",")]


def test_every_region_has_a_line_of_its_own_whose_points_tell_their_pose(found):
    figure = attention(found, LIGHT, chosen=2, alpha=0.02)
    for k, name in enumerate(NAMES):
        (line,) = named(figure, name)
        assert list(line.y) == pytest.approx([one.answer.relative_weights[k] for one in found])
        assert list(line.x) == [-60, -30, 0, 30, 60]
        assert [place for place, _ in line.customdata] == [0, 1, 2, 3, 4]
    (margins,) = named(figure, "RB margin")
    assert margins.yaxis == "y3"
    assert margins.customdata[0][1] == "yaw −60°"


def test_a_line_joins_the_poses_of_one_person_and_no_others(found):
    (line,) = named(attention(found, LIGHT, chosen=2, alpha=0.02), "Upper left")
    assert line.mode == "lines+markers"
    listed = [replace(one, posed=replace(one.posed, filled=None)) for one in found]
    (points,) = named(attention(listed, LIGHT, chosen=2, alpha=0.02), "Upper left")
    assert points.mode == "markers"


def test_faces_stand_at_their_yaw_and_a_point_on_each_tells_its_place(found):
    figure = attention(found, LIGHT, chosen=4, alpha=0.02)
    assert [picture.x for picture in figure.layout.images] == [-60, -30, 0, 30, 60]
    assert [place for place, _ in figure.data[0].customdata] == [0, 1, 2, 3, 4]


def test_where_faces_have_no_room_the_chosen_one_still_stands():
    crowd = [an_answer(yaw) for yaw in range(-60, 61, 2)]
    figure = attention(crowd, LIGHT, chosen=7, alpha=0.02)
    yaws = [picture.x for picture in figure.layout.images]
    assert -46 in yaws
    assert len(yaws) <= 12
    assert min(np.diff(yaws)) >= figure.layout.images[0].sizex


def test_the_accent_marks_the_chosen_pose_through_all_rows(found):
    figure = attention(found, LIGHT, chosen=3, alpha=0.02)
    (line,) = [one for one in figure.layout.shapes if one.x0 == one.x1 == 30]
    assert (line.y0, line.y1) == (0, figure.layout.yaxis.domain[0])


def test_the_ground_is_grey_beyond_40_degrees_alone(found):
    edges = {
        (one.x0, one.x1)
        for one in attention(found, LIGHT, chosen=2, alpha=0.02).layout.shapes
        if one.fillcolor == LIGHT.panel
    }
    assert {40, -40} <= {edge for pair in edges for edge in pair}
    near = probability(found[1:4], LIGHT, chosen=1)
    assert not [one for one in near.layout.shapes if one.fillcolor == LIGHT.panel]


def test_below_alpha_lies_the_zone_of_loss(found):
    figure = attention(found, LIGHT, chosen=2, alpha=0.07)
    (zone,) = [one for one in figure.layout.shapes if one.fillcolor == LIGHT.loss_zone]
    assert zone.y1 == 0.07
    assert figure.layout.yaxis3.range[1] > 0.07, "the zone's edge is in the picture"


def test_a_plain_network_lies_over_it_hollow_with_no_weight(found):
    plain = [an_answer(one.posed.yaw, boxes=WHOLE, margin=None) for one in found]
    figure = attention(found, LIGHT, chosen=2, alpha=0.02, other=plain)
    hollow = [trace for trace in figure.data if "other network" in trace.hovertemplate]
    assert not [trace for trace in hollow if any(value is not None for value in trace.y)]
    probabilities = probability(found, LIGHT, chosen=2, other=plain)
    assert len(probabilities.data) == 2 * len(FERPLUS)


def test_a_plain_network_does_not_keep_the_others_crops_away(found):
    plain = [an_answer(one.posed.yaw, boxes=WHOLE, margin=None) for one in found]
    figure = attention(plain, LIGHT, chosen=2, alpha=0.02, other=found)
    hollow = {trace.hovertemplate.split(",")[0]
              for trace in figure.data if "other network" in trace.hovertemplate}  # fmt: skip
    assert hollow == {*NAMES, "RB margin"}


def test_without_a_margin_the_row_for_it_is_left_out():
    plain = [an_answer(yaw, boxes=WHOLE, margin=None) for yaw in (-30, 0, 30)]
    figure = attention(plain, LIGHT, chosen=1, alpha=0.02)
    assert "yaxis3" not in figure.to_dict()["layout"]
    assert figure.layout.xaxis.anchor == "y2"
    assert not named(figure, "RB margin")


def test_a_class_that_the_other_network_lacks_has_no_line_of_it(found):
    few = [an_answer(one.posed.yaw, classes=FERPLUS[:3]) for one in found]
    figure = probability(found, LIGHT, chosen=2, other=few)
    hollow = [trace for trace in figure.data if "other network" in trace.hovertemplate]
    assert {trace.hovertemplate.split(",")[0] for trace in hollow} == set(FERPLUS[:3])


def test_the_three_likeliest_expressions_stand_out(found):
    figure = probability(found, LIGHT, chosen=2)
    solid = [t.hovertemplate.split(",")[0] for t in figure.data if t.line.dash == "solid"]
    assert len(solid) == 3
    assert {FERPLUS[1], FERPLUS[2]} <= set(solid)


def test_the_mirror_check_names_both_regions_and_their_difference():
    rows = [("Upper left", "Upper right", 30.0, 1.2, 0.9), ("Whole face", "Whole face", 30.0, 1, 1)]
    figure = mirror_check(rows, LIGHT)
    assert [note.text for note in figure.layout.annotations] == ["▲ +0.30", "● ±0.00"]
    hollow, filled = figure.data[-2:]
    assert list(hollow.x) == [0.9, 1]
    assert list(filled.x) == [1.2, 1]
    assert filled.y[0] == "Upper left | Upper right"
