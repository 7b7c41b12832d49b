"""
What a diffusers scheduler takes the clean image to be at a step.

The samples of all schedulers are `signal * x0 + noise_share * noise`. With variance preserved (VP; Ho et al. 2020), the
squares of both add up to 1; the schedulers that come from k-diffusion (Karras et al. 2022) keep the signal at 1 and have
`sigma` of noise (VE), which becomes VP by a factor; flow matching (Lipman et al. 2022) has `1 - sigma` and `sigma`.
"""

from __future__ import annotations

from typing import Any, Optional, Sequence, Tuple


def begins_step(scheduler: Any) -> bool:
    """Asked before `scheduler.step`: whether that call is the first of its step; solvers of order 2 have two."""
    counter = getattr(scheduler, "counter", None)
    if counter is not None and hasattr(scheduler, "prk_timesteps"):  # PNDM
        if getattr(scheduler.config, "skip_prk_steps", True):
            return bool(counter != 1)  # its second call does the first step again
        return bool(counter >= len(scheduler.prk_timesteps) or counter % 4 == 0)
    return bool(getattr(scheduler, "state_in_first_order", True))


def denoised(scheduler: Any, model_output: Any, timestep: Any, sample: Any, output: Any) -> Any:
    """
    The clean image, in the shape and type of `sample`. Asked after `scheduler.step(model_output, timestep, sample)` of a
    call that begins a step, with what that call returned.
    """
    named = getattr(output, "pred_original_sample", None)
    if named is None:
        named = getattr(output, "denoised", None)  # LCM
    if named is None:
        named = _clipped(scheduler, _computed(scheduler, model_output.float(), timestep, sample.float()))
    if named is None:  # an unknown kind of scheduler: its own guess where it has one, else what it goes on with
        given: Sequence[Any] = output
        named = given[1] if isinstance(output, tuple) and len(given) > 1 else given[0]
    return named.to(sample.dtype)


def _computed(scheduler: Any, predicted: Any, timestep: Any, sample: Any) -> Optional[Any]:
    sigma = _sigma(scheduler)
    if sigma is not None and hasattr(scheduler, "precondition_outputs"):  # EDM
        return scheduler.precondition_outputs(sample, predicted, sigma)
    shares = _shares(scheduler, sigma, timestep)
    if shares is None:
        return None
    signal, noise_share = shares
    if sigma is not None and not _is_flow(scheduler) and _is_variance_exploding(scheduler):
        sample = sample * signal
    usual = "flow_prediction" if _is_flow(scheduler) else "epsilon"
    kind = getattr(scheduler.config, "prediction_type", None) or usual
    if kind == "epsilon":
        return (sample - noise_share * predicted) / signal
    if kind == "v_prediction":
        return signal * sample - noise_share * predicted
    if kind == "flow_prediction":
        return sample - noise_share * predicted
    return predicted if kind in ("sample", "original_sample") else None


def _clipped(scheduler: Any, clean: Optional[Any]) -> Optional[Any]:
    """As schedulers for models of pixels do."""
    config = scheduler.config
    if clean is None:
        return None
    if getattr(config, "thresholding", False):
        return scheduler._threshold_sample(clean)
    limit = getattr(config, "clip_sample_range", 1)
    return clean.clamp(-limit, limit) if getattr(config, "clip_sample", False) else clean


def _sigma(scheduler: Any) -> Optional[Any]:
    sigmas, following = getattr(scheduler, "sigmas", None), getattr(scheduler, "step_index", None)
    return None if sigmas is None or following is None else sigmas[following - 1]


def _shares(scheduler: Any, sigma: Optional[Any], timestep: Any) -> Optional[Tuple[Any, Any]]:
    """How much of a sample is signal, and how much noise; None where it is not known."""
    if sigma is not None and _is_flow(scheduler):
        return 1 - sigma, sigma
    products = getattr(scheduler, "alphas_cumprod", None)
    if products is None:
        return None
    if sigma is not None:
        signal = 1 / (sigma**2 + 1) ** 0.5
        return signal, sigma * signal
    product = products[timestep]
    return product**0.5, (1 - product) ** 0.5


def _is_flow(scheduler: Any) -> bool:
    config = scheduler.config
    if getattr(config, "use_flow_sigmas", False) or getattr(config, "prediction_type", None) == "flow_prediction":
        return True
    return any("FlowMatch" in kind.__name__ for kind in type(scheduler).__mro__)


def _is_variance_exploding(scheduler: Any) -> bool:
    return float(getattr(scheduler, "init_noise_sigma", 1)) != 1
