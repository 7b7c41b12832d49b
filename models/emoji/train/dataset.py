"""Pictures and captions: drawings laid on named background colours."""

import json
import random
from pathlib import Path

import numpy as np
import torch

SIZE = 128  # pixels
JITTER = 6  # pixels that a drawing may lie off the middle

COLOURS = {
    "white": (255, 255, 255), "black": (20, 20, 24), "gray": (150, 152, 158), "red": (214, 48, 49),
    "orange": (243, 146, 55), "yellow": (252, 217, 86), "green": (76, 175, 96), "dark green": (24, 92, 62),
    "light blue": (158, 212, 246), "blue": (52, 108, 214), "dark blue": (22, 36, 92), "purple": (128, 74, 188),
    "pink": (250, 172, 200), "brown": (120, 78, 50), "beige": (240, 226, 196), "teal": (40, 160, 160),
}
COLOUR_NAMES = list(COLOURS)


class Drawings:
    """The rendered drawings: `names[i]` lists what drawing i is called; `compose` lays one on a colour."""

    def __init__(self, work: Path):
        facts = json.loads((work / "drawings.json").read_text())
        self.names: list[list[str]] = facts["names"]
        self.pixels: int = facts["pixels"]
        rgba = np.fromfile(work / "drawings.rgba", np.uint8).reshape(-1, self.pixels, self.pixels, 4)
        # resvg's pixels are premultiplied by alpha.
        self.rgb = torch.from_numpy(rgba[..., :3].copy()).permute(0, 3, 1, 2).float() / 127.5
        self.transparency = 1 - torch.from_numpy(rgba[..., 3:].copy()).permute(0, 3, 1, 2).float() / 255

    def __len__(self) -> int:
        return len(self.names)

    def compose(self, drawing: int, colour: str, shift: tuple[int, int] = (0, 0)) -> torch.Tensor:
        """A picture [3, 128, 128] in -1 … 1."""
        background = torch.tensor(COLOURS[colour]).view(3, 1, 1) / 127.5 - 1
        picture = background.expand(3, SIZE, SIZE).clone()
        top, left = ((SIZE - self.pixels) // 2 + offset for offset in shift)
        place = picture[:, top : top + self.pixels, left : left + self.pixels]
        place.add_(1).mul_(self.transparency[drawing]).add_(self.rgb[drawing]).sub_(1)
        return picture.clamp(-1, 1)


def random_shift() -> tuple[int, int]:
    return random.randint(-JITTER, JITTER), random.randint(-JITTER, JITTER)


def article(name: str) -> str:
    return "an" if name[0] in "aeiou" else "a"


def caption(names: list[str], colour: str) -> str:
    """One of several wordings; a white background is often not mentioned."""
    name = random.choice(names)
    subject = random.choice([name, f"{article(name)} {name}", f"{article(name)} {name}", f"the {name}"])
    if colour == "white" and random.random() < 0.7:
        return subject
    return random.choice([
        f"{subject} on a {colour} background",
        f"{subject} on {colour}",
        f"{subject}, {colour} background",
    ])
