"""The denoised latents of the steps that samplers take with one model."""

import logging

from .steps_animation.latents import LatentRun

log = logging.getLogger("steps-animation")


class WatchedSteps:
    """
    The steps of the last run, a run being one prompt that ComfyUI executes; every sampler in it is a pass. They stay until
    the next run samples, as ComfyUI may have a finished sampler in its cache.
    """

    def __init__(self, prompt_id):
        """`prompt_id` tells which prompt is being executed."""
        self._prompt_id = prompt_id
        self._prompt = None
        self.run = LatentRun({})
        #: steps planned, of each pass
        self.passes = []
        #: how the model's latents become those of its VAE, and colours
        self.latent_format = None

    def watch(self, executor, *arguments, **named):
        """
        A wrapper of ComfyUI's `outer_sample`: hears of each step before ComfyUI's own callback does, which is its sixth
        argument. Whatever goes wrong here, sampling goes on.
        """
        arguments = list(arguments)
        own = named.pop("callback", None) if len(arguments) < 6 else arguments.pop(5)
        add = self._begin_pass(getattr(executor.class_obj, "model_patcher", None))

        def callback(step, denoised, noisy, total):
            add(step, denoised, total)
            if own is not None:
                own(step, denoised, noisy, total)

        if len(arguments) < 5:
            return executor(*arguments, callback=callback, **named)
        return executor(*arguments[:5], callback, *arguments[5:], **named)

    def _begin_pass(self, patcher):
        if self._prompt != self._prompt_id():
            self._prompt, self.run, self.passes = self._prompt_id(), LatentRun({}), []
        index = len(self.passes)
        self.passes.append(0)
        self.latent_format = getattr(getattr(patcher, "model", None), "latent_format", None)
        last = -1

        def add(step, denoised, total):
            nonlocal last
            try:
                # Samplers of second order may tell of a step twice.
                if step <= last or denoised is None:
                    return
                last = step
                self.passes[index] = total
                self.run.add(index, step + 1, denoised)
            except Exception:
                log.exception("Steps Animation could not keep step %s; sampling goes on.", step + 1)

        return add
