"""Begin from a trained backbone: a face-pretrained one, as the paper does, or one of our own."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.serialization import safe_globals

from ran.errors import BadCheckpoint
from ran.net.card import read_card
from ran.net.checkpoints import load_checkpoint
from ran.net.dlib29 import MEAN, SCALE
from ran.net.model import PlainNetwork
from ran.net.released import numbers_of_numpy, unwrapped
from ran.study.training.run_folder import read_tensors
from ran.study.training.start.dlib_file import read_backbone


def name_of(path: Path) -> str:
    """Return how a recipe and a card name the beginning: a released file, or a folder of ours.

    A folder's weights may be replaced under its name: its checkpoint's hash belongs to the name.

    Raises:
        BadCheckpoint: if it is a folder without a card.
    """
    if not path.is_dir():
        return path.name
    return f"{path.name} {read_card(path / 'card.json').sha256[:12]}"


def is_dlib(path: Path) -> bool:
    """Say whether a file is dlib's own, by its ending."""
    return path.suffix == ".dat"


def load_backbone(model: PlainNetwork, path: Path) -> str:
    """Put the backbone of a checkpoint into `model`; say what was left out.

    A folder of ours brings its normalisation along, and so does dlib's .dat file, whose batch
    normalisation has measured nothing yet (ran.study.training.start.dlib_file). In a file of the
    authors' released layout keys may carry prefixes such as "module.", and the backbone sees
    values in [0, 1] as they are: `model` normalises no more. Classifier and attention heads are
    left out by name.

    Raises:
        BadCheckpoint: if it is missing or damaged, holds no state_dict, or lacks a backbone's
            tensor.
    """
    if path.is_dir():
        state, mean, std = _own(path)
    elif is_dlib(path):
        state = read_backbone(path)
        mean, std = torch.tensor(MEAN).view(1, 3, 1, 1) / 255.0, torch.tensor(SCALE / 255.0)
    else:
        state, mean, std = _state(path), torch.zeros(()), torch.ones(())
    wanted = model.backbone.state_dict()
    # Older files have no count of batches; batch normalisation does not need it.
    missing = sorted(k for k in wanted if k not in state and not k.endswith("num_batches_tracked"))
    wrong = sorted(k for k in wanted if k in state and state[k].shape != wanted[k].shape)
    if missing or wrong:
        raise BadCheckpoint(
            f"{path} does not hold this backbone: {len(missing)} tensors are missing and "
            f"{len(wrong)} have another shape, first {(missing + wrong)[0]}.",
            hint="Choose the --backbone that the file was trained with.",
        )
    model.backbone.load_state_dict({key: state.get(key, value) for key, value in wanted.items()})
    model.mean.copy_(mean)
    model.std.copy_(std)
    left = sorted(key for key in state if key not in wanted)
    return f"backbone from {path}; left out: {', '.join(left) or 'nothing'}"


def _own(path: Path) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    network, _ = load_checkpoint(path)
    state = {
        key.removeprefix("backbone."): value
        for key, value in network.state_dict().items()
        if key not in ("mean", "std")
    }
    return state, network.mean, network.std


def _state(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise BadCheckpoint(
            f"{path} does not exist.", hint="Give --init a .pth.tar file or a checkpoint's folder."
        )
    try:
        with safe_globals(numbers_of_numpy()):
            content = read_tensors(path)
    except ValueError as error:
        raise BadCheckpoint(
            f"{path} is not a PyTorch checkpoint.", hint="Download it again."
        ) from error
    state = content.get("state_dict", content) if isinstance(content, dict) else None
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise BadCheckpoint(
            f"{path} holds no state_dict of tensors.",
            hint="Expected the authors' layout: torch.save({'state_dict': ...}).",
        )
    bare = {unwrapped(str(key)): value for key, value in state.items()}
    if len(bare) < len(state):
        raise BadCheckpoint(
            f"{path} holds more than one network: without what wraps them, names stand twice.",
            hint="Save the state_dict of one network alone.",
        )
    return bare
