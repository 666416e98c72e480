"""Ranks, margins and what covers do, against numbers worked out by hand or another way."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from ran.explain.regions.shapley import region_values
from ran.net.attention import rb_margin
from ran.net.model import RegionAttentionNetwork
from ran.net.regions import fixed_layout
from ran.study.data.ferplus import Faces
from ran.study.evidence.ranking import (
    hidden_shares,
    margins,
    mean_weights,
    ranks,
    under_covers,
)


class Network(RegionAttentionNetwork):
    """Two weights that are read off the features, and a classifier that adds what regions say."""

    def __init__(self):
        torch.nn.Module.__init__(self)

    def attend(self, features):
        from ran.net.model import RanOutput

        mu, nu = features[..., 0], features[..., 1]
        shares = mu * nu + 1e-9  # no regions at all are asked too
        w = shares / shares.sum(1, keepdim=True)
        logits = (w[..., None] * features[..., 2:]).sum(1)
        return RanOutput(logits, mu, nu, w, features)


NETWORK = Network()
FEATURES = torch.rand(12, 4, 5, generator=torch.Generator().manual_seed(3)) + 0.1
# mu and nu rank the regions each in their own way, and w in a third.
FEATURES[..., 0] *= torch.tensor([0.4, 0.8, 1.2, 1.6])
FEATURES[..., 1] *= torch.tensor([1.0, 4.0, 1.0, 0.1])


def test_ranks_are_scipys_and_the_fixed_order_is_that_of_the_mean():
    found = ranks(NETWORK, FEATURES)
    output = NETWORK.attend(FEATURES)
    mean = output.weights.mean(0).numpy()
    expected = {"rho": [], "rho_mean_w": [], "rho_mu": [], "rho_nu": []}
    for row in range(12):
        values = region_values(NETWORK.attend, FEATURES[row : row + 1]).shapley
        worth = values[:, int(output.logits[row].argmax())]
        orders = (output.weights[row], mean, output.self_weights[row], output.relation_weights[row])
        for name, order in zip(expected, orders, strict=True):
            expected[name].append(spearmanr(np.asarray(order), worth).statistic)
    for name, rhos in expected.items():
        assert found[name] == pytest.approx(np.mean(rhos), abs=1e-6), name
    assert found["n"] == 12
    assert found["mu_spread"] == pytest.approx(
        float(np.mean(np.var(np.log(FEATURES[..., 0].numpy()), axis=1))), rel=1e-5
    )


def test_the_mean_weights_sum_to_one_and_are_those_of_the_faces():
    found = mean_weights(NETWORK, FEATURES)
    assert found.sum() == pytest.approx(1, abs=1e-6)
    assert np.allclose(found, NETWORK.attend(FEATURES).weights.mean(0).numpy(), atol=1e-7)


def test_the_margin_is_correlated_with_the_probability_of_the_label():
    labels = torch.arange(12) % 3
    found = margins(NETWORK, FEATURES, labels, alpha=0.1)
    output = NETWORK.attend(FEATURES)
    margin = rb_margin(output.self_weights).numpy()
    labelled = output.logits.softmax(1).gather(1, labels[:, None])[:, 0].numpy()
    assert found["rho"] == pytest.approx(spearmanr(margin, labelled).statistic, abs=1e-6)
    assert found["reaches"] == pytest.approx(float((margin >= 0.1).mean()))
    z, reach = np.arctanh(found["rho"]), 1.96 / 3  # Fisher's z of twelve faces
    assert found["low"] == pytest.approx(np.tanh(z - reach))
    assert found["high"] == pytest.approx(np.tanh(z + reach))


def test_under_covers_each_weight_is_counted_in_the_bin_of_what_is_hidden():
    covered = FEATURES.clone()
    covered[:, 0, 0] *= 0.5  # mu of the first region falls
    covered[:, 1, 1] *= 2.0  # nu of the second rises
    shares = np.zeros((12, 4), np.float32)
    shares[:, 0], shares[:, 1] = 0.8, 0.25
    found = under_covers(NETWORK, FEATURES, covered, shares)
    assert list(found) == ["0 to 5 %", "25 to 50 %", "75 to 100 %"]
    assert [row["n"] for row in found.values()] == [24, 12, 12]
    most, some, none = found["75 to 100 %"], found["25 to 50 %"], found["0 to 5 %"]
    assert (most["mu_falls"], some["mu_falls"], none["mu_falls"]) == (1, 0, 0)
    assert most["mu"] == pytest.approx(float(-0.5 * FEATURES[:, 0, 0].mean()), rel=1e-5)
    assert some["nu"] == pytest.approx(float(FEATURES[:, 1, 1].mean()), rel=1e-5)
    assert some["w_falls"] == 0
    before, after = (NETWORK.attend(x).weights[:, 1] * 4 for x in (FEATURES, covered))
    assert some["w"] == pytest.approx(float((after - before).mean()), rel=1e-4)


def test_a_region_that_is_hidden_whole_is_in_the_last_bin():
    found = under_covers(NETWORK, FEATURES, FEATURES, np.ones((12, 4), np.float32))
    assert {name: row["n"] for name, row in found.items()} == {"75 to 100 %": 48}
    assert found["75 to 100 %"]["w_falls"] == 0, "what stays has not fallen"


def test_the_hidden_share_of_a_region_is_that_of_its_pixels_which_changed():
    pixels = np.full((1, 48, 48), 9, np.uint8)
    clean = Faces(("a",), pixels, np.ones((1, 10), np.int64))
    changed = pixels.copy()
    changed[:, :24] = 200
    covered = Faces(("a",), changed, clean.votes)
    shares = hidden_shares(clean, covered, fixed_layout())
    assert shares.shape == (1, 6)
    names = fixed_layout().names
    assert shares[0, names.index("Whole face")] == pytest.approx(0.5)
    assert shares[0, names.index("Upper left")] == pytest.approx(24 / 36, abs=0.02)
