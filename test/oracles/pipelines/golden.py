"""What diffusers computes with a pipeline: single calls of its networks, and whole runs."""

import inspect
import math
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import AutoPipelineForImage2Image

from .prompts import NEGATIVE_PROMPT, PROMPT, TEXTS


@dataclass(frozen=True)
class Run:
    """One call of a pipeline; `None` leaves a choice to diffusers."""

    name: str
    scheduler: object
    steps: int
    guidance: float
    prompt: str = PROMPT
    negative: str | None = NEGATIVE_PROMPT
    seeds: tuple = (1234,)
    height: int = 64
    width: int = 64
    strength: float | None = None
    rescale: float = 0.0
    clip_skip: int | None = None
    # whether to store the decoded pictures too
    picture: bool = False


def picture(height, width):
    """A smooth picture of three planes, 0 to 255."""
    rows, columns = np.mgrid[0:1:height * 1j, 0:1:width * 1j]
    planes = [rows, columns, 0.5 + 0.5 * np.sin(9 * rows + 5 * columns)]
    return np.round(np.stack(planes, -1) * 255).astype(np.uint8)


def to_planes(bytes_):
    return torch.from_numpy(bytes_.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None]


def to_bytes(planes):
    return ((planes / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()


@torch.no_grad()
def golden(pipeline, sizes, runs, tensors):
    """All golden values of a pipeline, for sizes [height, width] in pixels and runs."""
    return {
        "tokens": [tokens(pipeline, text) for text in TEXTS],
        "embeddings": [
            embedding(pipeline, text, skip, tensors) for skip in (None, 1) for text in (NEGATIVE_PROMPT, PROMPT)
        ],
        "unet": [unet_call(pipeline, size, timestep, tensors) for size, timestep in zip(sizes, (481, 20))],
        "encoder": [encoder_call(pipeline, size, tensors) for size in sizes],
        "runs": [carry_out(pipeline, run, tensors) for run in runs],
    }


def tokens(pipeline, text):
    found = {"text": text}
    for name in ("tokenizer", "tokenizer_2"):
        tokenizer = getattr(pipeline, name, None)
        if tokenizer:
            found[name] = tokenizer(
                text, padding="max_length", max_length=tokenizer.model_max_length, truncation=True
            ).input_ids
    return found


def encode_prompt(pipeline, text, skip=None):
    """Hidden states and, of Stable Diffusion XL, the pooled embedding."""
    given = dict(prompt=text, device="cpu", num_images_per_prompt=1, do_classifier_free_guidance=False, clip_skip=skip)
    encoded = pipeline.encode_prompt(**given)
    return encoded[0], encoded[2] if len(encoded) == 4 else None


def embedding(pipeline, text, skip, tensors):
    hidden, pooled = encode_prompt(pipeline, text, skip)
    return {
        "text": text,
        "clipSkip": skip,
        "hiddenStates": tensors.add(hidden),
        "pooled": None if pooled is None else tensors.add(pooled),
    }


def conditions(pipeline, hidden, pooled, height, width):
    """The UNet's inputs beside sample and timestep, for one guidance weight of 5."""
    inputs = {"encoder_hidden_states": hidden}
    if pipeline.unet.config.time_cond_proj_dim:
        weight = torch.tensor([5.0 - 1]).repeat(len(hidden))
        inputs["timestep_cond"] = pipeline.get_guidance_scale_embedding(
            weight, embedding_dim=pipeline.unet.config.time_cond_proj_dim
        )
    if pooled is not None:
        inputs["text_embeds"] = pooled
        inputs["time_ids"] = torch.tensor([[height, width, 0, 0, height, width]] * len(hidden), dtype=torch.float32)
    return inputs


def unet_call(pipeline, size, timestep, tensors):
    """Two latents at once: with the negative prompt, and with the prompt."""
    encoded = [encode_prompt(pipeline, text) for text in (NEGATIVE_PROMPT, PROMPT)]
    pooled = None if encoded[0][1] is None else torch.cat([pool for _, pool in encoded])
    height, width = size
    sample = torch.randn(2, 4, height // 8, width // 8, generator=torch.Generator().manual_seed(5))
    hidden = torch.cat([states for states, _ in encoded])
    inputs = conditions(pipeline, hidden, pooled, height, width)
    added = {name: inputs[name] for name in ("text_embeds", "time_ids") if name in inputs}
    output = pipeline.unet(
        sample,
        timestep,
        inputs["encoder_hidden_states"],
        timestep_cond=inputs.get("timestep_cond"),
        added_cond_kwargs=added,
    ).sample
    stored = {name: tensors.add(value) for name, value in ({"sample": sample} | inputs).items()}
    return {"timestep": timestep, "inputs": stored, "out_sample": tensors.add(output)}


def encoder_call(pipeline, size, tensors):
    """A picture, its latent (the mean of the distribution, scaled as the UNet takes it), and what that decodes to."""
    original = picture(*size)
    mean = encode(pipeline, original)
    return {
        "picture": tensors.add(original),
        "latent": tensors.add(mean),
        "decoded": tensors.add(decode(pipeline, mean)[0]),
    }


def encode(pipeline, bytes_):
    return pipeline.vae.encode(to_planes(bytes_)).latent_dist.mean * pipeline.vae.config.scaling_factor


def decode(pipeline, latents):
    return to_bytes(pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample)


def carry_out(pipeline, run, tensors):
    # The very noise that the pipeline draws: images have generators of their own.
    shape = (1, 4, run.height // 8, run.width // 8)
    noise = torch.cat([torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in run.seeds])
    initial = None if run.strength is None else encode(pipeline, picture(run.height, run.width))
    recorded = []

    def record(_, step, timestep, values):
        recorded.append((float(timestep), values["latents"].clone()))
        return values

    active = pipeline if initial is None else AutoPipelineForImage2Image.from_pipe(pipeline)
    active.scheduler = run.scheduler
    active.set_progress_bar_config(disable=True)
    final = active(**arguments(active, run, initial), callback_on_step_end=record).images
    timesteps = [timestep for timestep, _ in recorded]
    sigmas = sigmas_of(run.scheduler, timesteps)
    latents = [latent * scale_of(run.scheduler, sigma) for (_, latent), sigma in zip(recorded, sigmas[1:])]
    return {
        "name": run.name,
        "mode": "txt2img" if initial is None else "img2img",
        "height": run.height,
        "width": run.width,
        "prompt": run.prompt,
        "negativePrompt": run.negative,
        "guidanceScale": run.guidance,
        "guidanceRescale": run.rescale,
        "clipSkip": run.clip_skip,
        "strength": run.strength,
        "seeds": list(run.seeds),
        "steps": run.steps,
        "scheduler": {"_class_name": type(run.scheduler).__name__} | plain(run.scheduler.config),
        "timesteps": timesteps,
        "sigmas": [sigma if math.isfinite(sigma) else None for sigma in sigmas],
        "noise": tensors.add(noise),
        "initial": None if initial is None else tensors.add(initial),
        "start": start_of(run.scheduler, noise, initial, sigmas[0], tensors),
        "latents": tensors.add(torch.stack(latents)),
        "final": tensors.add(final),
        "pictures": tensors.add(decode(pipeline, final)) if run.picture else None,
    }


def arguments(active, run, initial):
    generators = [torch.Generator().manual_seed(seed) for seed in run.seeds]
    given = {
        "num_inference_steps": run.steps,
        "guidance_scale": run.guidance,
        "guidance_rescale": run.rescale,
        "num_images_per_prompt": len(generators),
        "generator": generators if len(generators) > 1 else generators[0],
        "output_type": "latent",
    }
    if run.clip_skip is None:
        given |= {"prompt": run.prompt, "negative_prompt": run.negative}
    else:
        # Told to skip layers itself, diffusers would do so for the prompt alone.
        given["prompt_embeds"], given["negative_prompt_embeds"] = (
            encode_prompt(active, text, run.clip_skip)[0] for text in (run.prompt, run.negative)
        )
    if initial is None:
        given |= {"height": run.height, "width": run.width}
    else:
        # Four channels: the pipeline takes it for the latent, and draws nothing for the encoder.
        given |= {"image": initial, "strength": run.strength}
    known = inspect.signature(active.__call__).parameters
    unknown = given.keys() - known.keys()
    assert all(given[name] in (None, 0.0) or name == "negative_prompt" for name in unknown), unknown
    return {name: value for name, value in given.items() if name in known}


def plain(config):
    """A scheduler's settings; JSON has no infinity, so null stands for it."""
    known = {name: value for name, value in config.items() if not name.startswith("_")}
    return {name: None if value in (math.inf, -math.inf) else value for name, value in known.items()}


def is_exploding(scheduler):
    """Whether latents are clean ones plus `sigma` times noise; otherwise they are that over sqrt(1 + sigma^2)."""
    return type(scheduler).__name__.startswith("Euler")


def scale_of(scheduler, sigma):
    return 1.0 if is_exploding(scheduler) else math.sqrt(1 + sigma**2)


def start_of(scheduler, noise, initial, sigma, tensors):
    if initial is not None:
        return tensors.add(initial + sigma * noise)
    deviation = float(scheduler.init_noise_sigma) if is_exploding(scheduler) else scale_of(scheduler, sigma)
    return tensors.add(noise * deviation) if math.isfinite(deviation) else None


def sigmas_of(scheduler, timesteps):
    """The noise level of every step, and the one that the last step leaves."""
    if hasattr(scheduler, "sigmas"):
        return [float(sigma) for sigma in scheduler.sigmas[-len(timesteps) - 1 :]]
    alphas = [float(scheduler.alphas_cumprod[int(timestep)]) for timestep in timesteps]
    is_consistency = type(scheduler).__name__ == "LCMScheduler"
    alphas.append(1.0 if is_consistency else float(scheduler.final_alpha_cumprod))
    return [math.sqrt((1 - alpha) / alpha) if alpha > 0 else math.inf for alpha in alphas]
