"""A generation: its images, its passes, and its batches with their latents and pictures."""

from functools import partial
from itertools import count
from pathlib import Path

from steps_animation import LatentRing

from . import host

#: latents and pictures of the last runs of both tabs
RING = LatentRing()
#: maximum for a picture in memory
BYTES_PER_PIXEL = 4
DISCARDED = "the image's steps were discarded to keep later ones: generate it again."
_numbers = count()


class Batch:
    """Images that are sampled together. Once they are finished, their latents and pictures are in the ring only."""

    def __init__(self, index, first, size, inpainting=(None, ())):
        self.index = index
        #: number of its first image in the run
        self.first, self.size = first, size
        #: pass → number of its steps
        self.counts = {}
        self._paste_to, overlays = inpainting
        #: {place in the batch: (the object that the web UI passes to scripts, how the image ended)}, overlays by place
        self._pictures = ({}, overlays)
        self._name = next(_numbers)
        RING.begin(self._name)

    @property
    def is_kept(self):
        return RING.get(self._name) is not None

    @property
    def steps(self):
        """(pass, step from 1, latents) of each step, in order. Raises LookupError if they have been discarded."""
        return self._latents().steps

    def add(self, pass_index, step, latents):
        """Returns a function that returns the latents in main memory, or None if the batch has been discarded."""
        self.counts[pass_index] = step
        return RING.add(self._name, pass_index, step, latents)

    def finish_image(self, place, processed, reason):
        """`processed.image` is the finished image, which later scripts may still replace."""
        self._pictures[0][place] = (processed, reason)

    def finished_images(self):
        """(number of the image in the run, picture, how it ended) of each finished image."""
        finished = self._kept_pictures()[0]
        return [(self.first + place, processed.image, reason) for place, (processed, reason) in sorted(finished.items())]

    def paster(self, place):
        """A function that pastes a step into the whole image if a part is inpainted; outlives the batch."""
        overlays = self._kept_pictures()[1]
        overlay = overlays[place] if place < len(overlays) else None
        return partial(host.composite, paste_to=self._paste_to, overlay=overlay)

    def release(self):
        """Moves the pictures to the ring, which may discard them."""
        finished, overlays = self._pictures
        pictures = [processed.image for processed, _ in finished.values()] + [each for each in overlays if each is not None]
        nbytes = sum(each.size[0] * each.size[1] * BYTES_PER_PIXEL for each in pictures)
        RING.attach(self._name, self._pictures, nbytes)
        self._pictures = None

    def discard(self):
        RING.forget(self._name)

    def _kept_pictures(self):
        return self._latents().attached if self._pictures is None else self._pictures

    def _latents(self):
        latents = RING.get(self._name)
        if latents is None:
            raise LookupError(DISCARDED)
        return latents


class Run:
    """A generation, or a saved one."""

    def __init__(self, folder, tab, model, sampler, images, passes):
        self.folder, self.tab, self.model, self.sampler = Path(folder).resolve(), tab, model, sampler
        #: seed, prompt, batch and position of each
        self.images = images
        #: as in the protocol
        self.passes = passes
        #: image → the web UI's text, if there is one
        self.infotexts = {}
        self.batches = []

    @property
    def is_kept(self):
        return bool(self.batches) and all(batch.is_kept for batch in self.batches)

    def release(self):
        """To be called at the end of the generation: moves its pictures to the ring."""
        for batch in self.batches:
            for image, picture, _ in batch.finished_images():
                self.infotexts[image] = infotext(picture)
            batch.release()

    def check_model(self):
        """Raises ValueError if another model has been loaded since."""
        if self.model != host.model():
            raise ValueError("the image was made with another model: load that model again.")

    def step(self, image, number):
        """(batch, place of the image in it, latents) of a step, counted from 1 through all passes. Raises ValueError."""
        batch = next((each for each in self.batches if each.first <= image < each.first + each.size), None)
        steps = batch.steps if batch else []
        if not 1 <= number <= len(steps):
            raise ValueError(f"the image has no step {number}, only those from 1 to {len(steps)}.")
        return batch, image - batch.first, steps[number - 1][2]


def infotext(picture):
    """The web UI's text; None if its setting for that is off."""
    return picture.info.get("parameters")


def planned_run(p):
    images = [
        {"seed": int(seed), "prompt": str(prompt), "batch": index // p.batch_size, "position": index % p.batch_size}
        for index, (seed, prompt) in enumerate(zip(p.all_seeds, p.all_prompts))
    ]
    tab = "img2img" if hasattr(p, "init_images") else "txt2img"
    return Run(p.outpath_samples, tab, host.model(), str(p.sampler_name), images, _planned_passes(p))


def _planned_passes(p):
    """As in the protocol. There is no first pass if the hires pass starts from an existing image."""
    hires_steps = getattr(p, "hr_second_pass_steps", 0) or p.steps
    base = {"kind": "base", "steps": max(p.steps, 1), "exact": False}
    hires = {"kind": "hires", "steps": max(hires_steps, 1), "exact": False}
    if not getattr(p, "enable_hr", False):
        return [base]
    return [hires] if getattr(p, "firstpass_image", None) is not None else [base, hires]
