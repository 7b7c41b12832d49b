"""Draws a sheet of pictures with the exported model, in onnxruntime: Euler with the Karras schedule and CFG.

Euler after Karras et al. 2022, algorithm 2 without churn (https://arxiv.org/abs/2206.00364).
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageDraw
from tokenizers import Tokenizer

PROMPTS = [
    "a red apple", "a rocket", "a cat face", "a dog", "a tree", "the sun", "a car on a blue background", "a house",
    "a red heart", "a star on a dark blue background", "a pizza", "a ghost on a purple background", "a robot",
    "a tropical fish", "a bird", "a flower on a pink background", "a birthday cake", "a guitar on yellow", "a rainbow",
    "a penguin on a light blue background", "a strawberry on white", "a castle, green background", "an owl", "a ship",
]
COLUMNS, PIXELS = 6, 128


class Model:
    def __init__(self, folder: Path):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self.parts = {
            part: onnxruntime.InferenceSession(folder / part / "model.onnx", options)
            for part in ("unet", "text_encoder", "vae_decoder")
        }
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer" / "tokenizer.json"))
        self.length = json.loads((folder / "tokenizer" / "tokenizer_config.json").read_text())["model_max_length"]
        self.scale = json.loads((folder / "vae_decoder" / "config.json").read_text())["scaling_factor"]
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
        ramp = np.linspace(self.sigmas[-1] ** (1 / 7), self.sigmas[0] ** (1 / 7), steps)
        sigmas = np.append(ramp**7, 0)
        latent = np.random.default_rng(seed).standard_normal((1, 8, 16, 16)) * sigmas[0]
        for sigma, following in zip(sigmas[:-1], sigmas[1:]):
            denoised = self.denoise(latent, sigma, words, cfg)
            latent = latent + (latent - denoised) / sigma * (following - sigma)
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
    rows = -(-len(PROMPTS) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * PIXELS, rows * (PIXELS + 14)), "white")
    for index, prompt in enumerate(PROMPTS):
        left, top = index % COLUMNS * PIXELS, index // COLUMNS * (PIXELS + 14)
        sheet.paste(model.draw(prompt, index, options.steps, options.cfg), (left, top))
        ImageDraw.Draw(sheet).text((left + 2, top + PIXELS + 1), prompt[:24], "black")
    sheet.save(options.output, quality=85)
