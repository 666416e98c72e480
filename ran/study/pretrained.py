"""Begin from a face-pretrained backbone, the paper's own starting point."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from ran.errors import BadCheckpoint
from ran.net.model import PlainNetwork
from ran.study.runs import read_tensors


def load_backbone(model: PlainNetwork, path: Path) -> str:
    """Put a backbone in the authors' released layout into `model`; say what was left out.

    Keys may carry the prefix "module."; `fc` and the attention heads are left out by name. The
    released backbones see values in [0, 1] as they are, so `model` normalises no more.

    Raises:
        BadCheckpoint: if the file is missing, holds no state_dict, or lacks a backbone's tensor.
    """
    state = _state(path)
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
    model.mean.zero_()
    model.std.fill_(1.0)
    left = sorted(key for key in state if key not in wanted)
    return f"backbone from {path}; left out: {', '.join(left) or 'nothing'}"


def _state(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise BadCheckpoint(f"{path} does not exist.", hint="Give --init a .pth.tar file.")
    try:
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
    return {str(key).removeprefix("module."): value for key, value in state.items()}
