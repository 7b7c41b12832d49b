"""Draws a sheet of pictures with the exported model, in onnxruntime: Euler a and CFG.

Ancestral sampling after Karras et al. 2022 (https://arxiv.org/abs/2206.00364) and Ho et al. 2020, as k-diffusion has it.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageDraw
from tokenizers import Tokenizer

#: prompts that a new user might try; fixed before any picture of them was seen
PROMPTS = [
    "a cat", "a dog", "a fox", "a panda", "an owl", "a penguin", "a whale", "a butterfly",
    "a red apple", "a pizza", "a hamburger", "an ice cream", "a birthday cake", "a strawberry", "sushi", "a cup of coffee",
    "a smiley", "a face with sunglasses", "a ghost", "a robot", "an alien", "a clown", "a skull", "a snowman",
    "the sun", "a rainbow", "a moon on a dark blue background", "a cloud", "lightning on a purple background",
    "a snowflake on light blue", "a volcano", "a tornado",
    "a rocket", "a red car", "a bicycle", "a sailboat on a light blue background", "a castle", "a house", "a guitar",
    "a camera on a yellow background",
    "a cat and a dog", "an apple and a banana", "a rocket and a planet on a black background", "a heart and a star",
    "a blue cat", "a green heart on a pink background", "a purple dragon", "a yellow flower on a teal background",
]
COLUMNS = 8


class Model:
    def __init__(self, folder: Path):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self.parts = {
            part: onnxruntime.InferenceSession(folder / part / "model.onnx", options)
            for part in ("unet", "text_encoder", "vae_encoder", "vae_decoder")
        }
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer" / "tokenizer.json"))
        self.length = json.loads((folder / "tokenizer" / "tokenizer_config.json").read_text())["model_max_length"]
        self.scale = json.loads((folder / "vae_decoder" / "config.json").read_text())["scaling_factor"]
        unet = json.loads((folder / "unet" / "config.json").read_text())
        self.shape = (1, unet["in_channels"], unet["sample_size"], unet["sample_size"])
        schedule = json.loads((folder / "scheduler" / "scheduler_config.json").read_text())
        betas = np.linspace(schedule["beta_start"] ** 0.5, schedule["beta_end"] ** 0.5, 1000) ** 2
        alphas = np.cumprod(1 - betas)
        self.sigmas = ((1 - alphas) / alphas) ** 0.5

    def run(self, part: str, **inputs):
        return self.parts[part].run(None, inputs)[0]

    def encode(self, text: str):
        ids = self.tokenizer.encode(text).ids[: self.length]
        return self.run("text_encoder", input_ids=np.array([ids + [0] * (self.length - len(ids))], np.int64))

    def denoise(self, latent, sigma: float, words, cfg: float):
        timestep = np.interp(np.log(sigma), np.log(self.sigmas), np.arange(1000))
        scaled = (latent / (sigma**2 + 1) ** 0.5).astype(np.float32)
        noise = self.run(
            "unet", sample=np.concatenate([scaled, scaled]), timestep=np.full(2, round(timestep), np.int64),
            encoder_hidden_states=words,
        )
        return latent - sigma * (noise[:1] + cfg * (noise[1:] - noise[:1]))

    def draw(self, prompt: str, seed: int, steps: int, cfg: float) -> Image.Image:
        words = np.concatenate([self.encode(""), self.encode(prompt)])
        sigmas = np.append(np.interp(np.linspace(999, 0, steps), np.arange(1000), self.sigmas), 0)
        generator = np.random.default_rng(seed)
        latent = generator.standard_normal(self.shape) * sigmas[0]
        for sigma, following in zip(sigmas[:-1], sigmas[1:]):
            denoised = self.denoise(latent, sigma, words, cfg)
            up = min(following, (following**2 * (sigma**2 - following**2) / sigma**2) ** 0.5)
            down = (following**2 - up**2) ** 0.5
            latent = latent + (latent - denoised) / sigma * (down - sigma) + up * generator.standard_normal(self.shape)
        picture = self.run("vae_decoder", latent_sample=(latent / self.scale).astype(np.float32))[0]
        return Image.fromarray(((picture.transpose(1, 2, 0).clip(-1, 1) + 1) * 127.5).round().astype(np.uint8))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent.parent)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent.parent / "sheet.webp")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--cfg", type=float, default=4)
    options = parser.parse_args()
    model = Model(options.folder)
    pictures = [model.draw(prompt, seed, options.steps, options.cfg) for seed, prompt in enumerate(PROMPTS)]
    side = pictures[0].width
    sheet = Image.new("RGB", (COLUMNS * side, -(-len(PROMPTS) // COLUMNS) * (side + 14)), "white")
    for index, (prompt, picture) in enumerate(zip(PROMPTS, pictures)):
        left, top = index % COLUMNS * side, index // COLUMNS * (side + 14)
        sheet.paste(picture, (left, top))
        ImageDraw.Draw(sheet).text((left + 2, top + side + 1), prompt[:21], "black")
    sheet.save(options.output, quality=85)
