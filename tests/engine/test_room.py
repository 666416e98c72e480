"""When a device's memory is full: fewer at a time, then the CPU; the answer stays the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ran.engine import Engine
from ran.engine.room import Room, cpu_copy, or_on_cpu
from ran.errors import OutOfMemory, memory_told
from ran.face.detect import Face
from ran.scene import Scene

PIXELS = np.random.default_rng(1).integers(0, 256, (48, 48, 3), np.uint8)
SCENE = Scene(Face.from_pixels(PIXELS))


@pytest.fixture
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


def fills_beyond(network, crops: int, words: str = "CUDA out of memory. Tried to allocate") -> list:
    """Let the network's own backbone refuse more crops than these; returns how many it was asked.

    A copy of it is another network, on another device.
    """
    sizes, own = [], network.backbone

    def refuse(module, given) -> None:
        if module is own:
            sizes.append(len(given[0]))
            if len(given[0]) > crops:
                raise RuntimeError(words)

    own.register_forward_pre_hook(refuse)
    return sizes


def on_gpu(engine: Engine) -> Engine:
    """The engine, as if its device were another than the CPU."""
    for room in (engine.room, engine.explainer.room):
        room._is_cpu = False
    return engine


def said(engine: Engine) -> str:
    """Where the last answer came from, were the device a GPU."""
    there, engine.device = engine.device, "cuda"
    try:
        return engine.computed_on
    finally:
        engine.device = there


def test_fewer_go_through_at_a_time_until_they_fit(engine):
    crops = torch.rand(7, 3, 48, 48)
    whole = engine.asked.features(crops[None])[0]
    room = Room(engine.asked, 192, "cuda")
    sizes = fills_beyond(engine.asked, 2)
    torch.testing.assert_close(room.features(crops), whole)
    assert sizes == [7, 3, 1, 1, 1, 1, 1, 1, 1]
    assert not room.is_full
    sizes.clear()
    room.features(crops)
    assert sizes == [1] * 7, "what fitted last is tried first"


def test_what_fits_nowhere_there_is_computed_on_the_cpu(engine):
    crops = torch.rand(3, 3, 48, 48)
    whole = engine.asked.features(crops[None])[0]
    room = Room(engine.asked, 192, "cuda")
    sizes = fills_beyond(engine.asked, 0)
    torch.testing.assert_close(room.features(crops), whole)
    assert sizes == [3, 1]
    assert room.is_full


def test_a_cpu_that_is_full_is_said(engine):
    fills_beyond(engine.asked, 0, "DefaultCPUAllocator: can't allocate memory: you tried")
    with pytest.raises(OutOfMemory), memory_told():
        engine.predict(SCENE)


def test_another_error_is_no_lack_of_memory(engine):
    fills_beyond(engine.asked, 0, "cuDNN error: CUDNN_STATUS_NOT_SUPPORTED")
    with pytest.raises(RuntimeError, match="CUDNN_STATUS"):
        on_gpu(engine).predict(SCENE)


def test_an_answer_says_where_it_came_from_and_the_next_one_that_fits_too(engine):
    expected = engine.predict(SCENE)
    other = on_gpu(engine.apart())
    assert said(other) == "cuda"
    sizes = fills_beyond(other.asked, 0)
    np.testing.assert_allclose(other.predict(SCENE).logits, expected.logits, atol=1e-5)
    assert sizes
    assert said(other) == "cpu"
    other.asked.backbone._forward_pre_hooks.clear()
    other.predict(Scene(Face.from_pixels(PIXELS[::-1].copy())))
    assert said(other) == "cuda"


@pytest.mark.parametrize("method", ["saliency", "grad-cam", "integrated-gradients", "occlusion"])
@pytest.mark.parametrize("crops", [12, 0], ids=["smaller chunks", "on the CPU"])
def test_an_explanation_begins_again_with_less(engine, method, crops):
    expected = engine.apart().explain(SCENE, method, steps=None)
    other = on_gpu(engine.apart())
    fills_beyond(other.explainer.twin, crops)
    found = other.explain(SCENE, method)
    np.testing.assert_allclose(found.values, expected.values, atol=1e-4)
    assert said(other) == ("cpu" if crops == 0 else "cuda")
    other.explainer.twin.backbone._forward_pre_hooks.clear()
    other.explain(Scene(Face.from_pixels(PIXELS[::-1].copy())), method)
    assert said(other) == "cuda", "the next one fits again"


def test_crops_that_do_not_fit_together_are_cut_in_halves(engine, monkeypatch):
    generator = np.random.default_rng(2)
    faces = [Face.from_pixels(generator.integers(0, 256, (9, 9, 3), np.uint8)) for _ in range(7)]
    expected = engine.apart().predict_many([Scene(face) for face in faces])
    tried, cut = [], engine.cutter.crops

    def full_beyond_two(scenes):
        tried.append(len(scenes))
        if len(scenes) > 2:
            raise RuntimeError("CUDA out of memory. Tried to allocate")
        return cut(scenes)

    monkeypatch.setattr(engine.cutter, "crops", full_beyond_two)
    found = engine.apart().predict_many([Scene(face) for face in faces])
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.logits, other.logits, atol=1e-4)
    assert tried == [7, 3, 1, 2, 4, 2, 2]

    def other_error(scenes):
        raise RuntimeError("cuDNN error: CUDNN_STATUS_NOT_SUPPORTED")

    monkeypatch.setattr(engine.cutter, "crops", other_error)
    with pytest.raises(RuntimeError, match="CUDNN_STATUS"):
        engine.apart().predict_many([Scene(face) for face in faces])


@pytest.mark.parametrize("words", ["CUDA out of memory. Tried to allocate", "another error"])
def test_what_a_device_does_not_hold_is_made_on_the_cpu(words):
    asked = []

    def make(*, device):
        asked.append(device)
        if device != "cpu":
            raise RuntimeError(words)
        return "made"

    if "memory" in words:
        assert or_on_cpu(make, "cuda") == "made"
        assert asked == ["cuda", "cpu"]
    else:
        with pytest.raises(RuntimeError, match=words):
            or_on_cpu(make, "cuda")
        assert asked == ["cuda"]


def test_a_copy_on_the_cpu_shares_nothing(engine):
    copied = cpu_copy(engine.asked)
    theirs = {part.data_ptr() for part in (*copied.parameters(), *copied.buffers())}
    own = {part.data_ptr() for part in (*engine.asked.parameters(), *engine.asked.buffers())}
    assert theirs.isdisjoint(own)
    assert not copied.training
