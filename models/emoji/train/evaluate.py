"""How often the exported model draws the requested subject and background.

The distance of a picture to a drawing is their mean squared difference at 32×32, with the drawing in the position, size,
tint and on the background of the scene, at the best of several shifts: no network is involved. A picture counts as
correct if a drawing of the requested subject is among the 5 nearest of all subjects and sets; of two subjects, each half
must show its own. If the word in the caption names several subjects, like "citrus", each of them is correct; the share
with exactly the subject of the scene is reported too. The background is correct if its colour at the corners is nearest
to the requested one of the 16.
"""

import argparse
import random
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from captions import HELD_OUT, caption, held_out_caption
from sample import Model
from scenes import COLOUR_NAMES, COLOURS, Drawings, Scene, random_scene

SEED = 1000  # of the first picture, and of the choice of captions
NEAREST = 5
SIDE = 32  # pixels of a picture when it is compared
SHIFTS = [(down, right) for down in (-1.5, -0.75, 0, 0.75, 1.5) for right in (-1.5, -0.75, 0, 0.75, 1.5)]  # of those pixels
CORNER = 1 / 16  # of the picture's side


class Judge:
    def __init__(self, drawings: Drawings):
        self.drawings = drawings

    def subjects_right(self, picture: torch.Tensor, scene: Scene, text: str) -> tuple[bool, bool]:
        """Whether the named subjects are in the picture, and whether exactly the subjects of the scene are."""
        halves = [slice(None)] if len(scene.drawings) == 1 else [slice(0, SIDE // 2), slice(SIDE // 2, None)]
        found = [self.nearest(picture, scene, half) for half in halves]
        named = all(self.named(drawing, text) & near for drawing, near in zip(scene.drawings, found))
        exact = all(self.drawings.subject_of[drawing] in near for drawing, near in zip(scene.drawings, found))
        return named, exact

    def named(self, drawing: int, text: str) -> set[int]:
        """The subjects that share the name by which the caption calls the drawing."""
        subject = self.drawings.subject_of[drawing]
        told = [name for name in self.names(subject) if f" {name} " in f" {text.replace(',', ' ')} "]
        told = {name for name in told if not any(name != other and name in other.split() for other in told)}
        return {subject} | {each for each in range(len(self.drawings.subjects)) if told & self.names(each)}

    def names(self, subject: int) -> set[str]:
        facts = self.drawings.subjects[subject]
        return {*facts["names"], *facts["synonyms"]} - set(COLOURS)

    def nearest(self, picture: torch.Tensor, scene: Scene, columns: slice) -> set[int]:
        """The subjects of the nearest drawings."""
        factor = self.drawings.size / SIDE
        # Moving the picture is the same as moving the drawing: what wraps around is background.
        moved = torch.stack([picture.roll([round(shift * factor) for shift in by], (1, 2)) for by in SHIFTS])
        moved = F.avg_pool2d(moved, int(factor))[..., columns].flatten(1)
        laid = self.all_laid(replace(scene, drawings=(0,) * len(scene.drawings)))[..., columns].flatten(1)
        nearest = torch.cdist(laid, moved).amin(1).argsort()[:NEAREST].tolist()
        return {self.drawings.subject_of[each] for each in nearest}

    @lru_cache(maxsize=32)
    def all_laid(self, scene: Scene) -> torch.Tensor:
        """The scene with each of the drawings in place of its own, scaled down: [drawings, 3, SIDE, SIDE]."""
        factor, count = self.drawings.size // SIDE, len(scene.drawings)
        return torch.stack([
            F.avg_pool2d(self.drawings.compose(replace(scene, drawings=(drawing,) * count), jitter=False), factor)
            for drawing in range(len(self.drawings))
        ])

    def background_right(self, picture: torch.Tensor, scene: Scene) -> bool:
        """A gradient's first colour is above, its last one below."""
        return all(
            nearest_colour(picture[:, rows]) == colour
            for rows, colour in zip((slice(0, self.corner), slice(-self.corner, None)), (scene.background[0], scene.background[-1]))
        )

    @property
    def corner(self) -> int:
        return round(self.drawings.size * CORNER)


def nearest_colour(strip: torch.Tensor) -> str:
    """Of the two ends of a strip of the picture, the one nearer to a named colour."""
    side = strip.shape[1]
    levels = [(strip[:, :, part].mean((1, 2)) + 1) * 127.5 for part in (slice(0, side), slice(-side, None))]
    return min(COLOURS, key=lambda name: min((level - torch.tensor(COLOURS[name])).square().sum().item() for level in levels))


def known_captions(drawings: Drawings, count: int):
    """Scenes and captions like those of the training."""
    for _ in range(count):
        scene = random_scene(drawings)
        yield scene, caption(drawings, scene)


def new_captions(drawings: Drawings, count: int):
    """Single drawings in wordings held out from training."""
    for index in range(count):
        drawing, colour = random.randrange(len(drawings)), random.choice(COLOUR_NAMES)
        name = random.choice(drawings.subjects[drawings.subject_of[drawing]]["names"])
        yield Scene((drawing,), background=(colour,)), held_out_caption(HELD_OUT[index % len(HELD_OUT)], name, colour)


def reconstructed(model: Model, picture: torch.Tensor) -> torch.Tensor:
    """Pictures after encoding and decoding: the upper bound for the denoiser."""
    return torch.from_numpy(model.run("vae_decoder", latent_sample=model.run("vae_encoder", sample=picture[None].numpy()))[0])


def evaluate(judge: Judge, draw, captions: list) -> list[tuple[bool, bool, bool]]:
    """For each caption, whether named subjects, exact subjects and background are correct; prints the misses.

    `draw` returns a picture [3, size, size] in -1 … 1 of a scene, its caption and a seed.
    """
    results = []
    for index, (scene, text) in enumerate(captions):
        picture = draw(scene, text, SEED + index).clamp(-1, 1)
        results.append((*judge.subjects_right(picture, scene, text), judge.background_right(picture, scene)))
        if not results[-1][0]:
            print(f"  not found: {text}", flush=True)
    return results


def tell(title: str, results: list[tuple[bool, bool, bool]]):
    named, exact, background = (f"{sum(each) / len(results):.1%}" for each in zip(*results))
    subjects = f"subject among the {NEAREST} nearest {named} (that of the scene {exact})"
    print(f"{len(results)} {title}: {subjects}, background {background}", flush=True)


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
    judge = Judge(drawings)

    def draw(scene: Scene, text: str, seed: int) -> torch.Tensor:
        pixels = np.array(model.draw(text, seed, options.steps, options.cfg))
        return torch.from_numpy(pixels).permute(2, 0, 1) / 127.5 - 1

    def reconstruct(scene: Scene, text: str, seed: int) -> torch.Tensor:
        return reconstructed(model, drawings.compose(scene))

    known, new = list(known_captions(drawings, options.known)), list(new_captions(drawings, options.new))
    tell("scenes of the training, encoded and decoded", evaluate(judge, reconstruct, known))
    results = evaluate(judge, draw, known)
    tell("captions of the training", results)
    tell("of them with two subjects", [result for result, (scene, _) in zip(results, known) if len(scene.drawings) == 2])
    tell("captions in other wordings", evaluate(judge, draw, new))
