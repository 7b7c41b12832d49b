"""The pictures of a run until its movie is there: in memory as far as they fit, in temporary files from there on."""

from __future__ import annotations

import struct
import tempfile
import threading
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Callable, Optional, Tuple


class KeptPictures:
    def __init__(self, limit: int = 64 * 2**20) -> None:
        """`limit`: bytes that may be in memory"""
        self._room = limit
        self._spilled: Optional[tempfile.TemporaryDirectory[str]] = None
        self._files = 0
        self._lock = threading.Lock()

    def keep(self, pixels: bytes) -> Callable[[], bytes]:
        """Takes rows of red, green, blue, three bytes a pixel, and returns a function that gives them back."""
        with self._lock:
            if len(pixels) <= self._room:
                self._room -= len(pixels)
                return lambda: pixels
            if self._spilled is None:
                self._spilled = tempfile.TemporaryDirectory(prefix="steps-animation-")
            self._files += 1
            path = Path(self._spilled.name) / str(self._files)
        path.write_bytes(pixels)
        return path.read_bytes

    def forget(self) -> None:
        if self._spilled is not None:
            with suppress(OSError):  # the system empties its temporary folders, too
                self._spilled.cleanup()


def png(pixels: bytes, size: Tuple[int, int]) -> bytes:
    """A PNG file (ISO/IEC 15948) of rows of red, green, blue, without any library."""
    width, height = size
    row = width * 3
    rows = b"".join(b"\0" + pixels[start : start + row] for start in range(0, row * height, row))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
