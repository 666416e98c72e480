"""Checker: whom an engine asks how far a heatmap can be trusted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from copy import copy
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from ran.engine.devices import full_precision
from ran.engine.explainer import Explainer, no_number
from ran.engine.recent import Recent
from ran.errors import BadRequest
from ran.explain.heatmap import Explaining, Heatmap
from ran.explain.maps.asked import Asked
from ran.explain.maps.methods import Method, method_named
from ran.explain.question import Question
from ran.explain.trust.faithfulness import (
    REDRAWN,
    Checking,
    Faithfulness,
    draw_holes,
    flattened,
    known_of,
    shake,
)
from ran.explain.trust.insertion import Curves, Inserted, curves, orders
from ran.explain.trust.redrawn import redrawn
from ran.net.checkpoints import Network
from ran.scene import Scene
from ran.words import _

MOST_DRAWS = 100
"""The most draws of one check."""
REMEMBERED_CHECKS = 64
"""Checks that are kept with their maps, the oldest dropped first."""
CONTROLLED = 3
"""Orders in which pixels come and go: the map's and those of its controls; a step each."""
_Key = tuple[str, str, int]


def _steps_of(part: int, draws: int) -> int:
    """Return the steps of a check whose map takes `part`."""
    return part * (1 + REDRAWN + draws) + CONTROLLED


class Checker:
    """Checks maps, step by step in the lane of explanations: the lock is held inside a step alone.

    It keeps REDRAWN networks with redrawn parameters, each as large as the network itself.
    """

    def __init__(self, explainer: Explainer) -> None:
        self._explainer = explainer
        self._known: Recent[_Key, Faithfulness] = Recent(REMEMBERED_CHECKS)
        self._redrawn: Recent[int, Network] = Recent(REDRAWN)
        self._redrawing = threading.Lock()

    def apart(self, explainer: Explainer) -> Checker:
        """Return the same with checks of its own to remember; redrawn networks are shared."""
        other = copy(self)
        other._explainer, other._known = explainer, Recent(REMEMBERED_CHECKS)
        return other

    def checking(self, scene: Scene, question: Question, *, draws: int) -> Iterator[Checking]:
        """See Engine.faithful."""
        if not 1 <= draws <= MOST_DRAWS:
            raise BadRequest(
                _("A check cannot rest on {draws} draws.").format(draws=draws),
                hint=_("Use 1 to {most_draws}.").format(most_draws=MOST_DRAWS),
            )
        method = method_named(question.method)
        explaining = self._explainer.explaining(scene, question)
        # The whole question: a map without a baseline is checked against one all the same.
        key = (scene.key, question.key, draws)

        def work() -> Iterator[Checking]:
            step = None
            for step in explaining:
                if step.done < step.of:
                    yield Checking(step.done, _steps_of(step.of, draws), None)
            assert step is not None
            assert step.heatmap is not None
            known = self._known.recall(key)
            if known is not None:
                of = _steps_of(step.of, draws)
                yield Checking(of, of, known)
                return
            # By the map's own target: "predicted" is settled, also for faces with a hole.
            asked = self._explainer.prepared(scene, question.about(step.heatmap.target))
            last = None
            for last in self._steps(method, asked, step, draws):
                yield last
            assert last is not None
            assert last.faithfulness is not None
            self._known.keep(key, last.faithfulness)

        return work()

    def _steps(
        self, method: Method, asked: Asked, finished: Explaining, draws: int
    ) -> Iterator[Checking]:
        heatmap, part = finished.heatmap, finished.of
        assert heatmap is not None
        of = _steps_of(part, draws)
        others: list[Heatmap] = []
        for number in range(REDRAWN):
            network = self._network(asked, REDRAWN * asked.seed + number)
            for step in self._locked(method, replace(asked, model=network), is_redrawn=True):
                if step.done < step.of:
                    yield Checking((1 + number) * part + min(step.done, part), of, None)
                elif step.heatmap is not None:
                    others.append(step.heatmap)
        holes = draw_holes(asked.face.shape[-1], draws, asked.generator())
        generator = asked.generator()
        # Scores need no hook: the network that predicts, and no lock.
        scores = full_precision()(replace(asked, model=self._explainer.asked).scores)
        blank, (score,) = asked.blank(), scores(asked.face).tolist()
        falls: list[float] = []
        maps: list[NDArray[np.float32]] = []
        found: dict[str, Curves] = {}
        for name, order in orders(heatmap.values, asked.seed).items():
            found[name] = curves(order, asked.face, blank, scores)
            yield Checking((1 + REDRAWN) * part + len(found), of, None)
        inserted = Inserted(**found)
        known = known_of(heatmap, others, holes, falls, maps, inserted)
        yield Checking((1 + REDRAWN) * part + CONTROLLED, of, known)
        for number, hole in enumerate(holes):
            base = (1 + REDRAWN + number) * part + CONTROLLED
            shown = torch.where(hole.to(blank.device) > 0, blank, asked.face)
            (fallen,) = scores(shown).tolist()
            shaken = replace(asked, face=shake(asked.face, generator))
            for step in self._locked(method, shaken):
                if step.done < step.of:
                    yield Checking(base + min(step.done, part), of, known)
                elif step.heatmap is not None:
                    maps.append(step.heatmap.values)
            falls.append(score - fallen)
            known = known_of(heatmap, others, holes, falls, maps, inserted)
            yield Checking(base + part, of, known)

    def _locked(
        self, method: Method, asked: Asked, *, is_redrawn: bool = False
    ) -> Iterator[Explaining]:
        """Give the steps of a map; where a redrawn network has no number, its map is flat."""
        work = method.explain(asked)
        while True:
            with self._explainer.lock, full_precision():
                step = next(work)
            if step.heatmap is not None and not np.isfinite(step.heatmap.values).all():
                if not is_redrawn:
                    raise no_number(self._explainer.card)
                step = replace(step, heatmap=flattened(step.heatmap))
            yield step
            if step.done == step.of:
                return

    def _network(self, asked: Asked, seed: int) -> Network:
        """Return the network with parameters redrawn by a seed; run it under the lock alone."""
        with self._redrawing:
            network = self._redrawn.recall(seed)
            if network is None:
                side = asked.face.shape[-1]
                network = redrawn(self._explainer.model, side, seed=seed)
                self._redrawn.keep(seed, network)
            return network
