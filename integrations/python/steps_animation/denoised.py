"""
The clean image that a diffusers scheduler predicts at a step (x0).

The samples of all schedulers are `signal * x0 + noise_level * noise`. Variance preserving (VP; Ho et al. 2020): the squares
of both add up to 1. Variance exploding (VE), in the schedulers from k-diffusion (Karras et al. 2022): the signal is 1 and
the noise level `sigma`; a factor converts it to VP. Flow matching (Lipman et al. 2022): `1 - sigma` and `sigma`.
"""

from __future__ import annotations

from typing import Any, Optional, Sequence, Tuple


def begins_step(scheduler: Any) -> bool:
    """Whether the next call of `scheduler.step` is the first of its step; solvers of second order call it twice."""
    counter = getattr(scheduler, "counter", None)
    if counter is not None and hasattr(scheduler, "prk_timesteps"):  # PNDM
        if getattr(scheduler.config, "skip_prk_steps", True):
            return bool(counter != 1)  # its second call repeats the first step
        return bool(counter >= len(scheduler.prk_timesteps) or counter % 4 == 0)
    return bool(getattr(scheduler, "state_in_first_order", True))


def denoised(scheduler: Any, model_output: Any, timestep: Any, sample: Any, output: Any) -> Any:
    """In the shape and type of `sample`. To be called after a `scheduler.step` that began a step, with its `output`."""
    clean = getattr(output, "pred_original_sample", None)
    if clean is None:
        clean = getattr(output, "denoised", None)  # LCM
    if clean is None:
        clean = _computed(scheduler, model_output.float(), timestep, sample.float())
        clean = clean if clean is None else _clipped(scheduler, clean)
    if clean is None:  # an unknown kind of scheduler: its own prediction if it returns one, else the next sample
        returned: Sequence[Any] = output
        clean = returned[1] if isinstance(output, tuple) and len(returned) > 1 else returned[0]
    return clean.to(sample.dtype)


def _computed(scheduler: Any, predicted: Any, timestep: Any, sample: Any) -> Optional[Any]:
    sigma = _sigma(scheduler)
    if sigma is not None and hasattr(scheduler, "precondition_outputs"):  # EDM
        return scheduler.precondition_outputs(sample, predicted, sigma)
    levels = _signal_and_noise(scheduler, sigma, timestep)
    if levels is None:
        return None
    signal, noise_level = levels
    is_variance_exploding = float(getattr(scheduler, "init_noise_sigma", 1)) != 1
    if sigma is not None and not _is_flow(scheduler) and is_variance_exploding:
        sample = sample * signal
    default_type = "flow_prediction" if _is_flow(scheduler) else "epsilon"
    prediction_type = getattr(scheduler.config, "prediction_type", None) or default_type
    if prediction_type == "epsilon":
        return (sample - noise_level * predicted) / signal
    if prediction_type == "v_prediction":
        return signal * sample - noise_level * predicted
    if prediction_type == "flow_prediction":
        return sample - noise_level * predicted
    return predicted if prediction_type in ("sample", "original_sample") else None


def _clipped(scheduler: Any, clean: Any) -> Any:
    """As schedulers for models in pixel space do."""
    config = scheduler.config
    if getattr(config, "thresholding", False):
        return scheduler._threshold_sample(clean)
    limit = getattr(config, "clip_sample_range", 1)
    return clean.clamp(-limit, limit) if getattr(config, "clip_sample", False) else clean


def _sigma(scheduler: Any) -> Optional[Any]:
    sigmas, next_index = getattr(scheduler, "sigmas", None), getattr(scheduler, "step_index", None)
    return None if sigmas is None or next_index is None else sigmas[next_index - 1]


def _signal_and_noise(scheduler: Any, sigma: Optional[Any], timestep: Any) -> Optional[Tuple[Any, Any]]:
    """The signal and the noise level of a sample; None if unknown."""
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
    return any("FlowMatch" in base.__name__ for base in type(scheduler).__mro__)
