"""The tiny decoder for previews: scaled latents to pictures at a hundredth of the full decoder's cost."""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader

from autoencoder import LATENT_CHANNELS
from decoder import fixed_encoder
from device import DEVICE, GPU, WORKERS
from scenes import Drawings, RandomPictures
from training import train

CHANNELS = 64


class TinyDecoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(LATENT_CHANNELS, CHANNELS, 3, padding=1), nn.SiLU(),
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1), nn.SiLU(),
            nn.Conv2d(CHANNELS, 2 * CHANNELS, 1), nn.PixelShuffle(2), nn.SiLU(),
            nn.Conv2d(CHANNELS // 2, 48, 3, padding=1), nn.PixelShuffle(4),
        )

    def forward(self, latent_sample):
        return self.body(latent_sample)


def train_tiny_decoder(work: Path, minutes: float, batch: int, rate: float):
    encoder, model = fixed_encoder(work), TinyDecoder().to(DEVICE)
    scale = torch.load(work / "latents.pt", weights_only=True)["scale"]
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
    batches = iter(DataLoader(RandomPictures(Drawings(work)), batch, num_workers=WORKERS, pin_memory=GPU))

    def next_loss():
        pictures = next(batches).to(DEVICE)
        return F.l1_loss(model(encoder(pictures) * scale), pictures)

    train(work / "tiny_decoder.pt", minutes, rate, lambda done: max(0.02, 1 - done), next_loss, model, optimizer)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rate", type=float, default=3e-3)
    options = parser.parse_args()
    train_tiny_decoder(options.work, options.minutes, options.batch, options.rate)
