"""The public-domain face backbone as it is published: a .dat file of dlib, read and made trainable.

In such a file layers stand in order from the input, and each names itself in ASCII. What follows
"con_4" (a convolution: filters, then biases) and "affine_" (scales, then shifts) is a tensor: a
version, four sizes, then float32, little-endian. An integer is one byte, whose low four bits say
how many bytes follow and whose highest bit stands for a minus, then these, little-endian. Found by
reading files; checked against another copy of the weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ran.errors import BadCheckpoint, BadRequest
from ran.net.dlib29 import Dlib29
from ran.net.model import PlainNetwork

INSTALLED = "dlib"
"""How the file of the installed package is asked for."""
_PACKAGE, _FILE = "face_recognition_models", "models/dlib_face_recognition_resnet_model_v1.dat"
_NAMES = (b"con_4", b"affine_")
_VERSION = 2
_MOST = 2**31
"""No size in such a file comes near it."""


def installed() -> Path:
    """Return the file in the package face-recognition-models (CC0 1.0), which is not imported.

    Raises:
        BadRequest: if the package is not installed.
    """
    found = find_spec(_PACKAGE)
    path = None if found is None or found.origin is None else Path(found.origin).parent / _FILE
    if path is None or not path.is_file():
        raise BadRequest(
            "The face backbone is not installed.",
            hint="pip install face-recognition-models==0.3.0, or give --init the .dat file.",
        )
    return path


def read_layers(path: Path) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield the name of each convolution and affine layer of a file, and its numbers f32[N].

    Raises:
        BadCheckpoint: if the file is missing or ends within a layer.
    """
    if not path.is_file():
        raise BadCheckpoint(f"{path} does not exist.", hint=f"Give --init {INSTALLED} or a file.")
    content = path.read_bytes()
    place = 0
    while True:
        found = [(at, name) for name in _NAMES if (at := content.find(name, place)) >= 0]
        if not found:
            return
        at, name = min(found)
        place = at + len(name)
        version, place = _whole_number(content, place, path)
        if version != _VERSION:
            raise BadCheckpoint(
                f"{path} has a layer of version {version}, not {_VERSION}.",
                hint="Give the file that face-recognition-models 0.3.0 holds.",
            )
        count = 1
        for _ in range(4):
            size, place = _whole_number(content, place, path)
            count = min(count * size, _MOST)
        end = place + 4 * count
        if count < 1 or end > len(content):
            raise _cut_off(path)
        yield name.decode().rstrip("_"), np.frombuffer(content, "<f4", count, place)
        place = end


def _whole_number(content: bytes, place: int, path: Path) -> tuple[int, int]:
    """Return the integer that stands at a place, and the place behind it."""
    if place >= len(content):
        raise _cut_off(path)
    control = content[place]
    end = place + 1 + (control & 0x0F)
    if end > len(content):
        raise _cut_off(path)
    size = int.from_bytes(content[place + 1 : end], "little")
    return (-size if control & 0x80 else size), end


def _cut_off(path: Path) -> BadCheckpoint:
    return BadCheckpoint(f"{path} ends within a layer.", hint="Download it again.")


def read_backbone(path: Path) -> dict[str, Tensor]:
    """Return a file's network as the state of a Dlib29 that computes the same.

    An affine layer becomes a batch normalisation that measures nothing yet: variance 1, the
    convolution's biases as what it subtracts. `settle` gives it statistics.

    Raises:
        BadCheckpoint: as `read_layers`, or if it holds another network.
    """
    with torch.device("meta"):
        network = Dlib29()
    parts = [part for part in network.named_modules() if isinstance(part[1], nn.Conv2d)]
    norms = [part for part in network.named_modules() if isinstance(part[1], nn.BatchNorm2d)]
    layers = list(read_layers(path))
    wanted: list[tuple[str, int]] = []
    for (_, convolution), (_, norm) in zip(parts, norms, strict=True):
        channels = norm.num_features
        wanted += [("con_4", convolution.weight.numel() + channels), ("affine", 2 * channels)]
    held = [(name, len(numbers)) for name, numbers in layers]
    if held != wanted:
        pairs = zip(held, wanted, strict=False)  # of the first that differ, if any does
        wrong = next((n for n, (one, other) in enumerate(pairs) if one != other), None)
        said = f"{len(held)} layers" if wrong is None else f"layer {wrong + 1} is {held[wrong]}"
        raise BadCheckpoint(
            f"{path} does not hold dlib29: {said}, expected {len(wanted)} layers"
            + ("." if wrong is None else f" and there {wanted[wrong]}."),
            hint="Give the file that face-recognition-models 0.3.0 holds.",
        )
    state: dict[str, Tensor] = {}
    for number, ((name, convolution), (norm_name, norm)) in enumerate(
        zip(parts, norms, strict=True)
    ):
        filters, affine = (torch.tensor(layers[2 * number + k][1]) for k in (0, 1))
        scales, shifts = affine.chunk(2)
        state[f"{name}.weight"] = filters[: -norm.num_features].view(convolution.weight.shape)
        state |= {
            f"{norm_name}.weight": scales,
            f"{norm_name}.bias": shifts,
            f"{norm_name}.running_mean": -filters[-norm.num_features :],
            f"{norm_name}.running_var": torch.full((norm.num_features,), 1.0 - norm.eps),
            f"{norm_name}.num_batches_tracked": torch.tensor(0),
        }
    return state


@torch.no_grad()
def settle(model: PlainNetwork, pictures: Tensor, *, at_once: int = 32) -> None:
    """Give every batch normalisation the statistics of what it sees; the answers stay.

    Mean and variance are measured over `pictures`, f32[N, 3, S, S] in [0, 1]; scale and shift
    change so that what follows sees what it saw. Then training may go on in the usual way: in
    training mode a batch is normalised about as the file's network was.
    """
    norms = [part for part in model.modules() if isinstance(part, nn.BatchNorm2d)]
    sums = [[torch.zeros(n.num_features, dtype=torch.double) for _ in "xy"] for n in norms]
    counts = [0] * len(norms)

    def watch(number: int) -> None:
        def note(_: nn.Module, inputs: tuple[Tensor, ...], __: Tensor) -> None:
            maps = inputs[0].double().cpu()
            counts[number] += maps.numel() // maps.shape[1]
            sums[number][0] += maps.sum((0, 2, 3))
            sums[number][1] += (maps**2).sum((0, 2, 3))

        hooks.append(norms[number].register_forward_hook(note))

    hooks: list[torch.utils.hooks.RemovableHandle] = []
    was_training = model.training
    model.eval()
    try:
        for number in range(len(norms)):
            watch(number)
        for part in pictures.split(at_once):
            model(part)
    finally:
        for hook in hooks:
            hook.remove()
        model.train(was_training)
    for norm, (first, second), count in zip(norms, sums, counts, strict=True):
        assert norm.running_mean is not None
        assert norm.running_var is not None
        mean = first / count
        variance = (second / count - mean**2).clamp(min=0)
        before = (norm.running_var.double().cpu() + norm.eps).sqrt()
        after = (variance + norm.eps).sqrt()
        scale, shift = norm.weight.double().cpu(), norm.bias.double().cpu()
        moved = mean - norm.running_mean.double().cpu()
        norm.bias.copy_(shift + scale * moved / before)
        norm.weight.copy_(scale * after / before)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
