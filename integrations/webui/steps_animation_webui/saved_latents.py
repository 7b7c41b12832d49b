"""Saves the latents of a batch as .safetensors, with the metadata to make movies of them later."""

import json
from pathlib import Path

from steps_animation import latents
from steps_animation.numbered import unused

from . import host
from .run import Run, infotext

#: lists that the metadata has as JSON
LISTS = ("images", "passes", "infotexts")


def save(run, batch):
    """Writes `latents-<seed>.safetensors`, with a number if that exists, beside the intermediate images."""
    numbers = range(batch.first, min(batch.first + batch.size, len(run.images)))
    texts = {image: infotext(picture) for image, picture, _ in batch.finished_images()}
    lists = ([run.images[image] for image in numbers], run.passes, [texts.get(image) for image in numbers])
    metadata = {"tab": run.tab, "model": run.model, "sampler": run.sampler, **host.latent_scale()}
    metadata.update((name, json.dumps(each)) for name, each in zip(LISTS, lists))
    folder = run.folder / "intermediate"
    folder.mkdir(parents=True, exist_ok=True)
    seed = run.images[batch.first]["seed"]
    latents.save_latents(latents.LatentRun(metadata, batch.steps), unused(folder / f"latents-{seed}.safetensors"))


def read(name, folder):
    """Reads a file in `folder` or in its folder of intermediate images as a run. Raises ValueError."""
    folder = Path(folder).resolve()
    paths = [(parent / name).resolve() for parent in (folder, folder / "intermediate")]
    found = [path for path in paths if folder in path.parents and path.suffix == ".safetensors" and path.is_file()]
    if not found:
        raise ValueError(f'there is no file "{name}" of latents in {folder}.')
    loaded = latents.load_latents(found[0])
    try:
        images, passes, infotexts = (json.loads(loaded.metadata[name]) for name in LISTS)
        texts = [loaded.metadata[name] for name in ("tab", "model", "sampler")]
    except (KeyError, ValueError):
        raise ValueError(f'the file "{name}" does not describe the images of its latents.') from None
    run = Run(folder, *texts, images, passes)
    run.infotexts = dict(enumerate(infotexts))
    run.batches = [SavedBatch(loaded.steps, infotexts)]
    return run


class SavedBatch:
    """A batch of a file, in place of `Batch`: its finished images are those of the last step."""

    first = 0
    is_kept = True

    def __init__(self, steps, infotexts):
        self.steps, self.size = steps, len(infotexts)
        self.counts = {pass_index: step for pass_index, step, _ in steps}
        self._infotexts, self._finished = infotexts, None

    def finished_images(self):
        if self._finished is None:
            self._finished = [self._finish(place) for place in range(self.size)]
        return self._finished

    def paster(self, place):
        return lambda picture: picture

    def _finish(self, place):
        picture = host.decode(self.steps[-1][2], place)
        if self._infotexts[place] is not None:
            picture.info["parameters"] = self._infotexts[place]
        return place, picture, "finished"
