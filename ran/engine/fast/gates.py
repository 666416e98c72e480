"""Which kind of CPU this is, and whether int8 was measured to answer well enough on it.

How int8 sums up depends on what the processor has for it: without instructions of its own for four
products at a time (VNNI, AMX) some sums saturate. So a measurement holds for its kind of CPU alone.
"""

from __future__ import annotations

import torch

from ran.errors import BadRequest
from ran.net.card import Card
from ran.words import _

FP32, INT8 = "fp32", "int8"
PRECISIONS = (FP32, INT8)
AGREES = 0.99
"""Share of FER2013Valid's faces whose answer must be that of fp32."""
LOSES = 0.003
"""What of the accuracy on FER2013Valid may be lost."""
_KINDS = ("amx_int8", "avx512_vnni", "avx_vnni", "avx512_f", "avx2")


def kind_of_cpu() -> str:
    """Return what int8 runs on here: the best of amx_int8, avx512_vnni, ..., or else the machine's.

    Named as torch.cpu.get_capabilities names them.
    """
    able = torch.cpu.get_capabilities()
    return next((name for name in _KINDS if able.get(name)), str(able.get("architecture", "none")))


def row_name(kind: str, layout: str) -> str:
    """Return the name of the row of a card's measure "fast" for a kind of CPU and a layout."""
    return f"{INT8}, {kind}, {layout}"


def measured(card: Card, layout: str) -> dict[str, float | None] | None:
    """Return what was measured of int8 on this kind of CPU; None where nothing was."""
    return card.evidence.get("fast", {}).get(row_name(kind_of_cpu(), layout))


def passes(row: dict[str, float | None]) -> bool:
    """Say whether int8 answers well enough by what was measured."""
    agreement, accuracy, own = row["agreement"], row["accuracy"], row["accuracy_fp32"]
    assert agreement is not None
    assert accuracy is not None
    assert own is not None
    return agreement >= AGREES and accuracy >= own - LOSES


def check_gate(card: Card) -> None:
    """Refuse int8 where it was not measured on this kind of CPU, or did not answer well enough.

    Raises:
        BadRequest: with what was measured, and what is there instead.
    """
    kind = kind_of_cpu()
    for layout in card.trained_layouts:
        row = measured(card, layout)
        if row is None:
            raise BadRequest(
                _("int8 was not measured for {name} on this kind of CPU, {kind}.").format(
                    name=card.name, kind=kind
                ),
                hint=_(
                    "`ran evaluate --ferplus ZIP --lists DIR --fast int8 --onto-card` measures it; "
                    "fp32 needs no measuring."
                ),
            )
        if not passes(row):
            raise BadRequest(
                _(
                    "int8 answers {agreement:.1f} % of the faces of FER2013Valid as fp32 does, on "
                    "{layout} crops and this kind of CPU, {kind}, and accuracy goes from {own:.1f} "
                    "to {accuracy:.1f} %: too few."
                ).format(
                    agreement=100 * (row["agreement"] or 0), layout=layout, kind=kind,
                    own=100 * (row["accuracy_fp32"] or 0), accuracy=100 * (row["accuracy"] or 0),
                ),
                hint=_("Use fp32."),
            )  # fmt: skip
