"""Files from outside, looked at before anything reads them whole: what they would cost to open."""

from __future__ import annotations

import hashlib
import io
import pickletools
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from ran.errors import BadCheckpoint
from ran.words import _, later

MOST_ENTRIES = 20_000
"""Of a file of PyTorch's: a ResNet-34 with its optimiser has below 700."""
MOST_PICKLED = 8 * 2**20
"""Bytes of the pickle that names a file's tensors; a ResNet-34's has below 100 kB."""
MOST_OPERATIONS = 500_000
"""Of the pickles of a file from before PyTorch 1.6; a ResNet-34's have below 20,000."""
MOST_HEADER = 2**20
"""Bytes of a safetensors file's header; ours have below 20 kB."""
_LEGACY_PICKLES = 5
"""Magic number, protocol, system, the object, the storages' keys; the numbers follow."""
_ENTRY, _PIECE = b"PK\x01\x02", 2**20
"""What every entry of an archive's directory begins with, and the bytes searched for it at once."""
_SMALLER = later("Save the state_dict of one network alone.")


@contextmanager
def opened_pickled(path: Path) -> Iterator[BinaryIO]:
    """Open what torch.save wrote, for torch.load, once it is known that it unfolds to no more.

    Of an archive, torch is given what was looked at here and nothing else: entry by entry, packed
    anew. Two readers of one archive may see two different ones, if it was made for that.

    Raises:
        BadCheckpoint: if entries are compressed, larger than the file, or far too many.
        OSError, ValueError, zipfile.BadZipFile and what else damaged files make their readers
            raise: whoever loads the file says it of all of them in one way.
    """
    with path.open("rb") as file:
        if file.read(4) == b"PK\x03\x04":
            yield _packed_anew(file, path)
        else:
            file.seek(0)
            _check_legacy(file, path)
            file.seek(0)
            yield file


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 as hexadecimal, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_header(path: Path) -> None:
    """Refuse a safetensors file whose header is longer than any network needs.

    Raises:
        BadCheckpoint: if it is.
        OSError: if the file cannot be read.
    """
    with path.open("rb") as file:
        length = file.read(8)
    if len(length) == 8 and struct.unpack("<Q", length)[0] > MOST_HEADER:
        raise BadCheckpoint(
            _("{name} names more tensors than any network here has.").format(name=path.name),
            hint=_(_SMALLER),
        )


def _packed_anew(file: BinaryIO, path: Path) -> BinaryIO:
    # Counted before the directory is read: a million entries take seconds and a gigabyte.
    size, entries = file.seek(0, 2), 0
    file.seek(0)
    while piece := file.read(_PIECE):
        entries += piece.count(_ENTRY)
    if entries > MOST_ENTRIES:
        raise _too_many(path)
    packed = io.BytesIO()
    with zipfile.ZipFile(file) as archive:
        listed = archive.infolist()
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in listed):
            raise BadCheckpoint(
                _("{name} is compressed, which torch.save never does.").format(name=path.name),
                hint=_("Save it again with torch.save, and give that file."),
            )
        if sum(entry.file_size for entry in listed) > size:
            raise BadCheckpoint(
                _("{name} says that it holds more than its {size:,} bytes.").format(
                    name=path.name, size=size
                ),
                hint=_("Save it again with torch.save, and give that file."),
            )
        if any(
            entry.filename.endswith("data.pkl") and entry.file_size > MOST_PICKLED
            for entry in listed
        ):
            raise _too_many(path)
        with zipfile.ZipFile(packed, "w") as anew:
            for entry in listed:
                anew.writestr(entry.filename, archive.read(entry))
    packed.seek(0)
    return packed


def _check_legacy(file: BinaryIO, path: Path) -> None:
    left = MOST_OPERATIONS
    for _pickle in range(_LEGACY_PICKLES):
        left -= sum(1 for _operation in islice(pickletools.genops(file), left))
        if left <= 0:
            raise _too_many(path)


def _too_many(path: Path) -> BadCheckpoint:
    return BadCheckpoint(
        _("{name} holds far more parts than a network has.").format(name=path.name),
        hint=_(_SMALLER),
    )
