"""The two nodes: one watches what samplers do with a model, the other makes the movie that ends on their images."""

import logging
from pathlib import Path

import comfy.patcher_extension
import comfy.utils
import folder_paths
from comfy_execution.utils import get_executing_context

from .movie import Animation, make_movies
from .watched_steps import WatchedSteps

log = logging.getLogger("steps-animation")
CATEGORY = "Steps Animation"
STEPS = "STEPS_ANIMATION_STEPS"


class WatchSteps:
    """Put between the model and the sampler."""

    CATEGORY = CATEGORY
    DESCRIPTION = "Keeps the denoised latents of every step that samplers take with this model."
    RETURN_TYPES = ("MODEL", STEPS)
    RETURN_NAMES = ("model", "steps")
    FUNCTION = "watch"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"model": ("MODEL",)}}

    def watch(self, model):
        watched = model.clone()
        steps = WatchedSteps(lambda: getattr(get_executing_context(), "prompt_id", None))
        kind = comfy.patcher_extension.WrappersMP.OUTER_SAMPLE
        watched.add_wrapper_with_key(kind, "steps_animation", steps.watch)
        return watched, steps


class SaveAnimation:
    """Put behind the images."""

    CATEGORY = CATEGORY
    DESCRIPTION = "Makes a movie of the steps for each image; it ends on exactly that image."
    RETURN_TYPES = ("STRING",)
    RETURN_NAMES = ("paths",)
    FUNCTION = "save"
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls):
        seconds = {"min": 0.0, "max": 3600.0, "step": 0.5}
        codecs = ["x264", "x265", "vpx-vp9", "svt-av1", "prores_ks", "gif", "webp", "apng"]
        return {
            "required": {
                "images": ("IMAGE",),
                "steps": (STEPS,),
                "codec": (codecs, {"default": "x264"}),
                "interpolation": (["none", "mci", "blend"], {"default": "blend"}),
                "duration": ("FLOAT", {"default": 10.0, **seconds}),
                "last_frame_duration": ("FLOAT", {"default": 0.0, **seconds}),
                "filename": ("STRING", {"default": "animation"}),
                "more": ("STRING", {"default": "", "tooltip": "further options of `steps-animation record`"}),
            },
            "optional": {"vae": ("VAE", {"tooltip": "decodes the steps at full size; without it they are rough"})},
            "hidden": {"prompt": "PROMPT"},
        }

    def save(self, images, steps, filename, more, vae=None, prompt=None, **options):
        output = Path(folder_paths.get_output_directory())
        animation = Animation(output / "steps-animation", filename, seed_of(prompt or {}), options, more)
        bar = comfy.utils.ProgressBar(max(len(steps.run.steps), 1))
        results, trouble = make_movies(animation, steps, images, vae, lambda: bar.update(1))
        if trouble:
            log.warning("Steps Animation: %s", trouble)
        paths = [Path(result["path"]) for result in results]
        shown = [
            {"filename": path.name, "subfolder": str(path.parent.relative_to(output)), "type": "output"} for path in paths
        ]
        ui = {"images": shown, "animated": (True,), "text": [trouble] if trouble else []}
        return {"ui": ui, "result": ("\n".join(map(str, paths)),)}


def seed_of(prompt):
    """The first seed in a prompt, as ComfyUI executes it; it names the files."""
    inputs = [node.get("inputs", {}) for node in prompt.values()]
    seeds = (value for each in inputs for name, value in each.items() if name in ("seed", "noise_seed"))
    return next((seed for seed in seeds if isinstance(seed, int) and 0 <= seed < 2**53), 0)
