"""
Movies of the images that SD.Next generates. It calls none of the script callbacks of other web UIs during sampling, so
this wraps the stages of a generation (base, hires, refiner) and lets StepsAnimation watch the pipeline in each of them.
"""

from __future__ import annotations

import functools
import shlex
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Generator, List, Optional, Union

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from modules import script_callbacks, shared  # noqa: E402
from modules.logger import log  # noqa: E402
from package_path import add_package_path  # noqa: E402

add_package_path()

from steps_animation import StepsAnimation  # noqa: E402

STAGES = ("process_base", "process_hires", "process_refine")


class Stage:
    """The current stage; there is one at a time."""

    def __init__(self) -> None:
        self._p: Any = None
        self._animation: Optional[StepsAnimation] = None

    def wrap_process(self, process: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(process)
        def stage(p: Any, *args: Any) -> Any:
            self._p = p
            try:
                return process(p, *args)
            finally:
                self._end()
                self._p = None

        return stage

    def wrap_set_pipeline_args(self, set_pipeline_args: Callable[..., Any]) -> Callable[..., Any]:
        """Animates the pipeline only once its arguments are set, just before its call: they depend on its class."""

        @functools.wraps(set_pipeline_args)
        def with_animation(*args: Any, **kwargs: Any) -> Any:
            self._end()  # the refiner is called once per image
            arguments = set_pipeline_args(*args, **kwargs)
            if self._p is not None:
                self._begin(kwargs["model"], kwargs.get("prompts"))
            return arguments

        return with_animation

    def _begin(self, pipe: Any, prompts: Union[str, List[str], None]) -> None:
        if not shared.opts.steps_animation:
            return
        with guarded():
            folder = str(self._p.outpath_samples)
            arguments = ["--folder", folder, "--no-save-images", *shlex.split(shared.opts.steps_animation_options)]
            # install.py installs Node.js; a generation must not wait for that.
            animation = StepsAnimation(pipe, outdir=folder, arguments=arguments, prompt=prompts, installs_node=False)
            self._animation = animation.__enter__()

    def _end(self) -> None:
        animation, self._animation = self._animation, None
        if animation is not None:
            animation.leave()
            threading.Thread(target=log_movies, args=(animation,), name="steps-animation", daemon=True).start()


def log_movies(animation: StepsAnimation) -> None:
    """Waits for the movies in a thread of its own."""
    with guarded():
        for result in animation.collect():
            if result["type"] == "animation":
                log.info(f'Steps animation: movie="{result["path"]}" steps={result["steps"]}')


@contextmanager
def guarded() -> Generator[None, None, None]:
    """Logs errors, so that none reaches the generation; a pipeline without a VAE, for example, cannot be animated."""
    try:
        yield
    except Exception as error:
        log.warning(f"Steps animation: {error}")


def install_wrappers(_p: Any = None) -> None:
    """Runs before the first generation, not earlier: importing the module loads the model."""
    from modules import processing_diffusers

    if hasattr(processing_diffusers.set_pipeline_args, "__wrapped__"):
        return
    stage = Stage()
    processing_diffusers.set_pipeline_args = stage.wrap_set_pipeline_args(processing_diffusers.set_pipeline_args)
    for name in STAGES:
        setattr(processing_diffusers, name, stage.wrap_process(getattr(processing_diffusers, name)))


def add_settings() -> None:
    section = ("steps_animation", "Steps animation")
    for name, default, label in (
        ("steps_animation", True, "Make a movie of each image"),
        ("steps_animation_options", "", "Options of the movies, as for steps-animation record: --duration 6 --codec x265"),
    ):
        shared.opts.add_option(name, shared.OptionInfo(default, label, section=section))


script_callbacks.on_ui_settings(add_settings)
script_callbacks.on_before_process(install_wrappers)
