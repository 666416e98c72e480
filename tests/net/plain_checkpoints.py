"""A plain network's folder, and how tests change its card."""

import json
import struct

from ran.net.card import Card

CARD = Card(
    name="plain",
    kind="plain",
    backbone="resnet18",
    classes=("calm", "glad", "cross"),
    input_size=48,
    grey=True,
    framing="ferplus",
    attention="sigmoid",
    alpha=0.02,
    trained_on="nothing",
    licence="MIT",
    recipe={"epochs": 1},
    seed=3,
    scores={"ferplus": {"n": 3137, "accuracy": 0.8}},
    note="Untrained.",
    temperature=1.5,
)


def header(path):
    """The header of a safetensors file, read by hand: length, then JSON."""
    content = path.read_bytes()
    return json.loads(content[8 : 8 + struct.unpack("<Q", content[:8])[0]])


def edit_card(folder, **changes):
    values = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**values, **changes}))
