"""The charts over a film: in the order of time, broken where nothing joins two frames."""

from dataclasses import replace

import pytest
from test_pose_figures import BOXES, an_answer, named

from ran.figures import DARK, LIGHT
from ran.figures.poses.axis import TIME, YAW, stands
from ran.figures.poses.curves import attention, probability
from ran.figures.poses.lines import class_lines, lines
from ran.net.regions import LANDMARK_NAMES, random_layout
from ran.recipe import PhotoRef
from ran.study.poses.moments import Moment

FRAMES = ((0, 0.5, 0), (1, 1.5, 0), (2, 2.5, 0), (4, 4.5, 0), (5, 5.5, 1), (6, 6.5, 1))
"""Number, time and shot: frame 3 shows no face, and between 4 and 5 the film cuts, at 5 s."""
YAWS = (0.0, -45.0, 10.0, -5.0, 30.0, -20.0)


@pytest.fixture
def film():
    found = []
    for (frame, time, shot), yaw in zip(FRAMES, YAWS, strict=True):
        one = an_answer(yaw)
        moment = Moment(frame, time, shot, 5.0 * shot)
        posed = replace(one.posed, filled=None, photo=PhotoRef("0" * 64, "f"), moment=moment)
        found.append(replace(one, posed=posed))
    return found


BROKEN = [0.5, 1.5, 2.5, None, 4.5, None, 5.5, 6.5]


def test_a_line_is_broken_at_a_cut_and_where_a_frame_shows_no_face(film):
    for figure in (
        attention(film, LIGHT, chosen=0, alpha=0.02, along=TIME),
        probability(film, LIGHT, chosen=0, along=TIME),
    ):
        for line in (trace for trace in figure.data if trace.mode == "lines+markers"):
            assert list(line.x) == BROKEN
            assert [value is None for value in line.y] == [time is None for time in BROKEN]
            places = [place for place, _ in line.customdata]
            assert places == [0, 1, 2, None, 3, None, 4, 5]
            assert not line.connectgaps


def test_the_first_row_is_how_the_head_is_turned(film):
    figure = attention(film, LIGHT, chosen=0, alpha=0.02, along=TIME)
    (head,) = named(figure, "Head")
    assert [yaw for yaw in head.y if yaw is not None] == list(YAWS)
    assert not figure.layout.images


def test_the_cut_stands_at_its_own_time(film):
    for figure in (
        attention(film, LIGHT, chosen=0, alpha=0.02, along=TIME),
        probability(film, LIGHT, chosen=0, along=TIME),
    ):
        (word,) = [note for note in figure.layout.annotations if note.text == "cut"]
        assert word.x == 5.0
        assert [one.x0 for one in figure.layout.shapes if one.line.dash == "dash"] == [5.0]


def test_the_ground_is_grey_while_the_head_is_turned_far(film):
    figure = probability(film, LIGHT, chosen=0, along=TIME)
    (ground,) = [one for one in figure.layout.shapes if one.fillcolor == LIGHT.panel]
    assert (ground.x0, ground.x1) == (1.0, 2.0), "half way to the frames before and after"


def test_along_the_yaw_no_line_joins_the_frames_of_a_film(film):
    found = YAW.order(film)
    figure = attention(found, LIGHT, chosen=0, alpha=0.02, along=YAW)
    (line,) = named(figure, BOXES[1].name)
    assert line.mode == "markers"
    assert list(line.x) == sorted(YAWS)
    assert [one.text for one in figure.layout.annotations if one.text == "cut"] == []


def test_each_axis_and_each_row_says_what_it_counts(film):
    for along, title in ((TIME, "time in the film"), (YAW, "yaw, as estimated")):
        figure = attention(film, LIGHT, chosen=0, alpha=0.02, along=along)
        assert figure.layout.xaxis.title.text == title
        said = {note.text for note in figure.layout.annotations}
        assert {"weight w, against uniform", "RB margin"} <= said
    chances = probability(film, LIGHT, chosen=0, along=TIME)
    assert "probability" in {note.text for note in chances.layout.annotations}


def test_a_pose_of_no_film_has_no_place_in_time():
    with pytest.raises(ValueError, match="has no time"):
        attention([an_answer(0.0)], LIGHT, chosen=0, alpha=0.02, along=TIME)


def test_a_frame_is_named_by_its_time_and_yaw(film):
    assert stands(film[1].posed) == "1.5 s, yaw −45°"
    assert stands(an_answer(30.0).posed) == "yaw +30°"


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize(
    "names",
    [[box.name for box in BOXES], ["Whole face", *LANDMARK_NAMES], list(random_layout(24).names)],
    ids=["fixed", "landmark", "random"],
)
def test_no_two_crops_have_the_same_line(names, theme):
    drawn = lines(names, theme)
    assert len(set(drawn.values())) == len(names)


def test_five_landmark_crops_have_five_colours():
    drawn = lines(["Whole face", *LANDMARK_NAMES], LIGHT)
    assert len({drawn[name][0] for name in LANDMARK_NAMES}) == 5


def test_no_two_expressions_have_the_same_line():
    names = [f"class {k}" for k in range(8)]
    assert len(set(class_lines(names, LIGHT).values())) == 8
