"""A network from tensors: built as its card says, and refused where they do not fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ran.errors import BadCheckpoint
from ran.net.card import Card
from ran.net.model import PlainNetwork, RegionAttentionNetwork
from ran.words import _, later

Network = RegionAttentionNetwork | PlainNetwork
RETRY = later("Choose another checkpoint or download it again.")
_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def assemble(card: Card, state: Mapping[str, Tensor], path: Path) -> Network:
    """Return the network that `card` describes, in eval mode on the CPU, with copies of `state`.

    Raises:
        BadCheckpoint: if a tensor is missing, not expected, of another shape or kind, or not
            finite; `path` is the file that is named.
    """
    outputs = outputs_of(state)
    if outputs != len(card.classes):
        raise BadCheckpoint(
            _("{name} has {outputs} outputs, its card names {count} classes.").format(
                name=path.name, outputs=outputs, count=len(card.classes)
            ),
            hint=_("Give a card with {outputs} classes in the order of the outputs.").format(
                outputs=outputs
            ),
        )
    model: Network
    with torch.device("meta"):
        if card.kind == "plain":
            model = PlainNetwork(card.backbone, classes=outputs, grey=card.grey)
        else:
            model = RegionAttentionNetwork(
                card.backbone,
                classes=outputs,
                attention="softmax" if card.attention == "softmax" else "sigmoid",
                grey=card.grey,
            )
    wanted = model.state_dict()
    misfits = {key: _misfit(wanted[key], state.get(key)) for key in wanted}
    wrong = [f"{key} {words}" for key, words in misfits.items() if words]
    wrong += [f"{key} is not expected" for key in state if key not in wanted]
    if wrong:
        raise BadCheckpoint(
            _("{name} does not fit a {backbone} {kind}: {wrong}").format(
                name=path.name, backbone=card.backbone, kind=card.kind, wrong=wrong[0]
            )
            + (_(" and {count} more.").format(count=len(wrong) - 1) if len(wrong) > 1 else "."),
            hint=_("Check the card's backbone and kind."),
        )
    # Copies: a file that is overwritten later must not change a network in use.
    full = {key: value.to(wanted[key].dtype, copy=True) for key, value in state.items()}
    if not all(bool(v.isfinite().all()) for v in full.values() if v.is_floating_point()):
        raise BadCheckpoint(
            _("{name} holds numbers that are not finite.").format(name=path.name), hint=_(RETRY)
        )
    model.load_state_dict(full, assign=True)
    model.restore_constants()
    return model.eval()


def outputs_of(state: Mapping[str, Tensor]) -> int:
    """Return the rows of the classifier's matrix; 0 where there is none."""
    matrix = state.get("classifier.weight")
    return 0 if matrix is None or matrix.ndim != 2 else matrix.shape[0]


def _misfit(wanted: Tensor, found: Tensor | None) -> str:
    """Say why `found` cannot stand where `wanted` does; nothing if it can."""
    if found is None:
        return "is missing"
    if found.shape != wanted.shape:
        return f"should be {list(wanted.shape)}, is {list(found.shape)}"
    dtypes = _FLOATS if wanted.is_floating_point() else (wanted.dtype,)
    if found.dtype not in dtypes or found.layout != torch.strided or found.is_meta:
        return (
            f"should hold plain {wanted.dtype}, holds {found.dtype}, {found.layout}, {found.device}"
        )
    return ""
