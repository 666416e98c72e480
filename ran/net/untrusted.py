"""Files from outside, looked at before anything reads them whole: what they would cost to open."""

from __future__ import annotations

import hashlib
import pickletools
import struct
import zipfile
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from ran.errors import BadCheckpoint

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
_END, _END_SIZE, _ENTRIES_AT = b"PK\x05\x06", 22, 10
_COMMENT = 2**16
_SMALLER = "Save the state_dict of one network alone."


def check_pickled(path: Path) -> None:
    """Refuse a file of torch.save's that would unfold to more than what lies in it.

    A file that is no such thing passes: whoever opens it says so.

    Raises:
        BadCheckpoint: if entries are compressed, larger than the file, or far too many.
        OSError: if the file cannot be read.
    """
    with path.open("rb") as file:
        if file.read(4) == b"PK\x03\x04":
            _check_zip(file, path)
        else:
            file.seek(0)
            _check_legacy(file, path)


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
            f"{path.name} names more tensors than any network here has.", hint=_SMALLER
        )


def _check_zip(file: BinaryIO, path: Path) -> None:
    # Counted before the directory is read: a million entries take seconds and a gigabyte.
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_SIZE - _COMMENT))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_SIZE:
        return  # damaged, and torch says so
    if struct.unpack_from("<H", tail, at + _ENTRIES_AT)[0] > MOST_ENTRIES:
        raise _too_many(path)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, LookupError, struct.error):
        return
    if len(entries) > MOST_ENTRIES:
        raise _too_many(path)
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise BadCheckpoint(
            f"{path.name} is compressed, which torch.save never does.",
            hint="Save it again with torch.save, and give that file.",
        )
    if sum(entry.file_size for entry in entries) > size:
        raise BadCheckpoint(
            f"{path.name} says that it holds more than its {size:,} bytes.",
            hint="Save it again with torch.save, and give that file.",
        )
    if any(
        entry.filename.endswith("data.pkl") and entry.file_size > MOST_PICKLED for entry in entries
    ):
        raise _too_many(path)


def _check_legacy(file: BinaryIO, path: Path) -> None:
    left = MOST_OPERATIONS
    for _ in range(_LEGACY_PICKLES):
        try:
            left -= sum(1 for _ in islice(pickletools.genops(file), left))
        except (ValueError, LookupError, ArithmeticError, MemoryError, struct.error):
            return  # damaged, and torch says so
        if left <= 0:
            raise _too_many(path)


def _too_many(path: Path) -> BadCheckpoint:
    return BadCheckpoint(f"{path.name} holds far more parts than a network has.", hint=_SMALLER)
