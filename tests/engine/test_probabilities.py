"""Probabilities with the card's temperature and without."""

from dataclasses import replace

import numpy as np
import torch

from ran.engine import Engine
from ran.face.detect import Face
from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.scene import Scene

FACE = Face.from_pixels(np.random.default_rng(4).integers(0, 256, (64, 64, 3), dtype=np.uint8))


def test_the_probabilities_are_given_with_the_cards_temperature_and_without(checkpoint, tmp_path):
    model, card = load_checkpoint(checkpoint)
    save_checkpoint(tmp_path / "cold", model, replace(card, temperature=0.5))
    answer = Engine.load(tmp_path / "cold", "cpu").predict(Scene(FACE))
    logits = torch.from_numpy(answer.logits).double()
    np.testing.assert_allclose(answer.probabilities_t1, logits.softmax(0), atol=1e-6)
    np.testing.assert_allclose(answer.probabilities, (logits / 0.5).softmax(0), atol=1e-6)
    assert answer.probabilities.max() > answer.probabilities_t1.max()
    told = answer.as_json()["probabilities_t1"]
    np.testing.assert_allclose(list(told.values()), answer.probabilities_t1)


def test_large_logits_give_numbers(checkpoint):
    answer = Engine.load(checkpoint, "cpu").predict(Scene(FACE))
    sure = replace(answer, logits=np.float32([1000.0] + [-1000.0] * (len(answer.classes) - 1)))
    assert sure.probabilities_t1.tolist() == [1.0] + [0.0] * (len(answer.classes) - 1)
