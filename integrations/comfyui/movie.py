"""The movies of the images of a run."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict

from .steps_animation import Recording


@dataclass
class Animation:
    """What the movies are to be like."""

    folder: Path
    #: of the files, after the seed
    name: str
    seed: int
    #: of `record`, by their names with underscores
    options: Dict[str, Any]
    #: further ones, as on a command line
    more: str

    def arguments(self):
        named = [f"--{name.replace('_', '-')}={value}" for name, value in self.options.items()]
        return [f"--folder={self.folder}", "--no-save-images", "--animation-path=.", *named, *shlex.split(self.more)]


def make_movies(animation, steps, images, vae, on_step):
    """
    One movie for each of the images (a batch [N, H, W, 3], from 0 to 1). Returns what `record` tells of them, and what
    went wrong or None.
    """
    height, width = images.shape[1:3]
    facts = {"prompt": animation.name, "width": int(width), "height": int(height)}
    told = [{**facts, "seed": animation.seed + index} for index in range(len(images))]
    passes = [
        {"kind": "hires" if index else "base", "steps": max(count, 1), "exact": _counted(steps, index) == count}
        for index, count in enumerate(steps.passes)
    ]
    if not passes:
        return [], "No sampler has used the model of the node that watches the steps: connect its model to the sampler."
    recording = Recording(told, passes, animation.folder / "intermediate", animation.arguments())
    for pass_index, step, latents in steps.run.steps:
        for index in range(min(len(latents), len(images))):
            recording.step(index, step, _decoded(latents[index : index + 1], steps.latent_format, vae), pass_index)
        on_step()
    for index, image in enumerate(images):
        recording.image(index, pixels(image))
    return recording.finish(), recording.trouble


def _counted(steps, index):
    return sum(1 for each, _, _ in steps.run.steps if each == index)


def _decoded(latents, latent_format, vae):
    """At full size by the VAE, or else as ComfyUI estimates colours for its previews, at an eighth of the size."""
    if vae is not None:
        return pixels(vae.decode(latent_format.process_out(latents))[0])
    from latent_preview import Latent2RGBPreviewer

    rough = Latent2RGBPreviewer(latent_format.latent_rgb_factors, latent_format.latent_rgb_factors_bias)
    picture = rough.decode_latent_to_preview(latents).convert("RGB")
    return picture.tobytes(), picture.size


def pixels(image):
    """An image [H, W, 3] from 0 to 1 as bytes, cut off as ComfyUI saves images, and its size."""
    height, width = image.shape[:2]
    levels = (image[..., :3].float() * 255).clamp(0, 255).byte().cpu().contiguous()
    return levels.numpy().tobytes(), (int(width), int(height))
