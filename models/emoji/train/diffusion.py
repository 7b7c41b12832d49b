"""Trains the denoiser and the text encoder on latents of the frozen autoencoder.

Noise prediction (Ho et al. 2020, https://arxiv.org/abs/2006.11239), min-SNR weighting (Hang et al. 2023,
https://arxiv.org/abs/2303.09556), empty captions now and then for classifier-free guidance (Ho & Salimans 2022,
https://arxiv.org/abs/2207.12598), an exponential moving average of the weights for sampling.
"""

import argparse
import random
import time
from pathlib import Path

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from autoencoder import Autoencoder
from checkpoint import load, save
from dataset import COLOUR_NAMES, Drawings, caption, random_shift
from text import TextEncoder, encode, make_tokenizer
from unet import UNet

TRAIN_TIMESTEPS, BETA_START, BETA_END = 1000, 0.00085, 0.012  # "scaled_linear", as Stable Diffusion has it
EMPTY_CAPTIONS = 0.12
MIN_SNR = 5
DECAY = 0.998  # of the moving average, a step


class Denoiser(nn.Module):
    def __init__(self, words: int):
        super().__init__()
        self.unet, self.text_encoder = UNet(), TextEncoder(words)

    def forward(self, noisy, timestep, input_ids):
        return self.unet(noisy, timestep, self.text_encoder(input_ids))


def alphas_cumprod() -> torch.Tensor:
    betas = torch.linspace(BETA_START**0.5, BETA_END**0.5, TRAIN_TIMESTEPS, dtype=torch.float64) ** 2
    return (1 - betas).cumprod(0).float()


def cache_latents(work: Path, drawings: Drawings, rounds: int) -> dict:
    """Latents of every drawing on every colour, each round at other places; made once."""
    path = work / "latents.pt"
    if path.exists():
        return torch.load(path, weights_only=True)
    encoder = Autoencoder()
    load(work / "autoencoder.pt", model=encoder)
    encoder = encoder.encoder.eval()
    keys = [(drawing, colour) for _ in range(rounds) for drawing in range(len(drawings)) for colour in range(len(COLOUR_NAMES))]
    parts = []
    with torch.inference_mode():
        for at in range(0, len(keys), 64):
            batch = [drawings.compose(i, COLOUR_NAMES[c], random_shift()) for i, c in keys[at : at + 64]]
            parts.append(encoder(torch.stack(batch)).half())
    latents = torch.cat(parts)
    cache = {"latents": latents, "keys": torch.tensor(keys), "scale": 1 / latents.float().std().item()}
    torch.save(cache, path)
    return cache


class Batches:
    def __init__(self, drawings: Drawings, cache: dict, size: int):
        self.drawings, self.cache, self.size = drawings, cache, size
        self.tokenizer = make_tokenizer(drawings)

    def next(self):
        chosen = torch.randint(len(self.cache["keys"]), (self.size,))
        captions = [
            "" if random.random() < EMPTY_CAPTIONS else caption(self.drawings.names[i], COLOUR_NAMES[c])
            for i, c in self.cache["keys"][chosen].tolist()
        ]
        latents = self.cache["latents"][chosen].float() * self.cache["scale"]
        return latents, encode(self.tokenizer, captions)


def loss_of(model, latents, input_ids, signal):
    timestep = torch.randint(TRAIN_TIMESTEPS, (len(latents),))
    alpha = signal[timestep].view(-1, 1, 1, 1)
    noise = torch.randn_like(latents)
    noisy = alpha.sqrt() * latents + (1 - alpha).sqrt() * noise
    with torch.autocast("cpu", torch.bfloat16):
        predicted = model(noisy, timestep, input_ids)
    snr = signal[timestep] / (1 - signal[timestep])
    weight = snr.clamp(max=MIN_SNR) / snr
    return (weight * (predicted.float() - noise).square().mean((1, 2, 3))).mean()


def train(work: Path, minutes: float, batch: int, rate: float):
    drawings = Drawings(work)
    batches = Batches(drawings, cache_latents(work, drawings, rounds=2), batch)
    model = Denoiser(batches.tokenizer.get_vocab_size())
    # Short at first, so that the average soon forgets the beginning.
    average = AveragedModel(model, avg_fn=lambda mean, new, count: mean + (new - mean) * max(1 - DECAY, 10 / (count + 10)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=0.01)
    parts = {"model": model, "average": average, "optimizer": optimizer}
    progress = load(work / "diffusion.pt", **parts)
    signal = alphas_cumprod()
    begun = saved = time.time()
    losses = []
    while (done := progress["seconds"] / (60 * minutes)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, (progress["steps"] + 1) / 200) * min(1, max(0.01, 1.6 * (1 - done)))
        loss = loss_of(model, *batches.next(), signal)
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
