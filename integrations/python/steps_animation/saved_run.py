"""Saves the latents of a run as .safetensors, and makes movies of such a file."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, Sequence, Union

from .decoding import LatentDecoder
from .latents import LatentRun, load_latents, save_latents
from .numbered import unused
from .recording import Recording


def save_run(run: LatentRun, folder: Path, images: Sequence[Dict[str, Any]], tab: str) -> Path:
    """`images` are those of the protocol's start message, `tab` is the option of `record`. Returns the path of the file."""
    folder.mkdir(parents=True, exist_ok=True)
    run.metadata.update(images=json.dumps(images), tab=tab)
    path = unused(folder / f"{images[0]['seed']}.safetensors", first=1)
    save_latents(run, path)
    return path


def animate_saved(path: Union[str, Path], decoder: LatentDecoder, outdir: Path, arguments: Sequence[str]) -> Recording:
    """Decodes all steps of a saved run; its movies end on the last step. Returns while `record` finishes them."""
    run = load_latents(path)
    images = _images(run, Path(path).stem)
    counts = sorted(Counter(pass_index for pass_index, _, _ in run.steps).items())
    passes = [{"kind": "hires" if index else "base", "steps": count, "exact": True} for index, count in counts]
    tab = str(run.metadata.get("tab", "txt2img"))
    recording = Recording(images, passes, outdir, ("--tab", tab, *arguments))
    try:
        with decoder.ready():
            for pass_index, step, latents in run.steps:
                for index, image in enumerate(images):
                    size = (image["width"], image["height"]) if "width" in image else None
                    picture = decoder.picture(latents[index : index + 1], size)
                    recording.step(index, step, picture, pass_index)
                    if latents is run.steps[-1][2]:
                        recording.image(index, picture)
    finally:
        recording.close()
    return recording


def _images(run: LatentRun, name: str) -> List[Dict[str, Any]]:
    """The saved images; files of other programs have none."""
    if "images" in run.metadata:
        return json.loads(run.metadata["images"])
    return [{"seed": 0, "prompt": name} for _ in range(len(run.steps[0][2]))]
