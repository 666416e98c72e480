"""python -m benchmarks [--quick] [--json FILE] [--device D]."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from benchmarks.cohort import (
    BETWEEN,
    FRAMED_FILES,
    PHOTO_FILES,
    between_row,
    cohort_row,
    files_row,
)
from benchmarks.detection import detection_row
from benchmarks.explain import (
    ABLATION,
    INTEGRATED,
    MEMORY,
    SALIENCY,
    ablation_row,
    at_side,
    integrated_row,
    memory_row,
    saliency_row,
)
from benchmarks.forward import AGAINST, forward_name, forward_row, peak_flops
from benchmarks.photo import photo_row
from benchmarks.poses import sweep_row
from benchmarks.regions import (
    CACHED,
    LEAVE_ONE_OUT,
    SHAPLEY,
    cached_row,
    leave_one_out_row,
    shapley_row,
)
from benchmarks.rows import Row, table
from benchmarks.start import start_row
from benchmarks.stroke import stroke_row
from benchmarks.turns import TURNS_ROW, turns_row
from ran.engine.devices import devices, full_precision
from ran.net.checkpoints import load_checkpoint
from ran.writing import write_text


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every row and print the table; return 1 if a check failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Time the paths that a user waits for, each beside a plain baseline and a "
        "check of its answer. Exit status 1 if a check failed.",
    )
    parser.add_argument("--quick", action="store_true", help="fewer rows and repeats, under 60 s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda; default cpu")
    args = parser.parse_args(arguments)
    if args.device.split(":")[0] not in devices():
        parser.error(f"expected a device of {', '.join(devices())}, got {args.device!r}")
    if args.json is not None and not args.json.resolve().parent.is_dir():
        parser.error(f"expected a file in a folder that exists, got {args.json}")
    rows = []
    peak = peak_flops(args.device)
    for name, measure in _plan(args.quick, args.device, peak).items():
        print(f"measuring {name}", file=sys.stderr)
        with full_precision():  # both sides alike
            rows.append(measure())
    machine = {
        "device": torch.cuda.get_device_name() if "cuda" in args.device else platform.machine(),
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "peak_gflops": round(peak / 1e9, 1),
    }
    print(", ".join(f"{key} {value}" for key, value in machine.items()))
    print(table(rows))
    if args.json is not None:
        report = {"machine": machine, "rows": [row.as_json() for row in rows]}
        write_text(args.json, json.dumps(report, indent=2) + "\n")
    return int(any("FAIL" in row.verdicts for row in rows))


def _plan(quick: bool, device: str, peak: float) -> dict[str, Callable[[], Row]]:
    def forward(faces: int, repeats: int) -> Callable[[], Row]:
        if quick and faces > 1:
            return lambda: Row(forward_name(faces), AGAINST, reason="left out by --quick")
        return lambda: forward_row(faces, device=device, repeats=repeats, peak=peak)

    own = load_checkpoint()[1].input_size
    return {
        forward_name(1): forward(1, 7 if quick else 15),
        forward_name(8): forward(8, 7),
        forward_name(32): forward(32, 5),
        forward_name(128): (
            forward(128, 3)
            if device != "cpu"
            else lambda: Row(forward_name(128), AGAINST, reason="on a GPU alone")
        ),
        "cohort": lambda: (
            Row("cohort", "", reason="left out by --quick")
            if quick
            else cohort_row(device=device, repeats=5)
        ),
        FRAMED_FILES: lambda: (
            Row(FRAMED_FILES, "", reason="left out by --quick")
            if quick
            else files_row(device=device, repeats=5, is_framed=True)
        ),
        PHOTO_FILES: lambda: (
            Row(PHOTO_FILES, "", reason="left out by --quick")
            if quick
            else files_row(device=device, repeats=5, is_framed=False)
        ),
        BETWEEN: lambda: between_row(device=device, repeats=7),
        "photo": lambda: photo_row(repeats=1 if quick else 9),
        "detection": lambda: detection_row(device=device, repeats=2 if quick else 5),
        "stroke": lambda: stroke_row(repeats=5 if quick else 15, patience=30 if quick else 120),
        TURNS_ROW: lambda: turns_row(device=device, repeats=10 if quick else 25),
        "25 poses": lambda: sweep_row(device=device, repeats=1 if quick else 3),
        CACHED: lambda: cached_row(device=device, repeats=7 if quick else 15),
        SHAPLEY: lambda: shapley_row(device=device, repeats=3 if quick else 7),
        LEAVE_ONE_OUT: lambda: leave_one_out_row(device=device, repeats=3 if quick else 7),
        SALIENCY: lambda: saliency_row(device=device, repeats=2 if quick else 7),
        INTEGRATED: lambda: (
            Row(INTEGRATED, "", reason="left out by --quick")
            if quick
            else integrated_row(device=device, repeats=3)
        ),
        ABLATION: lambda: ablation_row(device=device, repeats=1 if quick else 5),
        at_side(SALIENCY, own): lambda: saliency_row(
            device=device, repeats=3 if quick else 7, side=own
        ),
        at_side(INTEGRATED, own): lambda: integrated_row(
            device=device, repeats=1 if quick else 3, side=own
        ),
        at_side(ABLATION, own): lambda: ablation_row(
            device=device, repeats=3 if quick else 7, side=own
        ),
        MEMORY: lambda: (
            Row(MEMORY, "", reason="left out by --quick")
            if quick
            else memory_row(device=device, count=200)
        ),
        "cold start": lambda: start_row(repeats=1 if quick else 3, patience=30 if quick else 120),
    }


if __name__ == "__main__":
    sys.exit(main())
