"""Sends the steps of an image generation to `steps-animation record`. Needs nothing but Python 3.8.

    with Record(["--outdir", "outputs", "--duration", "6"]) as record:
        record.start([{"seed": 42, "prompt": "a red apple", "width": 512, "height": 512}], steps=30)
        for step in range(1, 31):
            record.step(0, step, rgb24=pixels, size=(512, 512))    # or file=png_bytes, format="png"
        record.image(0, file=png_bytes, format="png")
    print(record.results[0]["path"])

See docs/protocol.md. `step` blocks while steps come faster than they can be stored; `recording.Recording` never blocks.
Errors are raised as RuntimeError; `results` then holds the movies that could be made all the same.
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

#: for `creationflags`: on Windows, a program of ours opens no console window
NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
#: a line of the protocol
Message = Dict[str, Any]
#: width and height in pixels
Size = Tuple[int, int]


class Record:
    def __init__(self, arguments: Sequence[str] = (), command: Optional[Sequence[str]] = None) -> None:
        """
        `arguments` are options of `record`. `command` are the words that start `steps-animation`, such as
        `("node", "…/dist/cli/main.js")`; default: those of `find_command`, which raises MissingCommand.
        """
        if command is None:
            from .command import find_command

            command = find_command()
        self.results: List[Message] = []
        self._errors: List[Message] = []
        # In a session of its own: Ctrl-C in the terminal ends the generation, whose movie is still to be finished.
        self._process = Popen(
            [*command, "record", *arguments],
            stdin=PIPE,
            stdout=PIPE,
            start_new_session=True,
            creationflags=NO_WINDOW | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # on Windows
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
        """`images` are dicts with `seed`, `prompt`, `infotext`, `width`, `height`; `steps` is the planned number."""
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
        """A step (from 1): its pixels in `rgb24`, rows of red, green, blue, or the bytes of an image file in `file`."""
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
        """The finished image; `reason="interrupted"` if it was stopped early."""
        self.send_picture({"type": "image", "image": image, **more}, rgb24, size, file, format)

    def end(self) -> List[Message]:
        """Waits until all movies are finished, and returns the results of `record`. Raises RuntimeError."""
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
        """Sends a message of the protocol with a picture."""
        if rgb24 is not None and size is not None:
            picture = {"format": "rgb24", "width": size[0], "height": size[1]}
            self._send({**fields, "picture": picture}, rgb24)
        else:
            self._send({**fields, "picture": {"format": format}}, file or b"")

    def kill(self) -> None:
        """Kills `record` at once, with all processes of its group, such as a script around it."""
        if self._process.returncode is not None:
            return  # its process id may be in use again
        if sys.platform == "win32":
            with suppress(OSError):
                subprocess.run(
                    ["taskkill", "/F", "/T", "/PID", str(self._process.pid)],
                    stdout=DEVNULL,
                    stderr=DEVNULL,
                    creationflags=NO_WINDOW,
                )
            self._process.kill()
        else:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def __enter__(self) -> Record:
        return self

    def __exit__(self, error_type: Optional[type], *_: Any) -> None:
        self._close() if error_type else self.end()  # a failed generation gets a movie of its steps, too

    def _send(self, message: Message, data: bytes = b"") -> None:
        line = json.dumps({**message, "bytes": len(data)} if data else message)
        try:
            self._input.write(line.encode() + b"\n" + data)
            self._input.flush()
        except OSError:  # record no longer reads
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
        with suppress(OSError):  # record no longer reads
            self._input.close()
        self._reader.join()
        return self._process.wait()


def _message(line: bytes) -> Optional[Message]:
    """None for other output, of a script around `record`."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) and "type" in message else None
