"""
Movies of what SD.Next makes. Its diffusers path calls none of the callbacks that scripts of web UIs wait for, so this
puts itself around the stages of a generation (base, hires, refiner) and lets StepsAnimation watch the pipeline in them.
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
    """The stage at work; there is one at a time."""

    def __init__(self) -> None:
        self._p: Any = None
        self._animation: Optional[StepsAnimation] = None

    def around(self, process: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(process)
        def stage(p: Any, *args: Any) -> Any:
            self._p = p
            try:
                return process(p, *args)
            finally:
                self._end()
                self._p = None

        return stage

    def after_arguments(self, set_pipeline_args: Callable[..., Any]) -> Callable[..., Any]:
        """A pipeline is called right after its arguments were made; until then SD.Next goes by the pipeline's class."""

        @functools.wraps(set_pipeline_args)
        def with_animation(*args: Any, **kwargs: Any) -> Any:
            self._end()  # the refiner is called for each image
            made = set_pipeline_args(*args, **kwargs)
            if self._p is not None:
                self._begin(kwargs["model"], kwargs.get("prompts"))
            return made

        return with_animation

    def _begin(self, pipe: Any, prompts: Union[str, List[str], None]) -> None:
        if not shared.opts.steps_animation:
            return
        with guarded():
            folder = str(self._p.outpath_samples)
            arguments = ["--folder", folder, "--no-save-images", *shlex.split(shared.opts.steps_animation_options)]
            # Node.js is seen to by install.py: a generation is not to wait for that.
            animation = StepsAnimation(pipe, outdir=folder, arguments=arguments, prompt=prompts, installs_node=False)
            self._animation = animation.__enter__()

    def _end(self) -> None:
        animation, self._animation = self._animation, None
        if animation is not None:
            animation.leave()
            threading.Thread(target=tell, args=(animation,), name="steps-animation", daemon=True).start()


def tell(animation: StepsAnimation) -> None:
    """Waits for the movies, which the generation does not."""
    with guarded():
        for result in animation.collect():
            if result["type"] == "animation":
                log.info(f'Steps animation: movie="{result["path"]}" steps={result["steps"]}')


@contextmanager
def guarded() -> Generator[None, None, None]:
    """Nothing that goes wrong here may reach the generation: a pipeline without a VAE makes its images all the same."""
    try:
        yield
    except Exception as error:
        log.warning(f"Steps animation: {error}")


def put_in_place(_p: Any = None) -> None:
    """Not before the first generation: the module begins by asking for the model."""
    from modules import processing_diffusers

    if hasattr(processing_diffusers.set_pipeline_args, "__wrapped__"):
        return
    stage = Stage()
    processing_diffusers.set_pipeline_args = stage.after_arguments(processing_diffusers.set_pipeline_args)
    for name in STAGES:
        setattr(processing_diffusers, name, stage.around(getattr(processing_diffusers, name)))


def add_settings() -> None:
    section = ("steps_animation", "Steps animation")
    for name, default, label in (
        ("steps_animation", True, "Make a movie of each image"),
        ("steps_animation_options", "", "Options of the movies, as of steps-animation record: --duration 6 --codec x265"),
    ):
        shared.opts.add_option(name, shared.OptionInfo(default, label, section=section))


script_callbacks.on_ui_settings(add_settings)
script_callbacks.on_before_process(put_in_place)
