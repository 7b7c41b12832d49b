"""Tells of every step of a sampler of the web UI."""

#: attribute of a sampler that is watched: who is told now
LISTENER = "_steps_animation_listener"


def watch(sampler, listener):
    """
    From now on calls `listener(progress)` after each step of this sampler, in place of who was told before. k-diffusion's
    samplers and those of the timesteps call `callback_state` with the step's number in `i`, and the latents of the whole
    batch in `x` and `denoised`. `listener` must not raise.
    """
    is_watched = hasattr(sampler, LISTENER)
    setattr(sampler, LISTENER, listener)
    if is_watched:
        return
    callback_state = sampler.callback_state

    def told(progress):
        result = callback_state(progress)  # raises where sampling has to end: this step does not count
        getattr(sampler, LISTENER)(progress)
        return result

    sampler.callback_state = told


class StepCounter:
    """Numbers the steps of a pass from 1. Samplers may tell of one twice."""

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
        """Those of the step; None where the sampler tells none, as UniPC after its last step."""
        if content == "noisy":
            return self._noisy(progress)
        denoised = progress.get("denoised")
        return progress.get("x") if denoised is None else denoised

    def _noisy(self, progress):
        """As the model sees them: k-diffusion's grow with sigma, where it starts above 1; others have no such scale."""
        x, sigma = progress.get("x"), float(progress.get("sigma", 0))
        if self._is_scaled is None:
            self._is_scaled = sigma > 1
        return x / (1 + sigma**2) ** 0.5 if self._is_scaled and x is not None else x
