"""Checkpoints: a folder with model.safetensors and card.json, and the authors' released format.

Whatever comes from outside is refused with what was expected: a wrong hash, shape, class count.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import struct
import warnings
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ran.errors import BadCheckpoint, BadRequest
from ran.expressions import CLASS_ORDERS
from ran.net.card import Card, read_card
from ran.net.model import PlainNetwork, RegionAttentionNetwork

__all__ = [
    "DEFAULT", "WEIGHTS", "Card", "Network", "bundled", "convert", "load_checkpoint",
    "load_released", "read_card", "save_checkpoint",
]  # fmt: skip

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
_RELEASED_SIDE = 224
_RELEASED_ALPHAS = {"ferplus": 0.1, "affectnet": 0.03, "rafdb": 0.02}
"""Margins in the authors' code for FERPlus and AffectNet; RAF-DB's is not released: the paper's."""
_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_DAMAGE = (
    OSError, RuntimeError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError,
    AssertionError, EOFError, MemoryError, pickle.UnpicklingError, struct.error,
)  # fmt: skip
"""What torch.load was seen to raise on 15,000 damaged files, and what a made-up size may cost."""


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
    try:
        is_there = path.exists()
    except OSError:  # a name that no file can have
        is_there = False
    if not is_there:
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
    try:
        found = _sha256(path)
    except OSError as error:
        raise BadCheckpoint(f"{path} cannot be read: {error.strerror}.", hint=_RETRY) from error
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


def _build(card: Card, state: Mapping[str, Tensor], path: Path) -> Network:
    outputs = _outputs(state)
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
    misfits = {key: _misfit(wanted[key], state.get(key)) for key in wanted}
    wrong = [f"{key} {words}" for key, words in misfits.items() if words]
    wrong += [f"{key} is not expected" for key in state if key not in wanted]
    if wrong:
        raise BadCheckpoint(
            f"{path.name} does not fit a {card.backbone} {card.kind}: {wrong[0]}"
            + (f" and {len(wrong) - 1} more." if len(wrong) > 1 else "."),
            hint="Check the card's backbone and kind.",
        )
    # Copies: a file that is overwritten later must not change a network in use.
    full = {key: value.to(wanted[key].dtype, copy=True) for key, value in state.items()}
    if not all(bool(v.isfinite().all()) for v in full.values() if v.is_floating_point()):
        raise BadCheckpoint(f"{path.name} holds numbers that are not finite.", hint=_RETRY)
    model.load_state_dict(full, assign=True)
    model.restore_constants()
    return model.eval()


def _outputs(state: Mapping[str, Tensor]) -> int:
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


def load_released(path: Path, *, classes: str = "ferplus") -> tuple[Network, Card]:
    """Read a RAN in the authors' released format: torch.save of a dict with `state_dict`.

    Its keys carry the prefix "module."; the heads are alpha.0, beta.0 and fc. The released code
    puts the whole face last; attention does not depend on the regions' order, so only the order in
    which crops are given changes: ours, whole face first. Values are used in [0, 1] as they are.
    """
    try:
        with warnings.catch_warnings():
            # PyTorch warns of old or damaged pickles; what matters of that is said here.
            warnings.simplefilter("ignore")
            content = torch.load(path, weights_only=True, map_location="cpu")
    except _DAMAGE as error:
        raise BadCheckpoint(
            f"{path.name} is not a PyTorch file of tensors and plain values alone.",
            hint="Give the authors' .pth.tar, or a folder with model.safetensors and card.json.",
        ) from error
    state = content.get("state_dict", content) if isinstance(content, dict) else None
    if not isinstance(state, dict) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in state.items()
    ):
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
    names, outputs = CLASS_ORDERS[classes], _outputs(renamed)
    if outputs != len(names):
        raise BadCheckpoint(
            f"{path.name} has {outputs} outputs, {classes} has {len(names)} classes.",
            hint="Convert it with `python -m ran convert --classes NAME`, NAME one of "
            f"{', '.join(CLASS_ORDERS)}.",
        )
    for key in [key for key in renamed if key.endswith("running_mean")]:
        # PyTorch before 0.4.1 kept no count of batches; nothing is computed with it.
        renamed.setdefault(key.replace("running_mean", "num_batches_tracked"), torch.tensor(0))
    renamed["mean"], renamed["std"] = torch.zeros(1, 3, 1, 1), torch.ones(1, 3, 1, 1)
    card = Card(
        name=path.name,
        kind="ran",
        backbone=_backbone(renamed),
        classes=names,
        input_size=_RELEASED_SIDE,
        grey=False,
        framing="ferplus",
        attention="softmax",
        alpha=_RELEASED_ALPHAS[classes],
        trained_on="not stated in the file",
        licence="not stated in the file",
        recipe={},
        seed=None,
        scores=None,
        note="Converted from the authors' released format, not evaluated here.",
    )
    return _build(card, renamed, path), card


def _backbone(state: Mapping[str, Tensor]) -> str:
    if "backbone.features.0.weight" in state:
        return "vgg16"
    return "resnet34" if "backbone.layer1.2.conv1.weight" in state else "resnet18"


def convert(source: Path, target: Path, *, classes: str = "ferplus") -> None:
    """Convert the authors' .pth.tar into our folder, or our folder into a .pth.tar; fp32.

    Raises:
        BadCheckpoint: if the source is missing, damaged, or more than the released format can say.
        BadRequest: if the target cannot be written, or is a folder like the source.
    """
    to_released = target.name.endswith((".pth.tar", ".pth"))
    if not to_released and source.is_dir():
        raise BadRequest(
            f"{source} is a folder already, so {target.name} should be a file.",
            hint="End its name in .pth.tar for the authors' format.",
        )
    if not to_released and not source.exists():
        raise BadCheckpoint(f"{source} does not exist.", hint="Give the authors' .pth.tar.")
    read = load_checkpoint if to_released else partial(load_released, classes=classes)
    model, card = read(source)
    try:
        if to_released:
            _write_released(target, model, card)
        else:
            save_checkpoint(target, model, card, half=False)
    except (OSError, SafetensorError) as error:
        raise BadRequest(
            f"{target} cannot be written: {error}.", hint="Choose another place."
        ) from error


def _write_released(target: Path, model: Network, card: Card) -> None:
    identity = bool((model.mean == 0).all() and (model.std == 1).all())
    plainly = card.input_size == _RELEASED_SIDE and card.temperature == 1.0 and not card.grey
    if card.kind != "ran" or card.attention != "softmax" or not plainly or not identity:
        raise BadCheckpoint(
            f"{card.name} cannot be said in the released format, which has the softmax convention, "
            f"colour input of {_RELEASED_SIDE} pixels, no normalisation and no temperature.",
            hint="Only such a RAN can be converted.",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        torch.save({"epoch": 0, "arch": card.backbone, "state_dict": _released(model),
                    "best_prec1": 0.0, "optimizer": {}}, file)  # fmt: skip


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
