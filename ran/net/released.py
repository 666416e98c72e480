"""The authors' released format: torch.save of a dict with `state_dict`, there and back.

Facts from the authors' repository, github.com/kaiwang960112/Challenge-condition-FER-dataset: every
key has the prefix "module."; the heads are alpha.0, beta.0 and fc; the whole face comes last.
"""

from __future__ import annotations

import pickle
import struct
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.serialization import safe_globals

from ran.errors import BadCheckpoint
from ran.expressions import CLASS_ORDERS
from ran.net.assembled import Network, assemble, outputs_of
from ran.net.card import LONGEST_NAME, Card
from ran.net.untrusted import opened_pickled, sha256_of
from ran.words import _
from ran.writing import replacing

_HEADS = {
    "alpha.0.": "self_attention.query.",
    "beta.0.": "relation_attention.query.",
    "fc.": "classifier.",
}
"""The authors' names of the heads and ours; every other tensor belongs to the backbone."""
_RELEASED_SIDE = 224
_RELEASED_ALPHAS = {"ferplus": 0.1, "affectnet": 0.03, "rafdb": 0.02}
"""Margins in the authors' code for FERPlus and AffectNet; RAF-DB's is not released: the paper's."""
_DAMAGE = (
    OSError, RuntimeError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError,
    AssertionError, EOFError, MemoryError, pickle.UnpicklingError, struct.error, zipfile.BadZipFile,
)  # fmt: skip
"""What torch.load was seen to raise on 15,000 damaged files, what a made-up size may cost, and what
zipfile and pickletools, which look at a file first, say of a damaged one."""
_WRAPPERS = ("module.", "_orig_mod.", "model.", "net.", "backbone.")
"""What wraps a network's names: DataParallel, torch.compile, and classes that hold the network."""
_NUMBERS = [type(np.dtype(code)) for code in "?bBhHiIlLqQefd"]


def load_released(path: Path, *, classes: str = "ferplus") -> tuple[Network, Card]:
    """Read a RAN in the authors' released format: torch.save of a dict with `state_dict`.

    Its keys carry the prefix "module."; the heads are alpha.0, beta.0 and fc. The released code
    puts the whole face last; attention does not depend on the regions' order, so only the order in
    which crops are given changes: ours, whole face first. Values are used in [0, 1] as they are.
    """
    renamed: dict[str, Tensor] = {}
    for key, value in _state(path).items():
        bare = unwrapped(key)
        head = next((name for name in _HEADS if bare.startswith(name)), None)
        name = f"backbone.{bare}" if head is None else _HEADS[head] + bare.removeprefix(head)
        if name in renamed:
            raise BadCheckpoint(
                _(
                    "{name} holds {bare} twice, once as {key}: it holds more than one network."
                ).format(name=path.name, bare=bare, key=key),
                hint=_("Save the state_dict of one network alone."),
            )
        renamed[name] = value
    missing = [name for name in _HEADS if f"{_HEADS[name]}weight" not in renamed]
    if missing:
        raise BadCheckpoint(
            _("{name} holds no {missing}weight; it is not a trained RAN.").format(
                name=path.name, missing=missing[0]
            ),
            hint=_other_prefix(renamed)
            or _("A backbone alone can be given to `python -m ran train --init`."),
        )
    names, outputs = CLASS_ORDERS[classes], outputs_of(renamed)
    if outputs != len(names):
        raise BadCheckpoint(
            _("{name} has {outputs} outputs, {classes} has {count} classes.").format(
                name=path.name, outputs=outputs, classes=classes, count=len(names)
            ),
            hint=_orders_of(outputs),
        )
    for key in [key for key in renamed if key.endswith("running_mean")]:
        # PyTorch before 0.4.1 kept no count of batches; nothing is computed with it.
        renamed.setdefault(key.replace("running_mean", "num_batches_tracked"), torch.tensor(0))
    renamed["mean"], renamed["std"] = torch.zeros(1, 3, 1, 1), torch.ones(1, 3, 1, 1)
    card = Card(
        name="".join(filter(str.isprintable, path.name))[:LONGEST_NAME] or "released",
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
        sha256=sha256_of(path),
    )
    return assemble(card, renamed, path), card


def _state(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a released file by its own names; nothing in it is run."""
    try:
        # The authors' files note their best accuracy as a NumPy number.
        with (
            # Readers warn of old or damaged pickles; what matters of that is said here.
            warnings.catch_warnings(action="ignore"),
            safe_globals(numbers_of_numpy()),
            opened_pickled(path) as file,
        ):
            content = torch.load(file, weights_only=True, map_location="cpu")
    except _DAMAGE as error:
        raise BadCheckpoint(
            _("{name} is not a PyTorch file of tensors and plain values alone.").format(
                name=path.name
            ),
            hint=_("Give the authors' .pth.tar, or a folder with model.safetensors and card.json."),
        ) from error
    state = content.get("state_dict", content) if isinstance(content, dict) else None
    if not isinstance(state, dict) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in state.items()
    ):
        raise BadCheckpoint(
            _("{name} holds no state_dict of tensors.").format(name=path.name),
            hint=_("Expected the authors' layout: torch.save({'state_dict': ...})."),
        )
    return state


def numbers_of_numpy() -> list[Any]:
    """Return what a file may name beside tensors: NumPy's plain numbers, in either spelling."""
    names = ("numpy._core.multiarray.scalar", "numpy.core.multiarray.scalar")
    return [*((_number, name) for name in names), np.dtype, *dict.fromkeys(_NUMBERS)]


def _number(dtype: np.dtype[Any], content: bytes | str = b"") -> float:
    """Return the number that a pickled NumPy scalar holds, as Python's own."""
    if dtype.kind not in "biuf":
        raise ValueError(f"a number of kind {dtype.kind!r}")
    held = content if isinstance(content, bytes) else content.encode("latin1")
    number: float = np.frombuffer(held, dtype, 1)[0].item()
    return number


def unwrapped(key: str) -> str:
    """Return a tensor's name without all that wraps its network, in any order."""
    while wrapper := next((name for name in _WRAPPERS if key.startswith(name)), ""):
        key = key.removeprefix(wrapper)
    return key


def _other_prefix(renamed: Mapping[str, Tensor]) -> str:
    """Return what to do where the heads are there behind a prefix that is not known, or ""."""
    for name in renamed:
        before, _, _ = name.removeprefix("backbone.").partition("alpha.0.weight")
        if name.endswith("alpha.0.weight"):
            return f"Its names begin with {before[:40]!r}: save them without it."
    return ""


def _orders_of(outputs: int) -> str:
    """Return what to do with a network of so many outputs: which class orders fit."""
    fitting = [name for name, order in CLASS_ORDERS.items() if len(order) == outputs]
    if not fitting:
        counts = ", ".join(f"{name} {len(order)}" for name, order in CLASS_ORDERS.items())
        return f"No class order known here has {outputs} classes ({counts})."
    return f"Convert it with `python -m ran convert --classes {' or '.join(fitting)}`."


def _backbone(state: Mapping[str, Tensor]) -> str:
    if "backbone.features.0.weight" in state:
        return "vgg16"
    return "resnet34" if "backbone.layer1.2.conv1.weight" in state else "resnet18"


def write_released(target: Path, model: Network, card: Card) -> None:
    """Write a network in the authors' format, fp32.

    Raises:
        BadCheckpoint: if it is more than that format can say.
    """
    identity = bool((model.mean == 0).all() and (model.std == 1).all())
    plainly = card.input_size == _RELEASED_SIDE and card.temperature == 1.0 and not card.grey
    if card.kind != "ran" or card.attention != "softmax" or not plainly or not identity:
        raise BadCheckpoint(
            _(
                "{name} cannot be said in the released format, which has the softmax convention, "
                "colour input of {released_side} pixels, no normalisation and no temperature."
            ).format(name=card.name, released_side=_RELEASED_SIDE),
            hint=_("Only such a RAN can be converted."),
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    content = {"epoch": 0, "arch": card.backbone, "state_dict": released_state(model),
               "best_prec1": 0.0, "optimizer": {}}  # fmt: skip
    write_pickled(target, content)


def write_pickled(path: Path, content: object) -> None:
    """Write what torch.save makes of tensors and plain values, whole or not at all.

    Raises:
        BadRequest: if it cannot be written.
    """
    with replacing(path) as fresh:
        try:
            with fresh.open("wb") as file:
                torch.save(content, file)
        except RuntimeError as error:
            # A full disk leaves PyTorch with a file that it cannot end.
            if isinstance(error.__context__, OSError):
                raise error.__context__ from error
            raise


def released_state(model: Network) -> dict[str, Tensor]:
    """Return the parameters of a RAN under the authors' names."""
    ours = {value: key for key, value in _HEADS.items()}
    state = {}
    for key, value in model.state_dict().items():
        head = next((name for name in ours if key.startswith(name)), None)
        if head is not None:
            state["module." + ours[head] + key.removeprefix(head)] = value
        elif key.startswith("backbone."):
            state["module." + key.removeprefix("backbone.")] = value
    return state
