"""Sends the steps of an image generation to `steps-animation record`. Needs nothing but Python 3.8.

    with StepsAnimation(["--outdir", "outputs", "--duration", "6"]) as animation:
        animation.start([{"seed": 42, "prompt": "a red apple", "width": 512, "height": 512}], steps=30)
        for step in range(1, 31):
            animation.step(0, step, rgb24=pixels, size=(512, 512))    # or file=png_bytes, format="png"
        animation.image(0, file=png_bytes, format="png")
    print(animation.results[0]["path"])

The protocol is described in docs/protocol.md. `step` waits when steps come faster than they can be stored; a program
that must not wait calls it from a thread of its own.
"""

import json
import subprocess
import threading


class StepsAnimation:
    def __init__(self, arguments=(), command=("steps-animation",)):
        """`command` may also be `("node", "…/dist/cli/main.js")`; `arguments` are options of `record`."""
        self.results = []
        self._process = subprocess.Popen(
            [*command, "record", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def start(self, images, steps, exact=True, passes=None):
        """`images` are dicts with `seed`, `prompt`, `infotext`, `width`, `height`; `steps` are those planned."""
        passes = passes or [{"kind": "base", "steps": steps, "exact": exact}]
        self._send({"type": "start", "version": 1, "images": images, "passes": passes})

    def step(self, image, step, rgb24=None, size=None, file=None, format="png", **more):
        """A step from 1: `rgb24` are rows of red, green, blue; or else `file` is a whole image file in memory."""
        picture, data = self._picture(rgb24, size, file, format)
        self._send({"type": "step", "image": image, "step": step, "picture": picture, **more}, data)

    def image(self, image, rgb24=None, size=None, file=None, format="png", **more):
        """The finished image; `reason="interrupted"` when it was stopped early."""
        picture, data = self._picture(rgb24, size, file, format)
        self._send({"type": "image", "image": image, "picture": picture, **more}, data)

    def end(self):
        """Waits until all movies are there, and returns what `record` tells of them."""
        self._send({"type": "end"})
        return self._close()

    def __enter__(self):
        return self

    def __exit__(self, error_type, *_):
        # A generation that failed has a movie of its steps, too.
        self._close() if error_type else self.end()

    def _picture(self, rgb24, size, file, format):
        if rgb24 is None:
            return {"format": format}, file
        return {"format": "rgb24", "width": size[0], "height": size[1]}, rgb24

    def _send(self, message, data=b""):
        line = json.dumps({**message, "bytes": len(data)} if data else message)
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def _read(self):
        for line in self._process.stdout:
            self.results.append(json.loads(line))

    def _close(self):
        self._process.stdin.close()
        self._reader.join()
        self._process.wait()
        return self.results
