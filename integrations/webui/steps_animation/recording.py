"""
The steps of a run on their way to `steps-animation record`, without ever holding up what generates.

What is handed over is put on a queue. One thread turns it into pixels and keeps them until the movie is there (in
files, where memory does not suffice); another sends them. Whatever goes wrong with `record`, the steps are saved, and
`trouble` says what happened and how to make the movie.
"""

import queue
import threading
import time
from pathlib import Path

from .command import MissingCommand
from .kept_pictures import KeptPictures, png
from .record import Record

#: seconds without a word from `record` after its last picture, until it counts as hung
PATIENCE = 600
#: seconds between two looks at whether it is to be waited for any longer
GLANCE = 0.5


class Recording:
    def __init__(self, images, passes, folder, arguments=(), command=None):
        """
        `images` and `passes` are those of the protocol's start message; `folder` is where the steps are saved when there
        is no movie; `arguments` are options of `record`. Starts at once, and raises nothing.
        """
        #: what went wrong, for people; None if nothing did
        self.trouble = None
        #: what `record` told of each finished movie
        self.results = []
        self._images, self._passes, self._folder = images, passes, Path(folder)
        self._arguments, self._command = arguments, command
        self._store = KeptPictures()
        self._saved = []  # (name of its file, size, function that gives its pixels) of every picture
        self._handed, self._ready = queue.SimpleQueue(), queue.SimpleQueue()
        self._record = None
        self._is_given_up = False
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._keep, self._send)]
        for thread in self._threads:
            thread.start()

    def step(self, image, step, picture, pass_index=0):
        """
        The picture of a step, from 1 within its pass: a tuple of pixels (rows of red, green, blue as bytes) and their size
        (width, height), or a function that returns one, which is called in another thread. Returns at once.
        """
        fields = {"type": "step", "image": image, "step": step, "pass": pass_index}
        self._handed.put((fields, picture))

    def image(self, image, picture, infotext=None, reason="finished"):
        """The finished image, as in `step`; `reason` is finished, interrupted or skipped. Returns at once."""
        fields = {"type": "image", "image": image, "reason": reason}
        self._handed.put((fields if infotext is None else {**fields, "infotext": infotext}, picture))

    def finish(self, patience=PATIENCE, meanwhile=lambda: None):
        """
        Waits until the movies are there, or until it is sure that they will not be, and returns `results`. `meanwhile` is
        called each half second; what it raises ends the wait, and the movies are given up.
        """
        self._handed.put(None)
        try:
            self._wait(self._threads[0], float("inf"), meanwhile)
            self._wait(self._threads[1], patience, meanwhile)
        except BaseException:
            self.give_up()
            raise
        if self._threads[1].is_alive():
            self._fail(f"steps-animation has not answered for {patience} s")
            if self._record:
                self._record.kill()
            self._threads[1].join(10)
        if self.trouble:
            self._rescue()
        self._store.forget()
        return self.results

    def give_up(self):
        """Ends `record` at once. There is no movie then, and no step is saved."""
        self._is_given_up = True
        self._handed.put(None)
        if self._record:
            self._record.kill()
        for thread in self._threads:
            thread.join(10)
        self._store.forget()

    def _wait(self, thread, patience, meanwhile):
        until = time.monotonic() + patience
        while thread.is_alive() and time.monotonic() < until:
            thread.join(min(GLANCE, max(until - time.monotonic(), 0)))
            meanwhile()

    def _keep(self):
        while (handed := self._handed.get()) is not None:
            fields, picture = handed
            try:
                pixels, size = picture() if callable(picture) else picture
                self._saved.append((_name(fields), size, self._store.keep(pixels)))
                self._ready.put((fields, size, self._saved[-1][2]))
            except Exception as error:  # a step that cannot be decoded or stored is missing from the movie
                self._fail(f"A step has no picture: {error}")
        self._ready.put(None)

    def _send(self):
        try:
            self._record = Record(self._arguments, self._command)
            if self._is_given_up:
                self._record.kill()
            self._record.start(self._images, steps=None, passes=self._passes)
            while (ready := self._ready.get()) is not None:
                fields, size, pixels = ready
                self._record.send_picture(fields, pixels(), size)
            self._record.end()
        except (MissingCommand, OSError, RuntimeError) as error:
            self._fail(str(error))
        finally:
            self.results = self._record.results if self._record else []

    def _fail(self, message):
        self.trouble = self.trouble or message

    def _rescue(self):
        if len(self.results) == len(self._images) or not self._saved:
            return
        seed = self._images[0].get("seed", 0)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            folder = _unused(self._folder / f"steps-{seed}")
            for name, size, pixels in self._saved:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(png(pixels(), size))
        except OSError as error:
            self.trouble += f" The steps could not be saved either: {error}"
            return
        folders = sorted({str((folder / name).parent) for name, _, _ in self._saved})
        commands = " and ".join(f'steps-animation render "{path}"' for path in folders)
        self.trouble += f" The steps are saved; this makes the movie: {commands}"


def _name(fields):
    last = "finished" if fields["type"] == "image" else f"{fields['pass']}-{fields['step']:07}"
    return f"image-{fields['image']}/{last}.png"


def _unused(path):
    number = 0
    candidate = path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate
