"""What of a page's settings stands in its address, beside the recipe: a link opens them again.

Names and values are the settings' own; what is no such value is passed over, for an address is
written by anybody. A setting that stands where it begins is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ran.explain.baselines import BASELINES
from ran.explain.maps.methods import METHODS
from ran.study.cohort.named_covers import NAMES as COVERS
from ran.study.robustness.sweeps import VALUES
from ran.ui.shared.settings.breaking import RobustnessSettings
from ran.ui.shared.settings.comparing import (
    AS_IT_COMES,
    MOST,
    NO_COVER,
    NO_MAP,
    CompareSettings,
    SlotSettings,
)
from ran.ui.shared.settings.explaining import ExplainSettings

if TYPE_CHECKING:
    from ran.ui.shared.session import Session

_LONGEST = 120
_SLOTS = "slots"
_QUICK = tuple(name for name, method in METHODS.items() if not method.is_slow)
_ATTENTIONS = ("w", "μ", "ν")


def _one_of(names: Sequence[str]) -> Callable[[str], str | None]:
    return lambda text: text if text in names else None


def _short(text: str) -> str | None:
    """Take a name that the page itself checks: a target may be a region's."""
    return text if 0 < len(text) <= _LONGEST else None


def _methods(text: str) -> list[str] | None:
    found = [name for name in METHODS if name in text.split(",")]
    return found or None


def _steps(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and 0 < int(text[:5]) <= 1000 else None


_READ: dict[str, dict[str, Callable[[str], Any]]] = {
    "Explain": {
        "methods": _methods, "target": _short, "minus": _short,
        "baseline": _one_of(tuple(BASELINES)), "steps": _steps,
    },
    "Compare": {
        "method": _one_of((NO_MAP, *_QUICK)), "target": _short,
        "attention": _one_of(_ATTENTIONS),
    },
    "Robustness": {
        "fill": _one_of(("grey", "black", "noise", "blur", "mean")),
        "by": _one_of(tuple(VALUES)), "number": _short,
    },
}  # fmt: skip
"""By a page's title and a setting's name: what a text of the address says, None for nothing."""
_FRESH: dict[str, Callable[[], object]] = {
    "Explain": ExplainSettings, "Compare": CompareSettings, "Robustness": RobustnessSettings,
}  # fmt: skip
NAMES = (*dict.fromkeys(name for settings in _READ.values() for name in settings), _SLOTS)
"""Of all parameters."""


def _settings(session: Session, page: str) -> object:
    return {
        "Explain": session.explaining, "Compare": session.comparing,
        "Robustness": session.robustness,
    }[page]  # fmt: skip


def written(session: Session, page: str) -> dict[str, str]:
    """Return the parameters of the address for what is set on the page of this title."""
    if page not in _READ:
        return {}
    now, fresh = _settings(session, page), _FRESH[page]()
    found = {}
    for name in _READ[page]:
        value = getattr(now, name)
        if value != getattr(fresh, name) and value not in (None, "", []):
            found[name] = ",".join(value) if isinstance(value, list) else str(value)
    if page == "Compare" and session.comparing.slots:
        found[_SLOTS] = ";".join(
            f"{slot.face}|{slot.cover}|{slot.network}" for slot in session.comparing.slots
        )
    return found


def take(session: Session, page: str, query: Mapping[str, str]) -> None:
    """Set what the address says of the page of this title; the page checks what depends on it."""
    if page not in _READ:
        return
    now = _settings(session, page)
    for name, read in _READ[page].items():
        value = read(query[name]) if name in query else None
        if value is not None:
            setattr(now, name, value)
    if page == "Compare" and _SLOTS in query:
        slots = [_slot(text) for text in query[_SLOTS].split(";")[:MOST]]
        found = [slot for slot in slots if slot is not None]
        if len(found) > 1:
            session.comparing.slots = found


def _slot(text: str) -> SlotSettings | None:
    face, *more = text.split("|")
    if len(more) != 2 or not all(map(_short, (face, *more))):
        return None
    cover, network = more
    known = cover in (AS_IT_COMES, NO_COVER, *COVERS)
    return SlotSettings(face, cover if known else AS_IT_COMES, network)
