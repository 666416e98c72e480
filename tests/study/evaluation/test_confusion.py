"""Confusion matrix, balanced accuracy and macro F1, counted by hand."""

import pytest
import torch

from ran.study.evaluation.confusion import confusion_matrix, report

LABELS = torch.tensor([0, 0, 0, 0, 0, 0, 1, 1, 2, 2])
ANSWERS = torch.tensor([0, 0, 0, 0, 1, 2, 1, 0, 2, 3])


def test_rows_are_labels_and_columns_answers():
    assert confusion_matrix(ANSWERS, LABELS, classes=4).tolist() == [
        [4, 1, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0],
    ]  # fmt: skip


def test_each_class_counts_alike_however_many_faces_it_has():
    found = report(ANSWERS, LABELS, classes=4)
    assert (found["n"], found["accuracy"], found["majority"]) == (10, 0.6, 0.6)
    # Shares answered rightly: 4/6, 1/2, 1/2; class 3 has no face.
    assert found["balanced"] == pytest.approx((4 / 6 + 1 / 2 + 1 / 2) / 3)
    # F1: 2 * 4 / (6 + 5), 2 * 1 / (2 + 2), 2 * 1 / (2 + 2).
    assert found["macro_f1"] == pytest.approx((8 / 11 + 1 / 2 + 1 / 2) / 3)
    assert found["confusion"][0] == [4, 1, 1, 0]
    assert found["low"] == pytest.approx(0.3127, abs=1e-4)  # Wilson: 6 of 10
    assert found["high"] == pytest.approx(0.8318, abs=1e-4)


def test_who_answers_the_commonest_class_alone_has_its_share_and_no_more():
    found = report(torch.zeros(10, dtype=torch.int64), LABELS, classes=4)
    assert found["accuracy"] == found["majority"] == 0.6
    assert found["balanced"] == pytest.approx(1 / 3)
