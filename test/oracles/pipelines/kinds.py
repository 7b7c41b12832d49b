"""The pipelines, and the runs of each that the golden values tell about."""

from dataclasses import dataclass

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


def ancestral():
    return EulerAncestralDiscreteScheduler(**BETAS, timestep_spacing="trailing")


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


def stable_diffusion_1(scheduler=None):
    return stable_diffusion(networks.stable_diffusion_1_unet(), CLIP, scheduler=scheduler)


def in_half_precision():
    """Weights as 16 bits can hold them, computed with in 32. The scheduler's file holds -Infinity, as diffusers writes it."""
    pipeline = stable_diffusion_1(dpm_solver())
    for part in (pipeline.text_encoder, pipeline.unet, pipeline.vae):
        part.half().float()
    return pipeline


STABLE_DIFFUSION_1_RUNS = [
    Run("euler", euler(), 4, 5, picture=True),
    Run("euler unguided", euler(), 4, 1),
    Run("euler, no negative prompt", euler(), 4, 5, negative=None),
    Run("euler trailing, wide, two images", trailing(), 5, 5, seeds=(7, 4294967295), width=96, picture=True),
    Run("euler karras", euler(use_karras_sigmas=True), 6, 5),
    Run("euler ancestral", ancestral(), 5, 5),
    Run("ddim", ddim(), 5, 5),
    Run("dpm++ 2m", dpm_solver(), 8, 5),
    Run("clip skip 1", trailing(), 5, 5, clip_skip=1),
    Run("guidance rescale", trailing(), 5, 7.5, rescale=0.7),
    Run("img2img euler", trailing(), 8, 5, strength=0.6, picture=True),
    Run("img2img euler unguided", trailing(), 8, 1, strength=0.6),
    Run("img2img ddim", ddim(), 10, 5, strength=0.6),
    Run("img2img dpm++ 2m", dpm_solver(), 10, 5, strength=0.6),
]

HALF_PRECISION_RUNS = [
    Run("dpm++ 2m", dpm_solver(), 8, 5, picture=True),
    Run("dpm++ 2m unguided", dpm_solver(), 8, 1),
    Run("euler, wide", trailing(), 5, 5, width=96),
    Run("img2img euler", trailing(), 8, 5, strength=0.6),
]
LEGACY_RUNS = [
    Run("euler, wide", trailing(), 5, 5, width=96, picture=True),
    Run("euler unguided, wide", trailing(), 5, 1, width=96),
    Run("img2img euler, wide", trailing(), 8, 5, width=96, strength=0.6),
]


# Stable Diffusion 2: OpenCLIP's text encoder without its last layer (diffusers drops it), padded with "!".
OPEN_CLIP = dict(width=24, layers=3, activation="gelu")


def velocity(**more):
    return dict(prediction_type="v_prediction", **more)


ZERO_SNR = velocity(rescale_betas_zero_snr=True)


def stable_diffusion_2(scheduler):
    return stable_diffusion(networks.stable_diffusion_2_unet(), OPEN_CLIP, "!", scheduler)


def velocity_runs(**more):
    return [
        Run("euler", trailing(**more), 5, 5, picture=True),
        Run("euler unguided", trailing(**more), 5, 1),
        Run("euler linspace", euler(**more), 4, 5),
        Run("euler guidance rescale, wide", trailing(**more), 5, 7.5, rescale=0.7, width=96),
        Run("ddim", ddim(timestep_spacing="trailing", **more), 5, 5),
        Run("img2img euler", trailing(**more), 8, 5, strength=0.6),
        Run("img2img euler unguided", trailing(**more), 8, 1, strength=0.6),
    ]


def turbo_runs():
    return [
        Run("1 step", trailing(), 1, 0, negative=None, picture=True),
        Run("2 steps", trailing(), 2, 0, negative=None),
        Run("4 steps", trailing(), 4, 0, negative=None),
        Run("2 steps, guided", trailing(), 2, 2),
        Run("euler ancestral", ancestral(), 4, 0, negative=None),
        Run("img2img", trailing(), 4, 0, negative=None, strength=0.6),
        Run("img2img guided", trailing(), 4, 2, strength=0.6),
    ]


def stable_diffusion_xl(scheduler):
    """Two text encoders, read one layer before their last, and one of them pooled besides."""
    first, second = reduced_tokenizer(TEXTS), reduced_tokenizer(TEXTS, "!")
    return StableDiffusionXLPipeline(
        vae=networks.autoencoder(STABLE_DIFFUSION_XL_SCALE),
        text_encoder=networks.text_encoder(len(first), **CLIP),
        text_encoder_2=networks.text_encoder(len(second), padding=0, projected=True, **OPEN_CLIP),
        tokenizer=first,
        tokenizer_2=second,
        unet=networks.stable_diffusion_xl_unet(),
        scheduler=scheduler,
        force_zeros_for_empty_prompt=True,
        add_watermarker=False,
    )


STABLE_DIFFUSION_XL_RUNS = [
    Run("euler", euler(), 4, 5, picture=True),
    Run("euler unguided", euler(), 4, 1),
    # Without a negative prompt, zeros stand for it; with an empty one, what the text encoders make of it.
    Run("euler, no negative prompt", euler(), 4, 5, negative=None),
    Run("euler, empty negative prompt", euler(), 4, 5, negative=""),
    Run("euler trailing, wide, two images", trailing(), 5, 5, seeds=(7, 4294967295), width=96),
    Run("dpm++ 2m", dpm_solver(), 8, 5),
    Run("guidance rescale", trailing(), 5, 7.5, rescale=0.7),
    Run("img2img euler", trailing(), 8, 5, strength=0.6),
    Run("img2img euler unguided", trailing(), 8, 1, strength=0.6),
]


def latent_consistency():
    """The guidance weight goes into the UNet, as an embedding of 256 values; there is no negative prompt."""
    unet = networks.stable_diffusion_1_unet(time_cond_proj_dim=256)
    return stable_diffusion(unet, CLIP, scheduler=LCMScheduler(**BETAS), kind=LatentConsistencyModelPipeline)


def consistency_run(name, steps, guidance, **more):
    return Run(name, LCMScheduler(**BETAS), steps, guidance, negative=None, **more)


LATENT_CONSISTENCY_RUNS = [
    consistency_run("4 steps", 4, 5, picture=True),
    consistency_run("1 step", 1, 5),
    consistency_run("4 steps, guidance 1", 4, 1),
    consistency_run("8 steps, wide, two images", 8, 8.5, width=96, seeds=(7, 4294967295)),
    consistency_run("img2img", 4, 5, strength=0.6),
]

@dataclass(frozen=True)
class Kind:
    build: object
    runs: list
    layout: Layout = Layout()

    @property
    def sizes(self):
        """Heights and widths for single calls, in pixels."""
        return [(64, 96)] if self.layout.legacy else [(64, 64), (64, 96)]


KINDS = {
    "sd15": Kind(stable_diffusion_1, STABLE_DIFFUSION_1_RUNS),
    "sd15-half": Kind(in_half_precision, HALF_PRECISION_RUNS, Layout(element=torch.float16)),
    "sd15-legacy": Kind(stable_diffusion_1, LEGACY_RUNS, Layout(legacy=True)),
    "sd21-v": Kind(lambda: stable_diffusion_2(ddim(**velocity())), velocity_runs(**velocity())),
    "sd21-zero-snr": Kind(lambda: stable_diffusion_2(trailing(**ZERO_SNR)), velocity_runs(**ZERO_SNR)),
    "sd-turbo": Kind(lambda: stable_diffusion_2(trailing()), turbo_runs()),
    "sdxl": Kind(lambda: stable_diffusion_xl(euler()), STABLE_DIFFUSION_XL_RUNS, Layout(external=True)),
    "sdxl-turbo": Kind(lambda: stable_diffusion_xl(ancestral()), turbo_runs(), Layout(external=True)),
    "lcm": Kind(latent_consistency, LATENT_CONSISTENCY_RUNS),
}
