"""
Movies of what a diffusers pipeline makes.

    with StepsAnimation(pipe, outdir="outputs", duration=6) as animation:
        image = pipe("a red apple").images[0]
    print(animation.results)

See docs/diffusers.md.
"""

from __future__ import annotations

import contextlib
import functools
import logging
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

from .animated_run import AnimatedRun, Settings
from .command import MissingCommand, MissingNode, find_command, install_node
from .decoding import LatentDecoder
from .generation_call import GenerationCall
from .latents import LatentRing
from .saved_run import animate_saved
from .watched_scheduler import watched

log = logging.getLogger("steps_animation")

DECODE = ("after", "during", "on demand")
CONTENT = ("denoised", "noisy")


class StepsAnimation:
    """
    Every call of the pipeline inside of the `with` block becomes a run with a movie for each of its images. The images are
    the same as without; whatever goes wrong with the movies is told in `trouble`, logged, and never raised.
    """

    def __init__(
        self,
        pipe: Any,
        outdir: str = "outputs",
        decode: str = "after",
        content: str = "denoised",
        arguments: Sequence[str] = (),
        vae: Any = None,
        save_latents: Optional[str] = None,
        prompt: Union[str, Sequence[str], None] = None,
        installs_node: bool = True,
        **options: Any,
    ) -> None:
        """
        `decode`: "after" each call, "during" it in a thread beside it, or "on demand" when `animate` is called.
        `content`: the model's guess of the image ("denoised"), or what it works on ("noisy").
        `vae`: decodes the steps instead of the pipeline's own, for example a tiny one.
        `save_latents`: a folder for the steps' latents as .safetensors.
        `prompt`: for names and infotexts, where the pipeline is given embeddings only; or those of a batch.
        `installs_node`: whether a Node.js is installed from PyPI where that is all that is missing.
        `arguments` and `options` are those of `steps-animation record`: ["--codec", "x265"], or codec="x265".
        """
        if decode not in DECODE or content not in CONTENT:
            raise ValueError(f"decode is one of {', '.join(DECODE)}; content is one of {', '.join(CONTENT)}.")
        self._decoder = LatentDecoder(pipe, vae)
        if decode == "during" and self._decoder.interferes:
            raise ValueError(
                "This pipeline's VAE is offloaded or raised to float32 while it decodes, which cannot be done during a "
                'run. Give a tiny one as vae=…, or take decode="after".'
            )
        #: what `record` told of each movie
        self.results: List[Dict[str, Any]] = []
        #: what went wrong with movies, for people
        self.trouble: List[str] = []
        self._pipe, self._kind = pipe, type(pipe)
        folder = Path(save_latents) if save_latents else None
        record_arguments = ("--outdir", str(outdir), *arguments, *_flags(options))
        self._settings = Settings(Path(outdir), record_arguments, decode, content, folder)
        self._prompt, self._installs_node = prompt, installs_node
        self._ring = LatentRing()
        self._runs: List[AnimatedRun] = []
        self._last: Optional[AnimatedRun] = None
        self._is_busy = False

    def __enter__(self) -> StepsAnimation:
        if getattr(self._kind, "_steps_animation", False):
            raise RuntimeError("This pipeline is animated already, by the StepsAnimation around this one.")
        self._see_to_node()
        self._pipe.__class__ = _animated(self._kind, self._generate)
        return self

    def __exit__(self, *_: Any) -> None:
        self.leave()
        self.collect()

    def leave(self) -> None:
        """Gives the pipeline back as it was, and does not wait for the movies on their way."""
        self._pipe.__class__ = self._kind

    def collect(self) -> List[Dict[str, Any]]:
        """Waits for the movies on their way, and returns all results."""
        self._collect(self._runs)
        return self.results

    def animate(self) -> List[Dict[str, Any]]:
        """Makes the movies of the runs whose latents are kept (decode="on demand"), and returns all results."""
        for run in self._runs:
            self._attempt(run.animate)
        return self.collect()

    def animate_file(self, path: Union[str, Path]) -> List[Dict[str, Any]]:
        """
        Makes the movies of a run that `save_latents` saved, with a pipeline whose VAE is for such latents, and returns what
        `record` told of them. Raises what there is to say of a file that cannot be read or decoded.
        """
        self._rest()
        self._see_to_node()
        recording = animate_saved(path, self._decoder, self._settings.outdir, self._settings.arguments)
        results = recording.finish()
        self.results.extend(results)
        if recording.trouble:
            self._tell(recording.trouble)
        return results

    def step_image(self, step: int, image: int = 0) -> Any:
        """
        A step of the last call, from 1, at full size, as a PIL image; `image` is its place in the batch. Raises LookupError
        where there is no such step.
        """
        from PIL import Image

        self._rest()
        if self._last is None:
            raise LookupError("The pipeline has made nothing yet inside of the block.")
        pixels, size = self._last.step_picture(step, image)
        return Image.frombytes("RGB", size, pixels)

    def _generate(self, call: Callable[..., Any], args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Any:
        """A call of the pipeline, with its steps seen."""
        run = None if self._is_busy else self._attempt(self._begin, call, args, kwargs)
        if run is None:
            return call(*args, **kwargs)
        self._is_busy = True
        try:
            with watched(self._pipe.scheduler, functools.partial(self._attempt, run.step)):
                result = call(*args, **kwargs)
        except BaseException:
            self._attempt(run.end, None)
            raise
        finally:
            self._is_busy = False
        self._attempt(run.end, result)
        return result

    def _begin(self, call: Callable[..., Any], args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> AnimatedRun:
        if not hasattr(type(self._pipe.scheduler), "step"):
            raise ValueError(f"{self._kind.__name__} has no scheduler whose steps could be seen.")
        self._collect([run for run in self._runs if run.is_over])
        asked = GenerationCall(self._pipe, call, args, kwargs, self._prompt)
        run = self._last = AnimatedRun(self._pipe, asked, self._decoder, self._ring, self._settings)
        self._runs.append(run)
        return run

    def _attempt(self, action: Callable[..., Any], *args: Any) -> Any:
        """Nothing that goes wrong here may reach the generation."""
        try:
            return action(*args)
        except Exception as error:
            self._tell(f"{type(error).__name__}: {error}")
            return None

    def _collect(self, runs: Sequence[AnimatedRun]) -> None:
        """Waits for the movies on their way."""
        for run in runs:
            results, trouble = run.collect()
            self.results.extend(results)
            if trouble:
                self._tell(trouble)
        self._runs = [run for run in self._runs if not run.is_collected]

    def _see_to_node(self) -> None:
        if self._installs_node:
            self._attempt(see_to_node)

    def _rest(self) -> None:
        if self._is_busy:
            raise RuntimeError("The pipeline is at work: ask when its call is over.")

    def _tell(self, trouble: str) -> None:
        if trouble not in self.trouble:  # what is wrong with one step is often wrong with all
            self.trouble.append(trouble)
            log.warning(trouble)


@functools.lru_cache(maxsize=None)
def see_to_node() -> None:
    """
    Installs Node.js where that is all that is missing; whatever else is, `record` tells. Tried once by a process: without
    a network pip takes its time to fail.
    """
    try:
        find_command()
    except MissingNode:
        with contextlib.suppress(MissingNode, OSError):
            install_node()
    except MissingCommand:
        pass


def _animated(kind: type, generate: Callable[..., Any]) -> type:
    """The pipeline's own class but for its call: Python looks that up in the class, not in the object."""

    @functools.wraps(kind.__call__)
    def call(pipe: Any, *args: Any, **kwargs: Any) -> Any:
        return generate(functools.partial(kind.__call__, pipe), args, kwargs)

    same = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__doc__": kind.__doc__}
    return type(kind)(kind.__name__, (kind,), {**same, "__call__": call, "_steps_animation": True})


def _flags(options: Dict[str, Any]) -> List[str]:
    """Options by the names of docs/options.md with underscores, as those of the command line."""
    flags: List[str] = []
    for name, value in options.items():
        flag = name.replace("_", "-")
        flags += [f"--{flag}" if value else f"--no-{flag}"] if isinstance(value, bool) else [f"--{flag}", str(value)]
    return flags
