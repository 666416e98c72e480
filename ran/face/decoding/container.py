"""Which container a film is in, by its first bytes: FFmpeg is never asked to guess.

Left to guess, FFmpeg takes a text file for a list of files (concat), a playlist (HLS) or a session
description (SDP), then opens what it names on the computer that runs it, or listens on a socket.
"""

from __future__ import annotations

_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
"""Boxes with which QuickTime and MP4 files begin (ISO/IEC 14496-12; QuickTime File Format)."""
LOCAL = {"protocol_whitelist": "none", "format_whitelist": "mov,matroska,webm,avi,mpeg"}
"""Options of `av.open`: the bytes given and no protocol; these demuxers alone."""


def container_of(content: bytes) -> str | None:
    """Return the name of FFmpeg's demuxer for a film's bytes, or None where it is no film we open.

    Known: "mov" (QuickTime, MP4), "matroska" (and WebM), "avi", "mpeg" (program streams).
    """
    head = content[:16]
    if head[4:8] in _BOXES:
        return "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):  # EBML (RFC 8794)
        return "matroska"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi"
    if head.startswith(b"\x00\x00\x01\xba"):  # a pack header (ISO/IEC 13818-1)
        return "mpeg"
    return None
