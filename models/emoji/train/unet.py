"""The denoiser: a UNet on latents [N, 8, 16, 16], predicting the noise.

After Ronneberger et al. 2015 and Dhariwal & Nichol 2021 (scale and shift by the embedding,
https://arxiv.org/abs/2105.05233), with cross-attention to the words as in Rombach et al. 2022. Past the first half, each
place has an embedding of its own, so that two subjects can lie side by side.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from autoencoder import LATENT_CHANNELS
from text import WIDTH, Attention

CHANNELS = (128, 192, 256)  # at 16×16, 8×8, 4×4
EMBEDDING = 384
HEAD = 32


class ResBlock(nn.Module):
    def __init__(self, before: int, channels: int):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(16, before), nn.Conv2d(before, channels, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(16, channels), nn.Conv2d(channels, channels, 3, padding=1)
        self.embedding = nn.Linear(EMBEDDING, 2 * channels)
        self.skip = nn.Conv2d(before, channels, 1) if before != channels else nn.Identity()
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x, embedding):
        """`embedding`: [N, H, W, EMBEDDING], of every place, or [N, 1, 1, EMBEDDING], of all."""
        scale, shift = self.embedding(embedding).permute(0, 3, 1, 2).chunk(2, 1)
        hidden = self.norm2(self.conv1(F.silu(self.norm1(x)))) * (1 + scale) + shift
        return self.skip(x) + self.conv2(F.silu(hidden))


class AttentionBlock(nn.Module):
    """Self-attention over the places, then cross-attention to the words."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.GroupNorm(16, channels)
        self.self_attention = Attention(channels, channels, channels // HEAD)
        self.cross_norm = nn.LayerNorm(channels)
        self.cross_attention = Attention(channels, WIDTH, channels // HEAD)

    def forward(self, x, words):
        places = self.norm(x).flatten(2).transpose(1, 2)
        tokens = x.flatten(2).transpose(1, 2)
        tokens = tokens + self.self_attention(places, places)
        tokens = tokens + self.cross_attention(self.cross_norm(tokens), words)
        return tokens.transpose(1, 2).unflatten(2, x.shape[2:])


class PlaceEmbedding(nn.Module):
    """What is to be seen at each place: the words that matter there, added to the embedding of the whole."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.position = nn.Linear(8, channels)
        self.attention = Attention(channels, WIDTH, channels // HEAD)
        self.out = nn.Linear(channels, EMBEDDING)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x, words, embedding):
        places = self.norm(x.permute(0, 2, 3, 1)) + self.position(positions(*map(int, x.shape[2:]), x.device))
        attended = self.attention(places.flatten(1, 2), words)
        return embedding + self.out(attended).unflatten(1, x.shape[2:])


def positions(height: int, width: int, device) -> torch.Tensor:
    """Each place of a picture in waves: [height, width, 8]."""
    down, right = ((torch.arange(count, device=device).float() + 0.5) * (math.pi / count) for count in (height, width))
    grid = torch.stack(torch.meshgrid(down, right, indexing="ij"), -1)
    return torch.cat([grid.sin(), grid.cos(), (2 * grid).sin(), (2 * grid).cos()], -1)


def halved(embedding):
    """The embeddings of places half as many a side."""
    return F.avg_pool2d(embedding.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)


def doubled(embedding):
    places = F.interpolate(embedding.permute(0, 3, 1, 2), scale_factor=2.0, mode="bilinear", align_corners=False)
    return places.permute(0, 2, 3, 1)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        large, middle, small = CHANNELS
        self.time = nn.Sequential(nn.Linear(128, EMBEDDING), nn.SiLU(), nn.Linear(EMBEDDING, EMBEDDING))
        self.pooled = nn.Linear(2 * WIDTH, EMBEDDING)
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
        frequencies = torch.exp(-math.log(10000) / 64 * torch.arange(64, device=words.device))
        angles = timestep.float()[:, None] * frequencies
        # The first token stands for the whole text, the mean for its words in any order.
        pooled = torch.cat([words[:, 0], words.mean(1) * 4], -1)
        whole = self.time(torch.cat([angles.cos(), angles.sin()], -1)) + self.pooled(pooled)
        return whole[:, None, None]

    def forward(self, sample, timestep, encoder_hidden_states):
        words = encoder_hidden_states
        whole = self.embed(timestep, words)
        large = self.down1(self.enter(sample), F.silu(whole))
        middle = self.attend2(self.down2(self.to2(large), F.silu(whole)), words)
        places = self.places(middle, words, whole)
        coarse, fine, places = F.silu(halved(places)), F.silu(doubled(places)), F.silu(places)
        small = self.attend3(self.bottom1(self.to3(middle), coarse), words)
        small = self.bottom2(small, coarse)
        up = self.from3(F.interpolate(small, scale_factor=2.0, mode="nearest"))
        up = self.attend4(self.up2(torch.cat([up, middle], 1), places), words)
        up = self.from2(F.interpolate(self.refine2(up, places), scale_factor=2.0, mode="nearest"))
        up = self.up1(torch.cat([up, large], 1), fine)
        return self.leave(self.last(up, fine))
