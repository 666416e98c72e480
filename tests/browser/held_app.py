"""The app as it is served, and an address that tells what its process holds.

Objects are found by the garbage collector's own lists and what those refer to, after a collection.
MARK_TO_FIND is looked for in every text and in all bytes.
"""

import gc
import os
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit.starlette import App

from ran.ui.server import MIDDLEWARE, warm

MARK = os.environ["MARK_TO_FIND"]
OURS = {"Face", "Photo", "FoundPhoto", "Scene", "Prediction", "Heatmap", "Session", "Seen"}


def reached():
    """Every object that the collector knows or that one of those refers to, once."""
    seen = set()
    for known in gc.get_objects():
        for each in (known, *gc.get_referents(known)):
            if id(each) not in seen:
                seen.add(id(each))
                yield each


def held(_request: Request) -> JSONResponse:
    gc.collect()
    counts = Counter(marked=0, pixels=0, tensors=0)
    for each in reached():
        kind = type(each)
        if kind is str:
            counts["marked"] += MARK in each and each is not MARK
        elif kind in (bytes, bytearray):
            counts["marked"] += MARK.encode() in each
        elif kind is np.ndarray and each.dtype == np.uint8 and each.base is None:
            counts["pixels"] += each.nbytes
        elif kind is torch.Tensor:
            counts["tensors"] += each.numel()
        elif kind.__name__ in OURS and kind.__module__.startswith("ran."):
            counts[kind.__name__] += 1
    counts["watching"] = sum(one.name == "ran-live" for one in threading.enumerate())
    return JSONResponse(dict(counts))


warm()  # what is spared from garbage collection must not hold a visitor's either
app = App(
    Path(__file__).parents[2] / "streamlit_app.py",
    middleware=MIDDLEWARE,
    routes=[Route("/held", held)],
)
