"""Who a network is: its parameters, and all in its card that changes an answer; no file name."""

from __future__ import annotations

import hashlib
from dataclasses import fields

from ran.net.assembled import Network
from ran.net.card import Card

TELLING = (
    "kind", "backbone", "classes", "input_size", "grey", "framing", "attention", "alpha", "layout",
    "temperature", "layouts",
)  # fmt: skip
"""Fields of a card that change what its network answers."""
SILENT = (
    "name", "trained_on", "licence", "recipe", "seed", "scores", "note", "intended_use", "limits",
    "flipped", "per_class", "calibration", "photographs", "against_plain", "seeds",
    "evidence", "sha256",
)  # fmt: skip
"""Fields that only say something of it."""
assert {field.name for field in fields(Card)} == {*TELLING, *SILENT}


def identity(model: Network, card: Card) -> str:
    """Return the SHA-256 of a network's parameters and buffers and of the telling fields."""
    digest = hashlib.sha256(repr([(name, getattr(card, name)) for name in TELLING]).encode())
    for name, value in model.state_dict().items():
        array = value.detach().cpu().contiguous().numpy()
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.data if array.ndim else array.tobytes())
    return digest.hexdigest()
