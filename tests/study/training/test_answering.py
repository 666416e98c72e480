"""Regions that are left out, exchanged and asked alone: against the same told region by region."""

from dataclasses import replace

import pytest
import torch

from ran.net.model import RegionAttentionNetwork
from ran.study.training.answering import TEMPERATURE, ask, asked_loss
from ran.study.training.objective import plain_loss, ran_loss
from ran.study.training.options import Recipe

FACES, REGIONS, CLASSES = 12, 4, 3
PLAIN = Recipe(rb_loss=0.0)


@pytest.fixture(params=["sigmoid", "softmax"])
def model(request):
    torch.manual_seed(0)
    return RegionAttentionNetwork(classes=CLASSES, attention=request.param).eval()


@pytest.fixture
def features(model):
    return torch.randn(FACES, REGIONS, model.width, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def draws():
    return torch.rand(FACES, 2, REGIONS, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def targets():
    return torch.rand(FACES, CLASSES, generator=torch.Generator().manual_seed(3)).softmax(1)


def test_a_network_answers_as_if_the_regions_left_out_did_not_exist(model, features):
    present = torch.tensor([True, False, True, False]).expand(FACES, -1)
    fewer, all_of_them = model.attend(features[:, ::2]), model.attend(features, present)
    assert torch.allclose(fewer.logits, all_of_them.logits, atol=1e-5)
    assert torch.allclose(fewer.weights, all_of_them.weights[:, ::2], atol=1e-6)
    assert not all_of_them.weights[:, 1::2].any()


def test_nothing_asked_is_the_papers_loss(model, features, draws, targets):
    recipe = Recipe(alpha=0.5)
    loss = asked_loss(ask(model, features, draws, recipe), targets, recipe)
    assert loss.item() == pytest.approx(
        ran_loss(model.attend(features), targets, recipe).item(), abs=1e-6
    )


def test_so_many_regions_are_left_out_and_one_of_the_faces_own_is_always_there(model):
    recipe = replace(PLAIN, drop_whole=0.4, drop_crops=0.15, exchanged=0.1)
    many = torch.rand(4000, 2, REGIONS, generator=torch.Generator().manual_seed(4))
    asked = ask(model, torch.zeros(4000, REGIONS, model.width), many, recipe)
    there = asked.present.float().mean(0)
    # The standard deviation of a share of 4,000 is .008 at most.
    assert there[0].item() == pytest.approx(0.6, abs=0.03)
    assert there[1:].mean().item() == pytest.approx(0.85, abs=0.03)
    assert asked.own.float().mean(0)[0].item() == pytest.approx(0.95, abs=0.02)
    assert asked.own.float().mean(0)[1:].mean().item() == pytest.approx(0.9, abs=0.02)
    wild = replace(PLAIN, drop_whole=1.0, drop_crops=1.0, exchanged=0.9)
    asked = ask(model, torch.zeros(4000, REGIONS, model.width), many, wild)
    assert (asked.present & asked.own).any(1).all()


def test_an_exchanged_region_is_that_of_the_face_before(model, features, draws):
    recipe = replace(PLAIN, exchanged=0.5)
    asked = ask(model, features, draws, recipe)
    assert not asked.own.all() and asked.own.any()
    for face in range(FACES):
        for region in range(REGIONS):
            giver = face if asked.own[face, region] else face - 1
            assert torch.equal(asked.output.features[face, region], features[giver, region])


def test_the_loss_of_a_region_alone_is_that_of_itself_beside_itself(
    model, features, draws, targets
):
    recipe = replace(PLAIN, alone=0.3, exchanged=0.3)
    asked = ask(model, features, draws, recipe)
    errors = []
    for face in range(FACES):
        for region in range(REGIONS):
            if asked.own[face, region]:
                feature = features[face, region]
                logits = model.classifier(torch.cat([feature, feature]))
                errors.append(-(targets[face] * logits.log_softmax(0)).sum())
    expected = plain_loss(asked.output, targets) + 0.3 * torch.stack(errors).mean()
    assert asked_loss(asked, targets, recipe).item() == pytest.approx(expected.item(), abs=1e-5)


def test_mixture_and_responsibility_are_those_of_the_regions_there(model, features, draws, targets):
    dropping = replace(PLAIN, drop_whole=0.4, drop_crops=0.3)
    asked = ask(model, features, draws, dropping)
    assert not asked.present.all()
    mixture, apart = 0.0, 0.0
    for face in range(FACES):
        there = asked.present[face].nonzero().flatten().tolist()
        w = asked.output.weights[face]
        p = asked.alone[face].softmax(1)
        mixture -= (targets[face] * sum(w[i] * p[i] for i in there).log()).sum() / FACES
        errors = torch.stack([-(targets[face] * p[i].log()).sum() for i in there])
        r = (-errors / TEMPERATURE).softmax(0)
        apart += sum(r[n] * (r[n] / w[i]).log() for n, i in enumerate(there)) / FACES
    base = plain_loss(asked.output, targets)
    for recipe, term in (
        (replace(dropping, mixture=2.0), 2.0 * mixture),
        (replace(dropping, responsibility=0.5), 0.5 * apart),
    ):
        loss = asked_loss(asked, targets, recipe)
        assert loss.item() == pytest.approx((base + term).item(), abs=1e-4)
        assert torch.isfinite(torch.autograd.grad(loss, model.self_attention.query.weight)[0]).all()
        asked = ask(model, features, draws, dropping)
        base = plain_loss(asked.output, targets)


def test_the_region_biased_loss_compares_where_there_is_something_to_compare(
    model, features, targets
):
    present = torch.ones(FACES, REGIONS, dtype=torch.bool)
    present[: FACES // 2, 0] = False  # no whole face
    present[FACES // 2, 1:] = False  # no crop
    recipe = Recipe(alpha=1.0, rb_loss=1.0)
    output = model.attend(features, present)
    mu = output.self_weights[FACES // 2 + 1 :]
    margin = (1.0 - (mu[:, 1:].max(1).values - mu[:, 0])).clamp(min=0).mean()
    expected = plain_loss(output, targets) + margin
    loss = ran_loss(output, targets, recipe, present=present)
    assert loss.item() == pytest.approx(expected.item(), abs=1e-5)
