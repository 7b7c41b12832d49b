"""Prints the seconds of one run's steps a line: without us, with us, without us, …

The network has random weights and such a size that a step takes about as long as on a GPU.
"""

import sys
import tempfile
import time
from pathlib import Path

import torch
from diffusers import AutoencoderKL, EulerAncestralDiscreteScheduler, StableDiffusionPipeline, UNet2DConditionModel

root = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "integrations" / "python"))
from steps_animation import StepsAnimation  # noqa: E402

WIDTH, SIZE, STEPS = 64, 256, 12


def pipeline():
    down, up = ("CrossAttnDownBlock2D", "DownBlock2D"), ("UpBlock2D", "CrossAttnUpBlock2D")
    unet = UNet2DConditionModel(
        sample_size=SIZE // 8, block_out_channels=(64, 128), layers_per_block=2, down_block_types=down,
        up_block_types=up, cross_attention_dim=WIDTH, attention_head_dim=8,
    )  # fmt: skip
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4}
    vae = AutoencoderKL(block_out_channels=(32, 32, 32, 32), latent_channels=4, **blocks)
    parts = dict.fromkeys(["text_encoder", "tokenizer", "safety_checker", "feature_extractor"])
    return StableDiffusionPipeline(
        unet=unet, vae=vae, scheduler=EulerAncestralDiscreteScheduler(), requires_safety_checker=False, **parts
    )


def seconds(pipe):
    """From the end of the first step to that of the last."""
    times = []

    def clock(_pipe, _step, _timestep, given):
        times.append(time.perf_counter())
        return given

    words = torch.zeros(1, 77, WIDTH)
    generator = torch.Generator().manual_seed(1)
    pipe(
        prompt_embeds=words, negative_prompt_embeds=words, width=SIZE, height=SIZE, num_inference_steps=STEPS,
        generator=generator, callback_on_step_end=clock,
    )  # fmt: skip
    return times[-1] - times[0]


torch.manual_seed(1)
pipe = pipeline()
pipe.set_progress_bar_config(disable=True)
seconds(pipe)
for _ in range(int(sys.argv[1])):
    print(seconds(pipe), flush=True)
    with tempfile.TemporaryDirectory() as folder, StepsAnimation(pipe, outdir=folder, prompt="a", duration=1) as animation:
        print(seconds(pipe), flush=True)
    assert not animation.trouble and len(animation.results) == 1, animation.trouble
