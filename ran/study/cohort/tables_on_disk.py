"""A cohort's table on a disk: parts of rows that are written whole, and go on where they ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ran.engine import Engine
from ran.errors import BadRequest
from ran.study.cohort.pictures_from import Source
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


def write_cohort(
    engine: Engine,
    source: Source,
    wanted: Wanted,
    out: Path,
    *,
    shard: Shard | None = None,
    resume: bool = False,
) -> Iterator[Progress]:
    """Write the rows of a source's pictures below a folder, part by part; yield after each.

    part-00000.parquet and so on, with the network's hash and all that was asked in the metadata of
    each; errors.parquet, path and reason, of all parts that are there. A part is there whole or not
    at all: whoever resumes skips those that are, so that no row is lost or written twice.

    Raises:
        BadRequest: if the folder holds parts and `resume` is not asked, or parts of another
            network, source or question; or if nothing can be written.
    """
    made = made_of(engine, source, wanted)
    mine, parts = shard or Shard(), _parts(source)
    there = _there(out, made)
    if there and not resume:
        raise BadRequest(
            f"{out} holds {len(there)} parts of this cohort already.",
            hint="Go on with --resume, or choose another --out.",
        )
    out.mkdir(parents=True, exist_ok=True)
    own = [number for number in range(len(parts)) if mine.owns(number)]
    done = rows = errors = 0
    of = sum(len(parts[number]) for number in own)
    for number in own:
        pictures = parts[number]
        if number not in there:
            found: list[Row] = []
            missed: list[tuple[str, str]] = []
            for told in rows_of(engine, pictures, wanted):
                found += told.rows
                missed += told.errors
            _write(out, number, found, missed, made)
            rows += len(found)
            errors += len(missed)
        done += len(pictures)
        yield Progress(done, of, rows, errors)
    _gather_errors(out, source, made)


def made_of(engine: Engine, source: Source, wanted: Wanted) -> dict[str, Any]:
    """Return what decides a cohort's rows: the network, the pictures' names and the question."""
    names = hashlib.sha256("\n".join(one.name for one in source.pictures).encode()).hexdigest()
    return {
        "checkpoint": engine.card.name,
        "sha256": engine.card.sha256,
        "pictures": len(source.pictures),
        "names": names,
        "wanted": json.loads(json.dumps(asdict(wanted))),
        "conditions": engine.conditions,
    }


def _parts(source: Source) -> list[Sequence[Any]]:
    return [
        source.pictures[first : first + PICTURES_A_PART]
        for first in range(0, len(source.pictures), PICTURES_A_PART)
    ]


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
    """Return what decides rows: the device may change on the way."""
    return {name: value for name, value in made.items() if name != "conditions"}


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


def read_cohort(out: Path) -> pyarrow.Table:
    """Return all rows of a cohort's parts, in the source's order.

    Raises:
        BadRequest: if there are none.
    """
    import pyarrow
    from pyarrow import parquet

    files = sorted(out.glob("part-*.parquet"))
    if not files:
        raise BadRequest(f"{out} holds no part of a cohort.", hint="Run `ran cohort` first.")
    tables = [parquet.read_table(file) for file in files]
    return pyarrow.concat_tables(tables, promote_options="default")
