"""The decoder that is exported: larger than the one the encoder was trained with, and trained on the fixed encoder.

Its loss compares absolute differences at three sizes, of colours and of edges: without squares, whose best answer to
doubt is a blur. Noise on the latents in training teaches it to bear the small errors of the denoiser.
"""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader

from autoencoder import LATENT_CHANNELS, NOISE, Autoencoder, ResBlock, edges
from device import DEVICE, GPU, WORKERS, autocast, compiled
from scenes import Drawings, RandomPictures
from training import load, train

CHANNELS = (192, 96, 40)  # at an eighth, a quarter and a half of the picture's size
BLOCKS = (4, 2, 2)


def res_blocks(channels: int, count: int) -> list[nn.Module]:
    blocks = [ResBlock(channels) for _ in range(count)]
    for block in blocks:
        nn.init.zeros_(block.body[2].weight)
    return blocks


class Decoder(nn.Module):
    """Latents, unscaled, to pictures."""

    def __init__(self):
        super().__init__()
        eighth, quarter, half = CHANNELS
        self.body = nn.Sequential(
            nn.Conv2d(LATENT_CHANNELS, eighth, 3, padding=1), *res_blocks(eighth, BLOCKS[0]),
            nn.Conv2d(eighth, 4 * quarter, 1), nn.PixelShuffle(2), *res_blocks(quarter, BLOCKS[1]),
            nn.Conv2d(quarter, 4 * half, 1), nn.PixelShuffle(2), *res_blocks(half, BLOCKS[2]),
            nn.SiLU(), nn.Conv2d(half, 12, 3, padding=1), nn.PixelShuffle(2),
        )

    def forward(self, latent_sample):
        return self.body(latent_sample)


def loss_of(result, target):
    loss = 0
    for _ in range(3):
        loss = loss + F.l1_loss(result, target) + sum(F.l1_loss(a, b) for a, b in zip(edges(result), edges(target)))
        result, target = F.avg_pool2d(result, 2), F.avg_pool2d(target, 2)
    return loss


def fixed_encoder(work: Path) -> nn.Module:
    autoencoder = Autoencoder().to(DEVICE, memory_format=torch.channels_last)
    load(work / "autoencoder.pt", model=autoencoder)
    return autoencoder.encoder.eval().requires_grad_(False)


def train_decoder(work: Path, minutes: float, batch: int, rate: float):
    encoder = fixed_encoder(work)
    model = Decoder().to(DEVICE, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-4)
    run = compiled(model)
    batches = iter(DataLoader(RandomPictures(Drawings(work)), batch, num_workers=WORKERS, pin_memory=GPU))

    def next_loss():
        pictures = next(batches).to(DEVICE, memory_format=torch.channels_last)
        with autocast():
            latents = encoder(pictures).float()
            results = run(latents + NOISE * torch.randn_like(latents))
        return loss_of(results.float(), pictures)

    train(work / "decoder.pt", minutes, rate, lambda done: max(0.02, 1 - done), next_loss, model, optimizer)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--batch", type=int, default=96 if GPU else 16)
    parser.add_argument("--rate", type=float, default=1e-3)
    options = parser.parse_args()
    train_decoder(options.work, options.minutes, options.batch, options.rate)
