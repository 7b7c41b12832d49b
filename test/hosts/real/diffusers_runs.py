"""
Runs real pipelines of diffusers with and without StepsAnimation, and prints a line of JSON about each run.

    python diffusers_runs.py <folder for the movies>

What a step's clean image is comes from the scheduler itself, or from a formula that the integration does not use.
"""

import contextlib
import functools
import inspect
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "integrations" / "python"))

import diffusers  # noqa: E402
import diffusers_pipelines as tiny  # noqa: E402
import torch  # noqa: E402
from PIL import Image, ImageChops, ImageSequence  # noqa: E402
from steps_animation import StepsAnimation  # noqa: E402
from steps_animation.latents import load_latents  # noqa: E402

out = Path(sys.argv[1])
diffusers.utils.logging.set_verbosity_error()
torch.set_num_threads(1)
SIZE = {"width": 96, "height": 64}
#: shows each step as it is
EXACT = {"codec": "apng", "interpolation": "none", "duration": 2}


def scheduler(name, **config):
    return getattr(diffusers, f"{name}Scheduler")(**tiny.BETAS, steps_offset=1, **config)


def flow(name="FlowMatchEulerDiscrete", **config):
    return getattr(diffusers, f"{name}Scheduler")(**config)


def sd(name, **config):
    return lambda: (tiny.stable_diffusion(scheduler(name, **config)), {"prompt": "a red apple", **SIZE})


def plain(name, **config):
    """Some schedulers have no `steps_offset`."""
    made = getattr(diffusers, f"{name}Scheduler")
    return lambda: (tiny.stable_diffusion(made(**tiny.BETAS, **config)), {"prompt": "a red apple", **SIZE})


def picture(width=96, height=64):
    return Image.effect_noise((width, height), 80).convert("RGB")


def inpaint(name):
    pipe = tiny.stable_diffusion(scheduler(name), "inpaint")
    mask = Image.new("L", (96, 64))
    mask.paste(255, (20, 20, 60, 50))
    return pipe, {"prompt": "a red apple", "image": picture(), "mask_image": mask, **SIZE}


def img2img(name):
    pipe = tiny.stable_diffusion(scheduler(name), "img2img")
    return pipe, {"prompt": "a red apple", "image": picture(), "strength": 0.5, "num_inference_steps": 12}


def xl(dtype=torch.float32, **more):
    pipe = tiny.stable_diffusion_xl(scheduler("EulerDiscrete"), dtype)
    given = {name: value.to(dtype) for name, value in tiny.embeds(negative=True).items()}
    return pipe, {**given, "guidance_scale": 5.0, **SIZE, **more}


def flux(**more):
    return tiny.flux(flow(use_dynamic_shifting=True)), {**tiny.embeds(), **SIZE, **more}


def sd3(made):
    return tiny.stable_diffusion_3(made), {**tiny.embeds(negative=True), "guidance_scale": 4.0, **SIZE}


RUNS = {
    "PNDM": sd("PNDM", skip_prk_steps=True),
    "Euler": sd("EulerDiscrete"),
    "Euler, v": sd("EulerDiscrete", prediction_type="v_prediction", timestep_spacing="trailing"),
    "Euler a": sd("EulerAncestralDiscrete"),
    "Heun": sd("HeunDiscrete"),
    "DPM2": sd("KDPM2Discrete"),
    "DPM2 a": sd("KDPM2AncestralDiscrete"),
    "LMS": sd("LMSDiscrete"),
    "DPM++ SDE": sd("DPMSolverSDE", noise_sampler_seed=3, use_karras_sigmas=True),
    "DPM++ 2M Karras": sd("DPMSolverMultistep", use_karras_sigmas=True),
    "DPM++ 2M, v": sd("DPMSolverMultistep", prediction_type="v_prediction"),
    "DPM++ 2M SDE": sd("DPMSolverMultistep", algorithm_type="sde-dpmsolver++"),
    "DPM++ 2S": plain("DPMSolverSinglestep"),
    "DEIS": sd("DEISMultistep"),
    "SA-Solver": sd("SASolver"),
    "UniPC": sd("UniPCMultistep"),
    "DDIM": sd("DDIM", clip_sample=False),
    "DDIM, v": sd("DDIM", clip_sample=False, prediction_type="v_prediction"),
    "DDPM": sd("DDPM", clip_sample=False),
    "LCM": sd("LCM"),
    "TCD": sd("TCD"),
    "img2img": lambda: img2img("EulerDiscrete"),
    "img2img, DPM2": lambda: img2img("KDPM2Discrete"),
    "inpaint": lambda: inpaint("DDIM"),
    "SDXL": xl,
    "SDXL in float16": lambda: xl(torch.float16),
    "SDXL, latents": lambda: xl(output_type="latent"),
    "Flux": flux,
    "Flux, latents": lambda: flux(output_type="latent"),
    "SD 3": lambda: sd3(flow(shift=3.0)),
    "SD 3, Heun": lambda: sd3(flow("FlowMatchHeunDiscrete", shift=3.0)),
    "SD 3, DPM++ 2M": lambda: sd3(
        flow("DPMSolverMultistep", use_flow_sigmas=True, prediction_type="flow_prediction", flow_shift=3.0)
    ),
    "batch": lambda: (sd("EulerDiscrete")()[0], {"prompt": ["a cat", "a dog"], "num_images_per_prompt": 2, **SIZE}),
    "NumPy": lambda: (sd("DDIM")()[0], {"prompt": "a cat", "output_type": "np", "return_dict": False, **SIZE}),
    "tensors": lambda: (sd("DDIM")()[0], {"prompt": "a cat", "output_type": "pt", **SIZE}),
}


def seeded(arguments):
    """`arguments` with a generator that begins anew, and the sampler's own random numbers begun anew too."""
    torch.manual_seed(0)
    return {"num_inference_steps": 6, "generator": torch.Generator().manual_seed(42), **arguments}


@contextlib.contextmanager
def noted_steps(pipe):
    """What the scheduler's class takes and returns; the integration watches the object."""
    kind, notes = type(pipe.scheduler), []
    original = kind.step

    @functools.wraps(original)
    def step(self, model_output, timestep, sample, *args, **kwargs):
        first = getattr(self, "state_in_first_order", True)
        again = getattr(self, "counter", None) == 1
        output = original(self, model_output, timestep, sample, *args, **kwargs)
        if first and not again:
            notes.append(clean(self, model_output, timestep, sample, output))
        return output

    kind.step = step
    try:
        yield notes
    finally:
        kind.step = original


def clean(scheduler, model_output, timestep, sample, output):
    name = type(scheduler).__name__
    if len(output) > 1 and name != "TCDScheduler":
        return output[1]
    if name in ("TCDScheduler", "PNDMScheduler"):
        share = scheduler.alphas_cumprod[int(timestep)]
        return (sample - (1 - share).sqrt() * model_output) / share.sqrt()
    if name == "DEISMultistepScheduler":
        signal, noise = scheduler._sigma_to_alpha_sigma_t(scheduler.sigmas[scheduler.step_index - 1])
        return (sample - noise * scheduler.model_outputs[-1]) / signal
    if hasattr(scheduler, "model_outputs"):
        return scheduler.model_outputs[-1]
    now, following = scheduler.sigmas[scheduler.step_index - 1 : scheduler.step_index + 1]
    return sample - now * (output[0] - sample) / (following - now)  # straight on along the line of a flow


def decoded(pipe, latents):
    """A picture for each latent, by the pipeline's own means, with Flux's patches put in place one by one."""
    if latents.ndim == 3:
        rows, columns = SIZE["height"] // 16, SIZE["width"] // 16
        whole = torch.zeros(latents.shape[0], 16, rows * 2, columns * 2)
        for place in range(rows * columns):
            row, column = divmod(place, columns)
            patch = latents[:, place].reshape(-1, 16, 2, 2)
            whole[:, :, row * 2 : row * 2 + 2, column * 2 : column * 2 + 2] = patch
        latents = whole
    config, dtype = pipe.vae.config, pipe.vae.dtype
    pipe.vae.to(torch.float32)
    with torch.no_grad():
        image = pipe.vae.decode(latents.float() / config.scaling_factor + (config.shift_factor or 0)).sample
    pipe.vae.to(dtype)
    return pipe.image_processor.postprocess(image)


def pictures_of(pipe, result, arguments):
    images = result.images if hasattr(result, "images") else result[0]
    kind = arguments.get("output_type", "pil")
    if kind == "latent":
        return decoded(pipe, images)
    if kind == "pt":
        images = images.permute(0, 2, 3, 1).numpy()
    return images if kind == "pil" else pipe.image_processor.numpy_to_pil(images)


def shown(path):
    """The pictures of a movie without those that only stay."""
    with Image.open(path) as movie:
        frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(movie)]
    return [frame for index, frame in enumerate(frames) if index == 0 or difference(frame, frames[index - 1]) > 0]


def in_order_of(movies, images):
    """They come in the order in which they are finished."""
    return [min(movies, key=lambda movie: difference(movie[-1], image)) for image in images]


def difference(one, other):
    return max(high for _, high in ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getextrema())


def run(name, make):
    pipe, arguments = make()
    pipe.set_progress_bar_config(disable=True)
    before = pictures_of(pipe, pipe(**seeded(arguments)), arguments)
    random_before = torch.get_rng_state()
    with tempfile.TemporaryDirectory() as folder:
        animated = StepsAnimation(pipe, out / name, save_latents=folder, **EXACT)
        with animated as animation, noted_steps(pipe) as noted:
            after = pictures_of(pipe, pipe(**seeded(arguments)), arguments)
        steps = load_latents(next(Path(folder).iterdir())).steps
    changes = [((one - other).abs().max() / one.abs().max()).item() for one, other in zip(noted, noted[1:])]
    errors = [((kept - true).abs().max() / true.abs().max()).item() for (_, _, kept), true in zip(steps, noted)]
    expected = [decoded(pipe, true.to(pipe.vae.dtype)) for true in noted]
    movies = in_order_of([shown(result["path"]) for result in animation.results], after)
    return {
        "steps": [step for _, step, _ in steps],
        "noted": len(noted),
        "error": max(errors),
        "leastChange": min(changes),
        "same": all(difference(one, other) == 0 for one, other in zip(before, after)),
        "sameRandom": torch.equal(random_before, torch.get_rng_state()),
        "images": len(after),
        "frames": [len(movie) for movie in movies],
        "worstFrame": max(
            difference(frame, expected[step][image])
            for image, movie in enumerate(movies)
            for step, frame in enumerate(movie[:-1])
        ),
        "lastFrame": max(difference(movie[-1], image) for movie, image in zip(movies, after)),
        "seeds": [result["seed"] for result in animation.results],
        "files": sorted(Path(result["path"]).name for result in animation.results),
        "trouble": animation.trouble,
        "restored": "step" not in vars(pipe.scheduler) and "_steps_animation" not in dir(pipe),
    }


if __name__ == "__main__":
    only = sys.argv[2:]
    for name, make in RUNS.items():
        if not only or name in only:
            print(json.dumps({"name": name, **run(name, make)}), flush=True)
