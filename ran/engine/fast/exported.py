"""A network's backbone as OpenVINO computes it: exported, made int8 if asked, compiled."""

from __future__ import annotations

import io
import logging
import threading
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ran.deadline import check
from ran.engine.fast.gates import FP32, INT8
from ran.net.checkpoints import Network

AT_ONCE = 24
"""Crops of one request; the last ones of a call are filled up with black."""


class ExportedRoom:
    """Makes features as ran.engine.room.Room does, in bulk. Safe to share between threads.

    Args:
        network: whose backbone it is, folded, on the CPU.
        side: of a crop, in pixels.
        precision: "fp32" or "int8".
        crops: f32[N, 3, S, S] in [0, 1], what int8's ranges are read from; None for fp32.
    """

    is_full = False

    def __init__(
        self, network: Network, side: int, precision: str, crops: Tensor | None = None
    ) -> None:
        import openvino

        exported = _exported(network, side)
        if precision == INT8:
            assert crops is not None
            exported = _quantized(exported, crops)
        core = openvino.Core()
        settings: dict[str, Any] = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        }
        if precision == FP32:
            settings["INFERENCE_PRECISION_HINT"] = "f32"
        compiled = core.compile_model(exported, "CPU", settings)
        self._side, self._width = side, network.width
        self._guard = threading.Lock()
        self._queue = openvino.AsyncInferQueue(compiled)
        self._queue.set_callback(self._take)
        self._made: list[np.ndarray | None] = []
        self.at_once = AT_ONCE * len(self._queue)
        """How many crops fill all requests that run side by side."""
        self.precision = f"{precision} (OpenVINO {openvino.__version__.partition('-')[0]})"

    def features(self, crops: Tensor) -> Tensor:
        """Return what the backbone makes of crops f32[N, 3, S, S], f32[N, D].

        Raises:
            TookTooLong: if the time set by ran.deadline is up.
        """
        with self._guard:
            lots = crops.contiguous().split(AT_ONCE)
            self._made = [None] * len(lots)
            for number, lot in enumerate(lots):
                check()
                if len(lot) < AT_ONCE:
                    lot = torch.cat([lot, lot.new_zeros(AT_ONCE - len(lot), *lot.shape[1:])])
                self._queue.start_async({0: lot.numpy()}, number)
            self._queue.wait_all()
            made = np.concatenate([one for one in self._made if one is not None])
            self._made = []
        return torch.from_numpy(made[: len(crops)])

    def _take(self, request: Any, number: int) -> None:
        self._made[number] = request.get_output_tensor(0).data.copy()


class _Backbone(nn.Module):
    """A network from crops to features: colour, normalisation, backbone."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, crops: Tensor) -> Tensor:
        network = self.network
        features: Tensor = network.backbone((network.see(crops) - network.mean) / network.std)
        return features


def _exported(network: Network, side: int) -> Any:
    import openvino

    shape = (AT_ONCE, 3, side, side)
    with warnings.catch_warnings(), torch.no_grad():
        # The backbone looks at the sizes of maps, which are the same for every crop.
        warnings.simplefilter("ignore")
        return openvino.convert_model(
            _Backbone(network).eval(), example_input=torch.zeros(shape), input=[shape]
        )


def _quantized(exported: Any, crops: Tensor) -> Any:
    """Return the model in int8, its ranges read from crops and its biases corrected layer by layer.

    The fast correction lost .5 points of accuracy where this one lost .2.
    """
    import nncf

    logging.getLogger("nncf").setLevel(logging.ERROR)
    lots: Sequence[np.ndarray] = [
        lot.numpy() for lot in crops.contiguous().split(AT_ONCE) if len(lot) == AT_ONCE
    ]
    with redirect_stdout(io.StringIO()):  # its progress would stand in our output
        return nncf.quantize(
            exported, nncf.Dataset(lots), preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(lots), fast_bias_correction=False,
        )  # fmt: skip
