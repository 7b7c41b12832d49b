"""The denoiser: a UNet on latents [N, 8, 16, 16], predicting the noise.

After Ronneberger et al. 2015 and Dhariwal & Nichol 2021 (scale and shift by the embedding,
https://arxiv.org/abs/2105.05233), with cross-attention to the words as in Rombach et al. 2022. A gate tells which words
matter at which place, and each place has an embedding of its own, so that two subjects can lie side by side.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from autoencoder import LATENT_CHANNELS
from text import LENGTH, WIDTH, Attention

CHANNELS = (128, 192, 256)  # at 16×16, 8×8, 4×4
EMBEDDING = 384
HEAD = 32
OPEN = 4  # initial logit of a gate


class ResBlock(nn.Module):
    def __init__(self, before: int, channels: int):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(16, before), nn.Conv2d(before, channels, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(16, channels), nn.Conv2d(channels, channels, 3, padding=1)
        self.embedding = nn.Linear(EMBEDDING, 2 * channels)
        self.skip = nn.Conv2d(before, channels, 1) if before != channels else nn.Identity()
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x, embedding):
        """`embedding`: [N, H, W, EMBEDDING]."""
        scale, shift = self.embedding(embedding).permute(0, 3, 1, 2).chunk(2, 1)
        hidden = self.norm2(self.conv1(F.silu(self.norm1(x)))) * (1 + scale) + shift
        return self.skip(x) + self.conv2(F.silu(hidden))


class AttentionBlock(nn.Module):
    """Self-attention over the positions, then cross-attention to the words."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.GroupNorm(16, channels)
        self.self_attention = Attention(channels, channels, channels // HEAD)
        self.cross_norm = nn.LayerNorm(channels)
        self.cross_attention = Attention(channels, WIDTH, channels // HEAD)

    def forward(self, x, words, shares):
        places = self.norm(x).flatten(2).transpose(1, 2)
        tokens = x.flatten(2).transpose(1, 2)
        tokens = tokens + self.self_attention(places, places)
        tokens = tokens + self.cross_attention(self.cross_norm(tokens), words, shares)
        return tokens.transpose(1, 2).unflatten(2, x.shape[2:])


class Gate(nn.Module):
    """The weight of each word at each position: words of the subject on the left are closed on the right."""

    def __init__(self, width: int = 32):
        super().__init__()
        self.query, self.key = nn.Linear(8, width), nn.Linear(WIDTH, width)
        nn.init.zeros_(self.key.weight)
        nn.init.zeros_(self.key.bias)

    def forward(self, words, height: int, width: int):
        """Logits [N, height · width, LENGTH]; initially all words are open everywhere."""
        queries = self.query(positions(height, width, words.device).flatten(0, 1))
        return queries @ self.key(words).transpose(1, 2) + OPEN


class PlaceEmbedding(nn.Module):
    """A text embedding per position: the sum of the words that are open there."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.position = nn.Linear(8, channels)
        self.attention = Attention(channels, WIDTH, channels // HEAD)
        self.out = nn.Linear(channels, EMBEDDING)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x, words, shares, embedding):
        places = self.norm(x.permute(0, 2, 3, 1)) + self.position(positions(*map(int, x.shape[2:]), x.device))
        attended = self.attention(places.flatten(1, 2), words, shares)
        return embedding + self.out(attended).unflatten(1, x.shape[2:])


def positions(height: int, width: int, device) -> torch.Tensor:
    """Sinusoidal position encoding: [height, width, 8]."""
    down, right = ((torch.arange(count, device=device).float() + 0.5) * (math.pi / count) for count in (height, width))
    grid = torch.stack(torch.meshgrid(down, right, indexing="ij"), -1)
    return torch.cat([grid.sin(), grid.cos(), (2 * grid).sin(), (2 * grid).cos()], -1)


def halved(embedding):
    """Embeddings at half the resolution."""
    return F.avg_pool2d(embedding.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)


def doubled(embedding):
    places = F.interpolate(embedding.permute(0, 3, 1, 2), scale_factor=2.0, mode="bilinear", align_corners=False)
    return places.permute(0, 2, 3, 1)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        large, middle, small = CHANNELS
        self.time = nn.Sequential(nn.Linear(128, EMBEDDING), nn.SiLU(), nn.Linear(EMBEDDING, EMBEDDING))
        self.text, self.pooled = nn.Linear(WIDTH, EMBEDDING), nn.Linear(WIDTH, EMBEDDING, bias=False)
        self.gate = Gate()
        self.enter = nn.Conv2d(LATENT_CHANNELS, large, 3, padding=1)
        self.down1, self.to2 = ResBlock(large, large), nn.Conv2d(large, middle, 3, stride=2, padding=1)
        self.down2, self.attend2 = ResBlock(middle, middle), AttentionBlock(middle)
        self.places = PlaceEmbedding(middle)
        self.to3 = nn.Conv2d(middle, small, 3, stride=2, padding=1)
        self.bottom1, self.attend3, self.bottom2 = ResBlock(small, small), AttentionBlock(small), ResBlock(small, small)
        self.from3, self.up2 = nn.Conv2d(small, middle, 1), ResBlock(2 * middle, middle)
        self.attend4, self.refine2 = AttentionBlock(middle), ResBlock(middle, middle)
        self.from2, self.up1 = nn.Conv2d(middle, large, 1), ResBlock(2 * large, large)
        self.last = ResBlock(large, large)
        self.leave = nn.Sequential(nn.GroupNorm(16, large), nn.SiLU(), nn.Conv2d(large, LATENT_CHANNELS, 3, padding=1))
        nn.init.zeros_(self.leave[2].weight)

    def embed(self, timestep, words):
        """Embedding of timestep and text: [N, EMBEDDING]; the first token represents the text."""
        frequencies = torch.exp(-math.log(10000) / 64 * torch.arange(64, device=words.device))
        angles = timestep.float()[:, None] * frequencies
        return self.time(torch.cat([angles.cos(), angles.sin()], -1)) + self.text(words[:, 0])

    def forward(self, sample, timestep, encoder_hidden_states):
        return self.with_gates(sample, timestep, encoder_hidden_states)[0]

    def with_gates(self, sample, timestep, words):
        """The noise, and the gate's logits [N, places, LENGTH]."""
        side = int(sample.shape[-1])
        logits = [self.gate(words, side // factor, side // factor) for factor in (1, 2, 4)]
        # Log-probabilities of the words at each position; this form of logsigmoid is exact in ONNX, too.
        shares1, shares2, shares3 = (-F.softplus(-each) for each in logits)
        whole, pooled = self.embed(timestep, words)[:, None], self.pooled(words) * (4 / LENGTH)
        fine = (whole + shares1.exp() @ pooled).unflatten(1, (side, side))
        places = (whole + shares2.exp() @ pooled).unflatten(1, (side // 2, side // 2))
        large = self.down1(self.enter(sample), F.silu(fine))
        middle = self.attend2(self.down2(self.to2(large), F.silu(places)), words, shares2)
        places = self.places(middle, words, shares2, places)
        coarse, fine, places = F.silu(halved(places)), F.silu(doubled(places)), F.silu(places)
        small = self.attend3(self.bottom1(self.to3(middle), coarse), words, shares3)
        small = self.bottom2(small, coarse)
        up = self.from3(F.interpolate(small, scale_factor=2.0, mode="nearest"))
        up = self.attend4(self.up2(torch.cat([up, middle], 1), places), words, shares2)
        up = self.from2(F.interpolate(self.refine2(up, places), scale_factor=2.0, mode="nearest"))
        up = self.up1(torch.cat([up, large], 1), fine)
        return self.leave(self.last(up, fine)), logits[0]
