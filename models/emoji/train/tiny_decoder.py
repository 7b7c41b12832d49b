"""The tiny decoder for previews: scaled latents to pictures at a hundredth of the full decoder's work."""

import argparse
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from autoencoder import LATENT_CHANNELS, Autoencoder
from checkpoint import load, save
from scenes import Drawings, random_scene

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


def train(work: Path, minutes: float, batch: int = 24, rate: float = 3e-3):
    drawings, autoencoder, model = Drawings(work), Autoencoder(), TinyDecoder()
    load(work / "autoencoder.pt", model=autoencoder)
    encoder = autoencoder.encoder.eval()
    scale = torch.load(work / "latents.pt", weights_only=True)["scale"]
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
    progress = load(work / "tiny_decoder.pt", model=model, optimizer=optimizer)
    begun = time.time()
    while (done := progress["seconds"] / (60 * minutes)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate * max(0.02, 1 - done)
        pictures = torch.stack([drawings.compose(random_scene(drawings)) for _ in range(batch)])
        with torch.no_grad():
            latents = encoder(pictures) * scale
        loss = F.l1_loss(model(latents), pictures)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        now = time.time()
        progress = {"steps": progress["steps"] + 1, "seconds": progress["seconds"] + now - begun}
        begun = now
        if progress["steps"] % 100 == 0:
            print(f"tiny decoder step {progress['steps']} loss {loss.item():.4f}", flush=True)
    save(work / "tiny_decoder.pt", progress, model=model, optimizer=optimizer)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--minutes", type=float, default=4)
    options = parser.parse_args()
    train(options.work, options.minutes)
