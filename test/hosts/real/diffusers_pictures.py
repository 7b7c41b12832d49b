"""
What the pictures of the steps show, with real pipelines of diffusers: a line of JSON each.

    python diffusers_pictures.py <folder for the movies>
"""

import json
import sys
import tempfile
import types
from pathlib import Path

import numpy as np
import torch
from diffusers_pipelines import stable_diffusion
from diffusers_runs import EXACT, difference, flow, out, picture, scheduler, sd, sd3, seeded, shown
from PIL import Image, ImageDraw
from steps_animation import StepsAnimation


def knowing(pipe):
    """
    Gives a pipeline the best denoiser there is for noisy pictures of a Gaussian distribution around one picture, which is
    what a model of that picture would have learned: random weights make nothing that emerges.
    """
    random = torch.Generator().manual_seed(5)
    smooth = torch.nn.functional.interpolate(torch.randn(1, 4, 3, 4, generator=random), size=(8, 12), mode="bicubic")
    mean, variance = smooth * 2, 0.05

    def forward(self, sample, timestep, *_, **__):
        product = pipe.scheduler.alphas_cumprod[timestep.long()].to(sample)
        sigma, plain = ((1 - product) / product).sqrt(), sample / product.sqrt()
        clean = (variance * plain + sigma**2 * mean) / (variance + sigma**2)
        return ((plain - clean) / sigma,)

    pipe.unet.forward = types.MethodType(forward, pipe.unet)
    return pipe


def correlation(one, other):
    flat = [np.asarray(each.convert("RGB"), dtype=float).ravel() for each in (one, other)]
    return float(np.corrcoef(*flat)[0, 1])


def twenty(name, content="denoised", **config):
    """How much each step of a run of 20 is like the finished image."""
    pipe = knowing(stable_diffusion(scheduler(name, **config)))
    arguments = {"prompt": "a red apple", "width": 96, "height": 64, "num_inference_steps": 20}
    with StepsAnimation(pipe, out / "twenty", content=content, **EXACT) as animation:
        image = pipe(**seeded(arguments)).images[0]
        steps = [animation.step_image(step) for step in range(1, 21)]
    return {"likeness": [correlation(step, image) for step in steps], "trouble": animation.trouble}


def masked_crop():
    """Inpainting "only masked": each step is the whole picture, and outside of the mask the same."""
    whole, mask = picture(192, 128), Image.new("L", (192, 128))
    ImageDraw.Draw(mask).rectangle((60, 40, 110, 80), fill=255)
    pipe = stable_diffusion(scheduler("DDIM", clip_sample=False), "inpaint")
    arguments = {"prompt": "x", "image": whole, "mask_image": mask, "padding_mask_crop": 8, "width": 96, "height": 64}
    with StepsAnimation(pipe, out / "crop", **EXACT) as animation:
        image = pipe(**seeded(arguments)).images[0]
        steps = [animation.step_image(step) for step in range(1, 7)]
    frames = shown(animation.results[0]["path"])
    without = pipe(**seeded(arguments)).images[0]
    black = Image.new("RGB", whole.size)
    outside = [Image.composite(black, each, mask) for each in (whole, *frames)]
    return {
        "sizes": sorted({each.size for each in (*frames, *steps)}),
        "frames": len(frames),
        "lastFrame": difference(frames[-1], image),
        "outside": max(difference(outside[0], each) for each in outside[1:]),
        "inside": min(difference(one, other) for one, other in zip(frames, frames[1:])),
        "sameSteps": max(difference(step, frame) for step, frame in zip(steps[:-1], frames)),
        "same": difference(image, without) == 0,
        "trouble": animation.trouble,
    }


def saved(made, arguments):
    """A movie from a file of latents, made by another pipeline of the kind, is that of the run itself."""
    with tempfile.TemporaryDirectory() as folder:
        pipe, given = made()
        with StepsAnimation(pipe, out / "run", save_latents=folder, **EXACT) as animation:
            pipe(**seeded({**given, **arguments}))
        again = StepsAnimation(made()[0], out / "file", **EXACT)
        (path,) = Path(folder).iterdir()
        results = again.animate_file(path)
    movies = [[shown(each["path"]) for each in sorted(those, key=by_name)] for those in (animation.results, results)]
    differences = [difference(one, other) for run, file in zip(*movies) for one, other in zip(run[:-1], file)]
    return {
        "frames": [[len(movie) for movie in those] for those in movies],
        "names": [sorted(map(by_name, those)) for those in (animation.results, results)],
        "worst": max(differences),
        "trouble": again.trouble,
    }


def by_name(result):
    return Path(result["path"]).name


RUNS = {
    "20 steps of Euler": lambda: twenty("EulerDiscrete"),
    "20 steps of DPM++ 2M": lambda: twenty("DPMSolverMultistep"),
    "20 steps of DDIM": lambda: twenty("DDIM", clip_sample=False),
    "20 noisy steps of Euler": lambda: twenty("EulerDiscrete", content="noisy"),
    "masked crop": masked_crop,
    "saved batch": lambda: saved(sd("EulerDiscrete"), {"prompt": ["a cat", "a dog"]}),
    "saved SD 3": lambda: saved(lambda: sd3(flow(shift=3.0)), {}),
}

if __name__ == "__main__":
    only = sys.argv[2:]
    for name, make in RUNS.items():
        if not only or name in only:
            print(json.dumps({"name": name, **make()}), flush=True)
