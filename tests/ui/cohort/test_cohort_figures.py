"""The Cohort page's figures for a paper: what they are, and that they have the page's numbers."""

import numpy as np
import pytest
from app_pages import opened, unfolded
from cohort_steps import begin, gathered, source

from ran.figures.paper import ink
from ran.ui.cohort import results
from ran.words import as_written

pytestmark = pytest.mark.usefixtures("tiny_network")


def drawn(charts, stem):
    with ink.style(), as_written():
        return charts[stem][0]()


def test_faces_without_labels_have_spreads_and_weights(few_covers, charts):
    app = unfolded(opened("cohort"), "cohort-save")
    assert list(charts) == ["ran-cohort-figure", "ran-cohort-weights-figure"]
    members = gathered(app).members
    (axes,) = drawn(charts, "ran-cohort-weights-figure").axes
    mean = np.mean([one.answer.relative_weights for one in members], 0)
    texts = [text.get_text() for text in axes.texts]
    assert texts[: len(mean)] == [f"{value:.2f}" for value in mean]
    assert f"all faces ({len(members)})" in [one.get_text() for one in axes.get_yticklabels()]
    assert "by cover" in charts["ran-cohort-weights-figure"][1]()


def test_faces_with_labels_have_accuracies_and_confusions_too(data, charts):
    app = unfolded(begin(source(opened("cohort"), "Published list")), "cohort-save")
    assert list(charts) == [
        "ran-cohort-figure", "ran-cohort-accuracy-figure", "ran-cohort-weights-figure",
        "ran-cohort-confusion-figure",
    ]  # fmt: skip
    labelled = [one for one in gathered(app).members if one.label is not None]
    (axes,) = drawn(charts, "ran-cohort-confusion-figure").axes
    _classes, counts = results.taken_for(labelled)
    assert [text.get_text() for text in axes.texts] == [
        str(count) for row in counts for count in row
    ]
    assert sum(map(sum, counts)) == len(labelled)
    (axes,) = drawn(charts, "ran-cohort-accuracy-figure").axes
    right = np.mean([one.answer.expression == one.label for one in labelled])
    assert axes.texts[0].get_text() == f"{100 * right:.1f}"
    assert "McNemar" not in charts["ran-cohort-accuracy-figure"][1]()
