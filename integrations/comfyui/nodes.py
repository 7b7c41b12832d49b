"""The nodes: one watches samplers, the others use the steps."""

import logging
import os
from pathlib import Path

import comfy.patcher_extension
import comfy.utils
import folder_paths
from comfy.model_management import InterruptProcessingException
from comfy_execution.utils import get_executing_context

from . import options
from .movie import Animation, decode, make_movies
from .saved_latents import LoadedSteps, save_steps, saved_files
from .watched_steps import WatchedSteps
from .workflow import WorkflowInfo, upstream

log = logging.getLogger("steps-animation")
CATEGORY = "Steps Animation"
STEPS = "STEPS_ANIMATION_STEPS"
HIDDEN = {"prompt": "PROMPT", "node": "UNIQUE_ID"}
NO_STEPS = "No sampler before the images has used the model output of the watch node: connect it to a sampler."
DISCARDED = "Steps of this run were discarded to keep later ones (256 MB in all): run its samplers again."


def output_folder():
    """Absolute, as are the paths in the results of `record`; users may configure a relative one."""
    return Path(os.path.abspath(folder_paths.get_output_directory()))


def movies_folder():
    return output_folder() / "steps-animation"


def latents_folder():
    return movies_folder() / "intermediate"


class WatchSteps:
    """Connected between the model and the sampler."""

    CATEGORY = CATEGORY
    DESCRIPTION = "Keeps the latents of every step that samplers take with this model."
    RETURN_TYPES = ("MODEL", STEPS)
    RETURN_NAMES = ("model", "steps")
    FUNCTION = "watch"

    @classmethod
    def INPUT_TYPES(cls):
        content = options.BY_FLAG["--content"]
        contents = (content["choices"], {"default": content["default"], "tooltip": content["help"]})
        return {"required": {"model": ("MODEL",)}, "optional": {"content": contents}}

    def watch(self, model, content="denoised"):
        watched = model.clone()
        steps = WatchedSteps(_executing, content)
        kind = comfy.patcher_extension.WrappersMP.OUTER_SAMPLE
        watched.add_wrapper_with_key(kind, "steps_animation", steps.watch)
        return watched, steps


class SaveAnimation:
    """Connected to the finished images."""

    CATEGORY = CATEGORY
    DESCRIPTION = "Makes a movie of the steps for each image; it ends on exactly that image."
    RETURN_TYPES = ("STRING",)
    RETURN_NAMES = ("paths",)
    FUNCTION = "save"
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls):
        decode = "after sampling, or on demand: nothing is made until you set this to after and run the workflow again"
        return {
            "required": {
                "images": ("IMAGE",),
                "steps": (STEPS,),
                **options.widgets(),
                "decode": (["after", "on demand"], {"default": "after", "tooltip": decode}),
                "save_latents": ("BOOLEAN", {"default": False, "tooltip": "keep the steps' latents as .safetensors"}),
                "more": ("STRING", {"default": "", "tooltip": "further options of `steps-animation record`"}),
            },
            "optional": {
                "vae": ("VAE", {"tooltip": "decodes the steps at full size; without it they are rough"}),
                "look": options.look_widget(),
            },
            "hidden": HIDDEN,
        }

    def save(
        self, images, steps, decode, save_latents, more, vae=None, look="classic", prompt=None, node=None, **values
    ):
        paths, files, troubles = [], [], []
        try:
            content = [] if steps.content == "denoised" else [f"--content={steps.content}"]
            arguments = [*options.arguments(values, more, look), *content]
            passes = _passes(steps, prompt, node)
            info = WorkflowInfo(prompt or {}, node)
            if save_latents:
                save_steps(passes, steps.content, info.seed, latents_folder())
            if decode == "after":
                bar = comfy.utils.ProgressBar(sum(len(each.steps) for each in passes))
                animation = Animation(movies_folder(), info, arguments)
                paths, trouble = make_movies(animation, passes, images, vae, lambda: bar.update(1))
                troubles += [trouble] if trouble else []
                files = [_ui_file(path) for path in paths]
        except InterruptProcessingException:
            raise
        except ValueError as error:
            troubles.append(str(error))
        except Exception as error:
            log.exception("Steps Animation could not make the movie")
            troubles.append(f"The movie could not be made: {error}")
        for trouble in troubles:
            log.warning("Steps Animation: %s", trouble)
        ui = {"images": files, "animated": (True,), "text": troubles}
        return {"ui": ui, "result": ("\n".join(map(str, paths)),)}


class StepImage:
    """A single step."""

    CATEGORY = CATEGORY
    DESCRIPTION = "The image of one step, at full size. Connect the finished images, for which it waits."
    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "decode"

    @classmethod
    def INPUT_TYPES(cls):
        number = {"default": 1, "min": 1, "max": 100000}
        return {
            "required": {
                "steps": (STEPS,),
                "vae": ("VAE",),
                "step": ("INT", {**number, "tooltip": "from 1; larger numbers select the last step"}),
                "sampling": ("INT", {**number, "tooltip": "which pass, from 1; larger numbers select the last pass"}),
            },
            "optional": {"images": ("IMAGE", {"tooltip": "required for watched steps, not for loaded ones"})},
            "hidden": HIDDEN,
        }

    def decode(self, steps, vae, step, sampling, images=None, prompt=None, node=None):
        passes = _passes(steps, prompt, node)
        chosen = passes[min(sampling, len(passes)) - 1]
        latents = next((latents for number, latents in chosen.steps if number >= step), chosen.steps[-1][1])
        return (decode(vae, chosen.latent_format, latents),)


class LoadSteps:
    """The steps of an earlier run."""

    CATEGORY = CATEGORY
    DESCRIPTION = "The steps of a file that the save node wrote with save_latents."
    RETURN_TYPES = (STEPS,)
    RETURN_NAMES = ("steps",)
    FUNCTION = "load"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"file": (saved_files(latents_folder()),)}}

    @classmethod
    def IS_CHANGED(cls, file):
        return (latents_folder() / file).stat().st_mtime

    def load(self, file):
        return (LoadedSteps(latents_folder() / file),)


def _passes(steps, prompt, node):
    """The passes of the samplers before a node. Raises ValueError if there are none, or if some were discarded."""
    passes, discarded = steps.passes(upstream(prompt, node) if prompt else None)
    if discarded or not passes:
        raise ValueError(DISCARDED if discarded else NO_STEPS)
    return passes


def _executing():
    context = get_executing_context()
    return (context.prompt_id, context.node_id) if context else (None, None)


def _ui_file(path):
    """A file as ComfyUI's page requests it."""
    return {"filename": path.name, "subfolder": os.path.relpath(path.parent, output_folder()), "type": "output"}
