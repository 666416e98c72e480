"""Which faces an epoch sees: all once, or by the rarity of their class; the same in N processes."""

from dataclasses import replace
from itertools import islice

import pytest
import torch

from ran.net.regions import fixed_layout, pixel_boxes
from ran.study.evaluation.accuracy import listed_layout
from ran.study.training.batches import epoch_batches, step_boxes, views_of
from ran.study.training.options import Recipe
from ran.study.training.views.augmentation import VIEWS, random_views
from ran.study.training.views.covering import covered
from ran.study.training.views.mixing import mixed

LABELS = torch.tensor([0] * 30 + [1] * 10)
MIXING = Recipe(mixup=0.5, cutmix=0.3)


def batches(recipe, *, batch=8, seed=3, share=(0, 1), labels=LABELS):
    return list(epoch_batches(labels, batch, recipe, seed=seed, share=share, quiet=True))


def test_an_epoch_without_balance_sees_every_face_once():
    rows = torch.cat([part.rows for part in batches(Recipe())])
    assert rows.sort().values.tolist() == list(range(40))


def test_a_full_balance_draws_both_classes_as_often():
    labels = torch.tensor([0] * 3000 + [1] * 1000)
    parts = batches(Recipe(balance=1.0), labels=labels, batch=1000)
    rows = torch.cat([part.rows for part in parts])
    # 2,000 of 4,000 are expected; the standard deviation is 32.
    assert 1870 < int((rows >= 3000).sum()) < 2130
    half = torch.cat([p.rows for p in batches(Recipe(balance=0.5), labels=labels, batch=1000)])
    # 1 / sqrt(3000) against 1 / sqrt(1000): a share of 1 / (1 + sqrt(3)) = .366 of 4,000.
    assert 1340 < int((half >= 3000).sum()) < 1590


def test_a_face_that_is_drawn_twice_has_two_views():
    (part,) = batches(Recipe(balance=1.0), labels=torch.tensor([0, 1, 1, 1]), batch=4)
    assert len(part.rows.unique()) < 4, "the seed must draw a face twice"
    assert len(part.draws.unique(dim=0)) == 4


@pytest.mark.parametrize("recipe", [MIXING, replace(MIXING, balance=0.5, views="photographs")])
def test_two_processes_see_what_one_would_see_partners_included(recipe):
    whole = batches(recipe)
    shares = [batches(recipe, share=(number, 2)) for number in (0, 1)]
    for number, part in enumerate(whole):
        for field in ("rows", "draws", "partners", "partner_draws", "mix", "covers", "regions"):
            first, second = (getattr(share[number], field) for share in shares)
            assert torch.equal(getattr(part, field)[0::2], first)
            assert torch.equal(getattr(part, field)[1::2], second)


def test_a_partner_is_another_face_with_the_view_that_it_has_itself():
    for part in batches(MIXING):
        assert not (part.rows == part.partners).any()
        for face, draws in zip(part.partners, part.partner_draws, strict=True):
            own = part.draws[part.rows == face]
            assert torch.equal(own[0], draws)


@pytest.mark.parametrize("covers", [0.0, 0.6])
def test_views_are_the_mixture_of_both_faces_views_the_own_one_covered(covers):
    recipe = replace(MIXING, covers=covers)
    faces = torch.randint(
        0, 256, (40, 1, 48, 48), generator=torch.Generator().manual_seed(1), dtype=torch.uint8
    )
    soft = torch.nn.functional.one_hot(LABELS, 8).float()
    part = batches(recipe)[0]
    views, targets = views_of(part, faces, soft, recipe, side=32, scale=(0.8, 1.2))
    own = random_views(faces[part.rows], 32, part.draws, scale=(0.8, 1.2))
    others = random_views(faces[part.partners], 32, part.partner_draws, scale=(0.8, 1.2))
    hidden = covered(own, others, part.covers, share=covers)
    assert torch.equal(hidden, own) == (covers == 0.0)
    expected = mixed(
        hidden, others, soft[part.rows], soft[part.partners], part.mix, mixup=0.5, cutmix=0.3
    )
    assert torch.allclose(views, expected[0], atol=1e-6)
    assert torch.equal(targets, expected[1])
    assert not torch.allclose(views, own, atol=1e-3)


def test_every_kind_of_views_takes_as_many_numbers_as_it_says():
    faces = torch.zeros(2, 1, 48, 48, dtype=torch.uint8)
    for kind in VIEWS.values():
        assert kind.make(faces, 32, torch.rand(2, kind.draws)).shape == (2, 3, 32, 32)
        with pytest.raises(StopIteration):
            kind.make(faces, 32, torch.rand(2, kind.draws - 1))


def boxes(crops, *, steps=40, seed=3):
    return list(islice(step_boxes(("fixed",), 96, crops, seed=seed), steps))


@pytest.mark.parametrize("crops", [0, 5])
def test_a_step_sees_all_regions_in_their_order_unless_fewer_are_asked_for(crops):
    for seen in boxes(crops, steps=3):
        assert torch.equal(seen, pixel_boxes(fixed_layout(), 96))


def test_a_step_of_two_crops_sees_the_whole_face_first_and_every_crop_in_its_turn():
    every = pixel_boxes(fixed_layout(), 96).tolist()
    places = [[every.index(box) for box in seen.tolist()] for seen in boxes(2)]
    assert all(
        len(place) == 3 and place[0] == 0 and place == sorted(set(place)) for place in places
    )
    assert {crop for _, *crops in places for crop in crops} == {1, 2, 3, 4, 5}
    assert all(torch.equal(a, b) for a, b in zip(boxes(2), boxes(2), strict=True))
    assert any(not torch.equal(a, b) for a, b in zip(boxes(2), boxes(2, seed=4), strict=True))


def test_a_plain_network_sees_the_whole_face_at_every_step():
    assert [box.tolist() for box in islice(step_boxes((), 96, 0, seed=3), 2)] == [
        [[0, 0, 96, 96]]
    ] * 2


def test_of_several_layouts_each_step_draws_one_moved_where_faces_differ():
    kinds = ("fixed", "landmark", "random")
    seen = [boxes.tolist() for boxes in islice(step_boxes(kinds, 96, 0, seed=3), 90)]
    fixed = pixel_boxes(fixed_layout(), 96).tolist()
    medians = pixel_boxes(listed_layout("landmark"), 96)
    near = [boxes for boxes in seen if (torch.tensor(boxes) - medians).abs().max() <= 4]
    # A third of 90 each; the standard deviation is 4.5.
    assert 15 < seen.count(fixed) < 45
    assert 15 < len(near) < 45
    assert len({str(boxes) for boxes in near}) == len(near), "no two steps move them alike"
    others = [boxes for boxes in seen if boxes != fixed and boxes not in near]
    assert len({str(boxes) for boxes in others}) == len(others) > 15
    assert seen == [boxes.tolist() for boxes in islice(step_boxes(kinds, 96, 0, seed=3), 90)]
