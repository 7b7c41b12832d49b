"""Saves the latents of a run in a file, to make movies of them later."""

import comfy.latent_formats

from steps_animation.latents import LatentRun, load_latents, save_latents
from steps_animation.numbered import unused
from .watched_steps import Pass


class LoadedSteps:
    """The steps of a file, in place of `WatchedSteps`."""

    def __init__(self, path):
        run = load_latents(path)
        latent_format = getattr(comfy.latent_formats, run.metadata.get("latent_format", ""), None)
        if latent_format is None:
            raise ValueError(f"{path.name} does not contain the format of its latents: it was not saved by ComfyUI")
        self.content = run.metadata.get("content", "denoised")
        indices = sorted({index for index, _, _ in run.steps})
        self._passes = [Pass([step[1:] for step in run.steps if step[0] == index], latent_format()) for index in indices]

    def passes(self, _nodes=None):
        return self._passes, 0


def save_steps(passes, content, seed, folder):
    """Writes `latents-<seed>.safetensors`, with a number if that exists, and returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    metadata = {"latent_format": type(passes[0].latent_format).__name__, "content": content, "seed": seed}
    steps = [(index, *step) for index, each in enumerate(passes) for step in each.steps]
    path = unused(folder / f"latents-{seed}.safetensors")
    save_latents(LatentRun(metadata, steps), path)
    return path


def saved_files(folder):
    """The names of the saved files, newest first."""
    files = sorted(folder.glob("latents-*.safetensors"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [path.name for path in files]
