"""Writes ../diffusion/fixtures/noise.json: the noise that PyTorch, web UIs and k-diffusion make, for the tests.

Needs Linux on a CPU with AVX2, the PyPI packages torch (2.15.0 was taken), torchsde (0.2.6), k-diffusion (0.1.1.post1)
and numpy, and a checkout of github.com/lllyasviel/stable-diffusion-webui-forge:

    python test/oracles/noise.py path/to/stable-diffusion-webui-forge
"""

import hashlib
import importlib
import importlib.util
import json
import sys
import types
from pathlib import Path

import numpy
import torch

FORGE = Path(sys.argv[1])
CAPABILITY = torch.backends.cpu.get_cpu_capability()
if CAPABILITY not in ("AVX2", "AVX512"):
    sys.exit(f"PyTorch's vector path for AVX2 is needed, this is {CAPABILITY}")


def import_forge():
    """Imports Forge's noise alone: what it imports beside it is stood in for."""
    package = types.ModuleType("modules")
    package.__path__ = [str(FORGE / "modules")]
    sys.modules["modules"] = package
    package.devices = sys.modules["modules.devices"] = types.ModuleType("modules.devices")
    package.devices.device = package.devices.cpu = torch.device("cpu")
    package.shared = sys.modules["modules.shared"] = types.ModuleType("modules.shared")
    package.shared.device = torch.device("cpu")
    package.shared.opts = types.SimpleNamespace(forge_try_reproduce="None", randn_source="CPU", eta_noise_seed_delta=0)
    return importlib.import_module("modules.rng"), package.shared.opts


def import_k_diffusion_sampling():
    """Imports k-diffusion's sampling without the training code that its package imports beside it."""
    package = types.ModuleType("k_diffusion")
    package.__path__ = importlib.util.find_spec("k_diffusion").submodule_search_locations
    sys.modules["k_diffusion"] = package
    package.utils = sys.modules["k_diffusion.utils"] = types.ModuleType("k_diffusion.utils")
    return importlib.import_module("k_diffusion.sampling")


rng, options = import_forge()
sampling = import_k_diffusion_sampling()

import torchsde._brownian.brownian_interval as brownian_interval  # noqa: E402

brownian_interval._randn = lambda size, dtype, device, seed: rng.randn_local(int(seed), size).to(dtype)
options_of = {"cpu": "CPU", "gpu": "NV"}


def values(tensor):
    return [float(value) for value in tensor.flatten()]


def summary(tensor):
    """The values of a large tensor: some from its ends, and the SHA-256 of all as little-endian 32-bit numbers."""
    flat = tensor.flatten().float()
    digest = hashlib.sha256(flat.numpy().astype("<f4").tobytes()).hexdigest()
    return {"length": len(flat), "first": values(flat[:3]), "last": values(flat[-3:]), "sha256": digest}


def normals(generator, seed, shapes):
    options.randn_source = options_of[generator]
    source = rng.create_generator(seed)
    calls = [summary(rng.randn_without_seed(shape, generator=source)) for shape in shapes]
    return {"generator": generator, "seed": seed, "calls": calls}


def starting(generator, shape, seeds, **more):
    options.randn_source = options_of[generator]
    source = rng.ImageRNG(shape, seeds, **more)
    first = source.next()
    return {
        "generator": generator,
        "shape": [len(seeds), *shape],
        "seeds": seeds,
        "variationSeeds": more.get("subseeds"),
        "variationStrength": more.get("subseed_strength"),
        "resizeFrom": {"width": more["seed_resize_from_w"] // 8, "height": more["seed_resize_from_h"] // 8}
        if "seed_resize_from_w" in more
        else None,
        "first": values(first),
        "second": summary(source.next()),
    }


def brownian(generator, shape, seeds, sigmas, queries):
    options.randn_source = options_of[generator]
    levels = torch.tensor(sigmas, dtype=torch.float32)
    lowest, highest = levels[levels > 0].min(), levels.max()
    sampler = sampling.BrownianTreeNoiseSampler(torch.zeros(len(seeds), *shape), lowest, highest, seed=seeds)
    answers = []
    for query in queries:
        start, end = torch.tensor(query, dtype=torch.float32)
        # On the CPU, PyTorch's square root is the fast one of Intel's MKL, wrong in the last bit for one value in five;
        # GPUs, on which web UIs take this one, round it correctly.
        noise = sampler.tree(start, end) / torch.tensor(numpy.sqrt((end - start).abs().numpy()))
        torch.testing.assert_close(noise, sampler(start, end), rtol=3e-7, atol=0)
        answers.append({"from": float(start), "to": float(end), **summary(noise)})
    return {
        "generator": generator,
        "shape": [len(seeds), *shape],
        "seeds": seeds,
        "lowest": float(lowest),
        "highest": float(highest),
        "answers": answers,
    }


def falling(sigmas):
    return list(zip(sigmas[:-2], sigmas[1:-1]))


def in_halves(sigmas):
    """As DPM++ SDE asks: from each level to one between, and then over the whole step."""
    return [query for a, b in falling(sigmas) for query in ((a, (a * b) ** 0.5), (a, b))]


SHAPES = [(4, 64, 64), (1, 4, 8, 8), (16,), (17,), (4, 96, 64), (3, 5, 7), (7,), (2, 3), (31,), (15,), (33,)]
SEEDS = [0, 1, 2, 3, 5, 7, 42, 99, 123, 1234, 31337, 65535, 65536, 1000003, 123456789]
SEEDS += [2**31 - 1, 2**31, 2**31 + 1, 2**32 - 2, 2**32 - 1]
karras = [float(s) for s in sampling.get_sigmas_karras(8, 0.0291675, 14.614642)]
ddim = [float(s) for s in torch.linspace(12.5, 0.03, 6)] + [0.0]
dyadic = [8.0, 4.0, 2.0078125, 1.0, 0.5, 0.0078125, 0.0]

noise = {
    "normals": [normals("cpu", seed, SHAPES) for seed in SEEDS]
    + [normals("gpu", seed, SHAPES) for seed in (0, 1, 42, 31337, 2**31, 2**32 - 1)],
    "starting": [
        starting("cpu", (4, 6, 5), [11, 12], subseeds=[21, 22], subseed_strength=0.3),
        starting("gpu", (4, 6, 5), [11, 12], subseeds=[21], subseed_strength=0.75),
        starting("cpu", (2, 6, 5), [11, 12], subseeds=[11, 12], subseed_strength=0.25),
        starting("cpu", (2, 6, 5), [11], subseeds=[21], subseed_strength=1.0),
        starting("cpu", (2, 6, 5), [11], subseeds=[21], subseed_strength=0),
        starting("cpu", (2, 6, 9), [11, 12], seed_resize_from_w=32, seed_resize_from_h=80),
        starting("gpu", (2, 8, 4), [11, 12], seed_resize_from_w=80, seed_resize_from_h=40),
        starting("cpu", (2, 8, 4), [11], seed_resize_from_w=56, seed_resize_from_h=64),
        starting(
            "cpu", (2, 6, 6), [11, 12], subseeds=[3, 4], subseed_strength=0.4, seed_resize_from_w=72, seed_resize_from_h=40
        ),
        starting("cpu", (2, 6, 6), [11], seed_resize_from_w=48, seed_resize_from_h=48),
    ],
    "brownian": [
        brownian("cpu", (4, 8, 8), [7, 8], karras, falling(karras)),
        brownian("gpu", (4, 8, 8), [7, 2**32 - 1], karras, in_halves(karras)),
        brownian("cpu", (4, 12, 9), [0], ddim, in_halves(ddim) + falling(ddim)),
        brownian("cpu", (1, 3, 4), [5, 6], karras, [(b, a) for a, b in reversed(falling(karras))]),
        brownian("cpu", (4, 8, 8), [31337], dyadic, in_halves(dyadic) + in_halves(dyadic)[::-1]),
        brownian("cpu", (2, 4, 4), [3], [4500.0, 1.0, 0.001], [(4500.0, 700.5), (700.5, 1.0), (1.0, 0.001)]),
        brownian("cpu", (2, 4, 4), [3], [14.6, 0.03], [(14.6, 0.03), (20.0, 1.0), (1.0, 0.001), (0.03, 14.6)]),
    ],
}
target = Path(__file__).parent.parent / "diffusion" / "fixtures" / "noise.json"
target.write_text(json.dumps(noise) + "\n")
