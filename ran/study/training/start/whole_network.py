"""Begin with a whole network: attention, classifier and backbone from one file.

The files are state dicts of a training outside this project, from the same face backbone
(ran.net.dlib29): `b.*` the backbone, `fc` a plain classifier of the whole face, `q0`, `q1` and
`head` as in Wang et al. 2020.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from ran.errors import BadCheckpoint, BadRequest
from ran.net.dlib29 import MEAN, SCALE
from ran.net.model import PlainNetwork, RegionAttentionNetwork
from ran.study.data.ferplus import CLASSES, Faces
from ran.study.training.choice import score
from ran.study.training.options import Recipe, write_recipe
from ran.study.training.run_folder import log, read_tensors, save_tensors

BACKBONE = "dlib29"
_HEADS = {
    "q0.": "self_attention.query.",
    "q1.": "relation_attention.query.",
    "head.": "classifier.",
}
_BLOCKS = tuple(f"stage{n}.{k}" for n, count in enumerate((3, 4, 3, 3, 1), 1) for k in range(count))
"""The blocks in the order in which the files number them."""


def read_whole(path: Path) -> tuple[RegionAttentionNetwork, PlainNetwork]:
    """Return the RAN of such a file, and the plain network of its backbone and plain classifier.

    Raises:
        BadCheckpoint: if it is missing or damaged, or holds other tensors.
    """
    if not path.is_file():
        raise BadCheckpoint(f"{path} does not exist.", hint="Give --init a file of tensors.")
    try:
        state = read_tensors(path)
    except ValueError as error:
        raise BadCheckpoint(
            f"{path} is not a PyTorch file of tensors.", hint="Download it again."
        ) from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise BadCheckpoint(f"{path} holds no state dict.", hint="Give a file of tensors alone.")
    backbone = {
        _own(key): value.float() if value.is_floating_point() else value
        for key, value in state.items()
        if key.startswith("b.") and key != "b.mean"
    }
    heads = {
        ours + key.removeprefix(theirs): value.float()
        for theirs, ours in _HEADS.items()
        for key, value in state.items()
        if key.startswith(theirs)
    }
    plain_head = {
        f"classifier.{key.removeprefix('fc.')}": value.float()
        for key, value in state.items()
        if key.startswith("fc.")
    }
    ran = RegionAttentionNetwork(BACKBONE, classes=CLASSES)
    plain = PlainNetwork(BACKBONE, classes=CLASSES)
    for model, head in ((ran, heads), (plain, plain_head)):
        _normalise(model)
        try:
            model.load_state_dict({**model.state_dict(), **backbone, **head}, strict=True)
            missing = set(model.state_dict()) - {*backbone, *head, "mean", "std"}
            if missing:
                raise KeyError(f"{sorted(missing)[0]} is missing")
        except (RuntimeError, KeyError) as error:
            said = str(error).splitlines()[-1].strip().strip("'")
            raise BadCheckpoint(
                f"{path} holds no RAN on {BACKBONE}: {said}.",
                hint="Expected the tensors b.*, fc, q0, q1 and head.",
            ) from error
    return ran.eval(), plain.eval()


def begin(
    recipe: Recipe, path: Path, train: Faces, valid: Faces, *, folder: Path, device: torch.device
) -> None:
    """Put a whole network into a run folder, as if the stages before had left it there.

    Its accuracy on `valid`, answered on the device, is logged; the test lists are not read.

    Raises:
        BadRequest: if the recipe has another backbone, or the run has begun.
        BadCheckpoint: as `read_whole`.
    """
    if recipe.backbone != BACKBONE:
        raise BadRequest(
            f"The recipe's backbone is {recipe.backbone}.", hint=f"Such files hold {BACKBONE}."
        )
    if (folder / "ran.pt").exists():
        raise BadRequest(f"{folder} has begun.", hint="Choose another run folder.")
    ran, plain = read_whole(path)
    write_recipe(recipe, folder)
    save_tensors(plain.state_dict(), folder / "backbone.pt")
    save_tensors(ran.state_dict(), folder / "ran.pt")
    reached, parts = score(ran.to(device), valid, recipe)
    tqdm.write(f"begun with {path.name}: valid accuracy {reached:.4f}")
    log(folder, {"stage": "heads", "epoch": 1, "faces": len(train), "valid": reached,
                 "parts": parts, "kept": True, "begun": path.name})  # fmt: skip


def _normalise(model: RegionAttentionNetwork | PlainNetwork) -> None:
    """Let the model take values in [0, 1] to what the backbone was trained on."""
    model.mean.copy_(torch.tensor(MEAN).view(1, 3, 1, 1) / 255.0)
    model.std.fill_(SCALE / 255.0)


def _own(key: str) -> str:
    """Return our name of a tensor of the backbone."""
    name = key.removeprefix("b.").replace("bn", "norm")
    block = re.match(r"blocks\.(\d+)\.(.*)", name)
    if block is None:
        return f"backbone.{name}"
    number = int(block[1])
    place = _BLOCKS[number] if number < len(_BLOCKS) else f"blocks.{number}"
    return f"backbone.{place}.{block[2]}"
