"""Networks to explain: with random parameters, linear, and smooth; and the target of one class."""

import torch
from torch import nn

from ran.explain.targets import Target
from ran.net.backbones import BACKBONES
from ran.net.model import RegionAttentionNetwork
from ran.net.regions import fixed_layout, pixel_boxes

SIDE = 64
BOXES = pixel_boxes(fixed_layout(), SIDE)


def seeded(kind, backbone="resnet18", **options):
    """A network with random parameters whose regions and classes differ, and a face for it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        model = kind(backbone, classes=5, **options).eval()
        side = max(SIDE, BACKBONES[backbone].smallest)
        face = nn.functional.interpolate(torch.rand(1, 3, 8, 8), side)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                # An untrained VGG16 fades towards its last layers, and so would its maps.
                if "backbone.features" in name and name.endswith("weight"):
                    parameter.mul_(2.0)
                if "query" in name or "classifier" in name:
                    parameter.mul_(20.0)
    return model, face


def logit(index):
    return Target(str(index), lambda output: output.logits[:, index])


class Mirror(nn.Module):
    """A backbone whose last stage is the picture itself, and whose features are its means."""

    def __init__(self):
        super().__init__()
        self.layer4 = nn.Identity()

    def forward(self, pictures):
        return self.layer4(pictures).mean((2, 3))


def linear():
    """A RAN on a Mirror: logit 1 is 8 * red - 4 * green of the mean feature of the regions.

    Silent queries: mu = nu = 1/2 whatever is seen, so P = [mean of F_i : mean of F_i].
    """
    model = RegionAttentionNetwork(classes=2, grey=False).eval()
    model.backbone = Mirror()
    model.self_attention.query, model.relation_attention.query = nn.Linear(3, 1), nn.Linear(6, 1)
    model.classifier = nn.Linear(6, 2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.classifier.weight[1] = torch.tensor([5.0, 0.0, 0.0, 3.0, -4.0, 0.0])
    return model


def smooth(side=12):
    """A small RAN without a kink: convolutions, tanh and softplus; and a face for it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        model = RegionAttentionNetwork(classes=3, grey=False).eval()
        model.backbone = nn.Sequential(
            nn.Conv2d(3, 6, 3), nn.Tanh(), nn.Conv2d(6, 8, 3), nn.Softplus(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        )  # fmt: skip
        model.self_attention.query = nn.Linear(8, 1)
        model.relation_attention.query = nn.Linear(16, 1)
        model.classifier = nn.Linear(16, 3)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if name.endswith("weight"):
                    parameter.mul_(3.0)
        face = torch.rand(1, 3, side, side)
    return model, face


def state_of(model):
    """All that explaining might change, in a form that compares."""
    return {
        "values": {name: value.clone() for name, value in model.state_dict().items()},
        "places": [value.data_ptr() for value in model.state_dict().values()],
        "gradients": [
            (parameter.requires_grad, parameter.grad) for parameter in model.parameters()
        ],
        "modes": [module.training for module in model.modules()],
        "hooks": [
            len(hooks)
            for module in model.modules()
            for name, hooks in vars(module).items()
            if name.endswith("_hooks")
        ],
    }


def is_as_before(model, before):
    after = state_of(model)
    for name, value in after.pop("values").items():
        assert torch.equal(value, before["values"][name]), name
    assert after == {name: value for name, value in before.items() if name != "values"}
