"""The autoencoder: pictures [N, 3, 128, 128] to latents [N, 8, 16, 16] and back.

Convolutions alone, trained on reconstruction; noise on the latents in training keeps them smooth, which takes the
place of the KL term of Rombach et al. 2022 (https://arxiv.org/abs/2112.10752).
"""

import argparse
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from checkpoint import load, save
from scenes import Drawings, random_scene

LATENT_CHANNELS = 8
NOISE = 0.08  # standard deviation of the noise on latents, whose own is about 1


class ResBlock(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1), nn.SiLU(), nn.Conv2d(channels, channels, 3, padding=1)
        )

    def forward(self, x):
        return x + self.body(F.silu(x))


class Encoder(nn.Module):
    """Pictures to latents, unscaled."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.PixelUnshuffle(2), nn.Conv2d(12, 32, 3, padding=1), ResBlock(32),
            nn.Conv2d(32, 64, 2, stride=2), ResBlock(64),
            nn.Conv2d(64, 128, 2, stride=2), ResBlock(128),
            nn.SiLU(), nn.Conv2d(128, LATENT_CHANNELS, 1), nn.BatchNorm2d(LATENT_CHANNELS, affine=False),
        )

    def forward(self, sample):
        return self.body(sample)


class Decoder(nn.Module):
    """Latents, unscaled, to pictures."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(LATENT_CHANNELS, 128, 3, padding=1), ResBlock(128), ResBlock(128),
            nn.Conv2d(128, 256, 1), nn.PixelShuffle(2), ResBlock(64), ResBlock(64),
            nn.Conv2d(64, 160, 1), nn.PixelShuffle(2), ResBlock(40), ResBlock(40),
            nn.SiLU(), nn.Conv2d(40, 12, 3, padding=1), nn.PixelShuffle(2),
        )

    def forward(self, latent_sample):
        return self.body(latent_sample)


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = Encoder(), Decoder()

    def forward(self, pictures):
        latents = self.encoder(pictures)
        return self.decoder(latents + NOISE * torch.randn_like(latents))


def edges(x):
    return x[..., 1:, :] - x[..., :-1, :], x[..., 1:] - x[..., :-1]


def loss_of(result, target):
    """Absolute and squared difference of pixels, and absolute difference of their edges."""
    loss = F.l1_loss(result, target) + 2 * F.mse_loss(result, target)
    return loss + sum(F.l1_loss(a, b) for a, b in zip(edges(result), edges(target)))


def batch_of(drawings: Drawings, size: int):
    return torch.stack([drawings.compose(random_scene(drawings)) for _ in range(size)])


def train(work: Path, minutes: float, decoder_only: bool, batch: int = 24, rate: float = 2e-3):
    drawings, model = Drawings(work), Autoencoder().to(memory_format=torch.channels_last)
    if decoder_only:
        model.encoder.requires_grad_(False).eval()
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-4)
    progress = load(work / "autoencoder.pt", model=model, optimizer=optimizer)
    begun = saved = time.time()
    while (done := progress["seconds"] / (60 * minutes)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, (progress["steps"] + 1) / 50) * max(0.02, 1 - done)
        pictures = batch_of(drawings, batch).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            results = model(pictures)
        loss = loss_of(results.float(), pictures)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        now = time.time()
        progress = {"steps": progress["steps"] + 1, "seconds": progress["seconds"] + now - begun}
        begun = now
        if progress["steps"] % 50 == 0:
            print(f"autoencoder step {progress['steps']} {progress['seconds']:.0f} s loss {loss.item():.4f}", flush=True)
        if now - saved > 60:
            save(work / "autoencoder.pt", progress, model=model, optimizer=optimizer)
            saved = now
    save(work / "autoencoder.pt", progress, model=model, optimizer=optimizer)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--minutes", type=float, default=9)
    parser.add_argument("--decoder-only", action="store_true", help="goes on with the encoder, and so the latents, fixed")
    options = parser.parse_args()
    train(options.work, options.minutes, options.decoder_only)
