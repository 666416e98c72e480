"""True fp32 while we compute: TF32 is off within our calls, and as it was before after them."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from ran.engine import Engine, elsewhere
from ran.engine.devices import full_precision
from ran.face.detect import Face
from ran.face.shapes import Rectangle
from ran.scene import Scene

PIXELS = np.random.default_rng(3).integers(0, 256, (48, 48, 3), np.uint8)
SCENE = Scene(Face.from_pixels(PIXELS), (Rectangle(0.2, 0.2, 0.5, 0.5),))


def is_allowed() -> tuple[bool, bool]:
    return torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32


@pytest.fixture
def allowed():
    """TF32 wherever torch may use it."""
    before = is_allowed()
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    yield
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


@pytest.mark.usefixtures("allowed")
def test_it_is_off_inside_and_back_after_the_last_also_after_an_error():
    with full_precision():
        assert is_allowed() == (False, False)
        with pytest.raises(ZeroDivisionError), full_precision():
            raise ZeroDivisionError
        assert is_allowed() == (False, False), "somebody is still inside"
    assert is_allowed() == (True, True)


@pytest.mark.usefixtures("allowed")
def test_two_threads_leave_it_as_it_was():
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with full_precision():
            inside.set()
            leave.wait(30)

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(30)
    with full_precision():
        pass
    assert is_allowed() == (False, False)
    leave.set()
    thread.join()
    assert is_allowed() == (True, True)


ASKED = {
    "an answer": lambda engine: engine.predict(SCENE),
    "many": lambda engine: engine.predict_many([SCENE, SCENE.clean()]),
    "what regions are worth": lambda engine: engine.region_values(SCENE),
    "a map": lambda engine: engine.explain(SCENE, "saliency"),
    "a check": lambda engine: list(engine.faithful(SCENE, "saliency", draws=1)),
    "the same cover elsewhere": lambda engine: list(elsewhere.referring(engine, SCENE)),
}


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_whatever_an_engine_computes_is_computed_so(checkpoint, ask):
    engine, seen = Engine.load(checkpoint, "cpu"), []

    def look(*_: object) -> None:
        seen.append(is_allowed())

    for network in (engine.asked, engine.explainer.twin):
        network.backbone.register_forward_pre_hook(look)
        network.classifier.register_forward_pre_hook(look)
    ask(engine)
    assert seen
    assert set(seen) == {(False, False)}
    assert is_allowed() == (True, True)


@pytest.mark.gpu
def test_a_gpu_answers_and_explains_as_a_cpu_does(checkpoint):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    here, there = Engine.load(None, "cpu"), Engine.load(None, "cuda")
    one, other = here.predict(SCENE), there.predict(SCENE)
    assert np.abs(one.logits - other.logits).max() <= 1e-5 * np.abs(one.logits).max()
    for method in ("saliency", "grad-cam", "integrated-gradients"):
        maps = [engine.explain(SCENE, method, steps=None).values for engine in (here, there)]
        assert np.corrcoef(*(values.ravel() for values in maps))[0, 1] >= 0.9999


@pytest.mark.gpu
def test_inside_a_chunk_nobody_waits_for_the_gpu(checkpoint):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    engine = Engine.load(checkpoint, "cuda")
    generator = np.random.default_rng(8)
    faces = [Face.from_pixels(generator.integers(0, 256, (48, 48, 3), np.uint8)) for _ in range(9)]
    scenes = [Scene(face) for face in faces]
    engine.predict_many(scenes[:3])  # what is begun once
    torch.cuda.set_sync_debug_mode("error")
    try:
        features = engine.chunks.made(scenes[3:])
        output = engine.asked.attend(features)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert output.weights.shape == (6, 6)
