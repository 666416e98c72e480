"""Where networks run: the caller decides, then the environment, then what is there."""

import pytest

from ran.engine import Engine
from ran.engine.devices import devices
from ran.errors import BadRequest
from ran.net.checkpoints import load_checkpoint


def test_the_environment_names_the_device_unless_the_caller_does(checkpoint, monkeypatch):
    there = {"best": "Best there is", "cpu": "CPU"}
    monkeypatch.setattr("ran.engine.devices.devices", lambda: there)
    model, card = load_checkpoint(checkpoint)
    for value in ("cpu", "moon"):
        monkeypatch.setenv("RAN_DEVICE", value)
        assert Engine(model, card, device="cpu").device == "cpu"
    with pytest.raises(BadRequest, match="no device 'moon'"):
        Engine(model, card)
    monkeypatch.setenv("RAN_DEVICE", "cpu")
    assert Engine(model, card).device == "cpu"
    for nothing in ("", "auto"):
        monkeypatch.setenv("RAN_DEVICE", nothing)
        monkeypatch.setattr("ran.engine.devices.devices", lambda: {"cpu": "CPU", "other": "Other"})
        assert Engine(model, card).device == "cpu", "the first, best device"


@pytest.mark.parametrize("name", ["tpu", "cpu:0", "cpu:", "", "CPU", "cuda:99", "cuda:x"])
def test_an_unknown_device_is_refused_with_those_there_are(name, checkpoint):
    with pytest.raises(BadRequest, match="no device") as refusal:
        Engine.load(checkpoint, name)
    assert "cpu" in refusal.value.hint
    assert list(devices())[-1] == "cpu"
