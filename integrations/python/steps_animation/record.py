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

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from subprocess import DEVNULL, PIPE, Popen
from typing import IO, Any, Dict, List, Optional, Sequence, Tuple, cast

#: a line of the protocol
Message = Dict[str, Any]
#: width and height in pixels
Size = Tuple[int, int]


class Record:
    def __init__(self, arguments: Sequence[str] = (), command: Optional[Sequence[str]] = None) -> None:
        """
        `arguments` are options of `record`; `command` is what starts `steps-animation`, such as
        `("node", "…/dist/cli/main.js")`, and is looked for if left out. Raises MissingCommand.
        """
        if command is None:
            from .command import find_command

            command = find_command()
        self.results: List[Message] = []
        self._errors: List[Message] = []
        # Apart from the terminal, whose Ctrl-C is for the generation: its movie is still to come.
        self._process = Popen(
            [*command, "record", *arguments],
            stdin=PIPE,
            stdout=PIPE,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
        )
        self._input, self._output = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def start(
        self,
        images: Sequence[Message],
        steps: Optional[int] = None,
        exact: bool = True,
        passes: Optional[Sequence[Message]] = None,
    ) -> None:
        """`images` are dicts with `seed`, `prompt`, `infotext`, `width`, `height`; `steps` are those planned."""
        passes = passes or [{"kind": "base", "steps": steps, "exact": exact}]
        self._send({"type": "start", "version": 1, "images": images, "passes": passes})

    def step(
        self,
        image: int,
        step: int,
        rgb24: Optional[bytes] = None,
        size: Optional[Size] = None,
        file: Optional[bytes] = None,
        format: str = "png",
        **more: Any,
    ) -> None:
        """A step from 1: `rgb24` are rows of red, green, blue; or else `file` is a whole image file in memory."""
        self.send_picture({"type": "step", "image": image, "step": step, **more}, rgb24, size, file, format)

    def image(
        self,
        image: int,
        rgb24: Optional[bytes] = None,
        size: Optional[Size] = None,
        file: Optional[bytes] = None,
        format: str = "png",
        **more: Any,
    ) -> None:
        """The finished image; `reason="interrupted"` when it was stopped early."""
        self.send_picture({"type": "image", "image": image, **more}, rgb24, size, file, format)

    def end(self) -> List[Message]:
        """Waits until all movies are there, and returns what `record` tells of them."""
        self._send({"type": "end"})
        if self._close() != 0:
            raise self._error()
        return self.results

    def send_picture(
        self,
        fields: Message,
        rgb24: Optional[bytes] = None,
        size: Optional[Size] = None,
        file: Optional[bytes] = None,
        format: str = "png",
    ) -> None:
        """A message of the protocol that carries a picture."""
        if rgb24 is not None and size is not None:
            picture = {"format": "rgb24", "width": size[0], "height": size[1]}
            self._send({**fields, "picture": picture}, rgb24)
        else:
            self._send({**fields, "picture": {"format": format}}, file or b"")

    def kill(self) -> None:
        """Ends `record` at once, whatever it is doing, and with it a script that started it."""
        if self._process.returncode is not None:
            return  # its number may be another's by now
        if sys.platform == "win32":
            with suppress(OSError):
                subprocess.run(["taskkill", "/F", "/T", "/PID", str(self._process.pid)], stdout=DEVNULL, stderr=DEVNULL)
            self._process.kill()
        else:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def __enter__(self) -> Record:
        return self

    def __exit__(self, error_type: Optional[type], *_: Any) -> None:
        self._close() if error_type else self.end()  # a generation that failed has a movie of its steps, too

    def _send(self, message: Message, data: bytes = b"") -> None:
        line = json.dumps({**message, "bytes": len(data)} if data else message)
        try:
            self._input.write(line.encode() + b"\n" + data)
            self._input.flush()
        except OSError:  # record reads no further
            self._close()
            raise self._error() from None

    def _read(self) -> None:
        with self._output:
            for line in self._output:
                message = _message(line)
                if message is not None:
                    (self._errors if message["type"] == "error" else self.results).append(message)

    def _error(self) -> RuntimeError:
        return RuntimeError(self._errors[0]["message"] if self._errors else "record failed: see standard error")

    def _close(self) -> int:
        with suppress(OSError):  # nobody reads what was left
            self._input.close()
        self._reader.join()
        return self._process.wait()


def _message(line: bytes) -> Optional[Message]:
    """None for what a script around `record` says on its own account."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) and "type" in message else None
