"""Writes ../diffusion/fixtures/schedulers.json: the noise levels that diffusers, k-diffusion and Forge make.

Needs the PyPI packages torch (2.15.0 was taken), diffusers (0.42.0), k-diffusion (0.1.1.post1), scipy and numpy, and a
checkout of github.com/lllyasviel/stable-diffusion-webui-forge:

    python test/oracles/schedulers.py path/to/stable-diffusion-webui-forge
"""

import ast
import importlib
import importlib.util
import json
import math
import sys
import types
from pathlib import Path

import torch
from diffusers import DDPMScheduler
from diffusers.schedulers.scheduling_euler_discrete import rescale_zero_terminal_snr

FORGE = Path(sys.argv[1])
KINDS = ("linear", "scaled_linear", "squaredcos_cap_v2")
STEPS = (1, 2, 10, 16, 25, 50)

# Forge computes some lists with the default type; in 32 bits, the arctangents of KL Optimal lose too much.
torch.set_default_dtype(torch.float64)


def import_k_diffusion():
    """Imports k-diffusion's schedules without the training code that its package imports beside them."""
    package = types.ModuleType("k_diffusion")
    package.__path__ = importlib.util.find_spec("k_diffusion").submodule_search_locations
    sys.modules["k_diffusion"] = package
    package.utils = sys.modules["k_diffusion.utils"] = types.ModuleType("k_diffusion.utils")
    package.sampling = importlib.import_module("k_diffusion.sampling")
    package.external = importlib.import_module("k_diffusion.external")
    return package


def import_forge():
    """Imports Forge's schedulers alone: what they import beside k-diffusion is stood in for."""
    package = types.ModuleType("modules")
    package.__path__ = [str(FORGE / "modules")]
    sys.modules["modules"] = package
    package.shared = sys.modules["modules.shared"] = types.ModuleType("modules.shared")
    package.shared.opts = types.SimpleNamespace(beta_dist_alpha=0.6, beta_dist_beta=0.6)
    package.shared.sd_model = types.SimpleNamespace(is_sdxl=False)
    return importlib.import_module("modules.sd_schedulers"), package.shared


def function_of(file, name, **names):
    """One function of a file of Forge's, without what the file imports."""
    tree = ast.parse((FORGE / file).read_text())
    tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    exec(compile(tree, file, "exec"), names)
    return names[name]


k_diffusion = import_k_diffusion()
forge, shared = import_forge()
forge_zero_terminal_snr = function_of("backend/modules/k_prediction.py", "rescale_zero_terminal_snr_sigmas")


def values(numbers):
    return [float(f"{float(number):.7g}") for number in numbers]


def model_of(betas):
    """The schedule as the web UIs hand it to their schedulers."""
    model = k_diffusion.external.DiscreteEpsDDPMDenoiser(None, torch.cumprod(1 - betas, 0), quantize=False)
    predictor = types.SimpleNamespace(sigma=model.t_to_sigma)
    unet = types.SimpleNamespace(model=types.SimpleNamespace(predictor=predictor))
    model.inner_model = types.SimpleNamespace(forge_objects=types.SimpleNamespace(unet=unet))
    return model


def levels(scheduler, model, steps, lowest=None, highest=None, **options):
    if scheduler.need_inner_model:
        options["inner_model"] = model
    lowest, highest = lowest or model.sigma_min.item(), highest or model.sigma_max.item()
    return values(scheduler.function(n=steps, sigma_min=lowest, sigma_max=highest, device="cpu", **options))


def limited(scheduler, model):
    """With all that a user can set."""
    return levels(scheduler, model, 10, 0.1, 8.0, **({"rho": 2.5} if scheduler.default_rho > 0 else {}))


def schedule(kind):
    betas = DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule=kind).betas.double()
    model = model_of(betas)
    signals = torch.cumprod(1 - rescale_zero_terminal_snr(betas), 0)[:-1]
    rescaled = torch.cat([((1 - signals) / signals).sqrt(), forge_zero_terminal_snr(model.sigmas.clone())[-1:]])
    schedulers = [scheduler for scheduler in forge.schedulers if scheduler.function]
    return {
        "trainingSigmas": values(model.sigmas[::111]),
        "zeroTerminalSnr": values(rescaled[::111]),
        "lists": {it.label: {steps: levels(it, model, steps) for steps in STEPS} for it in schedulers},
        "limited": {it.label: limited(it, model) for it in schedulers},
    }


def sdxl():
    shared.sd_model.is_sdxl = True
    aligned = [scheduler for scheduler in forge.schedulers if scheduler.label.startswith("Align")]
    model = model_of(torch.tensor([0.1, 0.2]))
    return {it.label: {steps: levels(it, model, steps) for steps in STEPS} for it in aligned}


def trained():
    betas = [0.001, 0.004, 0.02, 0.03, 0.3]
    signals = DDPMScheduler(num_train_timesteps=5, trained_betas=betas).alphas_cumprod.double()
    return {"betas": betas, "sigmas": values(((1 - signals) / signals).sqrt())}


def img2img(steps, strength, exact):
    opts = types.SimpleNamespace(img2img_fix_steps=exact)
    request = types.SimpleNamespace(steps=steps, denoising_strength=strength)
    scheduled, last = function_of("modules/sd_samplers_common.py", "setup_img2img_steps", opts=opts)(request)
    return {"steps": steps, "strength": strength, "exact": exact, "scheduled": scheduled, "taken": last + 1}


golden = {
    "schedules": {kind: schedule(kind) for kind in KINDS},
    "sdxl": sdxl(),
    "trained": trained(),
    "img2img": [
        img2img(steps, strength, exact)
        for steps in (1, 7, 20, 150)
        for strength in (0.01, 0.35, 0.5, 0.7, 0.75, 1.0)
        for exact in (False, True)
    ],
}
assert all(math.isfinite(number) for number in golden["schedules"]["linear"]["zeroTerminalSnr"])
target = Path(__file__).parent.parent / "diffusion" / "fixtures" / "schedulers.json"
target.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
