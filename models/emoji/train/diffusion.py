"""Trains the denoiser and the text encoder on latents of the frozen autoencoder.

Noise prediction (Ho et al. 2020, https://arxiv.org/abs/2006.11239), min-SNR weighting (Hang et al. 2023,
https://arxiv.org/abs/2303.09556), empty captions now and then for classifier-free guidance (Ho & Salimans 2022,
https://arxiv.org/abs/2207.12598), an exponential moving average of the weights for sampling.
"""

import argparse
import json
import random
import time
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from autoencoder import Autoencoder
from captions import caption
from checkpoint import load, save
from scenes import Drawings, Scene, random_scene
from text import TextEncoder, encode, make_tokenizer
from unet import UNet

TRAIN_TIMESTEPS, BETA_START, BETA_END = 1000, 0.00085, 0.012  # "scaled_linear", as Stable Diffusion has it
EMPTY_CAPTIONS = 0.12
UNKNOWN_WORDS = 0.08
SCENES = 60_000
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
MIN_SNR = 5
DECAY = 0.999  # of the moving average, a step


class Denoiser(nn.Module):
    def __init__(self, words: int):
        super().__init__()
        self.unet, self.text_encoder = UNet(), TextEncoder(words)

    def forward(self, noisy, timestep, input_ids):
        return self.unet(noisy, timestep, self.text_encoder(input_ids))


def alphas_cumprod() -> torch.Tensor:
    betas = torch.linspace(BETA_START**0.5, BETA_END**0.5, TRAIN_TIMESTEPS, dtype=torch.float64) ** 2
    return (1 - betas).cumprod(0).float()


def cache_latents(work: Path, drawings: Drawings, count: int) -> dict:
    """Latents of random scenes, made once; the scenes lie beside, so that captions can be worded anew each time."""
    path, beside = work / "latents.pt", work / "scenes.json"
    if not path.exists():
        encoder = Autoencoder()
        load(work / "autoencoder.pt", model=encoder)
        encoder = encoder.encoder.eval().to(DEVICE)
        scenes = [random_scene(drawings) for _ in range(count)]
        parts = []
        with torch.inference_mode():
            for at in range(0, count, 64):
                pictures = torch.stack([drawings.compose(scene) for scene in scenes[at : at + 64]])
                parts.append(encoder(pictures.to(DEVICE)).cpu().half())
        latents = torch.cat(parts)
        beside.write_text(json.dumps([asdict(scene) for scene in scenes]))
        torch.save({"latents": latents, "scale": 1 / latents.float().std().item()}, path)
    return torch.load(path, weights_only=True) | {"scenes": [scene_of(facts) for facts in json.loads(beside.read_text())]}


def scene_of(facts: dict) -> Scene:
    return Scene(**facts | {"drawings": tuple(facts["drawings"]), "background": tuple(facts["background"])})


class Batches:
    def __init__(self, drawings: Drawings, cache: dict, size: int):
        self.drawings, self.cache, self.size = drawings, cache, size
        self.tokenizer = make_tokenizer(drawings)

    def next(self):
        chosen = torch.randint(len(self.cache["latents"]), (self.size,))
        captions = [
            "" if random.random() < EMPTY_CAPTIONS else self.worded(self.cache["scenes"][index])
            for index in chosen.tolist()
        ]
        latents = self.cache["latents"][chosen].float() * self.cache["scale"]
        return latents.to(DEVICE), encode(self.tokenizer, captions).to(DEVICE)

    def worded(self, scene: Scene) -> str:
        """Now and then with a word that nobody knows, so that such words do no harm."""
        words = caption(self.drawings, scene).split()
        if random.random() < UNKNOWN_WORDS:
            words.insert(random.randint(0, len(words)), "unheardof")
        return " ".join(words)


def loss_of(model, latents, input_ids, signal):
    timestep = torch.randint(TRAIN_TIMESTEPS, (len(latents),), device=latents.device)
    alpha = signal[timestep].view(-1, 1, 1, 1)
    noise = torch.randn_like(latents)
    noisy = alpha.sqrt() * latents + (1 - alpha).sqrt() * noise
    with torch.autocast(DEVICE.type, torch.bfloat16):
        predicted = model(noisy, timestep, input_ids)
    snr = signal[timestep] / (1 - signal[timestep])
    weight = snr.clamp(max=MIN_SNR) / snr
    return (weight * (predicted.float() - noise).square().mean((1, 2, 3))).mean()


def train(work: Path, minutes: float, batch: int, rate: float):
    drawings = Drawings(work)
    batches = Batches(drawings, cache_latents(work, drawings, SCENES), batch)
    model = Denoiser(batches.tokenizer.get_vocab_size()).to(DEVICE)
    # Short at first, so that the average soon forgets the beginning.
    average = AveragedModel(model, avg_fn=lambda mean, new, count: mean + (new - mean) * max(1 - DECAY, 10 / (count + 10)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=0.01)
    parts = {"model": model, "average": average, "optimizer": optimizer}
    progress = load(work / "diffusion.pt", **parts)
    signal = alphas_cumprod().to(DEVICE)
    run = torch.compile(model) if DEVICE.type == "cuda" else model
    begun = saved = time.time()
    losses = []
    while (done := progress["seconds"] / (60 * minutes)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, (progress["steps"] + 1) / 200) * min(1, max(0.01, 1.6 * (1 - done)))
        loss = loss_of(run, *batches.next(), signal)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        average.update_parameters(model)
        losses.append(loss.item())
        now = time.time()
        progress = {"steps": progress["steps"] + 1, "seconds": progress["seconds"] + min(now - begun, 10)}
        begun = now
        if progress["steps"] % 100 == 0:
            mean = sum(losses) / len(losses)
            print(f"diffusion step {progress['steps']} {progress['seconds']:.0f} s loss {mean:.4f}", flush=True)
            losses.clear()
        if now - saved > 120:
            save(work / "diffusion.pt", progress, **parts)
            saved = now
    save(work / "diffusion.pt", progress, **parts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=8e-4)
    options = parser.parse_args()
    train(options.work, options.minutes, options.batch, options.rate)
