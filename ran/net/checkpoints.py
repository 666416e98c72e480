"""Checkpoints: a folder with model.safetensors and card.json, and the authors' released format.

Whatever comes from outside is refused with what was expected: a wrong hash, shape, class count.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ran.errors import BadCheckpoint, BadRequest
from ran.net.assembled import RETRY, Network, assemble
from ran.net.card import COVERED_CONTROLS, COVERED_LISTS, Card, read_card
from ran.net.measures import Evidence, is_evidence
from ran.net.released import load_released, write_released
from ran.net.untrusted import check_header, sha256_of
from ran.words import _
from ran.writing import cannot_be_written, replacing, write_text

__all__ = [
    "DEFAULT", "WEIGHTS", "Card", "Network", "bundled", "convert", "load_checkpoint",
    "load_released", "read_card", "save_checkpoint",
]  # fmt: skip

WEIGHTS = Path(__file__).parent / "weights"
DEFAULT = "ran-dlib29-ferplus"


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
        raise BadCheckpoint(
            _("{path} does not exist.").format(path=path),
            hint=_("Check the path of the checkpoint."),
        )
    return _load_folder(path) if path.is_dir() else load_released(path)


def write_controls(
    folder: Path,
    tables: Mapping[str, Mapping[str, Mapping[str, float]]],
    *,
    covered: tuple[int, str] | None = None,
) -> Card:
    """Write the controls of attention, by layout, into a folder's card; return the card.

    `covered`: they were measured on the covered list of this number, whose faces have this digest,
    and stand beside those of the clean ones.

    Raises:
        BadCheckpoint: if the card cannot be read or written, or names no layouts.
    """
    card = read_card(folder / "card.json")
    absent = [name for name in tables if name not in card.layouts]
    if absent:
        raise BadCheckpoint(
            _("The card of {folder} names no layout {absent!r}.").format(
                folder=folder, absent=absent[0]
            ),
            hint=_("Only a card with layouts holds controls: release the network again."),
        )
    field = COVERED_CONTROLS[covered[0]] if covered else "controls"
    digests = {str(covered[0]): covered[1]} if covered else {}
    layouts = {
        name: {
            **layout,
            field: tables[name],
            **({COVERED_LISTS: {**layout.get(COVERED_LISTS, {}), **digests}} if digests else {}),
        }
        if name in tables
        else layout
        for name, layout in card.layouts.items()
    }
    card = replace(card, layouts=layouts)
    write_text(folder / "card.json", json.dumps(asdict(card), indent=2) + "\n")
    return card


def write_evidence(folder: Path, evidence: Evidence) -> Card:
    """Write what was measured into a folder's card, beside what stands there; return the card.

    Raises:
        BadCheckpoint: if the card cannot be read or written.
        ValueError: if it is no evidence that a card can hold.
    """
    if not is_evidence(evidence):
        raise ValueError(f"no card can hold this: {evidence}")
    card = read_card(folder / "card.json")
    card = replace(card, evidence={**card.evidence, **evidence})
    write_text(folder / "card.json", json.dumps(asdict(card), indent=2) + "\n")
    return card


def save_checkpoint(folder: Path, model: Network, card: Card, *, half: bool = True) -> Card:
    """Write model.safetensors (fp16 if `half`) and card.json; return the card with its hash."""
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        state = {
            key: (value.half() if half and value.is_floating_point() else value).contiguous().cpu()
            for key, value in model.state_dict().items()
        }
        # Both or none: they take their places one after the other, when both are written.
        with (
            replacing(folder / "model.safetensors") as weights,
            replacing(folder / "card.json") as about,
        ):
            _save_tensors(state, weights, folder / "model.safetensors")
            card = replace(card, sha256=sha256_of(weights))
            about.write_text(json.dumps(asdict(card), indent=2) + "\n", "utf-8")
    except BaseException:
        if is_new:
            with suppress(OSError):
                folder.rmdir()
        raise
    return card


def _save_tensors(state: dict[str, Tensor], path: Path, place: Path) -> None:
    try:
        save_file(state, path)
    except SafetensorError as error:
        # It says so of a full disk, in words of its own.
        raise cannot_be_written(place, OSError(errno.EIO, str(error))) from error


def _load_folder(folder: Path) -> tuple[Network, Card]:
    card = read_card(folder / "card.json")
    path = folder / "model.safetensors"
    if not path.is_file():
        raise BadCheckpoint(
            _("{folder} holds no model.safetensors.").format(folder=folder),
            hint=_("A checkpoint needs it and card.json."),
        )
    try:
        found = sha256_of(path)
    except OSError as error:
        raise BadCheckpoint(
            _("{path} cannot be read: {strerror}.").format(path=path, strerror=error.strerror),
            hint=_(RETRY),
        ) from error
    if found != card.sha256:
        raise BadCheckpoint(
            _(
                "{path} is damaged or not the card's: its SHA-256 is {found}…, the card says "
                "{sha256}…."
            ).format(path=path, found=found[:12], sha256=card.sha256[:12]),
            hint=_(RETRY),
        )
    check_header(path)
    try:
        state = load_file(path)
    except (SafetensorError, ValueError) as error:
        raise BadCheckpoint(
            _("{path} is not a safetensors file.").format(path=path), hint=_(RETRY)
        ) from error
    return assemble(card, state, path), card


def convert(source: Path, target: Path, *, classes: str = "ferplus") -> None:
    """Convert the authors' .pth.tar into our folder, or our folder into a .pth.tar; fp32.

    Raises:
        BadCheckpoint: if the source is missing, damaged, or more than the released format can say.
        BadRequest: if the target cannot be written, or is a folder like the source.
    """
    to_released = target.name.endswith((".pth.tar", ".pth"))
    if not to_released and source.is_dir():
        raise BadRequest(
            _("{source} is a folder already, so {name} should be a file.").format(
                source=source, name=target.name
            ),
            hint=_("End its name in .pth.tar for the authors' format."),
        )
    if not to_released and not source.exists():
        raise BadCheckpoint(
            _("{source} does not exist.").format(source=source),
            hint=_("Give the authors' .pth.tar."),
        )
    read = partial(load_released, classes=classes) if source.is_file() else load_checkpoint
    model, card = read(source)
    try:
        if to_released:
            write_released(target, model, card)
        else:
            save_checkpoint(target, model, card, half=False)
    except OSError as error:
        raise cannot_be_written(target, error) from error
