"""
The steps of a run on their way to `steps-animation record`, without ever holding up what generates.

What is handed over is kept until the movie is there, in files where memory does not suffice, and put on a queue. One
thread decodes what is not decoded yet; another sends the pictures. Whatever goes wrong with `record`, the steps are
saved, and `trouble` says what happened and how to make the movie.
"""

from __future__ import annotations

import queue
import shutil
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from .kept_pictures import KeptPictures, png
from .record import Record

#: seconds without a word from `record` that takes no picture either, until it counts as hung
PATIENCE = 600
#: seconds between two looks at whether it is to be waited for any longer
GLANCE = 0.5
#: seconds for what is at work to end, once it is told to
ENDING = 10

#: rows of red, green, blue from the top, three bytes a pixel, and their width and height
Pixels = Tuple[bytes, Tuple[int, int]]
#: pixels, or a function that returns them
Picture = Union[Pixels, Callable[[], Pixels]]
#: fields of the protocol's message, and its picture
_Undecoded = Tuple[Dict[str, Any], Callable[[], Pixels]]


class _Kept(NamedTuple):
    #: of the protocol's message
    fields: Dict[str, Any]
    size: Tuple[int, int]
    pixels: Callable[[], bytes]


class Recording:
    def __init__(
        self,
        images: Sequence[Dict[str, Any]],
        passes: Sequence[Dict[str, Any]],
        folder: Union[str, Path],
        arguments: Sequence[str] = (),
        command: Optional[Sequence[str]] = None,
    ) -> None:
        """
        `images` and `passes` are those of the protocol's start message; `folder` is where the steps are saved when there
        is no movie; `arguments` are options of `record`. Starts at once, and raises nothing.
        """
        #: what went wrong, for people; None if nothing did
        self.trouble: Optional[str] = None
        #: what `record` told of each finished movie
        self.results: List[Dict[str, Any]] = []
        self._images, self._passes, self._folder = images, passes, Path(folder)
        self._arguments, self._command = arguments, command
        self._store = KeptPictures()
        self._saved: List[_Kept] = []
        self._handed: queue.SimpleQueue[Union[_Kept, _Undecoded, None]] = queue.SimpleQueue()
        self._ready: queue.SimpleQueue[Optional[_Kept]] = queue.SimpleQueue()
        self._sent = 0
        self._record: Optional[Record] = None
        self._is_closed = self._is_given_up = self._is_settled = False
        self._settling = threading.Lock()
        self._keeper = threading.Thread(target=self._keep_handed, daemon=True)
        self._sender = threading.Thread(target=self._send_ready, daemon=True)
        self._keeper.start()
        self._sender.start()

    def step(self, image: int, step: int, picture: Picture, pass_index: int = 0) -> None:
        """
        The picture of a step, from 1 within its pass: a tuple of pixels (rows of red, green, blue as bytes) and their size
        (width, height), or a function that returns one, which is called in another thread. Does not wait for `record`.
        """
        self._hand({"type": "step", "image": image, "step": step, "pass": pass_index}, picture)

    def image(self, image: int, picture: Picture, infotext: Optional[str] = None, reason: str = "finished") -> None:
        """The finished image, as in `step`; `reason` is finished, interrupted or skipped."""
        fields = {"type": "image", "image": image, "reason": reason}
        self._hand(fields if infotext is None else {**fields, "infotext": infotext}, picture)

    def close(self) -> None:
        """Says that no picture comes any more: the movies are finished, and everything let go of, while others work."""
        if not self._is_closed:
            self._is_closed = True
            self._handed.put(None)

    @property
    def is_over(self) -> bool:
        """Whether `finish` would return at once."""
        return not self._sender.is_alive()

    def finish(
        self, patience: float = PATIENCE, meanwhile: Callable[[], None] = lambda: None
    ) -> List[Dict[str, Any]]:
        """
        Waits until the movies are there, or until it is sure that they will not be, and returns `results`. `meanwhile` is
        called each half second; what it raises ends the wait, and the movies are given up.
        """
        self.close()
        try:
            while self._keeper.is_alive():
                self._keeper.join(GLANCE)
                meanwhile()
            self._wait_for_record(patience, meanwhile)
        except BaseException:
            self.give_up()
            raise
        return self.results

    def give_up(self) -> None:
        """Ends `record` at once. There is no movie then, no step is saved, and none decoded any more."""
        self._is_given_up = True
        self.close()
        self._end_record()

    def _wait_for_record(self, patience: float, meanwhile: Callable[[], None]) -> None:
        heard, since = self._heard, time.monotonic()
        while self._sender.is_alive():
            self._sender.join(min(GLANCE, patience))
            meanwhile()
            if self._heard != heard:
                heard, since = self._heard, time.monotonic()
            elif self._sender.is_alive() and time.monotonic() - since >= patience:
                self._fail(f"steps-animation has not answered for {patience} s")
                self._end_record()
                return

    @property
    def _heard(self) -> Tuple[int, int]:
        """Rises as long as `record` takes pictures or tells of movies."""
        return self._sent, len(self._record.results) if self._record else 0

    def _end_record(self) -> None:
        if self._record:
            self._record.kill()
        for thread in (self._keeper, self._sender):
            thread.join(ENDING)
        if not self._keeper.is_alive():  # which keeps a last picture; the sender waits for it and settles then
            self._settle()

    def _hand(self, fields: Dict[str, Any], picture: Picture) -> None:
        """Pixels go into the store here, so that a queue never holds more of them in memory than it does."""
        if self._is_closed:
            return
        handed = (fields, picture) if callable(picture) else self._keep(fields, lambda: picture)
        if handed is not None:
            self._handed.put(handed)

    def _keep(self, fields: Dict[str, Any], picture: Callable[[], Pixels]) -> Optional[_Kept]:
        try:
            pixels, size = picture()
            return _Kept(fields, size, self._store.keep(pixels))
        except Exception as error:  # a step that cannot be decoded or stored is missing from the movie
            self._fail(f"A step has no picture: {error}")
            return None

    def _keep_handed(self) -> None:
        while (handed := self._handed.get()) is not None:
            if self._is_given_up:
                continue
            kept = handed if isinstance(handed, _Kept) else self._keep(*handed)
            if kept is not None:
                self._saved.append(kept)
                self._ready.put(kept)
        self._ready.put(None)

    def _send_ready(self) -> None:
        try:
            with Record(self._arguments, self._command) as record:
                self._record = record
                if self._is_given_up:
                    record.kill()
                record.start(self._images, passes=self._passes)
                while (ready := self._ready.get()) is not None:
                    record.send_picture(ready.fields, ready.pixels(), ready.size)
                    self._sent += 1
        except Exception as error:  # whatever it is, the steps are worth saving
            self._fail(str(error) or type(error).__name__)
        self.results = self._record.results if self._record else []
        self._keeper.join()
        self._settle()

    def _fail(self, message: str) -> None:
        self.trouble = self.trouble or message

    def _settle(self) -> None:
        """Lets go of the pictures, which are saved first where there is no movie."""
        with self._settling:
            if self._is_settled:
                return
            self._is_settled = True
            if self.trouble and not self._is_given_up:
                self._rescue()
            self._saved.clear()
            self._store.forget()

    def _rescue(self) -> None:
        if self._has_all_movies() or not self._saved:
            return
        seed = self._images[0].get("seed", 0)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            folder = _made_anew(self._folder / f"steps-{seed}")
            paths = [folder / _name(kept.fields) for kept in self._saved]
            for path, kept in zip(paths, self._saved):
                if self._is_given_up:
                    shutil.rmtree(folder, ignore_errors=True)
                    return
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(png(kept.pixels(), kept.size))
        except Exception as error:
            self._tell_too(f"The steps could not be saved either: {error}")
            return
        folders = sorted({str(path.parent) for path in paths})
        commands = " and ".join(f'steps-animation render "{each}"' for each in folders)
        self._tell_too(f"The steps are saved; this makes the movie: {commands}")

    def _has_all_movies(self) -> bool:
        """Whether each image has its own with all of its steps; a grid's has no seed."""
        movies = [each for each in self.results if each["type"] == "animation" and each.get("seed") is not None]
        return len(movies) == len(self._images) and self._sent == len(self._saved)

    def _tell_too(self, more: str) -> None:
        told = self.trouble or ""
        self.trouble = f"{told}{'' if told.endswith(('.', '!', '?')) else '.'} {more}"


def _name(fields: Dict[str, Any]) -> str:
    last = "finished" if fields["type"] == "image" else f"{fields['pass']}-{fields['step']:07}"
    return f"image-{fields['image']}/{last}.png"


def _made_anew(path: Path) -> Path:
    """A new folder of this name, or of this name and a number."""
    number = 0
    candidate = path
    while True:
        try:
            candidate.mkdir()
            return candidate
        except FileExistsError:
            number += 1
            candidate = path.with_name(f"{path.name}-{number}")
