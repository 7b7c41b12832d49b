"""
Movies of the images that a diffusers pipeline generates.

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
from .options import command_line_argument
from .saved_run import animate_saved
from .watched_scheduler import watched

log = logging.getLogger("steps_animation")

DECODE = ("after", "during", "on demand")
CONTENT = ("denoised", "noisy")


class StepsAnimation:
    """
    Makes a movie for each image of every pipeline call within the `with` block. The images do not change; errors of the
    movies are collected in `trouble`, logged, and never raised.
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
        `decode`: "after" each call, "during" it in another thread, or "on demand" when `animate` is called.
        `content`: the model's prediction of the image ("denoised"), or the sample itself ("noisy").
        `vae`: decodes the steps in place of the pipeline's own, for example a tiny one.
        `save_latents`: a folder for the latents of the steps as .safetensors.
        `prompt`: for file names and infotexts, if the pipeline gets embeddings only; a list for a batch.
        `installs_node`: whether to install Node.js from PyPI if nothing else is missing.
        `arguments` and `options` are those of `steps-animation record`: ["--codec", "x265"], or codec="x265".
        Raises ValueError for a wrong `decode` or `content`, or if the pipeline cannot be decoded in that way.
        """
        if decode not in DECODE or content not in CONTENT:
            raise ValueError(f"decode is one of {', '.join(DECODE)}; content is one of {', '.join(CONTENT)}.")
        self._decoder = LatentDecoder(pipe, vae)
        if decode == "during" and self._decoder.interferes:
            raise ValueError(
                "This pipeline's VAE is offloaded, or converted to float32 for decoding, so it cannot decode during a run. "
                'Pass a tiny one as vae=…, or use decode="after".'
            )
        #: results of `record` for each movie
        self.results: List[Dict[str, Any]] = []
        #: error messages for the user
        self.trouble: List[str] = []
        self._pipe, self._pipe_class = pipe, type(pipe)
        folder = Path(save_latents) if save_latents else None
        flags = (command_line_argument(name, value) for name, value in options.items())
        record_arguments = ("--outdir", str(outdir), *arguments, *flags)
        self._settings = Settings(Path(outdir), record_arguments, decode, content, folder)
        self._prompt, self._installs_node = prompt, installs_node
        self._ring = LatentRing()
        self._runs: List[AnimatedRun] = []
        self._last: Optional[AnimatedRun] = None
        self._is_busy = False

    def __enter__(self) -> StepsAnimation:
        if getattr(self._pipe_class, "_steps_animation", False):
            raise RuntimeError("This pipeline is already animated by an outer StepsAnimation.")
        self._ensure_node()
        self._pipe.__class__ = _animated_class(self._pipe_class, self._generate)
        return self

    def __exit__(self, *_: Any) -> None:
        self.leave()
        self.collect()

    def leave(self) -> None:
        """Restores the pipeline. Does not wait for pending movies."""
        self._pipe.__class__ = self._pipe_class

    def collect(self) -> List[Dict[str, Any]]:
        """Waits for pending movies, and returns all results."""
        self._collect(self._runs)
        return self.results

    def animate(self) -> List[Dict[str, Any]]:
        """Makes the movies of the runs whose latents are kept (decode="on demand"), and returns all results."""
        for run in self._runs:
            self._attempt(run.animate)
        return self.collect()

    def animate_file(self, path: Union[str, Path]) -> List[Dict[str, Any]]:
        """
        Makes the movies of a run saved with `save_latents`, by a pipeline whose VAE decodes such latents. Returns their
        results. Raises the errors of reading or decoding the file.
        """
        self._check_idle()
        self._ensure_node()
        recording = animate_saved(path, self._decoder, self._settings.outdir, self._settings.arguments)
        results = recording.finish()
        self.results.extend(results)
        if recording.trouble:
            self._add_trouble(recording.trouble)
        return results

    def step_image(self, step: int, image: int = 0) -> Any:
        """A step (from 1) of the last call as a PIL image; `image` is its index in the batch. Raises LookupError."""
        from PIL import Image

        self._check_idle()
        if self._last is None:
            raise LookupError("The pipeline has not been called within the block yet.")
        pixels, size = self._last.step_picture(step, image)
        return Image.frombytes("RGB", size, pixels)

    def _generate(self, call: Callable[..., Any], args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Any:
        """Calls the pipeline and watches its steps."""
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
            raise ValueError(f"{self._pipe_class.__name__} has no scheduler whose steps can be watched.")
        self._collect([run for run in self._runs if run.is_over])
        generation_call = GenerationCall(self._pipe, call, args, kwargs, self._prompt)
        run = self._last = AnimatedRun(self._pipe, generation_call, self._decoder, self._ring, self._settings)
        self._runs.append(run)
        return run

    def _attempt(self, action: Callable[..., Any], *args: Any) -> Any:
        """Calls `action` and reports its errors: none may reach the generation."""
        try:
            return action(*args)
        except Exception as error:
            self._add_trouble(f"{type(error).__name__}: {error}")
            return None

    def _collect(self, runs: Sequence[AnimatedRun]) -> None:
        for run in runs:
            results, trouble = run.collect()
            self.results.extend(results)
            if trouble:
                self._add_trouble(trouble)
        self._runs = [run for run in self._runs if not run.is_collected]

    def _ensure_node(self) -> None:
        if self._installs_node:
            self._attempt(ensure_node)

    def _check_idle(self) -> None:
        if self._is_busy:
            raise RuntimeError("The pipeline is busy: wait until its call has returned.")

    def _add_trouble(self, trouble: str) -> None:
        if trouble not in self.trouble:  # the same error often occurs at every step
            self.trouble.append(trouble)
            log.warning(trouble)


@functools.lru_cache(maxsize=None)
def ensure_node() -> None:
    """Installs Node.js if only that is missing. Tried once per process: without a network pip takes long to fail."""
    try:
        find_command()
    except MissingNode:
        with contextlib.suppress(MissingNode, OSError):
            install_node()
    except MissingCommand:
        pass


def _animated_class(pipe_class: type, generate: Callable[..., Any]) -> type:
    """The pipeline's class with another `__call__`, which Python looks up in the class, not in the object."""

    @functools.wraps(pipe_class.__call__)
    def call(pipe: Any, *args: Any, **kwargs: Any) -> Any:
        return generate(functools.partial(pipe_class.__call__, pipe), args, kwargs)

    copied = {name: getattr(pipe_class, name) for name in ("__module__", "__qualname__", "__doc__")}
    return type(pipe_class)(pipe_class.__name__, (pipe_class,), {**copied, "__call__": call, "_steps_animation": True})
