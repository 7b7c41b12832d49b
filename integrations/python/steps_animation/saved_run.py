"""Runs whose latents are saved as .safetensors, and the movies that are made of them later."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from .decoding import LatentDecoder
from .latents import LatentRun, load_latents, save_latents
from .recording import Recording


def save_run(run: LatentRun, folder: Path, images: Sequence[Dict[str, Any]], tab: str) -> Path:
    """`images` are those of the protocol's start message; `tab` is that of `record`. Returns where it is saved."""
    folder.mkdir(parents=True, exist_ok=True)
    run.facts.update(images=json.dumps(images), tab=tab)
    seed, number = images[0]["seed"], 1
    while (path := folder / f"{seed}-{number}.safetensors").exists():
        number += 1
    save_latents(run, path)
    return path


def animate_saved(
    path: Union[str, Path], decoder: LatentDecoder, outdir: Path, arguments: Sequence[str]
) -> Recording:
    """Has the movies made of a saved run; they end on its last step. Returns while they are finished."""
    run = load_latents(path)
    images = _images(run, Path(path).stem)
    counts = sorted(Counter(pass_index for pass_index, _, _ in run.steps).items())
    passes = [{"kind": "hires" if index else "base", "steps": count, "exact": True} for index, count in counts]
    recording = Recording(images, passes, outdir, ("--tab", str(run.facts.get("tab", "txt2img")), *arguments))
    try:
        with decoder.ready():
            for pass_index, step, latents in run.steps:
                for image, facts in enumerate(images):
                    picture = decoder.picture(latents[image : image + 1], _size(facts))
                    recording.step(image, step, picture, pass_index)
                    if latents is run.steps[-1][2]:
                        recording.image(image, picture)
    finally:
        recording.close()
    return recording


def _images(run: LatentRun, name: str) -> List[Dict[str, Any]]:
    """What was saved of the images; files of other programs have nothing of the kind."""
    if "images" in run.facts:
        images: List[Dict[str, Any]] = json.loads(run.facts["images"])
        return images
    return [{"seed": 0, "prompt": name} for _ in range(len(run.steps[0][2]))]


def _size(facts: Dict[str, Any]) -> Optional[Tuple[int, int]]:
    return (facts["width"], facts["height"]) if "width" in facts else None
