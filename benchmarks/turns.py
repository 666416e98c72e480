"""Row: a stroke's answer beside other visitors' slow work, with turns and without."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import numpy as np

from benchmarks.forward import seeded_network
from benchmarks.rows import Check, Row
from ran.engine import Engine
from ran.engine.turns import Turns
from ran.face.detect import Face
from ran.face.shapes import Stroke
from ran.scene import Scene

TURNS_ROW = "a stroke beside slow work"
OTHERS = 8
"""Visitors whose maps are computed meanwhile."""
AT_ONCE = 8
"""Faces that one step of a map shows the network."""
PAUSE_S = 0.05
SIDE = 80


def turns_row(*, device: str, repeats: int) -> Row:
    """Ask for a covered face while OTHERS compute, in turns with and without an order.

    The check: the answers are the same either way, and the slow work goes on in both.
    """
    model, card = seeded_network(SIDE)
    engine = Engine(model, card, device=device)
    pixels = np.random.default_rng(5).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    face = Face.from_pixels(pixels)
    scenes = [Scene(face, (_stroke(number),)) for number in range(repeats)]
    expected = [float(engine.predict(scene).probabilities.max()) for scene in scenes]
    waits: dict[bool, list[float]] = {True: [], False: []}
    told, steps = [], dict.fromkeys(waits, 0)
    for part in range(0, repeats, 5):
        for ordered in waits:
            turns = Turns() if ordered else None
            with _others(engine, face, turns) as done:
                for scene in scenes[part : part + 5]:
                    time.sleep(PAUSE_S)
                    begun = time.perf_counter()
                    with nullcontext() if turns is None else turns.quick():
                        answer = engine.apart().predict(scene)
                    waits[ordered].append(time.perf_counter() - begun)
                    told.append((scene, float(answer.probabilities.max())))
            steps[ordered] += len(done)
    known = {id(scene): value for scene, value in zip(scenes, expected, strict=True)}
    error = max(abs(known[id(scene)] - value) for scene, value in told)
    words = (
        f"largest difference {error:.1e}; {OTHERS} others' steps meanwhile: {steps[True]} with "
        f"turns, {steps[False]} without"
    )
    check = Check(words, error <= 1e-5 and min(steps.values()) > 0)
    return Row(TURNS_ROW, "all at once", tuple(waits[True]), tuple(waits[False]), check=check)


def _stroke(number: int) -> Stroke:
    height = 0.1 + 0.8 * (number % 40) / 40
    return Stroke(((0.2, height), (0.8, height)), 0.1)


@contextmanager
def _others(engine: Engine, face: Face, turns: Turns | None) -> Iterator[list[int]]:
    """Let others compute until the block ends; a number for each step that they have done."""
    done: list[int] = []
    ended = threading.Event()

    def turn() -> AbstractContextManager[None]:
        return nullcontext() if turns is None else turns.slow()

    def compute(number: int) -> None:
        while not ended.is_set():
            scenes = [Scene(face, (_stroke(number + k),)) for k in range(AT_ONCE)]
            with turn():
                engine.apart().predict_many(scenes)
            done.append(number)

    threads = [threading.Thread(target=compute, args=(k,), daemon=True) for k in range(OTHERS)]
    for thread in threads:
        thread.start()
    try:
        yield done
    finally:
        ended.set()
        for thread in threads:
            thread.join()
