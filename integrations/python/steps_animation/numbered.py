"""Names for files and folders that do not overwrite others."""

from itertools import count
from pathlib import Path
from typing import Iterator


def numbered(path: Path, first: int = 0) -> Iterator[Path]:
    """Yields the path with -1, -2, … at the end of its stem, without end; with `first=0` the path itself before these."""
    for number in count(first):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}") if number else path


def unused(path: Path, first: int = 0) -> Path:
    """The first path of `numbered` that does not exist."""
    return next(each for each in numbered(path, first) if not each.exists())
