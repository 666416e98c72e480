"""The Cohort page's sources: what can be chosen, and the faces that each gives."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.errors import BadRequest, RanError
from ran.face.covers.occlusion import Fill
from ran.face.covers.sticker_art import ART
from ran.face.detect import Face
from ran.face.photo import Photo
from ran.study.cohort.gathered import Given, Missed
from ran.study.cohort.named_covers import NAMES, Cover
from ran.study.cohort.pictures_from import Source, open_source, zipped
from ran.study.data.ferplus import OCCLUSION_KINDS, read_ferplus, read_lists
from ran.study.data.splits import expression, square
from ran.study.evaluation.published import LIST_NAMES
from ran.study.poses.sources import data_folder
from ran.ui.shared import compute
from ran.ui.shared.session import Session
from ran.ui.shared.settings.gathering import (
    EXAMPLES,
    FOLDER,
    NO_COVER,
    PUBLISHED,
    ZIP,
    CohortSettings,
)
from ran.ui.shared.settings.widgets import seed_from
from ran.words import _, called, later

MOST_ZIPPED = 1000
"""Pictures of a zip that the page takes; more are for `python -m ran cohort`."""
_FILLS = ("look", "black", "grey", "noise", "blur")
_ZIP_MB = 100
_NOT_KEPT = later(
    ":small[:gray[:material/lock: Your pictures are sent to the computer that runs this app and "
    "stay in its memory for this session. They are not kept, shared or used for training. A "
    "folder's name that is an expression is taken as the label.]]"
)
_Faces = Callable[[], Iterator[Given | Missed]]


@dataclass(frozen=True)
class Plan:
    """Which faces are asked about: a key, how many, what gives them, and what hides each."""

    key: Hashable
    count: int
    faces: _Faces
    covers: tuple[Cover | None, ...]


def folders() -> list[Path]:
    """Return the folders that the operator allows, by RAN_FOLDERS."""
    named = os.environ.get("RAN_FOLDERS", "").split(os.pathsep)
    return [Path(name) for name in named if name and Path(name).is_dir()]


def offered() -> list[str]:
    """Return the sources that can be chosen here."""
    return [
        EXAMPLES,
        *([PUBLISHED] if data_folder() else []),
        ZIP,
        *([FOLDER] if folders() else []),
    ]


def ask(session: Session, engine: Engine, cells: DeltaGenerator) -> Plan | None:
    """Ask for a source and what hides each face; None where there is nothing to do yet.

    `cells` is where what is short stands in a row.

    Raises:
        BadRequest: if the source cannot be used.
    """
    asked = session.cohort
    sources = offered()
    asked.source = asked.source if asked.source in sources else EXAMPLES
    asked.source = (
        st.segmented_control(
            _("Where the faces come from"), sources, format_func=_, required=True,
            key=seed_from(asked, "source", "cohort-source"), label_visibility="collapsed",
        )
        or EXAMPLES
    )  # fmt: skip
    if asked.source == EXAMPLES:
        return _examples(engine)
    make = {PUBLISHED: _published, ZIP: _zip, FOLDER: _folder}[asked.source]
    return make(asked, engine, cells)


def _covers(asked: CohortSettings, cells: DeltaGenerator) -> tuple[Cover | None]:
    names = [NO_COVER, *NAMES]
    asked.cover = cells.selectbox(
        _("Cover on every face"), names, key=seed_from(asked, "cover", "cohort-cover"), width=190,
        format_func=lambda name: _(ART[name].label if name in ART else name),
    )  # fmt: skip
    return (None if asked.cover == NO_COVER else Cover(asked.cover),)


def _examples(engine: Engine) -> Plan:
    """Return the bundled faces, each clean and under nine stickers in five fills."""
    photos = compute.examples(engine)
    covers = tuple(Cover(name, Fill(fill)) for name in ART for fill in _FILLS)

    def faces() -> Iterator[Given | Missed]:
        for name, photo in photos.items():
            yield Given(name, photo.faces[0])

    return Plan(("examples", engine.card.framing), len(photos), faces, (None, *covers))


def _published(asked: CohortSettings, engine: Engine, cells: DeltaGenerator) -> Plan | None:
    folder = data_folder()
    if folder is None:
        return None
    asked.published = cells.selectbox(
        _("List"), list(LIST_NAMES), format_func=lambda name: called(LIST_NAMES[name]), width=190,
        key=seed_from(asked, "published", "cohort-list"),
    )  # fmt: skip
    asked.most = cells.select_slider(
        _("Faces, evenly"), [50, 200, 400, 1000, 4000], width=240,
        key=seed_from(asked, "most", "cohort-most"),
        format_func=lambda most: _("all") if most == 4000 else f"{most:,}",
    )  # fmt: skip
    covers = _covers(asked, cells)
    lists = read_lists(folder / "ran_lists")
    members, kinds = lists.subsets()[asked.published], lists.occlusion
    count = min(asked.most, len(members))
    classes = engine.card.classes

    def faces() -> Iterator[Given | Missed]:
        every = read_ferplus(folder / "ferplus" / "ferplus.zip", "test").chosen(members)
        rows = np.unique(np.linspace(0, len(every) - 1, count).round().astype(int))
        for row in rows.tolist():
            name, label = every.names[row], int(every.labels()[row])
            grey = np.repeat(every.pixels[row][..., None], 3, axis=2)
            kind = OCCLUSION_KINDS[kinds[name][1]] if name in kinds else ""
            yield Given(
                name, Face.from_pixels(grey, framing=engine.card.framing), classes[label], kind
            )

    key = ("published", str(folder), asked.published, count, covers)
    return Plan(key, count, faces, covers)


def _zip(asked: CohortSettings, engine: Engine, cells: DeltaGenerator) -> Plan | None:
    file = st.file_uploader(
        _("A zip of pictures"), type=["zip"], max_upload_size=_ZIP_MB, key="cohort-zip",
        help=_("At most {most:,} pictures; for more there is `python -m ran cohort`.").format(
            most=MOST_ZIPPED
        ),
    )  # fmt: skip
    st.markdown(_(_NOT_KEPT))
    covers, framed = _covers(asked, cells), _framed(asked, cells)
    if file is None:
        return None
    # Looked through once a file, not in every run of the page.
    key = ("zip", file.file_id)
    source = compute.once(key, lambda: zipped(io.BytesIO(file.getvalue()), file.name))
    count = len(source.pictures)
    if not 1 <= count <= MOST_ZIPPED:
        raise BadRequest(
            _("{name} holds {pictures:,} pictures.").format(name=file.name, pictures=count),
            hint=_("Give 1 to {most:,} pictures.").format(most=MOST_ZIPPED),
        )
    return _of(source, key, engine, covers, framed=framed)


def _folder(asked: CohortSettings, engine: Engine, cells: DeltaGenerator) -> Plan | None:
    allowed = {folder.name: folder for folder in folders()}
    asked.folder = asked.folder if asked.folder in allowed else next(iter(allowed))
    asked.folder = cells.selectbox(
        _("Folder"), list(allowed), key=seed_from(asked, "folder", "cohort-folder"), width=190
    )
    covers, framed = _covers(asked, cells), _framed(asked, cells)
    key = ("folder", str(allowed[asked.folder]))
    source = compute.once(key, lambda: open_source(allowed[asked.folder]))
    return _of(source, key, engine, covers, framed=framed)


def _of(
    source: Source, key: Hashable, engine: Engine, covers: tuple[Cover | None], *, framed: bool
) -> Plan:
    """Return the plan of a source's pictures; of those left out it says why."""

    def faces() -> Iterator[Given | Missed]:
        yield from (Missed(name, reason) for name, reason in source.left_out)
        for picture in source.pictures:
            yield from _found(engine, picture.name, picture.read, framed)

    count = len(source.pictures) + len(source.left_out)
    return Plan((key, framed, engine.card.framing, covers), count, faces, covers)


def _framed(asked: CohortSettings, cells: DeltaGenerator) -> bool:
    asked.is_framed = cells.toggle(
        _("Pictures are framed faces"), key=seed_from(asked, "is_framed", "cohort-framed"),
        help=_("As the network was trained on them; else faces are looked for in each picture."),
    )  # fmt: skip
    return asked.is_framed


def _found(
    engine: Engine, name: str, read: Callable[[], bytes], framed: bool
) -> Iterator[Given | Missed]:
    """Yield the faces of a picture, decoded in a program of its own, or why there is none."""
    try:
        photo: Photo = compute.decoding().photo(read(), name=name)
        found: Sequence[Face]
        if framed:
            found = [Face.from_pixels(square(photo.pixels), framing=engine.card.framing)]
        else:
            found = engine.find_faces(photo)
    except RanError as error:
        yield Missed(name, error.message)
        return
    except OSError as error:
        yield Missed(name, error.strerror or _("it cannot be read"))
        return
    label = expression(PurePosixPath(name).parent.name)
    for face in found:
        yield Given(name, face, label if label in engine.card.classes else None)
