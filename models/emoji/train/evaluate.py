"""How often the exported model draws what it is asked for.

A picture's likeness to a drawing is the mean squared difference of both at a quarter of the size, the drawing laid on
the colour asked for, at the best of several places: a measure that no network had a part in. Counted are pictures that
have a drawing of the subject asked for among their 5 nearest ones of all sets; the background is the colour nearest to
the corners.
"""

import argparse
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from captions import HELD_OUT, caption, held_out_caption
from sample import Model
from scenes import COLOUR_NAMES, COLOURS, JITTER, Drawings, Scene

SEED = 1000  # of the first picture, and of the choice of captions
NEAREST = 5
SHRINK = 4
PLACES = [(top, left) for top in range(-JITTER - 1, JITTER + 2, 3) for left in range(-JITTER - 1, JITTER + 2, 3)]
CORNER = 8  # pixels


def nearest_drawings(picture: torch.Tensor, drawings: Drawings, colour: str) -> list[int]:
    # Moving the picture is the same as moving the drawing: what wraps around is background.
    moved = torch.stack([picture.roll(place, (1, 2)) for place in PLACES])
    laid = torch.stack([
        drawings.compose(Scene((drawing,), background=(colour,)), jitter=False) for drawing in range(len(drawings))
    ])
    distances = torch.cdist(F.avg_pool2d(laid, SHRINK).flatten(1), F.avg_pool2d(moved, SHRINK).flatten(1))
    return distances.amin(1).argsort()[:NEAREST].tolist()


def nearest_colour(picture: torch.Tensor) -> str:
    ends = slice(None, CORNER), slice(-CORNER, None)
    corners = torch.stack([picture[:, y, x].mean((1, 2)) for y in ends for x in ends]).median(0).values
    levels = (corners + 1) * 127.5
    return min(COLOURS, key=lambda name: (levels - torch.tensor(COLOURS[name])).square().sum().item())


def known_captions(drawings: Drawings, count: int):
    """Subject, colour and a caption of the training, of single drawings in their own colours and of the usual size."""
    for _ in range(count):
        drawing, colour = random.randrange(len(drawings)), random.choice(COLOUR_NAMES)
        scene = Scene((drawing,), background=(colour,))
        yield drawings.subject_of[drawing], colour, caption(drawings, scene)


def new_captions(drawings: Drawings, count: int):
    """The same in wordings that no caption of the training has."""
    for index in range(count):
        subject, colour = random.randrange(len(drawings.subjects)), random.choice(COLOUR_NAMES)
        name = random.choice(drawings.subjects[subject]["names"])
        yield subject, colour, held_out_caption(HELD_OUT[index % len(HELD_OUT)], name, colour)


def evaluate(drawings: Drawings, model: Model, captions: list, steps: int, cfg: float) -> tuple[float, float]:
    """Shares of right subjects and of right backgrounds."""
    subjects_right = colours_right = 0
    for index, (subject, colour, prompt) in enumerate(captions):
        pixels = np.array(model.draw(prompt, SEED + index, steps, cfg))
        picture = torch.from_numpy(pixels).permute(2, 0, 1) / 127.5 - 1
        found = [drawings.subject_of[drawing] for drawing in nearest_drawings(picture, drawings, colour)]
        if subject not in found:
            print(f"  {prompt}: {', '.join(drawings.subjects[each]['names'][0] for each in found)}")
        subjects_right += subject in found
        colours_right += nearest_colour(picture) == colour
    return subjects_right / len(captions), colours_right / len(captions)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent.parent)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--cfg", type=float, default=4)
    parser.add_argument("--known", type=int, default=300, help="captions of the training")
    parser.add_argument("--new", type=int, default=100, help="captions in other wordings")
    options = parser.parse_args()
    random.seed(SEED)
    drawings, model = Drawings(options.work), Model(options.folder)
    for title, captions in {
        "captions of the training": list(known_captions(drawings, options.known)),
        "captions in other wordings": list(new_captions(drawings, options.new)),
    }.items():
        subjects, colours = evaluate(drawings, model, captions, options.steps, options.cfg)
        print(f"{len(captions)} {title}: subject among the {NEAREST} nearest {subjects:.1%}, background {colours:.1%}")
