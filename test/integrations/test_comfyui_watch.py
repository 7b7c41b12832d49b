"""What the ComfyUI node hears of samplers, and what becomes of it."""

import sys
import unittest
from pathlib import Path

root = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "integrations" / "comfyui"))

import importlib.util  # noqa: E402


def load(name, package):
    """A module of the node pack, which ComfyUI loads as a package under a name of its own."""
    path = root / "integrations" / "comfyui" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"{package}.{name}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


package = importlib.util.module_from_spec(importlib.machinery.ModuleSpec("pack", None, is_package=True))
package.__path__ = [str(root / "integrations" / "comfyui")]
sys.modules["pack"] = package
WatchedSteps = load("watched_steps", "pack").WatchedSteps


class Latents:
    """As much of a tensor as is needed."""

    is_cuda = False

    def __init__(self, value):
        self.value = value

    def detach(self):
        return self

    def to(self, *_, **__):
        return Latents(self.value)

    def numel(self):
        return 4

    def element_size(self):
        return 4


class Executor:
    """ComfyUI's: calls `outer_sample` with the same arguments, which calls back at each step."""

    def __init__(self, told):
        self.told = told
        self.class_obj = type("Guider", (), {"model_patcher": None})()

    def __call__(self, noise, latent, sampler, sigmas, mask=None, callback=None, disable_pbar=False, seed=None, **named):
        self.received = (noise, latent, sampler, sigmas, mask, disable_pbar, seed, named)
        for step, denoised in self.told:
            callback(step, denoised, "noisy", len(self.told))
        return "samples"


class WatchedStepsTest(unittest.TestCase):
    def setUp(self):
        self.prompt = "first"
        self.steps = WatchedSteps(lambda: self.prompt)

    def sample(self, told, callback=None):
        executor = Executor(told)
        arguments = ("noise", "latent", "sampler", "sigmas", "mask", callback, True, 7)
        self.assertEqual(self.steps.watch(executor, *arguments, latent_shapes=[1]), "samples")
        expected = ("noise", "latent", "sampler", "sigmas", "mask", True, 7, {"latent_shapes": [1]})
        self.assertEqual(executor.received, expected)

    def kept(self):
        return [(index, step, latents.value) for index, step, latents in self.steps.run.steps]

    def test_keeps_each_step_once_and_lets_comfyui_hear_of_all(self):
        heard = []
        told = [(0, Latents("a")), (1, Latents("b")), (1, Latents("again")), (2, Latents("c"))]
        self.sample(told, lambda step, denoised, noisy, total: heard.append((step, denoised.value, noisy, total)))
        self.assertEqual(self.kept(), [(0, 1, "a"), (0, 2, "b"), (0, 3, "c")])
        self.assertEqual([step for step, *_ in heard], [0, 1, 1, 2])
        self.assertEqual(heard[0], (0, "a", "noisy", 4))

    def test_needs_no_callback_of_comfyui(self):
        self.sample([(0, Latents("a"))])
        self.assertEqual(self.kept(), [(0, 1, "a")])

    def test_takes_further_samplers_of_a_prompt_for_passes_and_begins_anew_with_the_next(self):
        self.sample([(0, Latents("a"))])
        self.sample([(0, Latents("b")), (1, Latents("c"))])
        self.assertEqual((self.kept(), self.steps.passes), ([(0, 1, "a"), (1, 1, "b"), (1, 2, "c")], [1, 2]))
        self.prompt = "second"
        self.sample([(0, Latents("d"))])
        self.assertEqual((self.kept(), self.steps.passes), ([(0, 1, "d")], [1]))

    def test_goes_on_sampling_when_a_step_cannot_be_kept(self):
        with self.assertLogs("steps-animation", "ERROR"):
            self.sample([(0, "no latents"), (1, Latents("b"))])
        self.assertEqual(self.kept(), [(0, 2, "b")])

    def test_passes_over_steps_without_a_denoised_latent(self):
        self.sample([(0, Latents("a")), (1, None)])
        self.assertEqual(self.kept(), [(0, 1, "a")])


if __name__ == "__main__":
    unittest.main()
