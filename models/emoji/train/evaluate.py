"""How often the exported model draws what it is asked for: each subject once, on the colours in turn, seeds in order.

A picture counts as the subject whose drawing, laid on the colour asked for, differs least from it (mean squared
difference, at the best place of a drawing); its background as the colour nearest to its corners.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from dataset import COLOUR_NAMES, COLOURS, JITTER, Drawings, article
from sample import Model

FIRST_SEED = 1000
PLACES = [(top, left) for top in range(-JITTER, JITTER + 1, 3) for left in range(-JITTER, JITTER + 1, 3)]
CORNER = 8  # pixels


def nearest_subjects(picture: torch.Tensor, drawings: Drawings, colour: str) -> list[int]:
    """All subjects, the most alike first."""
    # Moving the picture is the same as moving the drawing: what wraps around is background.
    moved = torch.stack([picture.roll(place, (1, 2)) for place in PLACES])
    composed = torch.stack([drawings.compose(drawing, colour) for drawing in range(len(drawings))])
    return torch.cdist(composed.flatten(1), moved.flatten(1)).amin(1).argsort().tolist()


def nearest_colour(picture: torch.Tensor) -> str:
    corners = torch.stack([picture[:, y, x].mean((1, 2)) for y in ends() for x in ends()]).median(0).values
    levels = (corners + 1) * 127.5
    return min(COLOURS, key=lambda name: (levels - torch.tensor(COLOURS[name])).square().sum().item())


def ends():
    return slice(None, CORNER), slice(-CORNER, None)


def evaluate(work: Path, folder: Path, steps: int, cfg: float):
    drawings, model = Drawings(work), Model(folder)
    ranks, colours_right = [], 0
    for subject, (name, *_) in enumerate(drawings.names):
        colour = COLOUR_NAMES[subject % len(COLOUR_NAMES)]
        prompt = f"{article(name)} {name} on a {colour} background"
        pixels = np.array(model.draw(prompt, FIRST_SEED + subject, steps, cfg))
        picture = torch.from_numpy(pixels).permute(2, 0, 1) / 127.5 - 1
        ranks.append(nearest_subjects(picture, drawings, colour).index(subject))
        colours_right += nearest_colour(picture) == colour
    ranks = np.array(ranks)
    print(f"subject nearest of {len(ranks)}: {np.mean(ranks == 0):.1%}, among the nearest 5: {np.mean(ranks < 5):.1%}")
    print(f"background colour nearest of {len(COLOURS)}: {colours_right / len(ranks):.1%}")
    print("not among the nearest 20:", ", ".join(drawings.names[i][0] for i in np.flatnonzero(ranks >= 20)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent.parent)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--cfg", type=float, default=4)
    options = parser.parse_args()
    evaluate(options.work, options.folder, options.steps, options.cfg)
