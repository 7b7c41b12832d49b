"""Scenes: one or two drawings with position, size and colour, on a background; and their pictures."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import Dataset, IterableDataset

JITTER = 0.04  # maximum displacement of a drawing, as a share of the picture's side

COLOURS = {
    "white": (255, 255, 255), "black": (20, 20, 24), "gray": (150, 152, 158), "red": (214, 48, 49),
    "orange": (243, 146, 55), "yellow": (252, 217, 86), "green": (76, 175, 96), "dark green": (24, 92, 62),
    "light blue": (158, 212, 246), "blue": (52, 108, 214), "dark blue": (22, 36, 92), "purple": (128, 74, 188),
    "pink": (250, 172, 200), "brown": (120, 78, 50), "beige": (240, 226, 196), "teal": (40, 160, 160),
}
COLOUR_NAMES = list(COLOURS)
#: for tinting drawings: those that do not hide the drawing's shades
TINTS = ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "gray", "teal"]
#: factor on the normal size
SIZES = {"small": 0.6, "": 1.0, "big": 1.16}
#: centre of a drawing, as a share of the picture from the left and from the top
PLACES = {"": (0.5, 0.5), "left": (0.27, 0.5), "right": (0.73, 0.5), "top": (0.5, 0.27), "bottom": (0.5, 0.73)}
PAIR = (0.56, ((0.27, 0.5), (0.73, 0.5)))  # factor on the normal size, positions


@dataclass(frozen=True)
class Scene:
    #: one drawing, or the one on the left and the one on the right
    drawings: tuple[int, ...]
    #: tint of a single drawing; empty for its own colours
    tint: str = ""
    size: str = ""
    place: str = ""
    #: one colour, or the two of a gradient from top to bottom
    background: tuple[str, ...] = ("white",)


def random_scene(drawings: "Drawings") -> Scene:
    background = random_background()
    if random.random() < 0.15:
        return random_pair(drawings, background)
    drawing = random.randrange(len(drawings))
    kind = random.random()
    if kind < 0.12:
        tint = random.choice([colour for colour in TINTS if colour not in background])
        return Scene((drawing,), tint=tint, background=background)
    if kind < 0.2:
        place = random.choice(list(PLACES)[1:])
        return Scene((drawing,), size="small", place=place, background=background)
    if kind < 0.28:
        return Scene((drawing,), size=random.choice(["small", "big"]), background=background)
    return Scene((drawing,), background=background)


def random_pair(drawings: "Drawings", background: tuple[str, ...]) -> Scene:
    style = random.choice(drawings.styles)
    first, second = random.sample(range(len(drawings.subjects)), 2)
    return Scene((drawings.find(first, style), drawings.find(second, style)), background=background)


def random_background() -> tuple[str, ...]:
    if random.random() < 0.25:
        return ("white",)
    if random.random() < 0.12:
        return tuple(random.sample(COLOUR_NAMES, 2))
    return (random.choice(COLOUR_NAMES),)


class Drawings:
    """The rendered drawings, and their pictures in scenes."""

    def __init__(self, work: Path):
        facts = json.loads((work / "drawings.json").read_text())
        #: each with `names`, `synonyms`, `categories`, `group`
        self.subjects: list[dict] = facts["subjects"]
        self.subject_of: list[int] = [each["subject"] for each in facts["drawings"]]
        self.style_of: list[str] = [each["style"] for each in facts["drawings"]]
        self.styles = sorted(set(self.style_of))
        #: sides of a picture and of a drawing at normal size
        self.size: int = facts["size"]
        self.pixels: int = facts["pixels"]
        # resvg's pixels are premultiplied by alpha; kept as bytes to save memory.
        rgba = np.fromfile(work / "drawings.rgba", np.uint8).reshape(-1, self.pixels, self.pixels, 4)
        self.rgba = torch.from_numpy(rgba).permute(0, 3, 1, 2).contiguous()
        self.places = {(subject, style): i for i, (subject, style) in enumerate(zip(self.subject_of, self.style_of))}

    def __len__(self) -> int:
        return len(self.subject_of)

    def find(self, subject: int, style: str) -> int:
        return self.places[subject, style]

    def compose(self, scene: Scene, jitter: bool = True) -> torch.Tensor:
        """A picture [3, size, size] in -1 … 1."""
        picture = background_of(scene.background, self.size)
        if len(scene.drawings) == 2:
            share, places = PAIR
        else:
            share, places = SIZES[scene.size], [PLACES[scene.place]]
        for drawing, place in zip(scene.drawings, places):
            self.lay(picture, drawing, scene.tint, share, place, jitter)
        return picture.clamp_(-1, 1)

    def lay(self, picture, drawing: int, tint: str, share: float, place: tuple[float, float], jitter: bool):
        rgba = self.rgba[drawing].float() / 255
        if tint:
            rgba = tinted(rgba, COLOURS[tint])
        side = min(round(self.pixels * share), self.size)
        if side != self.pixels:
            rgba = F.interpolate(rgba[None], size=(side, side), mode="bilinear", antialias=True, align_corners=False)[0]
        off = JITTER if jitter else 0
        left, top = (round(self.size * (at + random.uniform(-off, off)) - side / 2) for at in place)
        left, top = (min(max(at, 0), self.size - side) for at in (left, top))
        part = picture[:, top : top + side, left : left + side]
        part.add_(1).mul_(1 - rgba[3:]).add_(2 * rgba[:3]).sub_(1)


class Pictures(Dataset):
    """Pictures of the given scenes."""

    def __init__(self, drawings: Drawings, scenes: list[Scene]):
        self.drawings, self.scenes = drawings, scenes

    def __len__(self) -> int:
        return len(self.scenes)

    def __getitem__(self, index: int) -> torch.Tensor:
        return self.drawings.compose(self.scenes[index])


class RandomPictures(IterableDataset):
    """Endless pictures of random scenes."""

    def __init__(self, drawings: Drawings):
        self.drawings = drawings

    def __iter__(self):
        while True:
            yield self.drawings.compose(random_scene(self.drawings))


def background_of(colours: tuple[str, ...], size: int) -> torch.Tensor:
    first, last = (torch.tensor(COLOURS[name]).view(3, 1, 1) / 127.5 - 1 for name in (colours[0], colours[-1]))
    return (first + (last - first) * torch.linspace(0, 1, size).view(1, size, 1)).expand(3, size, size).clone()


def tinted(rgba: torch.Tensor, colour: tuple[int, int, int]) -> torch.Tensor:
    """A drawing in shades of one colour: light stays light, dark stays dark."""
    alpha = rgba[3:]
    light = (rgba[:3] * torch.tensor([0.2126, 0.7152, 0.0722]).view(3, 1, 1)).sum(0, keepdim=True)
    target = torch.tensor(colour).view(3, 1, 1) / 255
    # Shades below middle grey go from black to the colour, those above from the colour to white.
    share = light / alpha.clamp(min=1e-3)
    shades = torch.where(share < 0.6, target * (0.25 + 1.25 * share), target + (1 - target) * (share - 0.6) * 1.6)
    return torch.cat([shades.clamp(0, 1) * alpha, alpha])
