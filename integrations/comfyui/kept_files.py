"""The latents of runs as files, to make movies of them much later."""

import comfy.latent_formats

from steps_animation.latents import LatentRun, load_latents, save_latents
from .watched_steps import Pass


class LoadedSteps:
    """The steps of a file, which are of no node."""

    def __init__(self, path):
        run = load_latents(path)
        kind = getattr(comfy.latent_formats, run.facts.get("latent_format", ""), None)
        if kind is None:
            raise ValueError(f"{path.name} does not say of which kind its latents are: it was not saved by ComfyUI")
        self.content = run.facts.get("content", "denoised")
        indices = sorted({index for index, _, _ in run.steps})
        self._passes = [Pass([one[1:] for one in run.steps if one[0] == index], kind()) for index in indices]

    def passes(self, _nodes=None):
        return self._passes, 0


def save_steps(passes, content, seed, folder):
    """Writes `latents-<seed>.safetensors`, numbered where there is one, and returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"latent_format": type(passes[0].latent_format).__name__, "content": content, "seed": seed}
    steps = [(index, *step) for index, each in enumerate(passes) for step in each.steps]
    path, number = folder / f"latents-{seed}.safetensors", 0
    while path.exists():
        number += 1
        path = folder / f"latents-{seed}-{number}.safetensors"
    save_latents(LatentRun(facts, steps), path)
    return path


def kept_files(folder):
    """The names of those that there are, the newest first."""
    files = sorted(folder.glob("latents-*.safetensors"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [path.name for path in files]
