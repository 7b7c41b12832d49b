"""Trains the denoiser and the text encoder on latents of the frozen autoencoder.

Noise prediction (Ho et al. 2020, https://arxiv.org/abs/2006.11239), min-SNR weighting (Hang et al. 2023,
https://arxiv.org/abs/2303.09556), empty captions now and then for classifier-free guidance (Ho & Salimans 2022,
https://arxiv.org/abs/2207.12598), an exponential moving average of the weights for sampling.
"""

import argparse
import json
import math
import random
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader, IterableDataset

from captions import FRAME_WORDS, MARKS, marked_caption
from decoder import fixed_encoder
from device import DEVICE, GPU, WORKERS, autocast, compiled
from scenes import Drawings, Pictures, Scene, random_background, random_pair, random_scene
from text import TextEncoder, encode_marked, make_tokenizer
from training import train
from unet import UNet

TRAIN_TIMESTEPS, BETA_START, BETA_END = 1000, 0.00085, 0.012  # "scaled_linear", as Stable Diffusion has it
EMPTY_CAPTIONS = 0.12
SYNONYMS = 0.25  # share of names replaced by a synonym, which would be too rare otherwise
MORE_PAIRS = 0.5  # scenes of two drawings, which have the most combinations, for each other scene
#: shares of the kinds of scenes in a batch: hard ones are oversampled
PRACTICE = {"two": 0.27, "placed": 0.07, "sized": 0.07, "tinted": 0.17, "plain": 0.42}
UNKNOWN_WORD = "unheardof"
UNKNOWN_WORDS = 0.2  # share of captions with some
MIN_SNR = 5
GATES = 0.05  # weight of the loss of the gates
DECAY = 0.999  # of the moving average, a step


class Denoiser(nn.Module):
    def __init__(self, words: int):
        super().__init__()
        self.unet, self.text_encoder = UNet(), TextEncoder(words)

    def forward(self, noisy, timestep, input_ids):
        """The noise and the gates."""
        return self.unet.with_gates(noisy, timestep, self.text_encoder(input_ids))


def alphas_cumprod() -> torch.Tensor:
    betas = torch.linspace(BETA_START**0.5, BETA_END**0.5, TRAIN_TIMESTEPS, dtype=torch.float64) ** 2
    return (1 - betas).cumprod(0).float()


def cache_latents(work: Path, drawings: Drawings, count: int) -> dict:
    """Latents of random scenes, encoded once, with the scenes, so that captions can be reworded each time."""
    path, beside = work / "latents.pt", work / "scenes.json"
    if not path.exists():
        scenes = [random_scene(drawings) for _ in range(count)]
        scenes += [random_pair(drawings, random_background()) for _ in range(round(count * MORE_PAIRS))]
        pictures = DataLoader(Pictures(drawings, scenes), 64, num_workers=WORKERS)
        latents = encode_all(fixed_encoder(work), pictures)
        beside.write_text(json.dumps([asdict(scene) for scene in scenes]))
        torch.save({"latents": latents, "scale": 1 / latents.float().std().item()}, path)
    return torch.load(path, weights_only=True) | {"scenes": [scene_of(facts) for facts in json.loads(beside.read_text())]}


@torch.inference_mode()
def encode_all(encoder: nn.Module, pictures: DataLoader) -> torch.Tensor:
    parts = []
    for batch in pictures:
        with autocast():
            latents = encoder(batch.to(DEVICE, memory_format=torch.channels_last))
        parts.append(latents.half().cpu())
    return torch.cat(parts).contiguous()


def scene_of(facts: dict) -> Scene:
    return Scene(**facts | {"drawings": tuple(facts["drawings"]), "background": tuple(facts["background"])})


def kind_of(scene: Scene) -> str:
    if len(scene.drawings) == 2:
        return "two"
    return "placed" if scene.place else "sized" if scene.size else "tinted" if scene.tint else "plain"


class Batches(IterableDataset):
    """Endless batches of scaled latents, token ids, and which tokens belong to which of two subjects."""

    def __init__(self, drawings: Drawings, cache: dict, size: int):
        self.drawings, self.cache, self.size = drawings, cache, size
        self.tokenizer = make_tokenizer(drawings)
        kinds = [kind_of(scene) for scene in cache["scenes"]]
        counts = Counter(kinds)
        self.practice = torch.tensor([PRACTICE[kind] / counts[kind] for kind in kinds])

    def __iter__(self):
        while True:
            chosen = torch.multinomial(self.practice, self.size, replacement=True)
            captions = [
                "" if random.random() < EMPTY_CAPTIONS else self.worded(self.cache["scenes"][index])
                for index in chosen.tolist()
            ]
            yield self.cache["latents"][chosen].float() * self.cache["scale"], *encode_marked(self.tokenizer, captions)

    def worded(self, scene: Scene) -> str:
        """Adds unknown words to some captions, or replaces words by them, so that the model learns to ignore them."""
        words = marked_caption(self.drawings, scene, SYNONYMS).split()
        if random.random() < UNKNOWN_WORDS:
            words = [UNKNOWN_WORD if word.rstrip(MARKS) in FRAME_WORDS and random.random() < 0.5 else word for word in words]
            for _ in range(random.randint(0, 3)):
                words.insert(random.randint(0, len(words)), UNKNOWN_WORD)
        return " ".join(words)


def loss_of(model, latents, input_ids, owned, signal):
    # Spread evenly over a batch, so that losses of batches differ less (Kingma et al. 2021, https://arxiv.org/abs/2107.00630).
    shares = (torch.arange(len(latents), device=latents.device) + torch.rand((), device=latents.device)) / len(latents)
    timestep = (shares * TRAIN_TIMESTEPS).long()
    alpha = signal[timestep].view(-1, 1, 1, 1)
    noise = torch.randn_like(latents)
    noisy = alpha.sqrt() * latents + (1 - alpha).sqrt() * noise
    with autocast():
        predicted, logits = model(noisy, timestep, input_ids)
    snr = signal[timestep] / (1 - signal[timestep])
    weight = snr.clamp(max=MIN_SNR) / snr
    errors = (predicted.float() - noise).square().mean((1, 2, 3))
    return (weight * errors).mean() + GATES * gates_loss(logits.float(), input_ids, owned)


def gates_loss(logits, input_ids, owned):
    """Cross-entropy of the gates: shut to words of the subject on the other side, else open.

    `logits`: [N, places, LENGTH]; `owned`: [N, LENGTH, 2].
    """
    side = math.isqrt(logits.shape[1])
    left, right = owned.float()[:, None].repeat_interleave(side // 2, 1).unbind(-1)
    is_open = 1 - torch.cat([right, left], 1)[:, None]
    present = (input_ids != 0)[:, None, None]
    logits = logits.unflatten(1, (side, side))
    losses = F.binary_cross_entropy_with_logits(logits, is_open.expand_as(logits), reduction="none")
    return (losses * present).sum() / (present.sum() * side * side)


def moving_average(model: nn.Module) -> AveragedModel:
    def average(means, news, count):
        # A short window at first, so that the average soon forgets the initial weights.
        torch._foreach_lerp_(means, news, max(1 - DECAY, 10 / (int(count) + 10)))

    return AveragedModel(model, multi_avg_fn=average)


def train_diffusion(work: Path, minutes: float, batch: int, rate: float, scenes: int):
    drawings = Drawings(work)
    batches = Batches(drawings, cache_latents(work, drawings, scenes), batch)
    model = Denoiser(batches.tokenizer.get_vocab_size()).to(DEVICE)
    average = moving_average(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=0.01)
    signal = alphas_cumprod().to(DEVICE)
    run = compiled(model)
    loader = iter(DataLoader(batches, batch_size=None, num_workers=WORKERS, pin_memory=GPU))

    def next_loss():
        return loss_of(run, *(part.to(DEVICE, non_blocking=True) for part in next(loader)), signal)

    def share_of_rate(done: float) -> float:
        return min(1, max(0.01, 1.6 * (1 - done)))

    train(work / "diffusion.pt", minutes, rate, share_of_rate, next_loss, model, optimizer, average, warm_up=200)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--minutes", type=float, default=240)
    parser.add_argument("--batch", type=int, default=512 if GPU else 32)
    parser.add_argument("--rate", type=float, default=1e-3 if GPU else 6e-4)
    parser.add_argument("--scenes", type=int, default=400_000 if GPU else 60_000)
    options = parser.parse_args()
    train_diffusion(options.work, options.minutes, options.batch, options.rate, options.scenes)
