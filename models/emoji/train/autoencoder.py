"""The autoencoder: pictures [N, 3, S, S] to latents [N, 8, S / 8, S / 8] and back, by a decoder that decoder.py replaces.

Convolutions alone, trained on reconstruction; noise on the latents in training keeps them smooth, which takes the
place of the KL term of Rombach et al. 2022 (https://arxiv.org/abs/2112.10752).
"""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader

from device import DEVICE, GPU, WORKERS, autocast, compiled
from scenes import Drawings, RandomPictures
from training import train

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


def train_autoencoder(work: Path, minutes: float, batch: int, rate: float):
    model = Autoencoder().to(DEVICE, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-4)
    run = compiled(model)
    batches = iter(DataLoader(RandomPictures(Drawings(work)), batch, num_workers=WORKERS, pin_memory=GPU))

    def next_loss():
        pictures = next(batches).to(DEVICE, memory_format=torch.channels_last)
        with autocast():
            results = run(pictures)
        return loss_of(results.float(), pictures)

    train(work / "autoencoder.pt", minutes, rate, lambda done: max(0.02, 1 - done), next_loss, model, optimizer)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--minutes", type=float, default=32)
    parser.add_argument("--batch", type=int, default=96 if GPU else 24)
    parser.add_argument("--rate", type=float, default=2e-3)
    options = parser.parse_args()
    train_autoencoder(options.work, options.minutes, options.batch, options.rate)
