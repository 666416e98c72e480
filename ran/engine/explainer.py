"""Explainer: whom an engine asks for heatmaps. It owns the copy for hooks, the lock, the cache."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ran.engine.devices import full_precision
from ran.engine.recent import Recent
from ran.engine.room import Room
from ran.errors import BadCheckpoint
from ran.explain.baselines import Baseline, baseline_named, own_baseline
from ran.explain.heatmap import Explaining, Heatmap
from ran.explain.maps.asked import Asked
from ran.explain.maps.methods import Method, method_named
from ran.explain.question import Question
from ran.explain.targets import read_target
from ran.net.checkpoints import Card, Network
from ran.net.folding import sharing_copy
from ran.net.regions import RegionLayout, pixel_boxes
from ran.scene import Scene
from ran.words import _

REMEMBERED_HEATMAPS = 32
"""Heatmaps that are kept, the oldest dropped first; at 224 pixels one is 0.2 to 1.4 MB."""
_Key = tuple[str, str]


class Explainer:
    """Answers why. One step at a time, whoever asks; predictions go on beside it.

    Args:
        model: the network as it was trained, whose parameters can be redrawn.
        asked: the same network, folded, that predicts; neither is ever hooked.
        card: the network's card.
        face: makes a scene into what the network gets, f32[1, 3, S, S] in [0, 1].
        layout: says how a scene is cut.
        room: how many crops go through the backbone together.
    """

    def __init__(
        self,
        model: Network,
        asked: Network,
        card: Card,
        *,
        face: Callable[[Scene], Tensor],
        layout: Callable[[Scene], RegionLayout],
        room: Room,
    ) -> None:
        self.model, self.asked, self.card = model, asked, card
        self.lock = threading.Lock()
        self._face, self._layout, self.room = face, layout, room
        self.known: Recent[_Key, Heatmap] = Recent(REMEMBERED_HEATMAPS)

    def apart(self) -> Explainer:
        """Return the same with maps of its own to remember; the lock and the twin are shared."""
        with self.lock:
            _ = self.twin
        other = copy(self)
        other.known = Recent(REMEMBERED_HEATMAPS)
        return other

    @cached_property
    def twin(self) -> Network:
        """The folded network for hooks and gradients; first used under the lock.

        A hook on `asked` would also see whatever another thread predicts meanwhile.
        """
        return sharing_copy(self.asked)

    def prepared(self, scene: Scene, question: Question) -> Asked:
        """Return what the question's method is asked; the twin may be run under the lock alone.

        Raises:
            BadRequest: if there is no such method, target or baseline, or not so many steps.
            BadFraming: if the face is framed otherwise than the network was trained on.
        """
        method = method_named(question.method)
        layout = self._layout(scene)
        regions = () if self.card.kind == "plain" else layout.names
        target = read_target(question.target, self.card.classes, regions)
        against = self._baseline(question.baseline)
        count = method.count(question.steps)
        face = self._face(scene)
        with self.lock:
            twin = self.twin
        return Asked(
            twin,
            face,
            pixel_boxes(layout, self.card.input_size).to(face.device),
            target,
            self.card.backbone,
            against,
            count,
            question.seed,
            self.room.at_once,
        )

    def explaining(self, scene: Scene, question: Question) -> Iterator[Explaining]:
        """See Engine.explaining."""
        method, asked = method_named(question.method), self.prepared(scene, question)
        return self._steps((scene.key, _of_the_map(question, method).key), method, asked)

    def _steps(self, key: _Key, method: Method, asked: Asked) -> Iterator[Explaining]:
        work = method.explain(asked)
        while True:
            with self.lock:
                known = self.known.recall(key)  # also by whoever held the lock before
                try:
                    with full_precision():
                        step = None if known is not None else next(work)
                except RuntimeError as error:
                    asked = self.room.asked_for_less(asked, error)
                    work = method.explain(asked)
                    continue
                if step is not None:
                    self.room.is_full = self.room.is_on_cpu(asked)
                if step is not None and step.heatmap is not None:
                    if not np.isfinite(step.heatmap.regions).all():
                        raise no_number(self.card)
                    if step.done == step.of:
                        self.known.keep(key, step.heatmap)
            if step is None:
                yield Explaining(asked.count, asked.count, known)
                return
            yield step
            if step.done == step.of:
                return

    def _baseline(self, baseline: str | NDArray[np.uint8]) -> Baseline:
        if isinstance(baseline, str):
            return baseline_named(baseline)
        return own_baseline(baseline, self.card.input_size)


def _of_the_map(question: Question, method: Method) -> Question:
    """Return the question with only what changes its map: two that differ in no more share one."""
    steps = method.count(question.steps)
    baseline = question.baseline if method.uses_baseline else Question().baseline
    return replace(question, steps=steps, baseline=baseline)


def no_number(card: Card) -> BadCheckpoint:
    """Return the refusal of a network whose answer is not finite."""
    return BadCheckpoint(
        _("{name} answers with no number for this face.").format(name=card.name),
        hint=_(
            "Its parameters are too large or its normalisation is wrong; choose another checkpoint."
        ),
    )
