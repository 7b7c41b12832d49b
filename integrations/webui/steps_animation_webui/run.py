"""One generation: its steps' latents, and its finished images."""

from itertools import count
from pathlib import Path

from steps_animation import LatentRing

from . import host
from .watch import StepCounter, watch

#: the latents of the last runs, of both tabs
RING = LatentRing()
_numbers = count()


class Batch:
    """Images that are sampled at once. `steps` are (pass, step from 1, latents), as in the ring."""

    def __init__(self, index, first, latents, inpainting):
        self.index = index
        #: among the images of the run
        self.first = first
        self.latents = latents
        #: the image's place in the batch → what the web UI hands to scripts, and how the image ended
        self.finished = {}
        #: the part of the image that is sampled, and what lies over it, for each image
        self.paste_to, self.overlays = inpainting

    def counts(self):
        """Steps of each pass."""
        counts = {}
        for pass_index, step, _ in self.latents.steps:
            counts[pass_index] = step
        return counts

    def finished_images(self):
        """(number of the image in the run, picture, how it ended) of each; other scripts have had their turn."""
        return [(self.first + place, given.image, reason) for place, (given, reason) in sorted(self.finished.items())]

    def in_whole(self, picture, place):
        overlay = self.overlays[place] if place < len(self.overlays) else None
        return host.composite(picture, self.paste_to, overlay)


class Run:
    """What is known of a generation."""

    def __init__(self, p, content):
        self._number, self._content = next(_numbers), content
        self._counter = StepCounter()
        #: is told of each step: batch, pass, step, latents
        self.on_step = None
        self.batches = []
        self.folder = Path(p.outpath_samples).resolve()
        self.tab = "img2img" if hasattr(p, "init_images") else "txt2img"
        self.model = host.model()
        self.sampler = str(p.sampler_name)
        self.images = [
            {"seed": int(seed), "prompt": str(prompt), "batch": index // p.batch_size, "position": index % p.batch_size}
            for index, (seed, prompt) in enumerate(zip(p.all_seeds, p.all_prompts))
        ]
        self.passes = _planned_passes(p)

    def begin_pass(self, p):
        """Before every sampling; some web UIs say so twice."""
        if not self.batches or self.batches[-1].index != p.iteration:
            self.batches.append(self._begin_batch(p))
        self._counter = StepCounter()
        batch, kind = self.batches[-1], "hires" if p.is_hr_pass else "base"
        pass_index = next((index for index, one in enumerate(self.passes) if one["kind"] == kind), 0)

        def listener(progress):
            with host.guarded("keep a step"):
                self._take(batch, pass_index, progress)

        watch(p.sampler, listener)

    def finish_image(self, p, given):
        """`given.image` is the finished image; later scripts may still put another one there."""
        if self.batches:
            index = getattr(given, "index", p.iteration * p.batch_size + getattr(p, "batch_index", 0))
            self.batches[-1].finished[index - self.batches[-1].first] = (given, host.reason())

    def forget_latents(self):
        """From now on they are there only as long as the ring has room for them."""
        for batch in self.batches:
            batch.latents = None

    def recall_latents(self):
        """Whether the ring still has them all."""
        for batch in self.batches:
            batch.latents = RING.get((self._number, batch.index))
        return all(batch.latents is not None for batch in self.batches)

    def _begin_batch(self, p):
        latents = RING.begin((self._number, p.iteration), tab=self.tab, model=self.model, sampler=self.sampler)
        inpainting = (getattr(p, "paste_to", None), host.overlays(p))
        return Batch(p.iteration, p.iteration * p.batch_size, latents, inpainting)

    def _take(self, batch, pass_index, progress):
        latents = self._counter.latents(progress, self._content)
        if not self._counter.is_new(progress) or latents is None:
            return
        RING.add((self._number, batch.index), pass_index, self._counter.count, latents)
        if self.on_step:
            self.on_step(batch, *batch.latents.steps[-1])


def _planned_passes(p):
    """Those of the protocol; the first one is left out where only the second is made of a finished image."""
    hires_steps = getattr(p, "hr_second_pass_steps", 0) or p.steps
    base = {"kind": "base", "steps": max(p.steps, 1), "exact": False}
    hires = {"kind": "hires", "steps": max(hires_steps, 1), "exact": False}
    if not getattr(p, "enable_hr", False):
        return [base]
    return [hires] if getattr(p, "firstpass_image", None) is not None else [base, hires]
