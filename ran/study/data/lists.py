"""The RAN authors' lists of occluded and turned faces, as they ship them, for each data set.

A name stands in them in several forms: `7/fer0032220`, `7_fer0032220.png 8 1`, `test_0004_aligned 3
4`, `0/test_0004_aligned.jpg`, `val/0/HASH/`, `0/HASH.jpg`, `7/HASH/8.jpg`. The label of a list is
the number of a folder in the authors' own order; a data set's labels are its own, so that names
alone are taken.
"""

from __future__ import annotations

import re
from pathlib import Path

from ran.errors import BadRequest
from ran.study.data.ferplus import OCCLUSION_KINDS, read_lists

FILES = {
    "ferplus": {
        "occlusion": ("FERplus_dir/jianfei_occlusion_list.txt",),
        "pose30": ("FERplus_dir/pose_30_ferplus_list.txt",),
        "pose45": ("FERplus_dir/pose_45_ferplus_list.txt",),
    },
    "rafdb": {
        "occlusion": ("RAF_DB_dir/rafdb_occlusion_list.txt",),
        "pose30": ("RAF_DB_dir/val_raf_db_list.txt",),
        "pose45": ("RAF_DB_dir/val_raf_db_list_45.txt",),
    },
    "affectnet": {
        "occlusion": ("AffectNet_dir/occlusion_affectnet_list.txt",),
        "pose30": ("AffectNet_dir/pose_30_affectnet_list.txt",),
        "pose45": ("AffectNet_dir/pose_45_affectnet_list.txt",),
    },
}
"""By data set and list, where the file lies below the folder of lists."""
_HASH = re.compile(r"[0-9a-f]{40,64}")
_FERPLUS = re.compile(r"fer\d+")


def listed(folder: Path, layout: str) -> dict[str, frozenset[str]]:
    """Return the names of each list that there is for a data set's layout; none for others.

    Raises:
        BadRequest: if a list is there and a line of it names no picture, or none of them is there.
    """
    files = FILES.get("ferplus" if layout == "fer2013" else layout)
    if files is None:
        return {}
    found = {}
    for name, places in files.items():
        path = next((folder / place for place in places if (folder / place).is_file()), None)
        if path is not None:
            found[name] = frozenset(_names(path))
    if not found:
        raise BadRequest(
            f"{folder} holds no list for this data set.",
            hint=f"Expected {next(iter(files.values()))[0]} below it, as the authors ship it.",
        )
    return found


def considered(folder: Path, layout: str) -> frozenset[str] | None:
    """Return the faces among which the authors chose their lists; None: nobody says.

    Of FERPlus those of their test list: its other test faces have no majority, or are no face.

    Raises:
        BadRequest: if the lists cannot be read.
    """
    if layout not in ("ferplus", "fer2013"):
        return None
    return read_lists(folder).subsets()["ferplus"]


def occlusion_kinds(folder: Path, layout: str) -> dict[str, str]:
    """Return what hides each face of an occlusion list, where its last column says so.

    FERPlus' four kinds were read off the pictures; what another list's numbers mean nobody says:
    they are "kind 1" and so on.
    """
    name = "ferplus" if layout == "fer2013" else layout
    path = folder / FILES.get(name, {}).get("occlusion", ("absent",))[0]
    if not path.is_file():
        return {}
    found = {}
    for line in path.read_text("utf-8-sig", "replace").splitlines():
        *_label, last = line.split()[1:] or [""]
        if _label and last.isdecimal():
            known = OCCLUSION_KINDS if name == "ferplus" else ()
            number = int(last)
            said = known[number] if number < len(known) else f"kind {number}"
            found[name_of(line)] = said
    return found


def _names(path: Path) -> list[str]:
    found = []
    for number, line in enumerate(path.read_text("utf-8-sig", "replace").splitlines(), 1):
        if line.strip():
            name = name_of(line)
            if not name:
                raise BadRequest(
                    f"Line {number} of {path} names no picture: {line[:80]!r}.",
                    hint="Give the authors' lists as they ship them.",
                )
            found.append(name)
    return found


def name_of(line: str) -> str:
    """Return the picture that a line of a list names, in the form that data sets give.

    A hash, `fer0032220`, or `test_0004` without its ending and `_aligned`; "" where there is none.
    """
    match = _HASH.search(line) or _FERPLUS.search(line)
    if match:
        return match[0]
    words = line.split()
    last = [part for part in words[0].split("/") if part] if words else []
    return Path(last[-1]).stem.removesuffix("_aligned") if last else ""
