"""The denoiser: a UNet on latents [N, 8, 16, 16], predicting the noise.

After Ronneberger et al. 2015 and Dhariwal & Nichol 2021 (scale and shift by the embedding,
https://arxiv.org/abs/2105.05233), with cross-attention to the words as in Rombach et al. 2022.
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
        scale, shift = self.embedding(embedding)[..., None, None].chunk(2, 1)
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


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        large, middle, small = CHANNELS
        self.time = nn.Sequential(nn.Linear(128, EMBEDDING), nn.SiLU(), nn.Linear(EMBEDDING, EMBEDDING))
        self.pooled = nn.Linear(2 * WIDTH, EMBEDDING)
        self.enter = nn.Conv2d(LATENT_CHANNELS, large, 3, padding=1)
        self.down1, self.to2 = ResBlock(large, large), nn.Conv2d(large, middle, 3, stride=2, padding=1)
        self.down2, self.attend2 = ResBlock(middle, middle), AttentionBlock(middle)
        self.to3 = nn.Conv2d(middle, small, 3, stride=2, padding=1)
        self.bottom1, self.attend3, self.bottom2 = ResBlock(small, small), AttentionBlock(small), ResBlock(small, small)
        self.from3, self.up2 = nn.Conv2d(small, middle, 1), ResBlock(2 * middle, middle)
        self.attend4 = AttentionBlock(middle)
        self.from2, self.up1 = nn.Conv2d(middle, large, 1), ResBlock(2 * large, large)
        self.last = ResBlock(large, large)
        self.leave = nn.Sequential(nn.GroupNorm(16, large), nn.SiLU(), nn.Conv2d(large, LATENT_CHANNELS, 3, padding=1))
        nn.init.zeros_(self.leave[2].weight)

    def embed(self, timestep, words):
        frequencies = torch.exp(-math.log(10000) / 64 * torch.arange(64, device=words.device))
        angles = timestep.float()[:, None] * frequencies
        # The first token stands for the whole text, the mean for its words in any order.
        pooled = torch.cat([words[:, 0], words.mean(1) * 4], -1)
        return F.silu(self.time(torch.cat([angles.cos(), angles.sin()], -1)) + self.pooled(pooled))

    def forward(self, sample, timestep, encoder_hidden_states):
        words = encoder_hidden_states
        embedding = self.embed(timestep, words)
        large = self.down1(self.enter(sample), embedding)
        middle = self.attend2(self.down2(self.to2(large), embedding), words)
        small = self.attend3(self.bottom1(self.to3(middle), embedding), words)
        small = self.bottom2(small, embedding)
        up = self.from3(F.interpolate(small, scale_factor=2.0, mode="nearest"))
        up = self.attend4(self.up2(torch.cat([up, middle], 1), embedding), words)
        up = self.from2(F.interpolate(up, scale_factor=2.0, mode="nearest"))
        up = self.up1(torch.cat([up, large], 1), embedding)
        return self.leave(self.last(up, embedding))
