"""Grad-CAM: by hand, against a plain restatement, and as a law."""

import math

import numpy as np
import pytest
import torch
from explained_networks import BOXES, is_as_before, linear, logit, seeded, state_of
from hypothesis import given, settings
from hypothesis import strategies as st

from ran.engine import Engine
from ran.explain.maps.asked import Asked
from ran.explain.maps.grad_cam import grad_cam
from ran.explain.maps.methods import METHODS
from ran.explain.maps.onto_face import warp_back
from ran.face.detect import Face
from ran.face.shapes import Rectangle
from ran.net.backbones import BACKBONES
from ran.net.model import PlainNetwork, RegionAttentionNetwork
from ran.net.regions import crop_regions, fixed_layout, pixel_boxes
from ran.scene import Scene

PIXELS = np.kron(
    np.random.default_rng(4).integers(0, 256, (8, 8, 3), dtype=np.uint8),
    np.ones((8, 8, 1), np.uint8),
)
FACE = Face.from_pixels(PIXELS)
MOUTH = Rectangle(0.25, 0.65, 0.75, 0.9)


@pytest.fixture(scope="module")
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


def explain(model, face, boxes=BOXES, index=0, backbone="resnet18"):
    return grad_cam(Asked(model, face, boxes, logit(index), backbone))


# A second Grad-CAM: region by region, Captum's hook replaced by the layers called one by one.


def last_stage(backbone, picture):
    """What the last convolution stage makes of one picture, f32[1, K, s, s], by its own layers."""
    if hasattr(backbone, "features"):
        for layer in list(backbone.features)[:-1]:  # all but the last pooling
            picture = layer(picture)
        return picture
    names = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")
    if hasattr(backbone, "stage1"):
        names = ("conv", "norm", "relu", "pool", "stage1", "stage2", "stage3")
    for name in names:
        picture = getattr(backbone, name)(picture)
    return picture


def pooled(backbone, stage):
    stage = backbone.features[-1](stage) if hasattr(backbone, "features") else stage
    if hasattr(backbone, "stage4"):
        stage = backbone.stage5(backbone.stage4(stage))
    return stage.mean((2, 3))[0]


def told(model, features, index):
    """The logit of a class from the features of the regions, by the equations of the paper."""

    def affine(layer, vector):
        return layer.weight @ vector + layer.bias

    def attended(scores):
        weights = torch.sigmoid(torch.cat(scores))
        soft = model.self_attention.attention == "softmax"
        return weights.exp() / weights.exp().sum() if soft else weights

    if isinstance(model, PlainNetwork):
        return affine(model.classifier, features[0])[index]
    mu = attended([affine(model.self_attention.query, f) for f in features])
    mean = sum(m * f for m, f in zip(mu, features, strict=True)) / mu.sum()
    pairs = [torch.cat([f, mean]) for f in features]
    nu = attended([affine(model.relation_attention.query, pair) for pair in pairs])
    whole = sum(m * n * pair for m, n, pair in zip(mu, nu, pairs, strict=True)) / (mu * nu).sum()
    return affine(model.classifier, whole)[index]


def restated(model, face, boxes, index):
    """The maps of the regions before the last ReLU, f32[R, s, s]."""
    crops = crop_regions(face, boxes)[0]
    stages = []
    for crop in crops:
        if model.grey:
            red, green, blue = crop
            crop = (0.299 * red + 0.587 * green + 0.114 * blue).expand(3, -1, -1)
        shown = (crop[None] - model.mean) / model.std
        stages.append(last_stage(model.backbone, shown).detach().requires_grad_())
    features = [pooled(model.backbone, stage) for stage in stages]
    gradients = torch.autograd.grad(told(model, features, index), stages)
    maps = []
    for stage, gradient in zip(stages, gradients, strict=True):
        weighed = sum(
            channel * slope.mean() for channel, slope in zip(stage[0], gradient[0], strict=True)
        )
        maps.append(weighed.detach().numpy())
    return np.stack(maps)


def laid_over(region, box, side):
    """One map over its box on the face, pixel by pixel: bilinear between the centres of cells."""
    face, (x0, y0, x1, y1) = np.zeros((side, side)), box
    rows, columns = region.shape

    def neighbours(place, length, cells):
        at = min(max((place + 0.5) * cells / length - 0.5, 0), cells - 1)
        low = math.floor(at)
        return low, min(low + 1, cells - 1), at - low

    for y in range(y0, y1):
        top, bottom, down = neighbours(y - y0, y1 - y0, rows)
        for x in range(x0, x1):
            left, right, along = neighbours(x - x0, x1 - x0, columns)
            upper = region[top, left] * (1 - along) + region[top, right] * along
            lower = region[bottom, left] * (1 - along) + region[bottom, right] * along
            face[y, x] = upper * (1 - down) + lower * down
    return face


def agrees_with_the_restatement(heatmap, model, face, boxes, index):
    maps = restated(model, face, boxes, index)
    scale = np.abs(maps).max()
    maps = np.maximum(maps, 0)
    np.testing.assert_allclose(heatmap.regions, maps, atol=1e-4 * scale)
    layers = [
        laid_over(region, box, face.shape[-1])
        for region, box in zip(maps, boxes.tolist(), strict=True)
    ]
    np.testing.assert_allclose(heatmap.values, sum(layers), atol=6e-4 * scale)
    assert (heatmap.values.dtype, heatmap.regions.dtype) == (np.float32, np.float32)


@pytest.mark.parametrize(
    ("backbone", "attention", "cells"),
    [("resnet18", "sigmoid", 2), ("resnet18", "softmax", 2), ("resnet34", "sigmoid", 2),
     ("vgg16", "sigmoid", 4), ("dlib29", "sigmoid", 6)],
)  # fmt: skip
def test_grad_cam_equals_a_plain_restatement(backbone, attention, cells):
    model, face = seeded(RegionAttentionNetwork, backbone, attention=attention)
    bright = 0
    for index in range(5):
        boxes = pixel_boxes(fixed_layout(), face.shape[-1])
        heatmap = explain(model, face, boxes, index, backbone)
        assert heatmap.regions.shape == (6, cells, cells)
        agrees_with_the_restatement(heatmap, model, face, boxes, index)
        bright += heatmap.regions.any()
    assert bright >= 2
    assert (heatmap.signed, heatmap.method, heatmap.target, heatmap.gap) == (
        False, "grad-cam", "4", None,
    )  # fmt: skip


@pytest.mark.parametrize("backbone", BACKBONES)
def test_a_plain_network_has_the_map_of_the_whole_face_alone(backbone):
    model, face = seeded(PlainNetwork, backbone)
    boxes = pixel_boxes(fixed_layout(), face.shape[-1])
    shown = [explain(model, face, boxes[:1], index, backbone) for index in range(5)]
    assert any(heatmap.values.any() for heatmap in shown)
    for index, heatmap in enumerate(shown):
        assert len(heatmap.regions) == 1
        agrees_with_the_restatement(heatmap, model, face, boxes[:1], index)


def test_regions_of_any_shape_equal_the_restatement():
    model, face = seeded(RegionAttentionNetwork, grey=False)
    with torch.no_grad():
        model.std.fill_(0.3)
        model.mean.fill_(0.4)
    boxes = torch.tensor([[0, 0, 64, 64], [3, 10, 64, 21], [40, 1, 47, 60], [9, 9, 11, 11]])
    shown = [explain(model, face, boxes, index) for index in range(5)]
    assert any(heatmap.regions[1:].any() for heatmap in shown)
    for index, heatmap in enumerate(shown):
        agrees_with_the_restatement(heatmap, model, face, boxes, index)


def test_on_a_linear_network_the_map_is_what_it_is_by_hand():
    model = linear()
    # y = 8 * red - 4 * green of the mean feature. With two regions of 2 x 2 positions each,
    # alpha is 8 / (2 * 4) = 1 for red, -1/2 for green, 0 for blue.
    face = torch.zeros(1, 3, 2, 2)
    face[0, :, 0, 0] = torch.tensor([0.5, 0.0, 0.9])  # 0.5
    face[0, :, 0, 1] = torch.tensor([0.6, 0.4, 0.0])  # 0.6 - 0.2
    face[0, :, 1, 0] = torch.tensor([0.1, 0.8, 0.0])  # 0.1 - 0.4, below zero
    boxes = torch.tensor([[0, 0, 2, 2], [1, 0, 2, 1]])  # the whole, and the upper right pixel
    heatmap = explain(model, face, boxes, index=1, backbone="resnet18")
    whole, corner = [[0.5, 0.4], [0.0, 0.0]], [[0.4, 0.4], [0.4, 0.4]]
    np.testing.assert_allclose(heatmap.regions, [whole, corner], atol=1e-6)
    np.testing.assert_allclose(heatmap.values, [[0.5, 0.8], [0.0, 0.0]], atol=1e-6)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_the_explained_layer_is_the_last_one_that_sees_positions_and_is_never_below_zero(backbone):
    model, face = seeded(PlainNetwork, backbone)
    named, seen = dict(model.backbone.named_modules()), []

    def note(_, _inputs, output):
        seen.append(output.clone())

    named[BACKBONES[backbone].last_stage].register_forward_hook(note)
    first = named[{"vgg16": "features.0", "dlib29": "conv"}.get(backbone, "conv1")]
    features = model.features(face[:, None])[0, 0]
    (stage,) = seen
    assert stage.ndim == 4
    assert stage.min() == 0, "a ReLU comes last"
    np.testing.assert_allclose(
        pooled(model.backbone, stage).detach(), features.detach(), atol=1e-5, rtol=1e-5
    )
    assert stage.shape[1] > first.out_channels


def test_a_pixel_in_no_crop_has_the_whole_faces_share_alone(engine):
    heatmap = engine.explain(Scene(FACE))
    boxes = pixel_boxes(fixed_layout(), 48)
    whole = laid_over(heatmap.regions[0], (0, 0, 48, 48), 48)
    inside = np.zeros((48, 48), bool)
    for x0, y0, x1, y1 in boxes[1:].tolist():
        inside[y0:y1, x0:x1] = True
    assert 0 < (~inside).sum() < 200
    np.testing.assert_allclose(heatmap.values[~inside], whole[~inside], rtol=1e-5, atol=1e-9)
    assert np.abs(heatmap.values - whole)[inside].max() > 0.1 * heatmap.values.max()


edges = st.tuples(st.integers(0, 19), st.integers(1, 20)).filter(lambda pair: pair[0] < pair[1])


@settings(deadline=None)
@given(edges, edges, st.integers(1, 7), st.floats(0.1, 5.0))
def test_a_warped_map_is_zero_outside_its_box_and_keeps_its_height_inside(x, y, cells, height):
    maps = torch.full((1, cells, cells), height)
    (face,) = warp_back(maps, torch.tensor([[x[0], y[0], x[1], y[1]]]), 20).numpy()
    expected = np.zeros((20, 20), np.float32)
    expected[y[0] : y[1], x[0] : x[1]] = height
    np.testing.assert_allclose(face, expected, rtol=1e-5)
    assert not face[expected == 0].any()


def test_warping_back_leaves_the_maps_as_they_were():
    maps = torch.rand(2, 3, 3, generator=torch.Generator().manual_seed(0))
    before = maps.clone()
    warp_back(maps, torch.tensor([[0, 0, 9, 9], [2, 2, 5, 8]]), 9)
    assert torch.equal(maps, before)


@settings(max_examples=5, deadline=None)
@given(st.permutations(range(1, 6)))
def test_crops_in_another_order_have_the_same_maps_in_that_order(order):
    model, face = seeded(RegionAttentionNetwork)
    order = [0, *order]
    usual, other = explain(model, face), explain(model, face, BOXES[order])
    scale = usual.regions.max()
    np.testing.assert_allclose(other.regions, usual.regions[order], atol=1e-4 * scale)
    np.testing.assert_allclose(other.values, usual.values, atol=1e-4 * scale)


def test_identical_regions_have_identical_maps_that_add_up_to_that_of_one():
    model, face = seeded(RegionAttentionNetwork)
    alone, thrice = (explain(model, face, BOXES[[0] * count]) for count in (1, 3))
    scale = alone.values.max()
    np.testing.assert_allclose(thrice.values, alone.values, atol=1e-4 * scale)
    for region in thrice.regions:
        np.testing.assert_allclose(3 * region, alone.regions[0], atol=1e-4 * scale)


def test_maps_are_not_normalised_twice_the_logit_is_twice_the_map():
    model, face = seeded(RegionAttentionNetwork)
    once = explain(model, face)
    with torch.no_grad():
        model.classifier.weight.mul_(2.0)
    twice = explain(model, face)
    np.testing.assert_allclose(twice.regions, 2 * once.regions, rtol=1e-4)
    np.testing.assert_allclose(twice.values, 2 * once.values, rtol=1e-4)


@pytest.mark.parametrize("name", ["grad-cam", "guided-grad-cam"])
def test_what_the_relu_took_is_kept_beside_the_map(name):
    """Of the whole face alone: nowhere does it lie above the map, and in places below zero."""
    model, face = seeded(PlainNetwork)
    found = [
        METHODS[name].heatmap(Asked(model, face, BOXES[:1], logit(index))) for index in range(4)
    ]
    for heatmap in found if name == "grad-cam" else ():
        assert (heatmap.values >= heatmap.before_relu - 1e-6).all()
    taken = sum(int(np.sum((one.before_relu != 0) & (one.values == 0))) for one in found)
    assert taken > 0, "some of it was below zero"


def test_a_region_without_weight_is_dark():
    model, face = seeded(RegionAttentionNetwork)
    usual = explain(model, face).regions
    index = int(usual[1:].max((1, 2)).argmax()) + 1
    attend = model.self_attention.forward

    def ignoring(features, present=None):
        mask = torch.ones(6)
        mask[index] = 0.0
        return attend(features, present) * mask

    model.self_attention.forward = ignoring
    maps = explain(model, face).regions
    assert usual[index].max() > 0
    assert not maps[index].any()
    assert maps[0].any()


def test_covering_changes_a_map_that_stays_comparable(engine):
    clean, covered = (engine.explain(Scene(FACE, shapes), target="anger")
                      for shapes in ((), (MOUTH,)))  # fmt: skip
    assert np.abs(clean.values - covered.values).max() > 0.01 * clean.values.max()
    model, index = engine.model, engine.card.classes.index("anger")
    for heatmap, scene in ((clean, Scene(FACE)), (covered, Scene(FACE, (MOUTH,)))):
        maps = restated(model, engine.crops(scene)[:, 0], pixel_boxes(fixed_layout(), 48), index)
        np.testing.assert_allclose(
            heatmap.regions, np.maximum(maps, 0), atol=1e-4 * np.abs(maps).max()
        )


def test_each_class_has_its_own_map_and_predicted_is_one_of_them(engine):
    scene = Scene(FACE)
    maps = {name: engine.explain(scene, target=name) for name in engine.card.classes}
    assert [heatmap.target for heatmap in maps.values()] == list(engine.card.classes)
    predicted = engine.explain(scene)
    assert predicted.target == engine.predict(scene).expression
    np.testing.assert_array_equal(predicted.values, maps[predicted.target].values)
    largest = max(heatmap.regions.max() for heatmap in maps.values())
    names = list(maps)
    for place, name in enumerate(names):
        for other in names[:place]:
            apart = np.abs(maps[name].regions - maps[other].regions).max()
            assert apart > 0.01 * largest, (name, other)


def test_a_network_in_training_mode_is_refused():
    model, face = seeded(RegionAttentionNetwork)
    before = state_of(model.train())
    with pytest.raises(ValueError, match=r"call model\.eval"):
        explain(model, face)
    is_as_before(model, before)
