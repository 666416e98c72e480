"""Checkpoints: a folder with model.safetensors and card.json, and the authors' released format.

Whatever comes from outside is refused with what was expected: a wrong hash, shape, class count.
"""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ran.errors import BadCheckpoint
from ran.expressions import CLASS_ORDERS
from ran.net.attention import ATTENTIONS
from ran.net.model import BACKBONES, PlainNetwork, RegionAttentionNetwork

Network = RegionAttentionNetwork | PlainNetwork
WEIGHTS = Path(__file__).parent / "weights"
DEFAULT = "ran-resnet18-ferplus"
_RETRY = "Choose another checkpoint or download it again."
_HEADS = {
    "alpha.0.": "self_attention.query.",
    "beta.0.": "relation_attention.query.",
    "fc.": "classifier.",
}
"""The authors' names of the heads and ours; every other tensor belongs to the backbone."""


@dataclass(frozen=True)
class Card:
    """What a checkpoint is, was trained on and reaches. Scores are accuracies in [0, 1]."""

    name: str
    kind: Literal["ran", "plain"]
    backbone: str
    classes: tuple[str, ...]
    input_size: int
    grey: bool
    framing: str
    attention: str
    alpha: float
    trained_on: str
    licence: str
    recipe: dict[str, Any]
    seed: int | None
    scores: dict[str, dict[str, float]] | None
    note: str
    layout: str = "fixed"
    temperature: float = 1.0
    sha256: str = ""


def bundled() -> dict[str, Path]:
    """Return the checkpoints that come with the package, by folder name."""
    return {path.parent.name: path.parent for path in sorted(WEIGHTS.glob("*/card.json"))}


def load_checkpoint(path: str | Path | None = None) -> tuple[Network, Card]:
    """Return a trained network, in eval mode on the CPU, and its card.

    Args:
        path: a folder of ours, the authors' .pth.tar, or None for the bundled RAN.

    Raises:
        BadCheckpoint: if it is missing, damaged, or not what its card says.
    """
    if path is None:
        path = WEIGHTS / DEFAULT
    path = Path(path)
    if not path.exists():
        raise BadCheckpoint(f"{path} does not exist.", hint="Check the path of the checkpoint.")
    return _load_folder(path) if path.is_dir() else load_released(path)


def save_checkpoint(folder: Path, model: Network, card: Card, *, half: bool = True) -> Card:
    """Write model.safetensors (fp16 if `half`) and card.json; return the card with its hash."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        key: (value.half() if half and value.is_floating_point() else value).contiguous().cpu()
        for key, value in model.state_dict().items()
    }
    save_file(state, folder / "model.safetensors")
    card = replace(card, sha256=_sha256(folder / "model.safetensors"))
    (folder / "card.json").write_text(json.dumps(asdict(card), indent=2) + "\n")
    return card


def _load_folder(folder: Path) -> tuple[Network, Card]:
    card = read_card(folder / "card.json")
    path = folder / "model.safetensors"
    if not path.is_file():
        raise BadCheckpoint(
            f"{folder} holds no model.safetensors.", hint="A checkpoint needs it and card.json."
        )
    found = _sha256(path)
    if found != card.sha256:
        raise BadCheckpoint(
            f"{path} is damaged or not the card's: its SHA-256 is {found[:12]}…, the card says "
            f"{card.sha256[:12]}….",
            hint=_RETRY,
        )
    try:
        state = load_file(path)
    except (SafetensorError, ValueError) as error:
        raise BadCheckpoint(f"{path} is not a safetensors file.", hint=_RETRY) from error
    return _build(card, state, path), card


def read_card(path: Path) -> Card:
    """Read card.json strictly: every field that has no default, and none that is unknown."""
    if not path.is_file():
        raise BadCheckpoint(f"{path} does not exist.", hint="A checkpoint needs a card.json.")
    try:
        values = json.loads(path.read_text())
    except ValueError as error:
        raise BadCheckpoint(f"{path} is not JSON: {error}.", hint=_RETRY) from error
    known = {item.name for item in fields(Card)}
    missing = sorted(known - {"layout", "temperature"} - set(values)) if _is_object(values) else []
    unknown = sorted(set(values) - known) if _is_object(values) else []
    if not _is_object(values) or missing or unknown:
        raise BadCheckpoint(
            f"{path} is no card: missing {', '.join(missing) or 'nothing'}, "
            f"unknown {', '.join(unknown) or 'nothing'}.",
            hint="Compare it with a card written by `python -m ran convert`.",
        )
    card = Card(**{**values, "classes": tuple(values["classes"])})
    for name, value, allowed in (
        ("kind", card.kind, ("ran", "plain")),
        ("backbone", card.backbone, tuple(BACKBONES)),
        ("attention", card.attention, ATTENTIONS),
        ("framing", card.framing, ("ferplus",)),
        ("layout", card.layout, ("fixed",)),
    ):
        if value not in allowed:
            raise BadCheckpoint(
                f"{path} says {name} {value!r}.", hint=f"Expected one of {', '.join(allowed)}."
            )
    if not (isinstance(card.input_size, int) and 32 <= card.input_size <= 512):
        raise BadCheckpoint(
            f"{path} says input_size {card.input_size!r}.", hint="Expected 32 to 512 pixels."
        )
    return card


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _build(card: Card, state: Mapping[str, Tensor], path: Path) -> Network:
    outputs = state["classifier.weight"].shape[0] if "classifier.weight" in state else 0
    if outputs != len(card.classes):
        raise BadCheckpoint(
            f"{path.name} has {outputs} outputs, its card names {len(card.classes)} classes.",
            hint=f"Give a card with {outputs} classes in the order of the outputs.",
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
    wrong = [
        f"{key} should be {list(wanted[key].shape)}, "
        + (f"is {list(state[key].shape)}" if key in state else "is missing")
        for key in wanted
        if key not in state or state[key].shape != wanted[key].shape
    ] + [f"{key} is not expected" for key in state if key not in wanted]
    if wrong:
        raise BadCheckpoint(
            f"{path.name} does not fit a {card.backbone} {card.kind}: {wrong[0]}"
            + (f" and {len(wrong) - 1} more." if len(wrong) > 1 else "."),
            hint="Check the card's backbone and kind.",
        )
    full = {key: v.float() if v.is_floating_point() else v for key, v in state.items()}
    if not all(bool(v.isfinite().all()) for v in full.values() if v.is_floating_point()):
        raise BadCheckpoint(f"{path.name} holds numbers that are not finite.", hint=_RETRY)
    model.load_state_dict(full, assign=True)
    model.restore_constants()
    return model.eval()


def load_released(path: Path, *, classes: str = "ferplus") -> tuple[Network, Card]:
    """Read a RAN in the authors' released format: torch.save of a dict with `state_dict`.

    Its keys carry the prefix "module."; the heads are alpha.0, beta.0 and fc. The released code
    puts the whole face last; attention does not depend on the regions' order, so only the order in
    which crops are given changes: ours, whole face first. Values are used in [0, 1] as they are.
    """
    try:
        content = torch.load(path, weights_only=True, map_location="cpu")
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        raise BadCheckpoint(f"{path.name} is not a PyTorch checkpoint.", hint=_RETRY) from error
    state = content.get("state_dict", content) if isinstance(content, dict) else None
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise BadCheckpoint(
            f"{path.name} holds no state_dict of tensors.",
            hint="Expected the authors' layout: torch.save({'state_dict': ...}).",
        )
    renamed: dict[str, Tensor] = {}
    for key, value in state.items():
        key = key.removeprefix("module.")
        head = next((name for name in _HEADS if key.startswith(name)), None)
        name = f"backbone.{key}" if head is None else _HEADS[head] + key.removeprefix(head)
        renamed[name] = value
    missing = [name for name in _HEADS if f"{_HEADS[name]}weight" not in renamed]
    if missing:
        raise BadCheckpoint(
            f"{path.name} holds no {missing[0]}weight; it is not a trained RAN.",
            hint="A backbone alone can be given to `python -m ran train --init`.",
        )
    renamed["mean"], renamed["std"] = torch.zeros(1, 3, 1, 1), torch.ones(1, 3, 1, 1)
    deep = any(key.startswith("backbone.layer1.2.") for key in renamed)
    card = Card(
        name=path.name,
        kind="ran",
        backbone="resnet34" if deep else "resnet18",
        classes=CLASS_ORDERS[classes],
        input_size=224,
        grey=False,
        framing="ferplus",
        attention="softmax",
        alpha=0.1,
        trained_on="not stated in the file",
        licence="not stated in the file",
        recipe={},
        seed=None,
        scores=None,
        note="Converted from the authors' released format, not evaluated here.",
    )
    return _build(card, renamed, path), card


def convert(source: Path, target: Path, *, classes: str = "ferplus") -> None:
    """Convert the authors' .pth.tar into our folder, or our folder into a .pth.tar; fp32."""
    if target.name.endswith((".pth.tar", ".pth")):
        model, card = load_checkpoint(source)
        _refuse_lossy(model, card)
        torch.save({"epoch": 0, "arch": card.backbone, "state_dict": _released(model),
                    "best_prec1": 0.0, "optimizer": {}}, target)  # fmt: skip
        return
    if not source.exists():
        raise BadCheckpoint(f"{source} does not exist.", hint="Give the authors' .pth.tar.")
    model, card = load_released(source, classes=classes)
    save_checkpoint(target, model, card, half=False)


def _refuse_lossy(model: Network, card: Card) -> None:
    identity = bool((model.mean == 0).all() and (model.std == 1).all())
    if card.kind != "ran" or card.attention != "softmax" or card.grey or not identity:
        raise BadCheckpoint(
            f"{card.name} cannot be said in the released format, which has the softmax convention, "
            "colour input and no normalisation.",
            hint="Only such a RAN can be converted.",
        )


def _released(model: Network) -> dict[str, Tensor]:
    ours = {value: key for key, value in _HEADS.items()}
    state = {}
    for key, value in model.state_dict().items():
        head = next((name for name in ours if key.startswith(name)), None)
        if head is not None:
            state["module." + ours[head] + key.removeprefix(head)] = value
        elif key.startswith("backbone."):
            state["module." + key.removeprefix("backbone.")] = value
    return state


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
