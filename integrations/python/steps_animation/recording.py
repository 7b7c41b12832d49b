"""
Sends the steps of a run to `steps-animation record` without ever blocking the generation.

Pictures are stored until the movie is finished, in files where memory does not suffice, and queued. One thread decodes
those that are not decoded yet; another sends them. If `record` fails, the steps are saved as images, and `trouble` says
what happened and how to make the movie.
"""

from __future__ import annotations

import queue
import shutil
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from .numbered import numbered
from .picture_store import PictureStore, png
from .record import Record

#: without any progress, `record` counts as hung after this time
RECORD_TIMEOUT_S = 600
POLL_INTERVAL_S = 0.5
#: for the threads to end once they are stopped
SHUTDOWN_TIMEOUT_S = 10

#: rows of red, green, blue from the top, three bytes a pixel; (width, height)
Pixels = Tuple[bytes, Tuple[int, int]]
#: pixels, or a function that returns them
Picture = Union[Pixels, Callable[[], Pixels]]
#: fields of the protocol's message, and a function that decodes its picture
_Undecoded = Tuple[Dict[str, Any], Callable[[], Pixels]]


class _Stored(NamedTuple):
    #: of the protocol's message
    fields: Dict[str, Any]
    size: Tuple[int, int]
    read_pixels: Callable[[], bytes]


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
        Starts `record` in a thread; does not raise. `images` and `passes` are those of the protocol's start message; the
        steps are saved in `folder` if there is no movie; `arguments` are options of `record`; `command` is as in `Record`.
        """
        #: message for the user about what went wrong, or None
        self.trouble: Optional[str] = None
        #: results of `record` for each finished movie; complete when `is_over`
        self.results: List[Dict[str, Any]] = []
        self._images, self._passes, self._folder = images, passes, Path(folder)
        self._arguments, self._command = arguments, command
        self._store = PictureStore()
        self._stored: List[_Stored] = []
        self._incoming: queue.SimpleQueue[Union[_Stored, _Undecoded, None]] = queue.SimpleQueue()
        self._outgoing: queue.SimpleQueue[Optional[_Stored]] = queue.SimpleQueue()
        self._sent_count = 0
        self._record: Optional[Record] = None
        self._is_closed = self._is_given_up = self._is_released = False
        self._release_lock = threading.Lock()
        self._decoder = threading.Thread(target=self._decode_incoming, daemon=True)
        self._sender = threading.Thread(target=self._send_outgoing, daemon=True)
        self._decoder.start()
        self._sender.start()

    def step(
        self, image: int, step: int, picture: Picture, pass_index: int = 0, sigma: Optional[float] = None
    ) -> None:
        """
        Queues the picture of a step, which counts from 1 within its pass; `sigma` is its noise level, as in the protocol. A
        function as `picture` is called in another thread. Does not wait for `record`.
        """
        fields = {"type": "step", "image": image, "step": step, "pass": pass_index}
        self._queue(fields if sigma is None else {**fields, "sigma": sigma}, picture)

    def noise(self, image: int, picture: Picture) -> None:
        """Queues the noise that an image starts from, before its first step; as `step`."""
        self._queue({"type": "noise", "image": image}, picture)

    def image(self, image: int, picture: Picture, infotext: Optional[str] = None, reason: str = "finished") -> None:
        """Queues the finished image, as `step` does; `reason` is finished, interrupted or skipped."""
        fields = {"type": "image", "image": image, "reason": reason}
        self._queue(fields if infotext is None else {**fields, "infotext": infotext}, picture)

    def close(self) -> None:
        """Ends the input. The movies are finished and all resources released in the background."""
        if not self._is_closed:
            self._is_closed = True
            self._incoming.put(None)

    @property
    def is_over(self) -> bool:
        """Whether `finish` would return at once."""
        return not self._sender.is_alive()

    def finish(
        self, patience: float = RECORD_TIMEOUT_S, meanwhile: Callable[[], None] = lambda: None
    ) -> List[Dict[str, Any]]:
        """
        Closes the input, waits for the movies and returns `results`. `record` is stopped when it makes no progress for
        `patience` seconds. `meanwhile` is called every half second; if it raises, `give_up` is called and the error raised.
        """
        self.close()
        try:
            while self._decoder.is_alive():
                self._decoder.join(POLL_INTERVAL_S)
                meanwhile()
            self._wait_for_record(patience, meanwhile)
        except BaseException:
            self.give_up()
            raise
        return self.results

    def give_up(self) -> None:
        """Stops `record` at once. No movie is made, no step saved, and no further step decoded."""
        self._is_given_up = True
        self.close()
        self._stop_record()

    def _wait_for_record(self, timeout_s: float, meanwhile: Callable[[], None]) -> None:
        progress, since = self._progress, time.monotonic()
        while self._sender.is_alive():
            self._sender.join(min(POLL_INTERVAL_S, timeout_s))
            meanwhile()
            if self._progress != progress:
                progress, since = self._progress, time.monotonic()
            elif self._sender.is_alive() and time.monotonic() - since >= timeout_s:
                self._fail(f"steps-animation has not responded for {timeout_s} s")
                self._stop_record()
                return

    @property
    def _progress(self) -> Tuple[int, int]:
        """Numbers of sent pictures and received results."""
        return self._sent_count, len(self._record.results) if self._record else 0

    def _stop_record(self) -> None:
        if self._record:
            self._record.kill()
        for thread in (self._decoder, self._sender):
            thread.join(SHUTDOWN_TIMEOUT_S)
        if not self._decoder.is_alive():  # else it stores one more picture, and the sender waits for it and releases all
            self._release()

    def _queue(self, fields: Dict[str, Any], picture: Picture) -> None:
        """Stores decoded pictures here and not in the thread, so that the queue holds no more of them than the store."""
        if self._is_closed:
            return
        item = (fields, picture) if callable(picture) else self._add_to_store(fields, lambda: picture)
        if item is not None:
            self._incoming.put(item)

    def _add_to_store(self, fields: Dict[str, Any], picture: Callable[[], Pixels]) -> Optional[_Stored]:
        try:
            pixels, size = picture()
            return _Stored(fields, size, self._store.add(pixels))
        except Exception as error:  # the movie omits a step that cannot be decoded or stored
            self._fail(f"A step has no picture: {error}")
            return None

    def _decode_incoming(self) -> None:
        while (item := self._incoming.get()) is not None:
            if self._is_given_up:
                continue
            stored = item if isinstance(item, _Stored) else self._add_to_store(*item)
            if stored is not None:
                self._stored.append(stored)
                self._outgoing.put(stored)
        self._outgoing.put(None)

    def _send_outgoing(self) -> None:
        try:
            with Record(self._arguments, self._command) as record:
                self._record = record
                if self._is_given_up:
                    record.kill()
                record.start(self._images, passes=self._passes)
                while (stored := self._outgoing.get()) is not None:
                    record.send_picture(stored.fields, stored.read_pixels(), stored.size)
                    self._sent_count += 1
        except Exception as error:  # of any kind: the steps are saved
            self._fail(str(error) or type(error).__name__)
        self.results = self._record.results if self._record else []
        self._decoder.join()
        self._release()

    def _fail(self, message: str) -> None:
        self.trouble = self.trouble or message

    def _release(self) -> None:
        """Deletes the pictures, once they are saved if there is no movie."""
        with self._release_lock:
            if self._is_released:
                return
            self._is_released = True
            if self.trouble and not self._is_given_up:
                self._save_steps()
            self._stored.clear()
            self._store.clear()

    def _save_steps(self) -> None:
        if self._has_all_movies() or not self._stored:
            return
        seed = self._images[0].get("seed", 0)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            folder = next(path for path in numbered(self._folder / f"steps-{seed}") if _created(path))
            paths = [folder / _file_name(stored.fields) for stored in self._stored]
            for path, stored in zip(paths, self._stored):
                if self._is_given_up:
                    shutil.rmtree(folder, ignore_errors=True)
                    return
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(png(stored.read_pixels(), stored.size))
        except Exception as error:
            self._add_trouble(f"The steps could not be saved either: {error}")
            return
        folders = sorted({str(path.parent) for path in paths})
        commands = " and ".join(f'steps-animation render "{each}"' for each in folders)
        self._add_trouble(f"The steps are saved; to make the movie, run {commands}")

    def _has_all_movies(self) -> bool:
        """Whether every image has a movie of all its steps. Grids, which have no seed, do not count."""
        movies = [each for each in self.results if each["type"] == "animation" and each.get("seed") is not None]
        return len(movies) == len(self._images) and self._sent_count == len(self._stored)

    def _add_trouble(self, sentence: str) -> None:
        trouble = self.trouble or ""
        self.trouble = f"{trouble}{'' if trouble.endswith(('.', '!', '?')) else '.'} {sentence}"


def _file_name(fields: Dict[str, Any]) -> str:
    stem = "finished" if fields["type"] == "image" else f"{fields.get('pass', 0)}-{fields.get('step', 0):07}"
    return f"image-{fields['image']}/{stem}.png"


def _created(folder: Path) -> bool:
    """Creates a folder; False if it exists, for example because another recording has just created it."""
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True
