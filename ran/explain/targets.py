"""Targets: which number of a network's answer a heatmap explains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from ran.errors import BadRequest
from ran.net.attention import rb_margin
from ran.net.model import RanOutput
from ran.words import _

PREDICTED = "predicted"
MARGIN = "rb-margin"
_MINUS = " - "
_SELF, _RELATION = "self-attention: ", "relation-attention: "


@dataclass(frozen=True, eq=False)
class Target:
    """What is explained: its name, and how it is read off an answer, f32[B].

    "predicted" is the largest logit until `settle` says whose that is: a face that a method has
    changed on the way must be read for the same class.
    """

    name: str
    value: Callable[[RanOutput], Tensor]
    classes: tuple[str, ...] = ()
    """For "predicted" alone: the classes that it may turn out to be."""

    def settle(self, output: RanOutput) -> Target:
        """Return this target or, for "predicted", the class that the first face is given."""
        if not self.classes:
            return self
        index = int(output.logits[0].argmax())
        return _logit(self.classes[index], index)


def read_target(name: str, classes: Sequence[str], regions: Sequence[str] = ()) -> Target:
    """Return the target of this name.

    "predicted"; a class, for its logit; "happiness - sadness", for the difference of two; and where
    there is attention "self-attention: NAME" (mu), "relation-attention: NAME" (nu) and "rb-margin",
    mu_max - mu_0 over the crops (Wang et al. 2020, arXiv:1905.04075).

    Args:
        name: what to explain.
        classes: the network's, in order.
        regions: the names of the regions, whole face first; none for a plain network.

    Raises:
        BadRequest: if there is no such target.
    """
    if name == PREDICTED:
        return Target(name, lambda output: output.logits.amax(1), tuple(classes))
    if name in classes:
        return _logit(name, classes.index(name))
    if name == MARGIN and len(regions) > 1:
        return Target(name, lambda output: rb_margin(output.self_weights))
    if _MINUS in name:
        for first, second in _pairs(name):
            if first in classes and second in classes and first != second:
                return _difference(name, classes.index(first), classes.index(second))
    for prefix, field in ((_SELF, "self_weights"), (_RELATION, "relation_weights")):
        region = name.removeprefix(prefix)
        if region != name and region in regions:
            return _weight(name, field, regions.index(region))
    *known, last = target_names(classes, regions)
    hint = f"Use {', '.join(known)} or {last}"
    if len(classes) > 1:
        hint += f", or two classes with a minus between, as in {classes[1]}{_MINUS}{classes[0]}"
    raise BadRequest(_("There is no target {name!r}.").format(name=name), hint=f"{hint}.")


def target_names(classes: Sequence[str], regions: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the names that `read_target` takes, but for the differences of two classes."""
    names = (PREDICTED, *classes)
    if not regions:
        return names
    weights = (f"{prefix}{region}" for prefix in (_SELF, _RELATION) for region in regions)
    return (*names, *weights, *((MARGIN,) if len(regions) > 1 else ()))


def difference(first: str, second: str) -> str:
    """Return the name of the target that is the logit of one class minus that of another."""
    return f"{first}{_MINUS}{second}"


def _pairs(name: str) -> list[tuple[str, str]]:
    parts = name.split(_MINUS)
    return [(_MINUS.join(parts[:at]), _MINUS.join(parts[at:])) for at in range(1, len(parts))]


def _logit(name: str, index: int) -> Target:
    return Target(name, lambda output: output.logits[:, index])


def _difference(name: str, one: int, other: int) -> Target:
    return Target(name, lambda output: output.logits[:, one] - output.logits[:, other])


def _weight(name: str, field: str, index: int) -> Target:
    return Target(name, lambda output: getattr(output, field)[:, index])
