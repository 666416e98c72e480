"""Engine -> the same engine with OpenVINO behind its answers, once it was seen to answer alike."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from copy import copy

import numpy as np
import torch

from ran.engine.chunks import Chunks
from ran.engine.engine import Engine
from ran.engine.fast.exported import ExportedRoom
from ran.engine.fast.gates import FP32, INT8, PRECISIONS, check_gate
from ran.engine.memory import Memory
from ran.errors import BadRequest
from ran.face.covers.occlusion import Fill
from ran.face.covers.sticker_art import ART
from ran.face.covers.stickers import place
from ran.face.photo import open_photo
from ran.net.regions import RegionLayout, landmark_layout
from ran.places import examples_folder
from ran.scene import Scene
from ran.words import _

CHECKED = 64
"""Faces that are answered both ways on the machine at hand before anything is."""
_ALIKE = {INT8: 62, FP32: CHECKED}
"""How many of them must have one answer; where 0.8 % differ, three of 64 do once in 67 times."""
_FILLS = ("look", "black", "grey", "noise", "blur")


def quickened(engine: Engine, precision: str, *, is_measured: bool = True) -> Engine:
    """Return the same network answering by OpenVINO, on this CPU, with a memory of its own.

    Its explanations are as before: gradients are asked of the network itself. int8 takes about a
    minute to make: its ranges are read from the bundled faces under the bundled stickers.

    Args:
        engine: on the CPU.
        precision: of PRECISIONS.
        is_measured: whether int8 must have passed the card's gate; what measures it has not yet.

    Raises:
        BadRequest: if there is no such precision, the network is on another device, int8 was not
            measured on this kind of CPU or answers otherwise, here or there.
        ModuleNotFoundError: if the extra [fast] is not installed.
    """
    if precision not in PRECISIONS:
        raise BadRequest(
            _("There is no precision {name!r}.").format(name=precision),
            hint=_("Use {names}.").format(names=", ".join(PRECISIONS)),
        )
    if engine.device != "cpu":
        raise BadRequest(
            _("OpenVINO answers on the CPU, and the network is on {device}.").format(
                device=engine.device
            ),
            hint=_("Choose the device cpu, or leave it out: a GPU is faster."),
        )
    if precision == INT8 and is_measured:
        check_gate(engine.card)
    scenes = usual_scenes(engine)
    crops = None
    if precision == INT8:
        cut = torch.cat([engine.crops(scene)[0] for scene in scenes])
        shuffled = torch.randperm(len(cut), generator=torch.Generator().manual_seed(0))
        crops = cut[shuffled]  # each lot has something of every region
    made = copy(engine)
    made.memory = Memory()
    made.room = ExportedRoom(engine.asked, engine.card.input_size, precision, crops)
    made.chunks = Chunks(engine.cutter, engine.layout_of, made.room)
    made.__dict__["key"] = f"{engine.key} {made.room.precision}"
    if is_measured:
        _check_here(engine, made, scenes, precision)
    return made


def usual_scenes(engine: Engine) -> list[Scene]:
    """Return the bundled faces, clean and under every sticker, in each layout trained with."""
    pictures = sorted(
        path for path in examples_folder().iterdir() if path.suffix in (".png", ".jpg")
    )
    scenes = []
    for path in pictures:
        face = engine.find_faces(open_photo(path))[0]
        for layout in _layouts(engine, face.points):
            scenes.append(Scene(face, layout=layout))
            for number, name in enumerate(ART):
                fill = Fill(_FILLS[(number + zlib.crc32(path.name.encode())) % len(_FILLS)])
                scenes.append(Scene(face, (place(name, face),), fill, layout))
    return scenes


def _layouts(engine: Engine, points: np.ndarray) -> Sequence[RegionLayout | None]:
    card = engine.card
    radius = card.layouts.get("landmark", {}).get("radius")
    if card.kind == "plain" or "landmark" not in card.trained_layouts or radius is None:
        return (None,)
    around = landmark_layout(points, radius=float(radius))
    return (None, around) if len(card.trained_layouts) > 1 else (around,)


def _check_here(engine: Engine, made: Engine, scenes: Sequence[Scene], precision: str) -> None:
    """Refuse what answers otherwise on this machine.

    Raises:
        BadRequest: with how many of CHECKED faces have one answer.
    """
    chosen = [scenes[place] for place in np.linspace(0, len(scenes) - 1, CHECKED).astype(int)]
    pairs = zip(engine.apart().predict_many(chosen), made.predict_many(chosen), strict=True)
    alike = sum(first.expression == second.expression for first, second in pairs)
    if alike < _ALIKE[precision]:
        raise BadRequest(
            _(
                "On this machine {precision} by OpenVINO answers {alike} of {checked} faces as the "
                "network itself does: too few."
            ).format(precision=precision, alike=alike, checked=CHECKED),
            hint=_("Leave it out."),
        )
