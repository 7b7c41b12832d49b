"""What is known of a generation: its images, its passes, and its batches with what is kept of them."""

from functools import partial
from itertools import count
from pathlib import Path

from steps_animation import LatentRing

from . import host

#: latents and pictures of the last runs, of both tabs
RING = LatentRing()
#: of a picture, at most
BYTES_PER_PIXEL = 4
GONE = "the image's steps have made room for later ones: generate it again."
_numbers = count()


class Batch:
    """Images that are sampled at once. What is large of them is the ring's once they are finished."""

    def __init__(self, index, first, size, inpainting=(None, ())):
        self.index = index
        #: among the images of the run
        self.first, self.size = first, size
        #: pass → number of its steps
        self.counts = {}
        self._paste_to, overlays = inpainting
        #: the image's place in the batch → what the web UI hands to scripts, and how the image ended; and what lies over it
        self._pictures = ({}, overlays)
        self._name = next(_numbers)
        RING.begin(self._name)

    @property
    def is_kept(self):
        return RING.get(self._name) is not None

    @property
    def is_finished(self):
        return bool(self._kept_pictures()[0])

    @property
    def steps(self):
        """(pass, step from 1, latents) of each, in their order. Raises LookupError where they have made room."""
        return self._latents().steps

    def add(self, pass_index, step, latents):
        """Returns what gives the latents in main memory, or None where there is no room for them."""
        self.counts[pass_index] = step
        return RING.add(self._name, pass_index, step, latents)

    def finish_image(self, place, given, reason):
        """`given.image` is the finished image; later scripts may still put another one there."""
        self._pictures[0][place] = (given, reason)

    def finished_images(self):
        """(number of the image in the run, picture, how it ended) of each."""
        finished = self._kept_pictures()[0]
        return [(self.first + place, given.image, reason) for place, (given, reason) in sorted(finished.items())]

    def in_whole(self, picture, place):
        return self.putting_in_whole(place)(picture)

    def putting_in_whole(self, place):
        """As `in_whole`, for a picture that comes later, when the batch's own pictures may have made room."""
        overlays = self._kept_pictures()[1]
        overlay = overlays[place] if place < len(overlays) else None
        return partial(host.composite, paste_to=self._paste_to, overlay=overlay)

    def let_go(self):
        """From now on its pictures, too, are there only as long as the ring has room for them."""
        finished, overlays = self._pictures
        shown = [given.image for given, _ in finished.values()] + [one for one in overlays if one is not None]
        RING.attach(self._name, self._pictures, sum(one.size[0] * one.size[1] * BYTES_PER_PIXEL for one in shown))
        self._pictures = None

    def forget(self):
        RING.forget(self._name)

    def _kept_pictures(self):
        return self._latents().attached if self._pictures is None else self._pictures

    def _latents(self):
        latents = RING.get(self._name)
        if latents is None:
            raise LookupError(GONE)
        return latents


class Run:
    """A generation, or what was saved of one."""

    def __init__(self, folder, tab, model, sampler, images, passes):
        self.folder, self.tab, self.model, self.sampler = Path(folder).resolve(), tab, model, sampler
        #: seed, prompt, batch and position of each
        self.images = images
        #: those of the protocol
        self.passes = passes
        #: texts that the web UI puts into the images, as far as there are any
        self.infotexts = {}
        self.batches = []

    @property
    def is_kept(self):
        return bool(self.batches) and all(batch.is_kept for batch in self.batches)

    def let_go(self):
        """The generation is over: what is large is the ring's."""
        for batch in self.batches:
            for image, picture, _ in batch.finished_images():
                self.infotexts[image] = infotext(picture)
            batch.let_go()

    def check_model(self):
        if self.model != host.model():
            raise ValueError("the image was made with another model: choose that one again.")

    def step(self, image, number):
        """(batch, place of the image in it, latents) of a step, counted from 1 through all passes."""
        batch = next((one for one in self.batches if one.first <= image < one.first + one.size), None)
        steps = batch.steps if batch else []
        if not 1 <= number <= len(steps):
            raise ValueError(f"the image has no step {number}, but those from 1 to {len(steps)}.")
        return batch, image - batch.first, steps[number - 1][2]


def infotext(picture):
    """None where the web UI is told to write none."""
    return picture.info.get("parameters")


def planned_run(p):
    images = [
        {"seed": int(seed), "prompt": str(prompt), "batch": index // p.batch_size, "position": index % p.batch_size}
        for index, (seed, prompt) in enumerate(zip(p.all_seeds, p.all_prompts))
    ]
    tab = "img2img" if hasattr(p, "init_images") else "txt2img"
    return Run(p.outpath_samples, tab, host.model(), str(p.sampler_name), images, _planned_passes(p))


def _planned_passes(p):
    """Those of the protocol; the first one is left out where only the second is made of a finished image."""
    hires_steps = getattr(p, "hr_second_pass_steps", 0) or p.steps
    base = {"kind": "base", "steps": max(p.steps, 1), "exact": False}
    hires = {"kind": "hires", "steps": max(hires_steps, 1), "exact": False}
    if not getattr(p, "enable_hr", False):
        return [base]
    return [hires] if getattr(p, "firstpass_image", None) is not None else [base, hires]
