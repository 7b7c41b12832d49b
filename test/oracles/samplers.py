"""Writes test/diffusion/fixtures/samplers.json: what others' samplers make of an analytic denoiser.

Run with Python 3.11, torch 2.15.0, diffusers 0.42.1, k-diffusion 0.1.1.post1, torchdiffeq, torchsde and scipy:

    python test/oracles/samplers.py FORGE

where FORGE is a checkout of https://github.com/lllyasviel/stable-diffusion-webui-forge (read, never copied): its functions
are the reference for DDIM, DDIM CFG++, PLMS and Restart. diffusers' schedulers are it for UniPC, DDPM and DEIS (of which the first and the last cannot end on 0: they end on 0.01),
k-diffusion's functions for all others. LCM is compared in test/diffusion/pipelines instead, and here by its formula.

The denoiser is the posterior mean of a mixture of two normal distributions for each value; the unguided one, which only
CFG++ asks for, that of one normal distribution. All noise comes from a formula of the number of the call, so that it
need not be stored. Samples are in the space of k-diffusion: clean + sigma * noise.
"""

import importlib.util
import inspect
import json
import math
import sys
import types
from pathlib import Path

import numpy as np
import torch

torch.set_default_dtype(torch.float64)


def package(name, path=None):
    module = types.ModuleType(name)
    module.__path__ = [str(path)] if path else []
    sys.modules[name] = module
    return module


# k-diffusion imports training code that needs more packages: only its samplers are wanted.
package("k_diffusion", Path(importlib.util.find_spec("k_diffusion").origin).parent)
import k_diffusion.sampling as k  # noqa: E402

sys.modules["k_diffusion"].sampling = k
FORGE = Path(sys.argv[1])


def load_forge(file, **stubs):
    for name, attributes in stubs.items():
        module = package(name.replace("__", "."))
        module.__dict__.update(attributes)
    spec = importlib.util.spec_from_file_location(Path(file).stem, FORGE / file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


timestep_samplers = load_forge(
    "modules/sd_samplers_timesteps_impl.py",
    modules={"shared": None},
    modules__shared={},
    modules__models={},
    modules__models__diffusion={},
    modules__models__diffusion__uni_pc={"uni_pc": types.SimpleNamespace(UniPC=object)},
    modules__torch_utils={"float64": lambda x: torch.float64},
)
extra_samplers = load_forge("modules/sd_samplers_extra.py")

SHAPE = (2, 1, 3, 3)
SIZE = math.prod(SHAPE)


def noise_of(call):
    index = torch.arange(1, SIZE + 1) + call * SIZE
    return (torch.sin(index * 1.61803398875) * math.sqrt(2)).reshape(SHAPE)


class Noise:
    def __init__(self):
        self.calls = 0

    def __call__(self, *_, **__):
        self.calls += 1
        return noise_of(self.calls)


def denoise(x, sigma):
    sigma = torch.as_tensor(sigma).reshape(-1)[0]
    total, mean = 0, 0
    for share, centre, deviation in ((0.3, -1.0, 0.2), (0.7, 0.8, 0.4)):
        variance = deviation**2 + sigma**2
        likelihood = share * torch.exp(-((x - centre) ** 2) / (2 * variance)) / torch.sqrt(variance) + 1e-300
        total = total + likelihood
        mean = mean + likelihood * (x * deviation**2 + centre * sigma**2) / variance
    return mean / total


def denoise_unguided(x, sigma):
    return (x * 0.25 + 0.3 * sigma**2) / (0.25 + sigma**2)


class Model:
    """The denoiser as k-diffusion calls it."""

    def __call__(self, x, sigma, **_):
        return denoise(x, sigma)


TRAINING = np.sqrt((1 - np.cumprod(1 - np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2)) / np.cumprod(1 - np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2))


def schedules(steps):
    low, high = float(TRAINING[0]), float(TRAINING[-1])
    karras = [float(s) for s in k.get_sigmas_karras(steps, low, high)]
    uniform = np.exp(np.interp(np.linspace(999, 0, steps), np.arange(1000), np.log(TRAINING)))
    ddim = TRAINING[1 :: 1000 // steps][::-1][:steps]
    return {
        "karras": karras,
        "exponential": [float(s) for s in k.get_sigmas_exponential(steps, low, high)],
        "uniform": [*map(float, uniform), 0.0],
        "ddim": [*map(float, ddim), 0.0],
        "img2img": karras[steps // 2 :],
    }


def from_k_diffusion(function, **options):
    def run(sigmas, x):
        noise = Noise()
        names = inspect.signature(function).parameters
        arguments = dict(options)
        if "noise_sampler" in names:
            arguments["noise_sampler"] = noise
        if "sigma_min" in names:
            arguments |= {"sigma_min": sigmas[-2], "sigma_max": sigmas[0]}
            if "n" in names:
                arguments["n"] = len(sigmas) - 1
        else:
            arguments["sigmas"] = torch.tensor(sigmas)
        original = k.torch.randn_like
        k.torch.randn_like = noise
        try:
            steps = []
            result = function(Model(), x, callback=lambda state: steps.append(state["denoised"]), disable=True, **arguments)
            return result, steps
        finally:
            k.torch.randn_like = original

    return run


def from_forge_timesteps(function, **options):
    """Its alphas are given as a table, of which the timesteps are the places."""

    def run(sigmas, x):
        levels = torch.tensor(sigmas[::-1])

        class Predictor:
            inner_model = types.SimpleNamespace(inner_model=types.SimpleNamespace(alphas_cumprod=1 / (1 + levels**2)))

            def __call__(self, scaled, index, **_):
                sigma = levels[int(index.reshape(-1)[0])]
                if sigma == 0:
                    return torch.zeros_like(scaled)
                raised = scaled * torch.sqrt(1 + sigma**2)
                self.last_noise_uncond = (raised - denoise_unguided(raised, sigma)) / sigma
                return (raised - denoise(raised, sigma)) / sigma

        noise = Noise()
        original = k.torch.randn_like
        k.torch.randn_like = noise
        try:
            steps = []
            result = function(
                Predictor(),
                x / math.sqrt(1 + sigmas[0] ** 2),
                torch.arange(len(sigmas)),
                callback=lambda state: steps.append(state["denoised"]),
                disable=True,
                **options,
            )
            return result, steps
        finally:
            k.torch.randn_like = original

    return run


def from_diffusers(name, last=0.0, **config):
    import diffusers
    from diffusers.schedulers import scheduling_ddpm

    def run(sigmas, x):
        levels = [*sigmas[:-1], last]
        steps = len(levels) - 1
        scheduler = getattr(diffusers, name)(num_train_timesteps=steps, **config)
        noise = Noise()
        if name == "DDPMScheduler":
            scheduler.set_timesteps(steps)
            scheduler.alphas_cumprod = torch.tensor([1 / (1 + sigma**2) for sigma in levels[:-1]][::-1])
            scheduling_ddpm.randn_tensor = noise
        else:
            scheduler.set_timesteps(steps)
            scheduler.sigmas = torch.tensor(levels)
            scheduler.timesteps = torch.arange(steps - 1, -1, -1)
        sample = x / math.sqrt(1 + sigmas[0] ** 2)
        guesses = []
        for step, sigma in enumerate(levels[:-1]):
            raised = sample * math.sqrt(1 + sigma**2)
            guess = denoise(raised, sigma)
            guesses.append(guess)
            sample = scheduler.step((raised - guess) / sigma, scheduler.timesteps[step], sample).prev_sample
        return sample * math.sqrt(1 + last**2), guesses

    return run


REFERENCES = {
    "Euler": from_k_diffusion(k.sample_euler),
    "Euler a": from_k_diffusion(k.sample_euler_ancestral),
    "LMS": from_k_diffusion(k.sample_lms),
    "Heun": from_k_diffusion(k.sample_heun),
    "Heun, churned": from_k_diffusion(k.sample_heun, s_churn=3.0, s_tmin=0.1, s_tmax=5.0, s_noise=1.1),
    "DPM2": from_k_diffusion(k.sample_dpm_2),
    "DPM2, churned": from_k_diffusion(k.sample_dpm_2, s_churn=3.0, s_tmin=0.1, s_tmax=5.0, s_noise=1.1),
    "DPM2 a": from_k_diffusion(k.sample_dpm_2_ancestral),
    "DPM++ 2S a": from_k_diffusion(k.sample_dpmpp_2s_ancestral),
    "DPM++ 2S a, eta 0": from_k_diffusion(k.sample_dpmpp_2s_ancestral, eta=0.0),
    "DPM++ 2M": from_k_diffusion(k.sample_dpmpp_2m),
    "DPM++ SDE": from_k_diffusion(k.sample_dpmpp_sde),
    "DPM++ SDE, eta 0.5": from_k_diffusion(k.sample_dpmpp_sde, eta=0.5, s_noise=0.9),
    "DPM++ 2M SDE": from_k_diffusion(k.sample_dpmpp_2m_sde),
    "DPM++ 2M SDE Heun": from_k_diffusion(k.sample_dpmpp_2m_sde, solver_type="heun"),
    "DPM++ 3M SDE": from_k_diffusion(k.sample_dpmpp_3m_sde),
    "DPM++ 3M SDE, eta 0.5": from_k_diffusion(k.sample_dpmpp_3m_sde, eta=0.5, s_noise=0.9),
    "DPM fast": from_k_diffusion(k.sample_dpm_fast),
    "DPM fast, eta 0.5": from_k_diffusion(k.sample_dpm_fast, eta=0.5, s_noise=0.9),
    "DPM adaptive": from_k_diffusion(k.sample_dpm_adaptive),
    "DPM adaptive, eta 0.5": from_k_diffusion(k.sample_dpm_adaptive, eta=0.5),
    "Restart": from_k_diffusion(extra_samplers.restart_sampler),
    "DDIM": from_forge_timesteps(timestep_samplers.ddim),
    "DDIM, eta 0.5": from_forge_timesteps(timestep_samplers.ddim, eta=0.5),
    "DDIM CFG++": from_forge_timesteps(timestep_samplers.ddim_cfgpp),
    "PLMS": from_forge_timesteps(timestep_samplers.plms),
    "UniPC": from_diffusers("UniPCMultistepScheduler", last=0.01, solver_order=3, solver_type="bh1"),
    "DDPM": from_diffusers("DDPMScheduler", clip_sample=False),
    "DEIS": from_diffusers("DEISMultistepScheduler", last=0.01, solver_order=3),
}


def rounded(values):
    return [float(f"{value:.8g}") for value in values.reshape(-1).tolist()]


def main():
    cases = []
    for steps in (10, 25):
        for schedule, sigmas in schedules(steps).items():
            start = denoise(noise_of(0) * 0, 1) + noise_of(0) * sigmas[0]
            for name, run in REFERENCES.items():
                final, guesses = run(sigmas, start)
                assert torch.isfinite(final).all(), (name, schedule)
                cases.append(
                    {
                        "name": name,
                        "steps": steps,
                        "schedule": schedule,
                        "guesses": len(guesses),
                        "second": rounded(guesses[1]),
                        "final": rounded(final),
                    }
                )
    lists = {str(steps): schedules(steps) for steps in (10, 25)}
    file = Path(__file__).parents[1] / "diffusion" / "fixtures" / "samplers.json"
    file.write_text(json.dumps({"schedules": lists, "cases": cases}, separators=(",", ":")) + "\n")
    print(len(cases), "cases,", file.stat().st_size, "bytes")


main()
