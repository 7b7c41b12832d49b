"""The peer of the section `engine` of `npm run bench`: diffusers on the same networks.

Makes a pipeline of the kind of Stable Diffusion 1.5 with random weights, writes it as ONNX networks into the folder
given, and then, for each line `torch` or `onnx` on standard input, generates one image and prints how many seconds that
took, text to picture. Packages as for test/oracles/tiny-pipelines.py.
"""

import sys
import time
import warnings
from pathlib import Path

import torch

warnings.simplefilter("ignore")
sys.path.insert(0, str(Path(__file__).parents[1] / "test" / "oracles"))

import onnxruntime
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from diffusers import OnnxRuntimeModel, OnnxStableDiffusionPipeline
from diffusers.utils import logging
from pipelines.export import Layout, export_pipeline
from pipelines.networks import text_encoder
from pipelines.tokenizer import reduced_tokenizer

logging.set_verbosity_error()
logging.disable_progress_bar()

PROMPT, NEGATIVE = "a red apple", "blurry"
BETAS = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000)


def build(latent_side):
    """Every kind of block that Stable Diffusion 1.5 has, with a fifth of its channels: 35 million parameters."""
    torch.manual_seed(0)
    tokenizer = reduced_tokenizer([PROMPT, NEGATIVE])
    unet = UNet2DConditionModel(
        sample_size=latent_side,
        block_out_channels=(64, 128, 256, 256),
        cross_attention_dim=256,
        attention_head_dim=8,
        norm_num_groups=32,
    ).eval()
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(32, 64, 128, 128),
        latent_channels=4,
        scaling_factor=0.18215,
        sample_size=latent_side * 8,
    ).eval()
    text = text_encoder(len(tokenizer), width=256, layers=6, activation="quick_gelu")
    scheduler = DDIMScheduler(**BETAS, clip_sample=False, set_alpha_to_one=False, steps_offset=1)
    parts = dict(vae=vae, text_encoder=text, tokenizer=tokenizer, unet=unet, scheduler=scheduler)
    return StableDiffusionPipeline(
        **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    )


def load_onnx(folder, pipeline, threads):
    """diffusers' own pipeline of onnxruntime, which wants whole timesteps, and works with DDIM but not with Euler."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3

    def network(name):
        file = folder / name / "model.onnx"
        return OnnxRuntimeModel(model=onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"]))

    return OnnxStableDiffusionPipeline(
        vae_encoder=network("vae_encoder"),
        vae_decoder=network("vae_decoder"),
        text_encoder=network("text_encoder"),
        unet=network("unet"),
        tokenizer=pipeline.tokenizer,
        scheduler=pipeline.scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def main():
    folder, side, steps, guidance, threads = Path(sys.argv[1]), *map(int, sys.argv[2:6])
    torch.set_num_threads(threads)
    pipeline = build(side // 8)
    quiet, sys.stdout = sys.stdout, sys.stderr
    export_pipeline(pipeline, folder, Layout(height=side // 8, width=side // 8))
    legacy = folder.parent / f"{folder.name}-legacy"
    export_pipeline(pipeline, legacy, Layout(legacy=True, height=side // 8, width=side // 8))
    sys.stdout = quiet
    ways = {"torch": pipeline, "onnx": load_onnx(legacy, pipeline, threads)}
    for way in ways.values():
        way.set_progress_bar_config(disable=True)
    settings = dict(num_inference_steps=steps, guidance_scale=guidance, height=side, width=side)
    print("ready", flush=True)
    for line in sys.stdin:
        begun = time.perf_counter()
        with torch.no_grad():
            ways[line.strip()](PROMPT, negative_prompt=NEGATIVE, **settings)
        print(time.perf_counter() - begun, flush=True)


if __name__ == "__main__":
    main()
