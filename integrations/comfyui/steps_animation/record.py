"""Sends the steps of an image generation to `steps-animation record`. Needs nothing but Python 3.8.

    with Record(["--outdir", "outputs", "--duration", "6"]) as record:
        record.start([{"seed": 42, "prompt": "a red apple", "width": 512, "height": 512}], steps=30)
        for step in range(1, 31):
            record.step(0, step, rgb24=pixels, size=(512, 512))    # or file=png_bytes, format="png"
        record.image(0, file=png_bytes, format="png")
    print(record.results[0]["path"])

See docs/protocol.md. `step` waits when steps come faster than they can be stored; where that must not be, use
`recording.Recording`. Errors are raised as RuntimeError; `results` then holds what could be made all the same.
"""

import json
import threading
from contextlib import suppress
from subprocess import PIPE, Popen


class Record:
    def __init__(self, arguments=(), command=None):
        """
        `arguments` are options of `record`; `command` is what starts `steps-animation`, such as
        `("node", "…/dist/cli/main.js")`, and is looked for if left out. Raises MissingCommand.
        """
        if command is None:
            from .command import find_command

            command = find_command()
        self.results, self._errors = [], []
        self._process = Popen([*command, "record", *arguments], stdin=PIPE, stdout=PIPE)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def start(self, images, steps, exact=True, passes=None):
        """`images` are dicts with `seed`, `prompt`, `infotext`, `width`, `height`; `steps` are those planned."""
        passes = passes or [{"kind": "base", "steps": steps, "exact": exact}]
        self._send({"type": "start", "version": 1, "images": images, "passes": passes})

    def step(self, image, step, rgb24=None, size=None, file=None, format="png", **more):
        """A step from 1: `rgb24` are rows of red, green, blue; or else `file` is a whole image file in memory."""
        self.send_picture({"type": "step", "image": image, "step": step, **more}, rgb24, size, file, format)

    def image(self, image, rgb24=None, size=None, file=None, format="png", **more):
        """The finished image; `reason="interrupted"` when it was stopped early."""
        self.send_picture({"type": "image", "image": image, **more}, rgb24, size, file, format)

    def end(self):
        """Waits until all movies are there, and returns what `record` tells of them."""
        self._send({"type": "end"})
        if self._close() != 0:
            raise self._error()
        return self.results

    def send_picture(self, fields, rgb24=None, size=None, file=None, format="png"):
        """A message of the protocol that carries a picture."""
        raw = rgb24 is not None and {"format": "rgb24", "width": size[0], "height": size[1]}
        self._send({**fields, "picture": raw or {"format": format}}, rgb24 if raw else file)

    def kill(self):
        """Ends `record` at once, whatever it is doing."""
        self._process.kill()

    def __enter__(self):
        return self

    def __exit__(self, error_type, *_):
        self._close() if error_type else self.end()  # a generation that failed has a movie of its steps, too

    def _send(self, message, data=b""):
        line = json.dumps({**message, "bytes": len(data)} if data else message)
        try:
            self._process.stdin.write(line.encode() + b"\n" + data)
            self._process.stdin.flush()
        except OSError:  # record reads no further
            self._close()
            raise self._error() from None

    def _read(self):
        for line in self._process.stdout:
            message = json.loads(line)
            (self._errors if message["type"] == "error" else self.results).append(message)

    def _error(self):
        return RuntimeError(self._errors[0]["message"] if self._errors else "record failed: see standard error")

    def _close(self):
        with suppress(OSError):  # nobody reads what was left
            self._process.stdin.close()
        self._reader.join()
        return self._process.wait()
