"""What the authors' format cannot say of a network of ours is not written in it."""

import pytest
import torch

from ran.errors import BadCheckpoint
from ran.expressions import FERPLUS
from ran.net.checkpoints import Card, convert, save_checkpoint
from ran.net.model import RegionAttentionNetwork


@pytest.mark.parametrize(
    "changes",
    [{"attention": "sigmoid"}, {"grey": True}, {"input_size": 96}, {"temperature": 2.0},
     {"mean": 0.5}],
    ids=str,
)  # fmt: skip
def test_what_the_released_format_cannot_say_is_not_written(changes, tmp_path):
    said = {"attention": "softmax", "grey": False, "input_size": 224, **changes}
    mean = said.pop("mean", 0.0)
    with torch.device("meta"):
        model = RegionAttentionNetwork(attention=said["attention"], grey=said["grey"])
    model.load_state_dict(
        {k: torch.zeros(v.shape, dtype=v.dtype) for k, v in model.state_dict().items()},
        assign=True,
    )
    model.mean.fill_(mean)
    model.std.fill_(1.0)
    card = Card(
        name="ours", kind="ran", backbone="resnet18", classes=FERPLUS, framing="ferplus",
        alpha=0.02, trained_on="", licence="", recipe={}, seed=0, scores=None, note="", **said,
    )  # fmt: skip
    save_checkpoint(tmp_path / "ours", model, card)
    with pytest.raises(BadCheckpoint, match="cannot be said in the released format"):
        convert(tmp_path / "ours", tmp_path / "theirs.pth.tar")
    assert not (tmp_path / "theirs.pth.tar").exists()
