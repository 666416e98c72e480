"""A cohort's table on a disk: parts of rows that are written whole, and go on where they ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ran.engine import Engine
from ran.errors import BadRequest
from ran.study.cohort.pictures_from import Picture, Source
from ran.study.cohort.rows import Row, Wanted, rows_of
from ran.writing import replacing

if TYPE_CHECKING:
    import pyarrow

PICTURES_A_PART = 500
"""A part holds the rows of so many pictures, in the source's order."""
ERRORS = "errors.parquet"
_MADE = b"ran.cohort"


@dataclass(frozen=True)
class Progress:
    """How far a cohort is: pictures done of those asked, rows written and errors so far."""

    done: int
    of: int
    rows: int
    errors: int


@dataclass(frozen=True)
class Shard:
    """Which parts are one's own: number of `of`, from 1."""

    number: int = 1
    of: int = 1

    @staticmethod
    def named(text: str) -> Shard:
        """Return a shard as it is written: "3/64".

        Raises:
            BadRequest: if it is none.
        """
        number, _slash, of = text.partition("/")
        if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
            raise BadRequest(f"There is no shard {text!r}.", hint="Write it as 3/64, from 1/64.")
        return Shard(int(number), int(of))

    def owns(self, part: int) -> bool:
        """Return whether a part is of this shard."""
        return part % self.of == self.number - 1


@dataclass(frozen=True)
class Written:
    """A part that is there now: its number, and how many pictures, rows and errors it has."""

    number: int
    pictures: int
    rows: int
    errors: int


@dataclass(frozen=True)
class Cohort:
    """A cohort on its way to a disk: what is asked of which pictures, and where rows go.

    batch: pictures of a part; made: what decides the rows, as `made_of` says.
    """

    source: Source
    wanted: Wanted
    out: Path
    batch: int
    made: dict[str, Any]

    @property
    def parts(self) -> int:
        """Return how many parts there are."""
        return -(-len(self.source.pictures) // self.batch)

    def pictures(self, number: int) -> Sequence[Picture]:
        """Return the pictures of a part, in the source's order."""
        return self.source.pictures[number * self.batch : (number + 1) * self.batch]

    def write(self, engine: Engine, number: int) -> Written:
        """Answer the pictures of a part and write it, whole."""
        rows: list[Row] = []
        missed: list[tuple[str, str]] = []
        for told in rows_of(engine, self.pictures(number), self.wanted):
            rows += told.rows
            missed += told.errors
        _write(self.out, number, rows, missed, self.made)
        return Written(number, len(self.pictures(number)), len(rows), len(missed))


Workers = Callable[[Cohort, Sequence[int]], Iterator[Written]]
"""Who writes parts, in any order: this process, or others."""


def write_cohort(
    engine: Engine,
    source: Source,
    wanted: Wanted,
    out: Path,
    *,
    shard: Shard | None = None,
    resume: bool = False,
    batch: int | None = None,
    workers: Workers | None = None,
) -> Iterator[Progress]:
    """Write the rows of a source's pictures below a folder, part by part; yield after each.

    part-00000.parquet and so on, with the network's hash and all that was asked in the metadata of
    each; errors.parquet, path and reason, of all parts that are there. A part is there whole or not
    at all: whoever resumes skips those that are, so that no row is lost or written twice.

    Args:
        engine: the network.
        source: the pictures.
        wanted: what is asked of every face.
        out: the folder.
        shard: which parts are written, None is all.
        resume: whether parts that are there are gone on with.
        batch: pictures of a part, PICTURES_A_PART if None.
        workers: who writes the parts; None is the engine, here.

    Raises:
        BadRequest: if the folder holds parts and `resume` is not asked, or parts of another
            network, source or question; if a part has no picture; or if nothing can be written.
    """
    size = PICTURES_A_PART if batch is None else batch
    if size < 1:
        raise BadRequest(f"A part cannot have {size} pictures.", hint="Use 1 or more.")
    made, mine = made_of(engine, source, wanted, size), shard or Shard()
    cohort = Cohort(source, wanted, out, size, made)
    there = _there(out, made)
    if there and not resume:
        raise BadRequest(
            f"{out} holds {len(there)} parts of this cohort already.",
            hint="Go on with --resume, or choose another --out.",
        )
    out.mkdir(parents=True, exist_ok=True)
    own = [number for number in range(cohort.parts) if mine.owns(number)]
    of = sum(len(cohort.pictures(number)) for number in own)
    done = sum(len(cohort.pictures(number)) for number in own if number in there)
    rows = errors = 0
    if done:
        yield Progress(done, of, rows, errors)
    left = [number for number in own if number not in there]
    writing = (cohort.write(engine, number) for number in left) if workers is None else (
        workers(cohort, left)
    )  # fmt: skip
    for part in writing:
        done, rows, errors = done + part.pictures, rows + part.rows, errors + part.errors
        yield Progress(done, of, rows, errors)
    _gather_errors(out, source, made)


def made_of(engine: Engine, source: Source, wanted: Wanted, batch: int) -> dict[str, Any]:
    """Return what decides a cohort's parts: the network, the pictures' names, the question."""
    names = hashlib.sha256("\n".join(one.name for one in source.pictures).encode()).hexdigest()
    return {
        "checkpoint": engine.card.name,
        "sha256": engine.card.sha256,
        "pictures": len(source.pictures),
        "names": names,
        "batch": batch,
        "wanted": json.loads(json.dumps(asdict(wanted))),
        "conditions": engine.conditions,
    }


def _there(out: Path, made: dict[str, Any]) -> set[int]:
    """Return the parts that are there; refuse those of another cohort."""
    from pyarrow import ArrowException, parquet

    found = set()
    for file in sorted(out.glob("part-*.parquet")) if out.is_dir() else ():
        try:
            metadata = parquet.read_schema(file).metadata or {}
            was = json.loads(metadata.get(_MADE, b"null"))
        except (ArrowException, OSError, ValueError):
            was = None
        if was is None or _asked(was) != _asked(made):
            raise BadRequest(
                f"{file} is of another cohort: another network, source or question.",
                hint="Choose another --out.",
            )
        found.add(int(file.stem.removeprefix("part-")))
    return found


def _asked(made: dict[str, Any]) -> dict[str, Any]:
    """Return what decides rows: the device may change on the way, the precision may not."""
    kept = {name: value for name, value in made.items() if name != "conditions"}
    return kept | {"precision": made["conditions"]["precision"]}


def _write(
    out: Path,
    number: int,
    rows: Sequence[Row],
    errors: Sequence[tuple[str, str]],
    made: dict[str, Any],
) -> None:
    from pyarrow import parquet

    # The errors first: a part that is there has told all that it knows.
    if errors:
        with replacing(out / f".errors-{number:05d}.parquet") as fresh:
            parquet.write_table(_errors(errors), fresh)
    table = _table(rows).replace_schema_metadata({_MADE: json.dumps(made).encode()})
    with replacing(out / f"part-{number:05d}.parquet") as fresh:
        parquet.write_table(table, fresh)


def _table(rows: Sequence[Row]) -> pyarrow.Table:
    """Return rows as a table; faces that are cut otherwise leave the others' columns empty."""
    import pyarrow

    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    # Of nothing but nulls the kind is not seen: a part without a box has the others' column.
    kinds = {
        "path": pyarrow.string(), "cover": pyarrow.string(), "expression": pyarrow.string(),
        "face": pyarrow.int64(), "box": pyarrow.list_(pyarrow.float64()),
        "pose_reliable": pyarrow.bool_(),
    }  # fmt: skip
    return pyarrow.table(
        {name: pyarrow.array(values, kinds.get(name, pyarrow.float64()))
         for name, values in columns.items()}
    )  # fmt: skip


def _errors(errors: Sequence[tuple[str, str]]) -> pyarrow.Table:
    import pyarrow

    return pyarrow.table(
        {"path": pyarrow.array([path for path, _reason in errors], pyarrow.string()),
         "reason": pyarrow.array([reason for _path, reason in errors], pyarrow.string())}
    )  # fmt: skip


def _gather_errors(out: Path, source: Source, made: dict[str, Any]) -> None:
    """Write errors.parquet of all parts that are there, and of what the source left out."""
    import pyarrow
    from pyarrow import parquet

    found = [_errors(source.left_out)]
    found += [parquet.read_table(file) for file in sorted(out.glob(".errors-*.parquet"))]
    table = pyarrow.concat_tables(found).replace_schema_metadata({_MADE: json.dumps(made).encode()})
    with replacing(out / ERRORS) as fresh:
        parquet.write_table(table, fresh)


def made_in(out: Path) -> dict[str, Any]:
    """Return what decided a cohort's parts, as `made_of` says it, from the first part.

    Raises:
        BadRequest: if there is none, or it says nothing.
    """
    from pyarrow import ArrowException, parquet

    first = next(iter(sorted(out.glob("part-*.parquet"))), None)
    if first is None:
        raise _no_cohort(out)
    try:
        made = json.loads((parquet.read_schema(first).metadata or {})[_MADE])
    except (ArrowException, OSError, ValueError, KeyError) as error:
        raise _no_cohort(out) from error
    if not isinstance(made, dict):
        raise _no_cohort(out)
    return made


def read_errors(out: Path) -> list[tuple[str, str]]:
    """Return the pictures of a cohort that gave no row, and why."""
    from pyarrow import parquet

    if not (out / ERRORS).is_file():
        return []
    table = parquet.read_table(out / ERRORS)
    return list(zip(table["path"].to_pylist(), table["reason"].to_pylist(), strict=True))


def _no_cohort(out: Path) -> BadRequest:
    return BadRequest(f"{out} holds no part of a cohort.", hint="Run `ran cohort` first.")


def read_cohort(out: Path) -> pyarrow.Table:
    """Return all rows of a cohort's parts, in the source's order.

    Raises:
        BadRequest: if there are none.
    """
    import pyarrow
    from pyarrow import parquet

    files = sorted(out.glob("part-*.parquet"))
    if not files:
        raise _no_cohort(out)
    try:
        tables = [parquet.read_table(file) for file in files]
    except (pyarrow.ArrowException, OSError) as error:
        raise BadRequest(
            f"A part of {out} cannot be read: {error}.", hint="Write it again with --resume."
        ) from error
    return pyarrow.concat_tables(tables, promote_options="default")
