"""A cohort on Ray: parts go to workers, each with a network of its own, on one machine or many.

Ray Data distributes, retries and restarts; here is what a worker does with a part. It writes the
part itself, as this process would, so that the rows are the same and a worker that dies leaves no
half of one. Workers must see the checkpoint, the pictures and the folder under the same paths.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ran.engine import Engine
from ran.engine.fast.quickened import quickened
from ran.errors import BadRequest, RanError
from ran.study.cohort.pictures_from import open_source
from ran.study.cohort.rows import Wanted
from ran.study.cohort.tables_on_disk import Cohort, Written, made_of

_SAME_PATHS = "Give paths that every worker sees, to the same files."


@dataclass(frozen=True)
class RayWorkers:
    """Workers on Ray for the parts of a cohort; called as ran.study.cohort.tables_on_disk says.

    source, checkpoint and device: as they were given to this process; absolute paths where workers
    run elsewhere. address: of a cluster that runs, None begins one in this machine and ends it
    again. count: workers; None is one for each GPU of the cluster, or for each of its processors.
    fast: the precision in which OpenVINO answers (ran.engine.fast), or None.
    """

    source: str
    checkpoint: str | None = None
    device: str = "auto"
    address: str | None = None
    count: int | None = None
    fast: str | None = None

    def __call__(self, cohort: Cohort, numbers: Sequence[int]) -> Iterator[Written]:
        """Write parts of these numbers; yield each as it is there, in any order.

        Raises:
            BadRequest: if there is no cluster at the address, too few workers are asked, or workers
                see other pictures or another network, or fail.
        """
        # Before Ray is imported: it reports nothing to anyone, and says what fails alone.
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
        import ray

        if self.count is not None and self.count < 1:
            raise BadRequest(f"{self.count} workers do nothing.", hint="Use 1 or more.")
        if self.address is not None:
            _knock(self.address)
        if not numbers:
            return
        was_begun = ray.is_initialized()
        try:
            if not was_begun:
                _begin(self.address, self.count)
            yield from self._written(cohort, numbers)
        except RanError:
            raise
        except (ConnectionError, ray.exceptions.RayError) as error:
            raise BadRequest(
                f"The cluster does not answer: {_told(error)}", hint="Go on with --resume."
            ) from error
        finally:
            if not was_begun and ray.is_initialized():
                ray.shutdown()

    def _written(self, cohort: Cohort, numbers: Sequence[int]) -> Iterator[Written]:
        import ray

        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        there: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        gpus = int(there.get("GPU", 0))
        count = self.count or gpus or max(1, int(there.get("CPU", 1)))
        asked = (
            self.source, self.checkpoint, self.device, self.fast, cohort.wanted,
            str(cohort.out.resolve()), cohort.batch, cohort.made,
        )  # fmt: skip
        parts = ray.data.from_items([{"number": int(number)} for number in numbers]).map_batches(
            _Worker, fn_constructor_args=asked, batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=min(count, len(numbers))),
            num_gpus=1 if gpus else 0, num_cpus=0 if gpus else 1,
        )  # fmt: skip
        for row in parts.iter_rows():
            if row["refused"]:
                raise BadRequest(str(row["refused"]), hint=_SAME_PATHS)
            yield Written(*(int(row[name]) for name in ("number", "pictures", "rows", "errors")))


def _begin(address: str | None, count: int | None) -> None:
    """Join a cluster, or begin one here; say nothing of it but what goes wrong."""
    import ray

    logging.getLogger("ray").setLevel(logging.ERROR)
    if address is not None:
        ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
        return
    ray.init(
        num_cpus=count, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False
    )


def _knock(address: str) -> None:
    """Refuse an address at which nobody listens: Ray would try for minutes.

    Raises:
        BadRequest: if it is none, or nothing answers there.
    """
    if address in ("auto", "local"):
        return
    host, _colon, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
    except (OSError, ValueError, OverflowError) as error:
        raise BadRequest(
            f"There is no cluster at {address!r}.",
            hint="Give HOST:PORT of its head, or ray://HOST:10001, or leave --address out.",
        ) from error


class _Worker:
    """What a worker is: a network and the pictures, opened once, then part after part."""

    def __init__(
        self,
        source: str,
        checkpoint: str | None,
        device: str,
        fast: str | None,
        wanted: Wanted,
        out: str,
        batch: int,
        made: dict[str, Any],
    ) -> None:
        self._refused, self._cohort, self._engine = "", None, None
        try:
            engine, pictures = Engine.load(checkpoint, device), open_source(source)
            engine = engine if fast is None else quickened(engine, fast)
        except RanError as error:
            self._refused = f"A worker cannot begin: {error}"
            return
        own = made_of(engine, pictures, wanted, batch)
        names = ("sha256", "pictures", "names")
        if any(own[name] != made[name] for name in names):
            self._refused = "A worker sees other pictures or another network under the same path."
            return
        self._engine = engine
        self._cohort = Cohort(pictures, wanted, Path(out), batch, made)

    def __call__(self, lot: dict[str, Any]) -> dict[str, Any]:
        written = []
        for number in lot["number"]:
            if self._engine is None or self._cohort is None:
                written.append({**asdict(Written(int(number), 0, 0, 0)), "refused": self._refused})
                continue
            part = self._cohort.write(self._engine, int(number))
            written.append({**asdict(part), "refused": ""})
        return {name: np.array([row[name] for row in written]) for name in written[0]}


def _told(error: BaseException) -> str:
    """Return the last line that says what went wrong, without a trace of other machines."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__
