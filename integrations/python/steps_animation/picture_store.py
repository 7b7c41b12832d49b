"""Stores the pictures of a run until its movie is finished: in memory up to a limit, beyond it in temporary files."""

from __future__ import annotations

import struct
import tempfile
import threading
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Callable, Optional, Tuple


class PictureStore:
    def __init__(self, max_memory_bytes: int = 64 * 2**20) -> None:
        self._free_bytes = max_memory_bytes
        self._folder: Optional[tempfile.TemporaryDirectory[str]] = None
        self._file_count = 0
        self._lock = threading.Lock()

    def add(self, pixels: bytes) -> Callable[[], bytes]:
        """Stores a picture and returns a function that reads it. Raises OSError if it cannot be written."""
        with self._lock:
            if len(pixels) <= self._free_bytes:
                self._free_bytes -= len(pixels)
                return lambda: pixels
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="steps-animation-")
            self._file_count += 1
            path = Path(self._folder.name) / str(self._file_count)
        path.write_bytes(pixels)
        return path.read_bytes

    def clear(self) -> None:
        """Deletes the temporary files."""
        if self._folder is not None:
            with suppress(OSError):  # the system cleans its temporary folders as well
                self._folder.cleanup()


def png(pixels: bytes, size: Tuple[int, int]) -> bytes:
    """Encodes rows of red, green, blue (a byte each) as a PNG file (ISO/IEC 15948), without any library."""
    width, height = size
    row = width * 3
    rows = b"".join(b"\0" + pixels[start : start + row] for start in range(0, row * height, row))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
