"""Watches the web UI's samplers, and collects the batches of a run with their steps."""

from . import host
from .run import Batch

#: attribute of a watched sampler: its current listener
LISTENER = "_steps_animation_listener"


class Sampling:
    """The sampling of a generation. `content` selects denoised or noisy latents."""

    def __init__(self, run, content):
        self._run, self._content = run, content
        #: called after each step with the batch, the pass, the step, and a function that returns the latents
        self.on_step = None

    def begin_pass(self, p):
        """To be called before every sampling; some web UIs do so twice."""
        batches, passes = self._run.batches, self._run.passes
        if not batches or batches[-1].index != p.iteration:
            inpainting = (getattr(p, "paste_to", None), host.overlays(p))
            batches.append(Batch(p.iteration, p.iteration * p.batch_size, p.batch_size, inpainting))
        batch, kind = batches[-1], "hires" if p.is_hr_pass else "base"
        pass_index = next((index for index, each in enumerate(passes) if each["kind"] == kind), 0)

        counter = StepCounter()

        def listener(progress):
            with host.guarded("keep a step"):
                self._add_step(batch, pass_index, counter, progress)

        watch(p.sampler, listener)

    def finish_image(self, p, processed):
        """`processed` is the object that the web UI passes to scripts for each finished image."""
        if self._run.batches:
            batch = self._run.batches[-1]
            index = getattr(processed, "index", p.iteration * p.batch_size + getattr(p, "batch_index", 0))
            batch.finish_image(index - batch.first, processed, host.reason())

    def _add_step(self, batch, pass_index, counter, progress):
        latents = counter.latents(progress, self._content)
        if not counter.is_new(progress) or latents is None:
            return
        get_copy = batch.add(pass_index, counter.count, latents)
        if self.on_step and get_copy:
            self.on_step(batch, pass_index, counter.count, get_copy)


def watch(sampler, listener):
    """
    Calls `listener(progress)` after each step, in place of an earlier listener; it must not raise. All samplers call
    `callback_state` with the number of the step in `i`, and the latents of the whole batch in `x` and `denoised`.
    """
    is_watched = hasattr(sampler, LISTENER)
    setattr(sampler, LISTENER, listener)
    if is_watched:
        return
    callback_state = sampler.callback_state

    def callback(progress):
        result = callback_state(progress)  # raises to end the sampling; that step does not count
        getattr(sampler, LISTENER)(progress)
        return result

    sampler.callback_state = callback


class StepCounter:
    """Counts the steps of a pass from 1. Samplers may report a step twice."""

    def __init__(self):
        self.count = 0
        self._last = None
        self._is_scaled = None

    def is_new(self, progress):
        is_new = progress["i"] != self._last
        self._last = progress["i"]
        self.count += is_new
        return is_new

    def latents(self, progress, content):
        """The latents of a step; None if the sampler provides none, as UniPC after its last step."""
        if content == "noisy":
            return self._noisy(progress)
        denoised = progress.get("denoised")
        return progress.get("x") if denoised is None else denoised

    def _noisy(self, progress):
        """The model's input: k-diffusion's samples grow with sigma, which starts above 1; others are not scaled."""
        x, sigma = progress.get("x"), float(progress.get("sigma", 0))
        if self._is_scaled is None:
            self._is_scaled = sigma > 1
        return x / (1 + sigma**2) ** 0.5 if self._is_scaled and x is not None else x
