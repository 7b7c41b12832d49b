"""The pipelines, and the runs of each that the golden values tell about."""

import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    LatentConsistencyModelPipeline,
    LCMScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
)

from . import networks
from .export import Layout
from .golden import Run
from .prompts import TEXTS
from .tokenizer import reduced_tokenizer

# The noise levels that Stable Diffusion was trained on.
BETAS = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000)
STABLE_DIFFUSION_1_SCALE, STABLE_DIFFUSION_XL_SCALE = 0.18215, 0.13025


def euler(**more):
    """With 4 steps 'linspace' has whole timesteps; 'trailing' always has."""
    return EulerDiscreteScheduler(**BETAS, **({"timestep_spacing": "linspace", "steps_offset": 1} | more))


def trailing(**more):
    return euler(timestep_spacing="trailing", **more)


def ddim(**more):
    return DDIMScheduler(**BETAS, **({"clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1} | more))


def dpm_solver(**more):
    return DPMSolverMultistepScheduler(**BETAS, timestep_spacing="trailing", steps_offset=1, **more)


def stable_diffusion(unet, text, padding="<|endoftext|>", scheduler=None, kind=StableDiffusionPipeline):
    tokenizer = reduced_tokenizer(TEXTS, padding)
    return kind(
        vae=networks.autoencoder(STABLE_DIFFUSION_1_SCALE),
        text_encoder=networks.text_encoder(len(tokenizer), padding=tokenizer.pad_token_id, **text),
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler or euler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


CLIP = dict(width=16, layers=2, activation="quick_gelu")


def stable_diffusion_1():
    return stable_diffusion(networks.stable_diffusion_1_unet(), CLIP)


def in_half_precision():
    """Weights as 16 bits can hold them, computed with in 32."""
    pipeline = stable_diffusion_1()
    for part in (pipeline.text_encoder, pipeline.unet, pipeline.vae):
        part.half().float()
    return pipeline


STABLE_DIFFUSION_1_RUNS = [
    Run("euler", euler(), 4, 5, picture=True),
    Run("euler unguided", euler(), 4, 1),
    Run("euler, no negative prompt", euler(), 4, 5, negative=None),
    Run("euler trailing, wide, two images", trailing(), 5, 5, seeds=(7, 4294967295), width=96, picture=True),
    Run("euler karras", euler(use_karras_sigmas=True), 6, 5),
    Run("euler ancestral", EulerAncestralDiscreteScheduler(**BETAS, timestep_spacing="trailing"), 5, 5),
    Run("ddim", ddim(), 5, 5),
    Run("dpm++ 2m", dpm_solver(), 8, 5),
    Run("clip skip 1", trailing(), 5, 5, clip_skip=1),
    Run("guidance rescale", trailing(), 5, 7.5, rescale=0.7),
    Run("img2img euler", trailing(), 8, 5, strength=0.6, picture=True),
    Run("img2img euler unguided", trailing(), 8, 1, strength=0.6),
    Run("img2img ddim", ddim(), 10, 5, strength=0.6),
    Run("img2img dpm++ 2m", dpm_solver(), 10, 5, strength=0.6),
]

# name: (how to make it, how to write it, its runs)
KINDS = {
    "sd15": (stable_diffusion_1, Layout(), STABLE_DIFFUSION_1_RUNS),
}
